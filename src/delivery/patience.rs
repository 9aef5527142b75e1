//! How often a call is repeated, and after which waits.

use std::time::Duration;

/// How often something is tried, and how long to wait in between.
///
/// The waits double. They are not random, because one process pushes a campaign
/// over one connection: there are no other callers from whom to keep apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The number of tries in all, at least 1.
    pub tries: u32,
    /// The wait after the first try.
    pub first_wait: Duration,
    /// The longest wait, even if the server asks for a longer one.
    pub longest_wait: Duration,
}

impl Patience {
    /// Four tries, waiting one, two and four seconds; up to a minute if the server asks for it.
    pub const DEFAULT: Self = Self {
        tries: 4,
        first_wait: Duration::from_secs(1),
        longest_wait: Duration::from_secs(60),
    };

    /// How long to wait after try number `tried` (from 1), or `None` when that
    /// was the last one. `asked` is the wait that the server asked for.
    pub fn wait_after(&self, tried: u32, asked: Option<Duration>) -> Option<Duration> {
        if tried >= self.tries {
            return None;
        }
        let doublings = tried.saturating_sub(1).min(16);
        let wait = asked.unwrap_or_else(|| self.first_wait.saturating_mul(1 << doublings));
        Some(wait.min(self.longest_wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end() {
        let waits: Vec<_> =
            (1..=4).map(|tried| Patience::DEFAULT.wait_after(tried, None)).collect();
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(waits, [seconds(1), seconds(2), seconds(4), None]);
    }

    #[test]
    fn a_wait_that_the_server_asks_for_is_kept_up_to_the_longest() {
        let asked = |n| Patience::DEFAULT.wait_after(1, Some(Duration::from_secs(n)));
        assert_eq!(asked(7), Some(Duration::from_secs(7)));
        assert_eq!(asked(86_400), Some(Duration::from_secs(60)));
        let endless = Patience { tries: u32::MAX, ..Patience::DEFAULT };
        assert_eq!(endless.wait_after(1_000, None), Some(Duration::from_secs(60)));
    }
}
