//! When a worker of a delivery run may open a connection. Pure: what happened
//! goes in, the next step comes out.

use std::time::Duration;

use super::{ConnectError, Ending};

/// What the workers of a run know together about their connections.
#[derive(Debug, Default)]
pub(super) struct Connections {
    open: usize,
    /// Whether any connection was opened in this run.
    were_possible: bool,
    /// Dials that failed, and connections that broke before they were of any
    /// use, since a server last answered.
    failures: u32,
    /// Connections that broke before they were of any use, though that may be chance.
    breaks: Mishaps,
    /// Dials that the server refused because it was busy.
    busy: Mishaps,
}

/// What a worker without a connection does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Dial {
    After(Duration),
    /// One worker less; the others carry on.
    LeaveToOthers,
    EndRun(Ending),
}

impl Connections {
    /// Whether a worker may dial without knowing how the dials of others end.
    pub(super) fn go_well(&self) -> bool {
        let mishaps = self.failures + self.breaks.in_a_row + self.busy.in_a_row;
        self.were_possible && mishaps == 0
    }

    /// What a worker does before its first dial.
    pub(super) fn next_dial(&self) -> Dial {
        let failures = self.failures;
        redial_after(failures).map_or_else(
            || Dial::EndRun(Ending::Unstable(format!("{failures} connections in a row broke"))),
            Dial::After,
        )
    }

    pub(super) fn failed(&mut self, error: &ConnectError) -> Dial {
        let is_busy = matches!(error, ConnectError::Refused { .. }) && error.may_pass();
        if is_busy && self.busy.may_be_chance_again(DIALS) {
            return Dial::After(Duration::ZERO);
        }
        if is_busy && self.open > 0 {
            // The server takes fewer connections than were configured. The
            // workers that have one carry on.
            return Dial::LeaveToOthers;
        }
        self.failures += 1;
        match redial_after(self.failures) {
            Some(wait) if self.were_possible && error.may_pass() => Dial::After(wait),
            _ => Dial::EndRun(Ending::NoConnection(error.clone())),
        }
    }

    pub(super) fn opened(&mut self) {
        self.open += 1;
        self.were_possible = true;
        self.busy.end();
        self.busy.well += 1;
    }

    /// A connection was closed, or broke.
    pub(super) fn closed(&mut self) {
        self.open -= 1;
    }

    /// A connection broke before the server had answered to a message over it.
    /// The first ones cost no time, because a server that closes one connection
    /// in ten is no broken one.
    pub(super) fn broke_early(&mut self) {
        if !self.breaks.may_be_chance_again(BREAKS) {
            self.failures += 1;
        }
    }

    /// The server answered to a message, perhaps the first over its connection.
    pub(super) fn answered(&mut self, is_first: bool) {
        self.failures = 0;
        self.breaks.end();
        self.breaks.well += u32::from(is_first);
    }
}

/// Something that happens now and then by chance, and many times in a row only
/// when something is wrong.
#[derive(Debug, Default)]
struct Mishaps {
    in_a_row: u32,
    /// How often it happened before these, and how often it did not.
    earlier: u32,
    well: u32,
}

impl Mishaps {
    /// It happened. Returns whether so many in a row are still chance, by how often
    /// it happened before; between so many always are, and more never.
    fn may_be_chance_again(&mut self, (least, most): (u32, u32)) -> bool {
        self.in_a_row += 1;
        let earlier = f64::from(self.earlier);
        // Without any experience, one in twenty is expected.
        let share = (earlier + 0.1) / (earlier + f64::from(self.well) + 2.0);
        let longest = (f64::ln(CHANCE) / f64::ln(share)) as u32;
        self.in_a_row <= longest.clamp(least, most)
    }

    /// It did not happen.
    fn end(&mut self) {
        self.earlier += std::mem::take(&mut self.in_a_row);
        if self.earlier + self.well > EXPERIENCE {
            self.earlier /= 2;
            self.well /= 2;
        }
    }
}

/// What happens so seldom by chance is none.
const CHANCE: f64 = 1e-6;
/// What is older than so many connections says little about a server.
const EXPERIENCE: u32 = 1000;
/// How many connections may break in a row before a dial has to wait. A server
/// that breaks all of them from the first is dialled ten times in a minute.
const BREAKS: (u32, u32) = (4, 16);
/// How many dials in a row a busy server may refuse before that counts.
const DIALS: (u32, u32) = (2, 6);

/// How long to wait before the next dial after so many failures in a row: a
/// second, doubling to a minute. `None` when it is time to give up, after about
/// nine minutes, in which most servers have started again.
fn redial_after(failures: u32) -> Option<Duration> {
    match failures {
        0 => Some(Duration::ZERO),
        1..=6 => Some(Duration::from_secs(1 << (failures - 1))),
        7..=14 => Some(Duration::from_secs(60)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{Phase, Reply};

    #[test]
    fn dialling_goes_on_for_nine_minutes() {
        let waits: Vec<u64> =
            (0..).map_while(|failures| redial_after(failures).map(|wait| wait.as_secs())).collect();
        assert_eq!(waits[..7], [0, 1, 2, 4, 8, 16, 32]);
        assert_eq!(waits.iter().sum::<u64>(), 63 + 8 * 60);
    }

    #[test]
    fn a_failed_dial_is_repeated_left_to_others_or_ends_the_run() {
        let server = || "mail.example.org:25".to_owned();
        let refused = |code| ConnectError::Refused {
            server: server(),
            phase: Phase::Greeting,
            reply: Reply { code, enhanced: None, text: String::new() },
        };
        let unreachable = ConnectError::Unreachable {
            server: server(),
            phase: Phase::Connect,
            cause: String::new(),
        };
        let unacceptable = ConnectError::Unacceptable {
            server: server(),
            phase: Phase::Tls,
            cause: String::new(),
        };
        let after = |seconds| Dial::After(Duration::from_secs(seconds));
        let end = |error: &ConnectError| Dial::EndRun(Ending::NoConnection(error.clone()));
        let (busy, closed) = (refused(421), refused(554));
        for (open, were_possible, failures, error, expected) in [
            // A server that was never reached ends the run at once.
            (0, false, 0, &unreachable, end(&unreachable)),
            (0, false, 0, &busy, end(&busy)),
            // One that was reached is dialled again for a while.
            (0, true, 0, &unreachable, after(1)),
            (0, true, 1, &unreachable, after(2)),
            (1, true, 13, &unreachable, after(60)),
            (1, true, 14, &unreachable, end(&unreachable)),
            // One that takes no more connections keeps those that it has.
            (1, true, 0, &busy, Dial::LeaveToOthers),
            (1, true, 14, &busy, Dial::LeaveToOthers),
            (0, true, 0, &busy, after(1)),
            // What cannot pass is not repeated.
            (1, true, 0, &closed, end(&closed)),
            (1, true, 0, &unacceptable, end(&unacceptable)),
        ] {
            let busy = Mishaps { in_a_row: DIALS.1, ..Mishaps::default() };
            let mut connections =
                Connections { open, were_possible, failures, busy, ..Connections::default() };
            let next = connections.failed(error);
            assert_eq!(next, expected, "{open} open, {were_possible}, {failures}: {error}");
            let counted = u32::from(next != Dial::LeaveToOthers);
            assert_eq!(connections.failures, failures + counted);
        }
    }

    #[test]
    fn connections_that_break_unused_count_until_the_server_answers() {
        let mut connections = Connections::default();
        assert_eq!(connections.next_dial(), Dial::After(Duration::ZERO));
        for _ in 0..BREAKS.0 {
            connections.opened();
            connections.broke_early();
            connections.closed();
            assert_eq!(connections.next_dial(), Dial::After(Duration::ZERO));
        }
        for _ in 0..15 {
            connections.opened();
            connections.broke_early();
            connections.closed();
        }
        let ending = Ending::Unstable("15 connections in a row broke".into());
        assert_eq!(connections.next_dial(), Dial::EndRun(ending));
        connections.answered(true);
        assert_eq!(connections.next_dial(), Dial::After(Duration::ZERO));
    }

    #[test]
    fn a_server_that_breaks_every_connection_is_dialled_ten_times_in_a_minute() {
        let mut connections = Connections::default();
        let (mut at, mut dials) = (Duration::ZERO, 0);
        while let Dial::After(wait) = connections.next_dial() {
            at += wait;
            if at >= Duration::from_secs(60) {
                break;
            }
            dials += 1;
            connections.opened();
            connections.broke_early();
            connections.closed();
        }
        assert_eq!(dials, 10);
    }

    #[test]
    fn what_often_happened_by_chance_may_happen_more_often_in_a_row() {
        for (every, least, most) in [(100, 4, 4), (10, 5, 7), (3, 10, 14), (2, 16, 16)] {
            let mut connections = Connections::default();
            for connection in 0..5_000 {
                if connection % every == 0 {
                    connections.broke_early();
                } else {
                    connections.answered(true);
                    connections.answered(false);
                }
            }
            connections.answered(true);
            let forgiven = (0..)
                .take_while(|_| {
                    connections.broke_early();
                    connections.failures == 0
                })
                .count();
            assert!((least..=most).contains(&forgiven), "one in {every}: {forgiven}");
        }
    }

    #[test]
    fn a_busy_server_is_dialled_again_at_once_before_that_counts() {
        let mut connections = Connections::default();
        let busy = ConnectError::Refused {
            server: String::new(),
            phase: Phase::Hello,
            reply: Reply { code: 421, enhanced: None, text: String::new() },
        };
        for _ in 0..4 {
            assert_eq!(connections.failed(&busy), Dial::After(Duration::ZERO));
        }
        assert!(matches!(connections.failed(&busy), Dial::EndRun(_)));
    }
}
