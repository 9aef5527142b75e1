use super::*;

const GONE: Refusal = Refusal::Mailbox;

fn held(row: i64, domain: &str, refusal: Refusal) -> Held {
    Held { row: RowId(row), domain: domain.to_owned(), refusal, attempts: 0, at: Duration::ZERO }
}

/// After how many refusals in a row a run stops. Each recipient has one of so many domains.
fn stops_after(domains: usize, has_several: bool, refusal: Refusal) -> Option<i64> {
    let mut streak = Streak::default();
    (1..100).find(|row| {
        streak.refuse(held(*row, &format!("d{}.example", *row as usize % domains), refusal));
        if streak.has_to_learn_domains() {
            streak.learn_domains(has_several);
        }
        streak.trip("550 no").is_some()
    })
}

#[test]
fn ten_different_recipients_in_a_row_are_the_senders_trouble() {
    for refusal in [Refusal::Other, GONE] {
        assert_eq!(stops_after(5, true, refusal), Some(10));
        // A list of one domain has no others to compare with.
        assert_eq!(stops_after(1, false, refusal), Some(10));
        // One closed domain is no trouble of the sender's.
        assert_eq!(stops_after(1, true, refusal), None);
    }
    let mut same_row = Streak::default();
    for _ in 0..50 {
        same_row.refuse(held(1, "d.example", Refusal::Other));
    }
    assert_eq!(same_row.trip("550 no"), None);
}

#[test]
fn a_refusal_before_the_recipient_is_named_stops_a_run_at_the_third() {
    let early = |row: i64| held(row, &format!("d{row}.example"), Refusal::Early);
    let mut streak = Streak::default();
    let at = (1..10).find(|row| {
        streak.refuse(early(*row));
        streak.trip("550 no").is_some()
    });
    assert_eq!(at, Some(3));
    // One row alone does not stop the others.
    let mut streak = Streak::default();
    for _ in 0..50 {
        streak.refuse(early(1));
        assert_eq!(streak.trip(""), None);
    }
    let (settled, trip) = streak.rest(14, 15, "550 no");
    assert_eq!((settled, trip), (Vec::new(), None));
    // But nothing was accepted at all, so it is no fault of the one recipient.
    streak.refuse(early(1));
    assert!(streak.rest(0, 1, "550 no").1.is_some());
}

#[test]
fn an_acceptance_confirms_what_the_replies_before_it_said() {
    let mut streak = Streak::default();
    streak.refuse(held(1, "a.example", GONE));
    streak.refuse(held(2, "b.example", Refusal::Other));
    streak.refuse(held(3, "c.example", Refusal::Recipient));
    let (settled, trip) = streak.accept(Duration::ZERO, "250 ok");
    let rejected = |row, class| Settlement { row: RowId(row), fate: Fate::Rejected(class) };
    assert_eq!(settled, [rejected(1, RejectClass::Mailbox), rejected(3, RejectClass::Other)]);
    assert_eq!(trip, None);
    assert_eq!(streak.accept(Duration::ZERO, "250 ok"), (Vec::new(), None));
}

#[test]
fn an_acceptance_of_a_message_that_was_under_way_confirms_nothing_before_it() {
    let second = Duration::from_secs;
    let mut streak = Streak::default();
    for row in 1..=9 {
        let at = second(10);
        streak.refuse(Held { at, ..held(row, &format!("d{row}.example"), GONE) });
    }
    // The server accepted a message that it had taken before its directory went down.
    assert_eq!(streak.accept(second(9), "250 ok"), (Vec::new(), None));
    // That one ends the row all the same, so that a large run does not stop for its dead addresses.
    streak.refuse(Held { at: second(11), ..held(10, "d10.example", GONE) });
    assert_eq!(streak.trip("550 no"), None);
    // A message that was begun after nine of the refusals confirms these.
    let mut healthy = streak;
    let (settled, trip) = healthy.accept(second(10), "250 ok");
    let gone = Fate::Rejected(RejectClass::Mailbox);
    let confirmed = (1..=9).map(|row| Settlement { row: RowId(row), fate: gone });
    assert_eq!((settled, trip), (confirmed.collect(), None));
    assert_eq!(healthy.restore(), [Settlement { row: RowId(10), fate: Fate::Restored }]);
}

#[test]
fn a_later_answer_about_a_recipient_takes_the_place_of_a_refusal() {
    let mut streak = Streak::default();
    streak.refuse(held(1, "a.example", GONE));
    streak.refuse(held(2, "b.example", GONE));
    streak.forget(RowId(1));
    let settled = streak.accept(Duration::ZERO, "250 ok").0;
    assert_eq!(settled.iter().map(|settled| settled.row).collect::<Vec<_>>(), [RowId(2)]);
    // It does not count in the row any more either.
    for row in 1..=10 {
        streak.refuse(held(row, &format!("d{row}.example"), GONE));
    }
    assert!(streak.trip("550 no").is_some());
    streak.forget(RowId(1));
    assert_eq!(streak.trip("550 no"), None);
}

#[test]
fn a_run_that_stops_gives_everybody_back() {
    let mut streak = Streak::default();
    streak.refuse(held(1, "a.example", GONE));
    streak.refuse(held(2, "b.example", Refusal::Other));
    let restored = [1, 2].map(|row| Settlement { row: RowId(row), fate: Fate::Restored });
    assert_eq!(streak.restore(), restored);
    assert_eq!(streak.restore(), []);
}

#[test]
fn at_the_end_few_refusals_are_about_their_recipients_and_many_may_be_the_servers() {
    let gone = Settlement { row: RowId(0), fate: Fate::Rejected(RejectClass::Mailbox) };
    let once = Settlement { row: RowId(0), fate: Fate::RejectedOnce };
    // refused, accepted in this run, sent in all, audience, attempts before: settled, stops
    for (refused, has_accepted, sent, audience, attempts, settled, stops) in [
        (1, true, 14, 15, 0, vec![gone], false),
        (2, true, 13, 15, 0, vec![gone, gone], false),
        (4, true, 11, 15, 0, vec![], false),
        (4, true, 11, 15, 2, vec![once; 4], false),
        (1, false, 14, 15, 0, vec![], false),
        (1, false, 14, 15, 2, vec![once], false),
        (1, false, 0, 1, 0, vec![once], false),
        (2, false, 0, 15, 0, vec![], true),
        (2, false, 0, 15, 2, vec![], true),
    ] {
        let mut streak = Streak::default();
        if has_accepted {
            streak.accept(Duration::ZERO, "250 ok");
        }
        for row in 0..refused {
            let domain = format!("d{row}.example");
            streak.refuse(Held {
                row: RowId(row),
                domain,
                refusal: GONE,
                attempts,
                at: Duration::ZERO,
            });
        }
        let (found, trip) = streak.rest(sent, audience, "550 no");
        let fates = |settled: &[Settlement]| settled.iter().map(|s| s.fate).collect::<Vec<_>>();
        let restored = vec![Fate::Restored; if stops { refused as usize } else { 0 }];
        let expected = if stops { restored } else { fates(&settled) };
        assert_eq!(fates(&found), expected, "{refused} refused, {sent} of {audience} sent");
        assert_eq!(trip.is_some(), stops);
    }
}

#[test]
fn one_confirmed_rejection_in_twenty_stops_the_campaign_and_fewer_do_not() {
    let run = |every: usize| {
        let mut streak = Streak::default();
        (0..1000).find_map(|n| {
            if n % every == 0 {
                streak.refuse(held(n as i64, "a.example", GONE));
                return None;
            }
            streak.accept(Duration::ZERO, "550 gone").1
        })
    };
    assert_eq!(run(23), None);
    let trip = Trip::Rejections { rejected: 10, of: 200, last: "550 gone".into() };
    assert_eq!(run(20), Some(trip));
}

#[test]
fn a_stop_says_what_all_refusals_were_about() {
    let stopped_by = |refusals: &[Refusal]| {
        let mut streak = Streak::default();
        for (row, refusal) in (0..).zip(refusals.iter().cycle().take(10)) {
            streak.refuse(held(row, &format!("d{row}.example"), *refusal));
        }
        streak.trip("554 no")
    };
    let last = || "554 no".to_owned();
    let rejections = Trip::Rejections { rejected: 10, of: 10, last: last() };
    for (refusals, expected) in [
        (&[Refusal::Message][..], Trip::Message(last())),
        (&[Refusal::Mailbox, Refusal::Recipient], rejections),
        (&[Refusal::Message, Refusal::Other], Trip::Refused(last())),
        (&[Refusal::Mailbox, Refusal::Other], Trip::Refused(last())),
    ] {
        assert_eq!(stopped_by(refusals), Some(expected), "{refusals:?}");
    }
}

#[test]
fn a_short_list_is_told_what_it_was_refused_for_as_a_long_one_is() {
    let last = || "554 no".to_owned();
    for (refusal, expected) in [
        (Refusal::Message, Trip::Message(last())),
        (Refusal::Mailbox, Trip::Rejections { rejected: 2, of: 2, last: last() }),
        (Refusal::Other, Trip::Refused(last())),
    ] {
        let mut streak = Streak::default();
        streak.refuse(held(1, "a.example", refusal));
        streak.refuse(held(2, "b.example", refusal));
        let (settled, trip) = streak.rest(0, 2, "554 no");
        assert_eq!((settled.len(), trip), (2, Some(expected)));
        assert!(streak.is_empty());
    }
}
