//! What an attempt means. Pure: an attempt goes in, a judgement comes out.
//!
//! Three questions are kept apart: what becomes of the recipient's row, what
//! becomes of the connection, and what the reply says about the whole run.

use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

use super::answer::{Meaning, meaning};
use super::streak::Refusal;
use super::{Attempt, Outcome, Phase};

/// What follows from one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judgement {
    /// What the ledger records now.
    pub(super) outcome: Outcome,
    pub(super) about: ReplySubject,
}

/// Who or what a reply was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReplySubject {
    /// Nothing is wrong.
    Nothing,
    /// The connection: the next attempt needs another one.
    Connection,
    /// The recipient, who is to be tried later.
    Recipient,
    /// Perhaps the recipient, perhaps all of them: acceptances show which.
    Refusal(Refusal),
    /// How much the server takes now.
    Pace(Meaning),
}

/// What is known of a row before it is judged.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RowHistory {
    /// The attempts that counted, in this run and in earlier ones.
    pub(super) attempts: u32,
    /// How often the server asked for patience at this row in this run, while it
    /// accepted others.
    pub(super) put_off: u32,
    /// Whether connections break at this row far more often than at others.
    pub(super) breaks_connections: bool,
}

/// Judges one attempt (RFC 5321 section 4.2.1, RFC 3463).
pub(super) fn judge(attempt: &Attempt, row: RowHistory, now: Timestamp) -> Judgement {
    let later = Outcome::Deferred(back_off(row.attempts, now));
    let (outcome, about) = match attempt {
        Attempt::Accepted(_) => (Outcome::Sent, ReplySubject::Nothing),
        // The server may have the message (RFC 1047).
        Attempt::Lost { phase: Phase::Dot, .. } => (Outcome::Unknown, ReplySubject::Connection),
        Attempt::Refused { phase, reply } => {
            let has_heard_of_recipient = *phase >= Phase::RcptTo;
            match meaning(*phase, reply) {
                Meaning::Server if attempt.breaks_connection() => broken(row, later),
                pace
                @ (Meaning::Rate | Meaning::Quota | Meaning::Connections | Meaning::Server) => {
                    // Whom the server puts off while it takes others goes on alone.
                    let is_alone = row.put_off >= PATIENCE || row.attempts > 0;
                    let outcome = if is_alone { later } else { Outcome::Pending };
                    (outcome, ReplySubject::Pace(pace))
                }
                _ if !has_heard_of_recipient && reply.code >= 500 => {
                    (later, ReplySubject::Refusal(Refusal::Early))
                }
                _ if !has_heard_of_recipient => {
                    (Outcome::Pending, ReplySubject::Pace(Meaning::Server))
                }
                Meaning::RecipientDeferred => (later, ReplySubject::Recipient),
                Meaning::NoMailbox => (later, ReplySubject::Refusal(Refusal::Mailbox)),
                Meaning::RecipientRefused => (later, ReplySubject::Refusal(Refusal::Recipient)),
                Meaning::Message => (later, ReplySubject::Refusal(Refusal::Message)),
                Meaning::Sender | Meaning::Unclear => {
                    (later, ReplySubject::Refusal(Refusal::Other))
                }
            }
        }
        Attempt::Lost { .. } => broken(row, later),
    };
    Judgement { outcome, about }
}

/// A connection broke, and the message did not leave.
fn broken(row: RowHistory, later: Outcome) -> (Outcome, ReplySubject) {
    if row.breaks_connections {
        // The others get their turn.
        return (later, ReplySubject::Recipient);
    }
    // Who was put off before must not keep the campaign open for ever.
    let outcome = if row.attempts > 0 { later } else { Outcome::Pending };
    (outcome, ReplySubject::Connection)
}

/// How often a server may ask for patience at one recipient before they go on alone.
const PATIENCE: u32 = 2;

/// Whether connections break at one row far more often than at others. A server
/// may close one connection in ten, or each after one message; that is no
/// recipient's fault. `breaks` counts those at this row, the others those at all
/// other rows, among so many attempts.
pub(super) fn breaks_connections(breaks: u32, other_breaks: u32, other_attempts: u32) -> bool {
    // If one attempt in ten breaks elsewhere, three in a row are chance, and
    // seven are not.
    breaks >= 3 && u64::from(breaks) * u64::from(other_attempts) >= 40 * u64::from(other_breaks)
}

/// When a deferred recipient is tried again: 5, 10, 20, 40 minutes later, then
/// every hour. Greylisting needs some minutes (RFC 6647 section 4.3), and RFC
/// 5321 section 4.5.4.1 advises half an hour and more for repeated failures.
fn back_off(attempts: u32, now: Timestamp) -> Timestamp {
    now.saturating_add(back_off_time(attempts)).unwrap_or(Timestamp::MAX)
}

fn back_off_time(attempts: u32) -> SignedDuration {
    let minutes = 5_i64.saturating_mul(1 << attempts.min(4)).min(LONGEST_BACK_OFF.as_mins());
    SignedDuration::from_mins(minutes)
}

/// No recipient waits longer for the next attempt.
pub(crate) const LONGEST_BACK_OFF: SignedDuration = SignedDuration::from_hours(1);

/// How many attempts at a recipient fit into a lifetime. Nobody is given up
/// before all of them were made, because a clock may be wrong.
pub(super) fn attempts_in(lifetime: Duration) -> u32 {
    let lifetime = SignedDuration::try_from(lifetime).unwrap_or(SignedDuration::MAX);
    let mut at = SignedDuration::ZERO;
    let mut attempts = 0;
    while at < lifetime {
        at += back_off_time(attempts);
        attempts += 1;
    }
    attempts.max(1)
}

#[cfg(test)]
mod tests;
