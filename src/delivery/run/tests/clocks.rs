//! Clocks that are wrong: when they jump, how far, and what each reader gets.

use jiff::SignedDuration;

use super::relay::{BadDay, DAY, QUARTER, Relay, refusal};
use super::*;

/// Jumps of the time of day, in hours.
const JUMPS: [i64; 8] = [1, 5, 24, 365 * 24, -1, -5, -24, -56 * 365 * 24];

/// When the clock jumps: in the middle of a run, while a run waits for readers
/// whom the server put off, or between two runs.
const MOMENTS: [(&str, Duration); 3] = [
    ("while it sends", Duration::from_millis(5)),
    ("while it waits", Duration::from_secs(100)),
    ("while it is down", Duration::from_secs(10 * 60)),
];

/// Twelve readers. The server puts off the first three until an hour has passed,
/// and never accepts the fourth.
fn day(jumps: Vec<(Duration, SignedDuration)>) -> BadDay {
    let relay = Relay::with(|to, at| {
        let number: usize = to[1..].split('@').next().unwrap().parse().unwrap();
        let is_put_off = number < 3 && at < Duration::from_secs(3600) || number == 3;
        is_put_off.then(|| refusal(Phase::RcptTo, 450, "4.2.0 greylisted, try again later"))
    });
    let mut day = BadDay::new(12, 2, relay);
    day.jumps = jumps;
    day
}

/// The waits between the attempts at a reader, in minutes.
fn waits(day: &BadDay, number: usize) -> Vec<u64> {
    let tries = day.relay.tries_at(&format!("r{number}@d{number}.example"));
    tries.windows(2).map(|pair| (pair[1] - pair[0]).as_secs().div_ceil(60)).collect()
}

/// Every jump at every moment, once from right to wrong and once from wrong to
/// right. Whoever can be reached has the mail once; nobody waits longer than
/// their back-off, and nobody is given up before all attempts were made.
#[tokio::test(start_paused = true)]
async fn whatever_the_clock_does_everybody_gets_their_attempts_and_no_longer_waits() {
    for hours in JUMPS {
        for (when, at) in MOMENTS {
            for was_wrong in [false, true] {
                let wrong = SignedDuration::from_hours(hours);
                let jumps = if was_wrong {
                    vec![(Duration::ZERO, wrong), (at, SignedDuration::ZERO)]
                } else {
                    vec![(at, wrong)]
                };
                let context = format!("{hours} h {when}, wrong before: {was_wrong}");
                // One process that waits, and a timer that ticks.
                for ticks in [false, true] {
                    let day = day(jumps.clone());
                    let mut longest = 60;
                    if ticks {
                        longest += QUARTER.as_secs() / 60;
                        while day.tick().await.tally.open() > 0 {
                            assert!(day.elapsed() < 4 * DAY, "{context}: never ends");
                            tokio::time::sleep(QUARTER).await;
                        }
                    } else {
                        // A short run first, so that the second one starts after the jump.
                        day.tick().await;
                        tokio::time::sleep(Duration::from_secs(9 * 60)).await;
                        day.send().await;
                    }
                    assert!(day.relay.has_mailed(11), "{context}, ticks: {ticks}");
                    for number in 0..4 {
                        let waits = waits(&day, number);
                        let most = waits.iter().max().unwrap();
                        assert!(*most <= longest, "{context}, ticks: {ticks}: {waits:?} min");
                    }
                    // The one who is never accepted had all attempts of a day.
                    let attempts = waits(&day, 3).len() + 1;
                    assert!(attempts >= 27, "{context}, ticks: {ticks}: {attempts} attempts");
                    assert!(day.elapsed() < 3 * DAY, "{context}, ticks: {ticks}");
                }
            }
        }
    }
}

/// The jump that was seen in use, in one process from its start to its end: the
/// clock says 1970, and is set right while the process waits.
#[tokio::test(start_paused = true)]
async fn a_process_that_began_in_1970_rejects_nobody_when_the_clock_is_set() {
    let wrong = SignedDuration::from_hours(-56 * 365 * 24);
    let right = (Duration::from_secs(100), SignedDuration::ZERO);
    let day = day(vec![(Duration::ZERO, wrong), right]);
    let summary = day.send().await;
    assert_eq!((summary.tally.sent, summary.tally.expired), (11, 1));
    assert_eq!(waits(&day, 0), [5, 10, 20, 40]);
    assert_eq!(waits(&day, 3).len(), 26);
}
