//! Refusals in a row. Pure: refusals and acceptances go in; what becomes of the
//! refused rows, and whether the run must stop, come out.
//!
//! A single refusal is about its recipient, as far as its reply says so. Many in
//! a row are not: then the server has taken offence at the sender or has a fault,
//! whatever it says. So no refusal is final before an acceptance has shown that
//! the run is healthy. Until then its row is deferred, and this list holds it.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use super::{RejectClass, RowId};

/// Refusals since the last acceptance, and what to judge them by.
#[derive(Debug, Default)]
pub(super) struct Streak {
    held: Vec<Held>,
    /// Refused while a message was under way that was accepted then. That breaks
    /// the row, but does not show that the server was healthy after the refusal.
    unconfirmed: Vec<Held>,
    rows: HashSet<RowId>,
    /// How much the refusals weigh against the run.
    weight: u32,
    /// Whether the list has recipients of several domains, once that was asked.
    has_several_domains: Option<bool>,
    has_accepted: bool,
    /// Of the last final outcomes, whether each was a rejection.
    recent: VecDeque<bool>,
    rejections: usize,
}

/// A refused row. It is deferred in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) row: RowId,
    pub(super) domain: String,
    pub(super) refusal: Refusal,
    /// How often the recipient was refused before, in this run and in earlier ones.
    pub(super) attempts: u32,
    /// When the refusal came, since the run began.
    pub(super) at: Duration,
}

/// What a refusal was about, by its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The recipient's mailbox, which does not exist.
    Mailbox,
    /// The recipient, for another reason.
    Recipient,
    Message,
    /// The sender, or nothing that the reply says.
    Other,
    /// The server refused before it heard of the recipient.
    Early,
}

impl Refusal {
    /// What the row becomes when it is confirmed; `None` leaves it deferred.
    fn verdict(self) -> Option<RejectClass> {
        match self {
            Self::Mailbox => Some(RejectClass::Mailbox),
            Self::Recipient => Some(RejectClass::Other),
            Self::Message | Self::Other | Self::Early => None,
        }
    }

    fn weight(self) -> u32 {
        if self == Self::Early { EARLY } else { 1 }
    }
}

/// What becomes of a row that is deferred in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settlement {
    /// The row.
    pub row: RowId,
    /// What it becomes. A row that is not deferred any more stays as it is.
    pub fate: Fate,
}

impl Settlement {
    /// Whether nothing more happens to the row.
    pub(super) fn is_final(&self) -> bool {
        self.fate != Fate::Restored
    }
}

/// What a deferred row becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Rejected, and with [`RejectClass::Mailbox`] suppressed.
    Rejected(RejectClass),
    /// Rejected as [`RejectClass::Mailbox`], but not suppressed.
    RejectedOnce,
    /// Pending, as if it had not been tried: the refusal was not about it.
    Restored,
}

/// Why a campaign was stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant shows the meaning of its fields")]
pub enum Trip {
    /// The server refuses one recipient after another.
    #[error("the server refuses this campaign: {0}")]
    Refused(String),
    /// The server refuses the message, whoever is to get it.
    #[error("the server refuses this message: {0}")]
    Message(String),
    /// Many recipients were rejected.
    #[error("{rejected} of the last {of} recipients were refused, the last with: {last}")]
    Rejections { rejected: usize, of: usize, last: String },
    /// The server sends no reply to messages.
    #[error("the server sent no reply to the content of {0} messages in a row")]
    Silence(u32),
    /// The server asked for patience, and accepted nothing for a whole lifetime.
    #[error("the server accepted nothing for {} hours, the last reply was: {last}", hours)]
    Stalled { hours: u64, last: String },
}

/// Over how many outcomes the rate of rejections is judged.
const WINDOW: usize = 200;
/// How many rejections in a full window are too many: one in twenty.
const TOO_MANY: usize = WINDOW / 20;
/// How much weight in a row is too much: ten recipients.
const TOO_HEAVY: u32 = 10;
/// A refusal before the server heard of the recipient is about all of them. It
/// weighs as much as several, so that the third in a row is too much.
const EARLY: u32 = 4;
/// So many refusals at the end of a list may well be about their recipients.
const FEW: usize = 2;
/// After so many refusals, hours apart, nobody waits any longer.
const OFTEN: u32 = 2;

impl Streak {
    /// Whether [`Self::learn_domains`] has to be called before the next refusal.
    pub(super) fn has_to_learn_domains(&self) -> bool {
        self.weight >= TOO_HEAVY
            && self.one_domain().is_some()
            && self.has_several_domains.is_none()
    }

    /// Whether no refusal waits for what acceptances say about it.
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.unconfirmed.is_empty()
    }

    /// As [`Self::has_to_learn_domains`], before [`Self::rest`].
    pub(super) fn has_to_learn_domains_at_rest(&self) -> bool {
        self.held.len() + self.unconfirmed.len() > FEW && self.has_several_domains.is_none()
    }

    pub(super) fn learn_domains(&mut self, has_several: bool) {
        self.has_several_domains = Some(has_several);
    }

    /// The domain of all refused recipients, if they have the same.
    pub(super) fn one_domain(&self) -> Option<&str> {
        let first = &self.held.first()?.domain;
        self.held.iter().all(|held| held.domain == *first).then_some(first)
    }

    /// The server refused a recipient.
    pub(super) fn refuse(&mut self, held: Held) {
        if self.rows.insert(held.row) {
            self.weight += held.refusal.weight();
            self.held.push(held);
        }
    }

    /// The server answered something else about a recipient, so that an earlier
    /// refusal is out of date.
    pub(super) fn forget(&mut self, row: RowId) {
        if self.rows.remove(&row) {
            self.unconfirmed.retain(|held| held.row != row);
            self.held.retain(|held| held.row != row);
            self.weight = self.held.iter().map(|held| held.refusal.weight()).sum();
        }
    }

    /// Whether the refusals in a row are the sender's trouble. `reply` is the
    /// last one, masked.
    pub(super) fn trip(&self, reply: &str) -> Option<Trip> {
        let is_unsure = self.has_to_learn_domains() || self.is_one_domain_of_several();
        (self.weight >= TOO_HEAVY && !is_unsure).then(|| self.reason(reply))
    }

    /// A closed domain looks like this, and a server with a fault does not.
    fn is_one_domain_of_several(&self) -> bool {
        self.one_domain().is_some() && self.has_several_domains == Some(true)
    }

    fn reason(&self, reply: &str) -> Trip {
        let (all, last) = (self.held.len(), reply.to_owned());
        let are_all = |is: fn(&Held) -> bool| all > 0 && self.held.iter().all(is);
        if are_all(|held| held.refusal.verdict().is_some()) {
            Trip::Rejections { rejected: all, of: all, last }
        } else if are_all(|held| held.refusal == Refusal::Message) {
            Trip::Message(last)
        } else {
            Trip::Refused(last)
        }
    }

    /// The server accepted a message that was begun at `begun`, so the refusals
    /// before that were about their recipients. Also returns why the run must
    /// stop, if so many were. `refusal` is the last refusal, masked.
    pub(super) fn accept(
        &mut self,
        begun: Duration,
        refusal: &str,
    ) -> (Vec<Settlement>, Option<Trip>) {
        self.has_accepted = true;
        self.weigh(false);
        self.weight = 0;
        self.unconfirmed.append(&mut self.held);
        let confirmed = self.unconfirmed.extract_if(.., |held| held.at <= begun).collect();
        let settled = self.confirm(confirmed, Fate::Rejected);
        let too_many = self.recent.len() == WINDOW && self.rejections >= TOO_MANY;
        let (rejected, of) = (self.rejections, WINDOW);
        let trip = too_many
            .then(|| Trip::Rejections { rejected, of, last: refusal.to_owned() })
            .filter(|_| !settled.is_empty());
        (settled, trip)
    }

    /// Nothing is left to send for now. `sent` is how many recipients of the
    /// whole campaign have the message.
    pub(super) fn rest(
        &mut self,
        sent: u64,
        audience: u64,
        reply: &str,
    ) -> (Vec<Settlement>, Option<Trip>) {
        self.held.append(&mut self.unconfirmed);
        let refused = self.held.len();
        if sent == 0 && (refused > 1 || self.weight >= EARLY) {
            let reason = self.reason(reply);
            return (self.restore(), Some(reason));
        }
        if self.has_accepted && (refused <= FEW || self.is_one_domain_of_several()) {
            let held = self.clear();
            return (self.confirm(held, Fate::Rejected), None);
        }
        let is_only_one = audience == 1;
        let mut held = self.clear();
        held.retain(|held| is_only_one || held.attempts >= OFTEN);
        (self.confirm(held, |_| Fate::RejectedOnce), None)
    }

    /// The run stops because of the refusals in a row: they were about nobody.
    pub(super) fn restore(&mut self) -> Vec<Settlement> {
        let restored = self.clear().into_iter();
        restored.map(|held| Settlement { row: held.row, fate: Fate::Restored }).collect()
    }

    fn confirm(&mut self, held: Vec<Held>, fate: impl Fn(RejectClass) -> Fate) -> Vec<Settlement> {
        let settled = held.iter().filter_map(|held| {
            self.rows.remove(&held.row);
            let class = held.refusal.verdict()?;
            self.weigh(true);
            Some(Settlement {
                row: held.row,
                fate: match class {
                    RejectClass::Mailbox => fate(class),
                    class => Fate::Rejected(class),
                },
            })
        });
        settled.collect()
    }

    fn clear(&mut self) -> Vec<Held> {
        self.weight = 0;
        self.rows.clear();
        let mut held = std::mem::take(&mut self.unconfirmed);
        held.append(&mut self.held);
        held
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
mod tests;
