//! A relay that answers badly: to everybody or to some, for a while or for ever.
//! The real loop, over runs of the timer a quarter of an hour apart.

use std::fmt::Write as _;

use super::relay::{BadDay, DAY, QUARTER, Relay, refusal};
use super::*;
use crate::delivery::answer::tests::{answers, reply as answer_of};
use crate::delivery::answer::{Meaning, meaning};

const PHASES: [Phase; 4] = [Phase::MailFrom, Phase::RcptTo, Phase::Data, Phase::Dot];

/// The answers of the tables at each phase, one of each that differs for the
/// loop: it knows the meaning and the code, and not the words.
fn kinds() -> Vec<(Phase, u16, &'static str, Meaning)> {
    let mut kinds = Vec::new();
    let mut seen = Vec::new();
    for (_, code, text, ..) in answers() {
        for phase in PHASES {
            let about = meaning(phase, &answer_of(*code, text));
            let kind = (phase, about, *code == 421, *code >= 500);
            if !seen.contains(&kind) {
                seen.push(kind);
                kinds.push((phase, *code, *text, about));
            }
        }
    }
    kinds
}

/// Every kind of answer, to the first, the last or another reader of fifteen.
#[tokio::test(start_paused = true)]
async fn an_answer_to_one_reader_touches_nobody_else() {
    for (phase, code, text, about) in kinds() {
        for (connections, place) in [(1, 0), (1, 7), (4, 0), (4, 14)] {
            let one = format!("r{place}@d{place}.example");
            let relay = Relay::with(move |to, _| (to == one).then(|| refusal(phase, code, text)));
            let day = BadDay::new(15, connections, relay);
            let summary = day.tick().await;
            let context = format!("{phase}, {connections} connections: {code} {text}");
            assert_eq!(summary.tally.sent, 14, "{context}: {summary:?}");
            let is_gone = about == Meaning::NoMailbox;
            assert_eq!(day.ledger.suppressed(), usize::from(is_gone), "{context}");
            day.relay.recover();
            day.send().await;
            let is_refused = is_gone || about == Meaning::RecipientRefused;
            assert!(day.relay.has_mailed(15 - usize::from(is_refused)), "{context}");
        }
    }
}

/// Every kind of answer, to all fifteen, for four runs of the timer.
#[tokio::test(start_paused = true)]
async fn an_answer_to_everybody_harms_nobody_and_all_are_served_when_it_is_over() {
    for (phase, code, text, _) in kinds() {
        for connections in [1, 4] {
            let relay = Relay::with(move |_, _| Some(refusal(phase, code, text)));
            let day = BadDay::new(15, connections, relay);
            let context = format!("{phase}, {connections} connections: {code} {text}");
            for _ in 0..4 {
                let summary = day.tick().await;
                assert_eq!(day.ledger.suppressed(), 0, "{context}: {summary:?}");
                assert_eq!(summary.tally.open(), 15, "{context}: {summary:?}");
                tokio::time::sleep(QUARTER).await;
            }
            day.relay.recover();
            let summary = day.send().await;
            assert_eq!(summary.ending, Ending::Complete, "{context}");
            assert!(day.relay.has_mailed(15), "{context}: {summary:?}");
        }
    }
}

/// A relay takes messages, and then knows nobody any more, while it still reads
/// those that it took. Their acceptances say nothing for those who are refused.
#[tokio::test(start_paused = true)]
async fn a_directory_that_fails_during_a_run_suppresses_nobody() {
    for connections in [1, 4, 16, 64] {
        let fails_at = Duration::from_millis(300);
        let mood = move |_: &str, at| {
            (at > fails_at).then(|| refusal(Phase::RcptTo, 550, "5.1.1 no such user here"))
        };
        let mut relay = Relay::new(mood);
        relay.reading = Duration::from_millis(20);
        let day = BadDay::new(2000, connections, Arc::new(relay));
        let summary = day.tick().await;
        assert!(matches!(summary.ending, Ending::Tripped(_)), "{connections}: {summary:?}");
        assert!(summary.tally.sent > 0, "{connections}: {summary:?}");
        assert_eq!((day.ledger.suppressed(), summary.tally.rejected), (0, 0), "{connections}");
        day.relay.recover();
        day.send().await;
        assert!(day.relay.has_mailed(2000), "{connections}");
    }
}

/// One answer of each meaning: who is in which state after each of four runs.
#[tokio::test(start_paused = true)]
async fn a_table_of_bad_days() {
    let mut table = String::new();
    for (phase, code, text) in [
        (Phase::RcptTo, 550, "5.1.1 no such user here"),
        (Phase::RcptTo, 552, "5.2.2 mailbox full"),
        (Phase::RcptTo, 450, "4.2.0 greylisted, please try again"),
        (Phase::Dot, 554, "5.7.1 Message contains a blocked URL"),
        (Phase::MailFrom, 550, "5.7.1 sender not allowed"),
        (Phase::RcptTo, 550, "5.1.8 Access denied, bad outbound sender"),
        (Phase::Dot, 454, "Throttling failure: Maximum sending rate exceeded."),
        (Phase::RcptTo, 550, "5.1.90 you have reached the daily limit for message recipients"),
        (Phase::MailFrom, 432, "4.3.2 Concurrent connections limit exceeded"),
        (Phase::MailFrom, 451, "4.7.500 Server busy. Please try again later"),
        (Phase::RcptTo, 550, "5.7.1 not wanted here"),
    ] {
        let about = meaning(phase, &answer_of(code, text));
        writeln!(table, "{about:?}, {phase}: {code} {text}").unwrap();
        for (who, everybody) in [("to one", false), ("to all", true)] {
            let relay = Relay::with(move |to, _| {
                (everybody || to.starts_with("r7@")).then(|| refusal(phase, code, text))
            });
            let day = BadDay::new(15, 4, relay);
            for run in 1..=4 {
                let line = line(&day.tick().await, day.ledger.suppressed());
                writeln!(table, "  {who}, run {run}: {line}").unwrap();
                tokio::time::sleep(QUARTER).await;
            }
            day.relay.recover();
            let line = line(&day.send().await, day.ledger.suppressed());
            writeln!(table, "  {who}, afterwards: {line}").unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

/// What a run ended with, and how the rows stand after it.
fn line(summary: &Summary, suppressed: usize) -> String {
    let tally = &summary.tally;
    let ending = match &summary.ending {
        Ending::Complete => "complete",
        Ending::Waiting { .. } => "waits",
        Ending::HeldBack { .. } => "held back",
        Ending::Tripped(_) => "stopped",
        _ => "other",
    };
    format!(
        "{ending}: {} sent, {} pending, {} deferred, {} rejected, {suppressed} suppressed",
        tally.sent, tally.pending, tally.deferred, tally.rejected
    )
}

/// One reader, six in a row, the first six and the last six, refused by policy.
#[tokio::test(start_paused = true)]
async fn readers_who_are_refused_by_policy_hold_nobody_up() {
    for refused in [30..31, 30..36, 0..6, 54..60] {
        for connections in [1, 4] {
            let range = refused.clone();
            let relay = Relay::with(move |to, _| {
                let number: usize = to[1..].split('@').next().unwrap().parse().unwrap();
                range.contains(&number).then(|| refusal(Phase::RcptTo, 550, "5.7.1 not you"))
            });
            let day = BadDay::new(60, connections, relay);
            let summary = day.tick().await;
            let expected = 60 - refused.len() as u64;
            assert_eq!(summary.tally.sent, expected, "{refused:?}, {connections}: {summary:?}");
            // Their time ends once, and the campaign with it.
            let summary = day.send().await;
            assert_eq!(summary.ending, Ending::Complete);
            assert_eq!(summary.tally.expired, refused.len() as u64);
            assert!(day.elapsed() < DAY + 8 * QUARTER);
        }
    }
}

/// A closed domain is the trouble of its readers, not of the sender.
#[tokio::test(start_paused = true)]
async fn ten_dead_addresses_of_one_domain_are_suppressed_and_the_others_served() {
    for connections in [1, 4] {
        let relay = Relay::with(|to, _| {
            let is_closed = to.ends_with("@closed.example");
            is_closed.then(|| refusal(Phase::RcptTo, 550, "5.1.2 Host unknown"))
        });
        let dead = (0..10).map(|n| format!("c{n}@closed.example"));
        let readers: Vec<_> = dead.chain((0..40).map(|n| format!("r{n}@d{n}.example"))).collect();
        let day = BadDay::with(&readers, connections, relay);
        let summary = day.tick().await;
        assert_eq!(summary.ending, Ending::Complete, "{summary:?}");
        assert_eq!((summary.tally.sent, day.ledger.suppressed()), (40, 10));
    }
}

/// A list of one company, whose directory goes down: nobody there is dead.
#[tokio::test(start_paused = true)]
async fn a_list_of_one_domain_suppresses_nobody_for_what_may_be_its_server() {
    let relay = Relay::with(|to, _| {
        let number: usize = to[1..].split('@').next().unwrap().parse().unwrap();
        (number >= 52).then(|| refusal(Phase::RcptTo, 550, "5.1.1 User unknown"))
    });
    let readers: Vec<_> = (0..60).map(|n| format!("r{n}@company.example")).collect();
    let day = BadDay::with(&readers, 4, relay);
    let summary = day.tick().await;
    assert_eq!((summary.tally.sent, day.ledger.suppressed()), (52, 0), "{summary:?}");
    day.relay.recover();
    day.send().await;
    assert!(day.relay.has_mailed(60));
}

/// A limit of one domain slows down nobody else.
#[tokio::test(start_paused = true)]
async fn a_domain_that_is_throttled_holds_nobody_up() {
    for connections in [1, 4] {
        let relay = Relay::with(|to, _| {
            let text = "4.7.28 Our system has detected an unusual rate of mail. Try again later";
            to.ends_with("@big.example").then(|| refusal(Phase::RcptTo, 451, text))
        });
        let readers: Vec<_> = (0..300)
            .map(|n| {
                if n % 3 == 0 { format!("b{n}@big.example") } else { format!("r{n}@d{n}.example") }
            })
            .collect();
        let day = BadDay::with(&readers, connections, relay);
        let summary = day.tick().await;
        assert_eq!((summary.tally.sent, summary.tally.deferred), (200, 100), "{summary:?}");
        assert!(day.elapsed() < Duration::from_secs(30), "{:?}", day.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_is_asked_at_most_ten_times_in_its_first_minute() {
    for connections in [1, 4, 16] {
        for (phase, code, text) in [
            (Phase::MailFrom, 451, "4.7.500 Server busy"),
            (Phase::Dot, 454, "Throttling failure: Maximum sending rate exceeded."),
            (Phase::RcptTo, 452, "4.3.1 Insufficient system storage"),
        ] {
            let relay = Relay::with(move |_, _| Some(refusal(phase, code, text)));
            let day = BadDay::new(1500, connections, relay);
            let well = async {
                tokio::time::sleep(Duration::from_secs(600)).await;
                day.relay.recover();
            };
            let (summary, ()) = tokio::join!(day.send(), well);
            assert!(day.relay.tries_within(Duration::from_secs(60)) <= 10, "{code} {text}");
            assert_eq!(summary.ending, Ending::Complete);
            assert!(day.relay.has_mailed(1500));
        }
    }
}

/// Amazon SES: 14 messages a second, and as many at once.
#[tokio::test(start_paused = true)]
async fn the_rate_of_a_relay_is_found_and_kept() {
    let bucket = Mutex::new((14.0_f64, Duration::ZERO));
    let relay = Relay::with(move |_, at| {
        let mut bucket = bucket.lock().unwrap();
        bucket.0 = (bucket.0 + (at - bucket.1).as_secs_f64() * 14.0).min(14.0);
        bucket.1 = at;
        if bucket.0 >= 1.0 {
            bucket.0 -= 1.0;
            return None;
        }
        let text = "Throttling failure: Maximum sending rate exceeded.";
        Some(refusal(Phase::Dot, 454, text))
    });
    let day = BadDay::new(600, 4, relay);
    let summary = day.send().await;
    assert_eq!(summary.tally.sent, 600);
    let (took, tries) = (day.elapsed().as_secs_f64(), day.relay.tries());
    assert!(took <= 1.3 * (600.0 - 14.0) / 14.0, "{took} s");
    assert!(tries - 600 <= tries * 3 / 100, "{} refused", tries - 600);
}

/// A quota of 200 messages a day, and 700 readers.
#[tokio::test(start_paused = true)]
async fn a_quota_of_a_day_is_waited_out_and_nobody_is_lost() {
    let quota = || {
        let day = Mutex::new((0, 0));
        Relay::with(move |_, at| {
            let mut day = day.lock().unwrap();
            let today = at.as_secs() / DAY.as_secs();
            if day.0 != today {
                *day = (today, 0);
            }
            day.1 += 1;
            let text = "5.4.5 Daily user sending limit exceeded.";
            (day.1 > 200).then(|| refusal(Phase::Dot, 550, text))
        })
    };
    let day = BadDay::new(700, 4, quota());
    let summary = day.send().await;
    assert_eq!((summary.ending, summary.tally.sent), (Ending::Complete, 700));
    assert!(day.elapsed() < 3 * DAY + 8 * QUARTER, "{:?}", day.elapsed());
    assert!(day.relay.has_mailed(700));
    let day = BadDay::new(700, 4, quota());
    while day.tick().await.tally.open() > 0 {
        assert!(day.elapsed() < 4 * DAY, "{:?}", day.elapsed());
        tokio::time::sleep(QUARTER).await;
    }
    assert!(day.relay.has_mailed(700));
}

/// Of four commands, one in ten is answered with 421: a third of all messages.
#[tokio::test(start_paused = true)]
async fn a_server_that_closes_many_connections_is_no_broken_one() {
    let count = AtomicUsize::new(0);
    let relay = Relay::with(move |_, _| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        let chance = number.wrapping_mul(2_654_435_761) % 1000;
        (chance < 344).then(|| refusal(Phase::RcptTo, 421, "4.3.2 Service not available"))
    });
    let day = BadDay::new(2000, 4, relay);
    let summary = day.send().await;
    assert_eq!((summary.ending, summary.tally.sent), (Ending::Complete, 2000));
    // Each try takes a millisecond, over four connections.
    let least = Duration::from_millis(day.relay.tries() as u64 / 4);
    assert!(day.elapsed() < least * 5 / 4, "{:?}, at least {least:?}", day.elapsed());
}

/// Some readers at whom it always breaks: they are put off one by one, and expire.
#[tokio::test(start_paused = true)]
async fn readers_at_whom_connections_break_do_not_keep_a_campaign_open_for_ever() {
    for (connections, bad) in [(1, 2), (4, 2), (1, 6), (4, 6)] {
        let relay = Relay::with(move |to, _| {
            let is_bad = (0..bad).any(|row| to.starts_with(&format!("r{row}@")));
            is_bad.then(|| refusal(Phase::RcptTo, 421, "4.3.2 Service not available"))
        });
        let day = BadDay::new(40, connections, relay);
        let context = format!("{bad} readers, {connections} connections");
        let summary = day.tick().await;
        assert!(matches!(summary.ending, Ending::Waiting { .. }), "{context}: {summary:?}");
        assert_eq!((summary.tally.sent, summary.tally.deferred), (40 - bad, bad), "{context}");
        assert!(day.elapsed() < Duration::from_secs(150), "{context}: {:?}", day.elapsed());
        let mut last = summary;
        for _ in 0..200 {
            if last.ending == Ending::Complete {
                break;
            }
            tokio::time::sleep(QUARTER).await;
            let begun = day.elapsed();
            last = day.tick().await;
            assert!(day.elapsed() - begun < Duration::from_secs(30), "{context}: {last:?}");
        }
        assert_eq!((last.ending, last.tally.expired), (Ending::Complete, bad), "{context}");
        assert_eq!(day.ledger.suppressed(), 0, "{context}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_after_each_message_is_no_fault_of_a_reader() {
    let count = AtomicUsize::new(0);
    let relay = Relay::with(move |_, _| {
        let is_second = count.fetch_add(1, Ordering::SeqCst) % 2 == 1;
        is_second.then(|| Attempt::Lost { phase: Phase::MailFrom, cause: "closed".into() })
    });
    let day = BadDay::new(200, 4, relay);
    let summary = day.tick().await;
    assert_eq!((summary.ending, summary.tally.sent), (Ending::Complete, 200));
    assert!(day.elapsed() < Duration::from_secs(1), "{:?}", day.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_accepts_nothing_for_a_lifetime_stops_the_campaign_and_loses_nobody() {
    let relay = Relay::with(|_, _| Some(refusal(Phase::MailFrom, 451, "4.3.2 busy")));
    let day = BadDay::new(30, 4, relay);
    let summary = day.send().await;
    assert!(matches!(summary.ending, Ending::Tripped(Trip::Stalled { hours: 24, .. })));
    assert_eq!(summary.tally.pending, 30);
}

/// The reason names the last refusal, and not the acceptance that confirmed it.
#[tokio::test(start_paused = true)]
async fn too_many_dead_addresses_stop_the_campaign_with_the_last_refusal() {
    let relay = Relay::with(|to, _| {
        let number: usize = to[1..].split('@').next().unwrap().parse().unwrap();
        number.is_multiple_of(10).then(|| refusal(Phase::RcptTo, 550, "5.1.1 no such user here"))
    });
    let summary = BadDay::new(600, 1, relay).tick().await;
    let Ending::Tripped(Trip::Rejections { last, .. }) = &summary.ending else {
        panic!("{summary:?}");
    };
    assert_eq!(last, "RCPT TO: 550 5.1.1 no such user here");
}
