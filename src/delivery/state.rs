//! What a reply means. Pure: an attempt goes in, a judgement comes out.
//!
//! Three questions are kept apart: what becomes of the recipient's row, what
//! becomes of the connection, and whether the campaign itself is at fault.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::{Attempt, Outcome, Phase, RejectClass};

/// What follows from one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) outcome: Outcome,
    pub(super) about: ReplySubject,
}

/// Who or what a reply was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ReplySubject {
    /// Nothing is wrong.
    Nothing,
    /// This recipient alone.
    Recipient,
    /// The connection: the next attempt needs another one.
    Connection,
    /// The server's policy towards us. It may be about this recipient or about all.
    Policy,
    /// The campaign: the next recipient would get the same reply.
    Campaign,
}

/// Judges one attempt (RFC 5321 section 4.2.1, RFC 3463).
///
/// `attempts` counts the attempts made before this one, and `breaks` how often
/// a connection broke under this recipient in this run, this time included. A
/// recipient at whom connections break again and again is deferred, so that the
/// others get their turn.
pub(super) fn judge(attempt: &Attempt, attempts: u32, breaks: u32, now: Timestamp) -> Judgement {
    let later = Outcome::Deferred(back_off(attempts, now));
    let (outcome, about) = match attempt {
        Attempt::Accepted(_) => (Outcome::Sent, ReplySubject::Nothing),
        // The server may have the message (RFC 1047).
        Attempt::Lost { phase: Phase::Dot, .. } => (Outcome::Unknown, ReplySubject::Connection),
        Attempt::Refused { phase, reply } if !attempt.breaks_connection() => {
            let code = reply.enhanced.map(|code| (code.subject, code.detail));
            match reply.code {
                // 530 and 535 ask for authentication (RFC 4954 section 6).
                530 | 534 | 535 | 538 => (Outcome::Pending, ReplySubject::Campaign),
                ..500 => (later, ReplySubject::Recipient),
                _ if *phase < Phase::RcptTo => (Outcome::Pending, ReplySubject::Campaign),
                _ if matches!(code, Some((7, _))) => (later, ReplySubject::Policy),
                // The mailbox does not exist, or was closed.
                _ if *phase == Phase::RcptTo && matches!(code, Some((1, _) | (2, 1))) => {
                    (Outcome::Rejected(RejectClass::Mailbox), ReplySubject::Recipient)
                }
                _ => (Outcome::Rejected(RejectClass::Other), ReplySubject::Recipient),
            }
        }
        _ if breaks >= BREAKS => (later, ReplySubject::Recipient),
        _ => (Outcome::Pending, ReplySubject::Connection),
    };
    Judgement { outcome, about }
}

/// How many connections may break at one recipient before it is deferred.
const BREAKS: u32 = 3;

/// When a deferred recipient is tried again: 5, 10, 20, 40 minutes later, then
/// every hour. Greylisting needs some minutes (RFC 6647 section 4.3), and RFC
/// 5321 section 4.5.4.1 advises half an hour and more for repeated failures.
fn back_off(attempts: u32, now: Timestamp) -> Timestamp {
    let minutes = 5_i64.saturating_mul(1 << attempts.min(4)).min(60);
    now.saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MAX)
}

/// Stops a campaign when too many messages are refused or stay without a reply.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// How many messages in a row without a reply are too many.
    silences: u32,
    /// Of the last outcomes, whether each was a rejection.
    recent: VecDeque<bool>,
    rejections: usize,
    policy_in_a_row: u32,
    unknown_in_a_row: u32,
    has_accepted: bool,
}

/// Why a campaign was stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant shows the meaning of its fields")]
pub enum Trip {
    /// The server will refuse all recipients.
    #[error("the server refuses this campaign: {0}")]
    Refused(String),
    /// Many recipients were rejected.
    #[error("{rejected} of the last {of} recipients were rejected, the last with: {last}")]
    Rejections { rejected: usize, of: usize, last: String },
    /// The server sends no reply to messages.
    #[error("the server sent no reply to the content of {0} messages in a row")]
    Silence(u32),
}

/// Over how many outcomes the rate of rejections is judged.
const WINDOW: usize = 200;
/// How many rejections in a full window are too many: one in twenty.
const TOO_MANY: usize = WINDOW / 20;

/// How many rejections in a row are too many.
const IN_A_ROW: usize = 10;

impl Breaker {
    /// A breaker for so many connections. When a server dies, each of them may
    /// leave one message without a reply, and that proves nothing yet.
    pub(super) fn for_connections(connections: usize) -> Self {
        let silences = u32::try_from(connections).unwrap_or(u32::MAX).saturating_mul(2);
        Self { silences: silences.saturating_add(1), ..Self::default() }
    }

    /// Counts a judgement, and returns why the campaign must stop, if it must.
    /// `reply` is the masked reply, for people.
    pub(super) fn observe(&mut self, judgement: &Judgement, reply: &str) -> Option<Trip> {
        if !matches!(judgement.outcome, Outcome::Unknown | Outcome::Pending) {
            self.unknown_in_a_row = 0;
        }
        match (&judgement.about, judgement.outcome) {
            (ReplySubject::Campaign, _) => return Some(Trip::Refused(reply.to_owned())),
            (ReplySubject::Policy, _) => {
                self.policy_in_a_row += 1;
                // One may be about its recipient. The first reply of a run,
                // or three in a row, are about us.
                if !self.has_accepted || self.policy_in_a_row >= 3 {
                    return Some(Trip::Refused(reply.to_owned()));
                }
            }
            (_, Outcome::Sent) => {
                self.has_accepted = true;
                self.policy_in_a_row = 0;
                self.weigh(false);
            }
            (_, Outcome::Rejected(_)) => {
                self.weigh(true);
                let in_a_row = self.recent.iter().rev().take_while(|rejected| **rejected).count();
                let too_many = self.recent.len() == WINDOW && self.rejections >= TOO_MANY;
                if too_many || in_a_row >= IN_A_ROW {
                    let (rejected, of) =
                        if too_many { (self.rejections, WINDOW) } else { (in_a_row, in_a_row) };
                    return Some(Trip::Rejections { rejected, of, last: reply.to_owned() });
                }
            }
            (_, Outcome::Unknown) => {
                self.unknown_in_a_row += 1;
                if self.unknown_in_a_row >= self.silences {
                    return Some(Trip::Silence(self.unknown_in_a_row));
                }
            }
            (_, Outcome::Deferred(_)) => self.weigh(false),
            (_, Outcome::Pending) => {}
        }
        None
    }

    fn weigh(&mut self, is_rejection: bool) {
        if self.recent.len() == WINDOW && self.recent.pop_front() == Some(true) {
            self.rejections -= 1;
        }
        self.recent.push_back(is_rejection);
        self.rejections += usize::from(is_rejection);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{EnhancedCode, Reply};

    fn refused(phase: Phase, code: u16, text: &str) -> Attempt {
        let enhanced = EnhancedCode::parse_prefix(text);
        Attempt::Refused { phase, reply: Reply { code, enhanced, text: text.into() } }
    }

    fn judged(attempt: &Attempt) -> (Outcome, ReplySubject) {
        let verdict = judge(attempt, 0, 1, Timestamp::UNIX_EPOCH);
        (verdict.outcome, verdict.about)
    }

    #[test]
    fn each_reply_is_about_the_right_thing() {
        let in_five_minutes = Outcome::Deferred(Timestamp::from_second(300).unwrap());
        let mailbox = Outcome::Rejected(RejectClass::Mailbox);
        let other = Outcome::Rejected(RejectClass::Other);
        use Phase::{Data, Dot, MailFrom, RcptTo};
        for (phase, code, text, outcome, about) in [
            (RcptTo, 550, "5.1.1 no such user", mailbox, ReplySubject::Recipient),
            (RcptTo, 550, "5.2.1 closed", mailbox, ReplySubject::Recipient),
            (RcptTo, 550, "no", other, ReplySubject::Recipient),
            (RcptTo, 552, "5.2.2 full", other, ReplySubject::Recipient),
            (RcptTo, 550, "5.7.1 relaying denied", in_five_minutes, ReplySubject::Policy),
            (RcptTo, 450, "4.2.0 greylisted", in_five_minutes, ReplySubject::Recipient),
            (RcptTo, 421, "4.3.2 closing", Outcome::Pending, ReplySubject::Connection),
            (RcptTo, 530, "5.7.0 authenticate", Outcome::Pending, ReplySubject::Campaign),
            (MailFrom, 553, "5.1.8 bad sender", Outcome::Pending, ReplySubject::Campaign),
            (MailFrom, 451, "4.3.0 later", in_five_minutes, ReplySubject::Recipient),
            (Data, 554, "5.5.1 no valid recipients", other, ReplySubject::Recipient),
            (Dot, 550, "5.7.26 unauthenticated", in_five_minutes, ReplySubject::Policy),
            (Dot, 554, "5.6.0 content", other, ReplySubject::Recipient),
            (Dot, 452, "4.3.1 disk full", in_five_minutes, ReplySubject::Recipient),
            (Dot, 550, "5.1.1 too late to know", other, ReplySubject::Recipient),
        ] {
            assert_eq!(
                judged(&refused(phase, code, text)),
                (outcome, about),
                "{phase} {code} {text}"
            );
        }
        let lost = |phase| Attempt::Lost { phase, cause: String::new() };
        assert_eq!(judged(&lost(Dot)), (Outcome::Unknown, ReplySubject::Connection));
        for phase in [MailFrom, RcptTo, Data, Phase::Content] {
            assert_eq!(judged(&lost(phase)), (Outcome::Pending, ReplySubject::Connection));
            let third = judge(&lost(phase), 0, 3, Timestamp::UNIX_EPOCH);
            assert_eq!(third.outcome, in_five_minutes);
        }
        let third = judge(&lost(Dot), 0, 3, Timestamp::UNIX_EPOCH);
        assert_eq!(third.outcome, Outcome::Unknown);
    }

    #[test]
    fn deferrals_grow_to_an_hour() {
        let minutes: Vec<_> = [0, 1, 2, 3, 4, 40, u32::MAX]
            .map(|attempts| back_off(attempts, Timestamp::UNIX_EPOCH).as_second() / 60)
            .into();
        assert_eq!(minutes, [5, 10, 20, 40, 60, 60, 60]);
        assert_eq!(back_off(0, Timestamp::MAX), Timestamp::MAX);
    }

    fn verdict(outcome: Outcome, about: ReplySubject) -> Judgement {
        Judgement { outcome, about }
    }

    #[test]
    fn a_policy_refusal_stops_at_once_unless_something_was_accepted() {
        let later = Outcome::Deferred(Timestamp::UNIX_EPOCH);
        let policy = verdict(later, ReplySubject::Policy);
        assert!(Breaker::for_connections(1).observe(&policy, "550").is_some());
        let mut breaker = Breaker::for_connections(1);
        assert_eq!(breaker.observe(&verdict(Outcome::Sent, ReplySubject::Nothing), ""), None);
        assert_eq!(breaker.observe(&policy, "550"), None);
        assert_eq!(breaker.observe(&policy, "550"), None);
        assert_eq!(breaker.observe(&policy, "550"), Some(Trip::Refused("550".into())));
    }

    #[test]
    fn one_rejection_in_twenty_stops_the_campaign_and_fewer_do_not() {
        let sent = verdict(Outcome::Sent, ReplySubject::Nothing);
        let rejected = verdict(Outcome::Rejected(RejectClass::Mailbox), ReplySubject::Recipient);
        let run = |every: usize| {
            let mut breaker = Breaker::for_connections(1);
            (0..1000).find_map(|n| {
                let next = if n % every == 0 { &rejected } else { &sent };
                breaker.observe(next, "550")
            })
        };
        assert_eq!(run(23), None);
        let trip = Trip::Rejections { rejected: 10, of: 200, last: "550".into() };
        assert_eq!(run(20), Some(trip));
        let mut breaker = Breaker::for_connections(1);
        let at = (1..100).find(|_| breaker.observe(&rejected, "550").is_some());
        assert_eq!(at, Some(10));
        let deferred = verdict(Outcome::Deferred(Timestamp::UNIX_EPOCH), ReplySubject::Recipient);
        let mut breaker = Breaker::for_connections(1);
        for _ in 0..9 {
            assert_eq!(breaker.observe(&rejected, "550"), None);
        }
        assert_eq!(breaker.observe(&deferred, "451"), None);
        assert_eq!(breaker.observe(&rejected, "550"), None);
    }

    #[test]
    fn a_server_that_never_replies_does_not_get_the_whole_list() {
        let mut breaker = Breaker::for_connections(1);
        let unknown = verdict(Outcome::Unknown, ReplySubject::Connection);
        let at = (1..100).find(|_| breaker.observe(&unknown, "").is_some());
        assert_eq!(at, Some(3));
        let mut of_eight = Breaker::for_connections(8);
        let at = (1..100).find(|_| of_eight.observe(&unknown, "").is_some());
        assert_eq!(at, Some(17));
        let rejected = verdict(Outcome::Rejected(RejectClass::Other), ReplySubject::Recipient);
        let mut breaker = Breaker::for_connections(1);
        for _ in 0..9 {
            assert_eq!(breaker.observe(&unknown, ""), None);
            assert_eq!(breaker.observe(&rejected, "554"), None);
            assert_eq!(breaker.observe(&verdict(Outcome::Sent, ReplySubject::Nothing), ""), None);
        }
    }
}
