//! For how long the timer leaves a campaign alone after a run that did not end it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// For how long the timer leaves a campaign alone, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rest {
    pub(crate) until: Timestamp,
    /// What stopped the last run. `None`: nothing did, but the server put off
    /// the recipients who are left.
    pub(crate) fault: Option<StopFault>,
}

/// What was at fault when a run was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StopFault {
    /// The server, or the sender's account there: another issue would fare the same.
    Route,
    /// What is in this issue.
    Issue,
}

impl StopFault {
    /// The word that the store keeps.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Issue => "issue",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Route, Self::Issue].into_iter().find(|fault| fault.as_str() == word)
    }
}

/// The rest after the first stop.
const SHORTEST: Duration = Duration::from_secs(15 * 60);

/// The longest rest. A rest that seems longer was written while the clock was
/// wrong, and does not count.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a campaign rests after so many stops in a row (from 1): a quarter of
/// an hour, twice as long each time, at most a day.
pub(crate) fn rest_after_stops(stops: u32) -> Duration {
    let doublings = stops.saturating_sub(1).min(16);
    SHORTEST.saturating_mul(1 << doublings).min(LONGEST)
}

impl Rest {
    /// Whether it is not over yet.
    pub(crate) fn lasts_at(&self, now: Timestamp) -> bool {
        let left = self.until.duration_since(now);
        let longest = SignedDuration::try_from(LONGEST).unwrap_or(SignedDuration::MAX);
        left > SignedDuration::ZERO && left <= longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_is_twice_as_long_after_each_stop_up_to_a_day() {
        for (stops, minutes) in [
            (0, 15),
            (1, 15),
            (2, 30),
            (3, 60),
            (4, 120),
            (5, 240),
            (6, 480),
            (7, 960),
            (8, 1440),
            (9, 1440),
            (u32::MAX, 1440),
        ] {
            assert_eq!(rest_after_stops(stops), Duration::from_secs(minutes * 60), "{stops}");
        }
    }

    #[test]
    fn a_rest_ends_at_its_time_and_a_clock_that_was_set_back_does_not_make_it_longer() {
        let rest = Rest { until: "2026-08-26T12:00:00Z".parse().unwrap(), fault: None };
        for (now, lasts) in [
            ("2026-08-26T11:59:59Z", true),
            ("2026-08-26T12:00:00Z", false),
            ("2026-08-26T12:00:01Z", false),
            ("2026-08-25T12:00:00Z", true),
            ("2026-08-25T11:59:59Z", false),
            ("1970-01-01T00:00:00Z", false),
        ] {
            assert_eq!(rest.lasts_at(now.parse().unwrap()), lasts, "{now}");
        }
    }

    #[test]
    fn each_fault_is_read_as_it_was_written() {
        for fault in [StopFault::Route, StopFault::Issue] {
            assert_eq!(StopFault::parse(fault.as_str()), Some(fault));
        }
        assert_eq!(StopFault::parse(""), None);
    }
}
