//! How a campaign stands after a run that did not end it, and when the timer
//! may go on with it.

use crate::campaign::due::{Rest, StopFault, rest_after_stops};
use crate::delivery::{Ending, Summary, Trip};
use crate::domain::Timestamp;
use crate::store::FrozenCampaign;

use super::order::{Order, OrderGiver};

/// How many runs in a row were stopped before this one. A person who sends
/// knows better than the timer, and begins the count anew.
pub(super) fn stops_before(frozen: &FrozenCampaign, order: &Order) -> u32 {
    match order.given_by {
        OrderGiver::Person => 0,
        OrderGiver::Timer => frozen.summary.stops,
    }
}

/// For how long the timer leaves a campaign alone after a run, and how many
/// runs in a row were stopped by then; `None` when nothing is left to send.
/// After a run in which anything was accepted the count begins anew.
pub(super) fn standstill_after(
    summary: &Summary,
    stops: u32,
    now: Timestamp,
) -> Option<(Option<Rest>, u32)> {
    let stops = if summary.sent_now > 0 { 0 } else { stops };
    match (&summary.ending, fault_of(&summary.ending)) {
        (Ending::Complete, _) => None,
        (Ending::Waiting { until }, _) => Some((Some(Rest { until: *until, fault: None }), stops)),
        // The server is asked less and less often, and after some hours somebody is told.
        (Ending::HeldBack { until, .. }, _) if summary.sent_now == 0 => {
            let (rest, stops) = rest_after_another_stop(StopFault::Route, stops, now);
            let fault = rest.fault.filter(|_| stops >= STOPS_BEFORE_ALARM);
            Some((Some(Rest { until: rest.until.max(*until), fault }), stops))
        }
        (Ending::HeldBack { until, .. }, _) => {
            Some((Some(Rest { until: *until, fault: None }), stops))
        }
        // A signal is nobody's fault: the next tick goes on.
        (_, None) => Some((None, stops)),
        (_, Some(fault)) => {
            let (rest, stops) = rest_after_another_stop(fault, stops, now);
            Some((Some(rest), stops))
        }
    }
}

/// The rest after one more stop, and the number of stops with it.
pub(super) fn rest_after_another_stop(fault: StopFault, stops: u32, now: Timestamp) -> (Rest, u32) {
    let stops = stops.saturating_add(1);
    let until = now.saturating_add(rest_after_stops(stops)).unwrap_or(Timestamp::MAX);
    (Rest { until, fault: Some(fault) }, stops)
}

/// What was at fault when a run was stopped, if it was stopped.
fn fault_of(ending: &Ending) -> Option<StopFault> {
    match ending {
        Ending::Complete
        | Ending::Waiting { .. }
        | Ending::HeldBack { .. }
        | Ending::Interrupted => None,
        Ending::Tripped(Trip::Message(_)) => Some(StopFault::Issue),
        Ending::NoConnection(_) | Ending::Unstable(_) | Ending::Tripped(_) => {
            Some(StopFault::Route)
        }
    }
}

/// In so many runs in a row the server may ask for patience and accept nothing
/// before that is an alarm.
const STOPS_BEFORE_ALARM: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Tally;

    #[test]
    fn each_ending_has_its_rest() {
        let now: Timestamp = "2026-08-26T12:00:00Z".parse().unwrap();
        let at = |text: &str| format!("2026-08-26T{text}:00Z").parse().unwrap();
        let put_off = Ending::Waiting { until: at("12:05") };
        let held_back = Ending::HeldBack { until: at("12:05"), reply: String::new() };
        let tripped = Ending::Tripped(Trip::Silence(3));
        let refused_text = Ending::Tripped(Trip::Message(String::new()));
        let unstable = Ending::Unstable("it closed".to_owned());
        let rests = |time: &str, fault| Some(Rest { until: at(time), fault });
        let route = Some(StopFault::Route);
        // ending, sent in this run, stops before: rest and stops
        for (ending, sent_now, stops, expected) in [
            (Ending::Complete, 3, 2, None),
            (Ending::Interrupted, 0, 2, Some((None, 2))),
            (Ending::Interrupted, 1, 2, Some((None, 0))),
            (put_off.clone(), 0, 2, Some((rests("12:05", None), 2))),
            (put_off, 1, 2, Some((rests("12:05", None), 0))),
            (held_back.clone(), 5, 3, Some((rests("12:05", None), 0))),
            (held_back.clone(), 0, 0, Some((rests("12:15", None), 1))),
            (held_back, 0, 3, Some((rests("14:00", route), 4))),
            (tripped.clone(), 0, 0, Some((rests("12:15", route), 1))),
            (tripped.clone(), 0, 2, Some((rests("13:00", route), 3))),
            (tripped, 1, 2, Some((rests("12:15", route), 1))),
            (refused_text, 0, 0, Some((rests("12:15", Some(StopFault::Issue)), 1))),
            (unstable, 0, 1, Some((rests("12:30", route), 2))),
        ] {
            let tally = Tally::default();
            let summary = Summary { tally, audience: 3, sent_now, ending };
            assert_eq!(standstill_after(&summary, stops, now), expected, "{summary:?} {stops}");
        }
    }
}
