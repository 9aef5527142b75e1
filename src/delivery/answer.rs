//! What a refusal is about: rules as data, and one lookup.
//!
//! In: the phase and the reply. Out: a [`Meaning`]. The table is in [`rules`],
//! its lists of words are in [`words`], and [`wording`] compares them with a
//! text. Absent on purpose: what follows for the row, the connection and the
//! campaign.

mod rules;
#[cfg(test)]
pub(super) mod tests;
mod wording;
mod words;

use self::wording::Wording;
use super::{Phase, Reply};

/// Whom or what a refusal is about, and what follows for a recipient if it is theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Meaning {
    /// The recipient's mailbox does not exist or is closed. Only this suppresses.
    NoMailbox,
    /// The recipient, permanently for this message, such as a full mailbox.
    RecipientRefused,
    /// The recipient, for a while: greylisting, a mailbox that is full or locked.
    RecipientDeferred,
    /// The message: its size, its content, a link in it.
    Message,
    /// The sender or the account: authentication, a blocked address, reputation.
    Sender,
    /// Too many messages, for seconds or minutes.
    Rate,
    /// The quota of hours or of a day is used up.
    Quota,
    /// Too many connections.
    Connections,
    /// The server is busy, or has a fault of its own.
    Server,
    /// A permanent refusal that may be about the recipient or about all of them.
    Unclear,
}

/// What a reply of 400 or more in that phase means: the first rule that fits.
pub(super) fn meaning(phase: Phase, reply: &Reply) -> Meaning {
    let wording = Wording::from_text(&reply.text);
    let fits = |rule: &&rules::AnswerRule| rule.fits(phase, reply, &wording);
    // The last rule fits every reply; a test holds it.
    rules::RULES.iter().find(fits).map_or(Meaning::Unclear, |rule| rule.meaning)
}
