use super::*;
use crate::delivery::{EnhancedCode, Reply};

fn refused(phase: Phase, code: u16, text: &str) -> Attempt {
    let enhanced = EnhancedCode::parse_prefix(text);
    Attempt::Refused { phase, reply: Reply { code, enhanced, text: text.into() } }
}

fn judged(attempt: &Attempt, row: RowHistory) -> (Outcome, ReplySubject) {
    let judgement = judge(attempt, row, Timestamp::UNIX_EPOCH);
    (judgement.outcome, judgement.about)
}

const NEW: RowHistory = RowHistory { attempts: 0, put_off: 0, breaks_connections: false };

#[test]
fn each_reply_is_about_the_right_thing() {
    use Phase::{Data, Dot, MailFrom, RcptTo};
    let later = Outcome::Deferred(Timestamp::from_second(300).unwrap());
    let refusal = ReplySubject::Refusal;
    for (phase, code, text, outcome, about) in [
        (RcptTo, 550, "5.1.1 no such user", later, refusal(Refusal::Mailbox)),
        (
            RcptTo,
            550,
            "5.2.1 The account that you tried to reach is disabled.",
            later,
            refusal(Refusal::Mailbox),
        ),
        (RcptTo, 550, "5.7.1 relaying denied", later, refusal(Refusal::Other)),
        (RcptTo, 450, "4.2.0 greylisted", later, ReplySubject::Recipient),
        (RcptTo, 530, "5.7.0 authenticate", later, refusal(Refusal::Other)),
        (MailFrom, 553, "5.1.8 bad sender", later, refusal(Refusal::Early)),
        (MailFrom, 451, "4.3.0 later", Outcome::Pending, ReplySubject::Pace(Meaning::Server)),
        (MailFrom, 530, "5.7.0 authenticate", later, refusal(Refusal::Early)),
        (Data, 554, "5.5.1 no valid recipients", later, refusal(Refusal::Recipient)),
        (Dot, 550, "5.7.26 unauthenticated", later, refusal(Refusal::Other)),
        (Dot, 550, "5.1.1 too late to know", later, refusal(Refusal::Other)),
    ] {
        let attempt = refused(phase, code, text);
        assert_eq!(judged(&attempt, NEW), (outcome, about), "{phase} {code} {text}");
    }
}

#[test]
fn a_connection_that_breaks_is_no_recipients_fault_unless_it_breaks_at_them_alone() {
    let lost = |phase| Attempt::Lost { phase, cause: String::new() };
    let later = Outcome::Deferred(Timestamp::from_second(300).unwrap());
    let hostile = RowHistory { breaks_connections: true, ..NEW };
    for phase in [Phase::MailFrom, Phase::RcptTo, Phase::Data, Phase::Content] {
        let expected = (Outcome::Pending, ReplySubject::Connection);
        assert_eq!(judged(&lost(phase), NEW), expected);
        assert_eq!(judged(&lost(phase), hostile), (later, ReplySubject::Recipient));
    }
    // Who was put off before has their next attempt counted, whatever it is about.
    let before = judged(&lost(Phase::RcptTo), RowHistory { attempts: 1, ..NEW });
    let in_ten_minutes = Outcome::Deferred(Timestamp::from_second(600).unwrap());
    assert_eq!(before, (in_ten_minutes, ReplySubject::Connection));
    for row in [NEW, hostile] {
        let expected = (Outcome::Unknown, ReplySubject::Connection);
        assert_eq!(judged(&lost(Phase::Dot), row), expected);
    }
    // breaks here, breaks elsewhere, attempts elsewhere
    for (here, elsewhere, attempts, expected) in [
        (2, 0, 100, false),
        (3, 0, 100, true),
        (3, 0, 0, true),
        (3, 1, 100, true),
        (3, 10, 100, false),
        (4, 10, 100, true),
        (11, 30, 100, false),
        (12, 30, 100, true),
    ] {
        assert_eq!(breaks_connections(here, elsewhere, attempts), expected);
    }
}

#[test]
fn whom_the_server_puts_off_again_and_again_waits_alone() {
    let busy = refused(Phase::MailFrom, 451, "4.3.2 busy");
    let later = Outcome::Deferred(Timestamp::from_second(300).unwrap());
    let about = ReplySubject::Pace(Meaning::Server);
    for (put_off, outcome) in [(0, Outcome::Pending), (1, Outcome::Pending), (2, later)] {
        assert_eq!(judged(&busy, RowHistory { put_off, ..NEW }), (outcome, about));
    }
    // Who was put off in an earlier run does not hold up this one.
    let before = RowHistory { attempts: 1, ..NEW };
    let in_ten_minutes = Outcome::Deferred(Timestamp::from_second(600).unwrap());
    assert_eq!(judged(&busy, before), (in_ten_minutes, about));
}

#[test]
fn deferrals_grow_to_an_hour() {
    let minutes: Vec<_> = [0, 1, 2, 3, 4, 40, u32::MAX]
        .map(|attempts| back_off(attempts, Timestamp::UNIX_EPOCH).as_second() / 60)
        .into();
    assert_eq!(minutes, [5, 10, 20, 40, 60, 60, 60]);
    assert_eq!(back_off(0, Timestamp::MAX), Timestamp::MAX);
}

#[test]
fn a_lifetime_has_room_for_so_many_attempts() {
    for (hours, attempts) in [(0, 1), (1, 4), (8, 11), (24, 27)] {
        assert_eq!(attempts_in(Duration::from_secs(hours * 3600)), attempts, "{hours} h");
    }
}
