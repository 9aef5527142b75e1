//! The ledger: a row for every recipient of a campaign. The implementation is
//! in [`store`](crate::store).
//!
//! ```text
//! pending ─▶ reserved ─▶ started ─▶ sent | deferred(until) | unknown
//!    ▲  └───────▶ withdrawn             deferred, when its time comes, is reserved again
//!    ├──────────────┴── released, or found on resume and not in doubt
//!    └── deferred by a refusal that was not about it; otherwise it becomes rejected(class)
//! ```

use std::future::Future;

use super::Settlement;
use crate::domain::{EmailAddress, SubscriberId, Timestamp};

/// The number of a row in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowId(pub i64);

/// The ledger of one campaign, opened by the one process that may send it.
pub trait Ledger: Send + Sync + 'static {
    /// Settles the rows that an earlier process left behind. Under the boot id
    /// that reserved them, rows that were started and have no outcome are in
    /// doubt, and rows that were only reserved return to pending. Under another
    /// boot id every reserved row is in doubt, because the machine may have lost
    /// the record of its start. Rows in doubt become `unknown`, unless
    /// `in_doubt` says otherwise. Rows that were deferred under a clock that was
    /// ahead are due after the same wait from `now` on.
    fn recover(
        &self,
        in_doubt: InDoubt,
        now: Timestamp,
    ) -> impl Future<Output = Result<Doubt, LedgerError>> + Send;

    /// Reserves up to `limit` rows that are pending, or deferred and due. They
    /// are on the disk before it returns. In the same transaction, rows of
    /// subscribers who unsubscribed or are suppressed become withdrawn; so does
    /// every row that could be reserved, once the campaign was called off.
    fn claim(
        &self,
        limit: usize,
        now: Timestamp,
    ) -> impl Future<Output = Result<Claim, LedgerError>> + Send;

    /// Records, in one transaction, the outcome of this worker's previous row
    /// and that `row` is started. It need not be on the disk on return, but it
    /// must survive the end of this process.
    fn start(
        &self,
        row: RowId,
        previous: Option<Closing>,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Records an outcome without starting another row.
    fn close(&self, closing: Closing) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Returns rows that were reserved and not started.
    fn release(&self, rows: Vec<RowId>) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Settles rows that are deferred because of a refusal. A row that is not
    /// deferred any more stays as it is.
    fn settle(
        &self,
        settled: Vec<Settlement>,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Whether the campaign has a recipient at another domain than this one.
    fn has_other_domain(
        &self,
        domain: &str,
    ) -> impl Future<Output = Result<bool, LedgerError>> + Send;

    /// Counts all rows by state.
    fn tally(&self) -> impl Future<Output = Result<Tally, LedgerError>> + Send;

    /// When the first deferred row is due.
    fn next_due(&self) -> impl Future<Output = Result<Option<Timestamp>, LedgerError>> + Send;

    /// Turns deferred rows whose time is over into `rejected(expired)`. Returns how many.
    fn expire(
        &self,
        expiry: Expiry,
        now: Timestamp,
    ) -> impl Future<Output = Result<u64, LedgerError>> + Send;
}

/// When a deferred row is given up: only if both hold, because clocks can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    /// It was tried for the first time by then.
    pub first_tried_by: Timestamp,
    /// It was tried at least so often.
    pub attempts: u32,
}

/// What a resume does with rows in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InDoubt {
    /// They stay `unknown` until a person decides.
    Keep,
    /// They are sent again, under the same Message-ID.
    Resend,
    /// They become withdrawn, with that reason, and are final.
    Skip,
}

/// What [`Ledger::recover`] found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doubt {
    /// Rows found in doubt after this and earlier interruptions, before they
    /// were settled as [`InDoubt`] says.
    pub in_doubt: u64,
    /// Rows returned to pending because no message of theirs had left.
    pub returned: u64,
}

/// What [`Ledger::claim`] reserved.
#[derive(Debug, Default)]
pub struct Claim {
    /// Reserved rows, in ledger order.
    pub reserved: Vec<Reserved>,
    /// The number of rows that became withdrawn instead.
    pub withdrawn: u64,
}

/// A row reserved for this process.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names of the other fields say it")]
pub struct Reserved {
    pub row: RowId,
    pub subscriber: SubscriberId,
    pub address: EmailAddress,
    /// Empty when unknown.
    pub first_name: String,
    /// Empty when unknown.
    pub last_name: String,
    /// The number of attempts before this one.
    pub attempts: u32,
}

/// The end of an attempt, as the ledger records it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the other fields say it")]
pub struct Closing {
    pub row: RowId,
    pub outcome: Outcome,
    /// The reply or cause, for `status`; masked, without email addresses.
    pub note: String,
    pub at: Timestamp,
}

/// How an attempt ended for its recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The server accepted the message.
    Sent,
    /// To be tried again at that time. A refusal is deferred too, until
    /// [`Ledger::settle`] says what becomes of it.
    Deferred(Timestamp),
    /// The server may have it, or not.
    Unknown,
    /// No message left, and the recipient is not the reason: the row returns to
    /// pending, and no attempt is counted.
    Pending,
}

/// The state of a row, which only the [`Ledger`] changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RowState {
    /// Not tried yet.
    Pending,
    /// Reserved by a running sender.
    Reserved,
    /// On its way to the server.
    Started,
    /// Accepted by the server.
    Sent,
    /// To be tried again.
    Deferred,
    /// Refused permanently, or expired.
    Rejected,
    /// In doubt.
    Unknown,
    /// Unsubscribed or suppressed after the freeze, skipped in doubt, or called off.
    Withdrawn,
}

impl RowState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Reserved,
        Self::Started,
        Self::Sent,
        Self::Deferred,
        Self::Rejected,
        Self::Unknown,
        Self::Withdrawn,
    ];

    /// The states that are not final.
    pub const OPEN: [Self; 4] = [Self::Pending, Self::Reserved, Self::Started, Self::Deferred];

    /// The word for it in the ledger and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Reserved => "reserved",
            Self::Started => "started",
            Self::Sent => "sent",
            Self::Deferred => "deferred",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// How many rows are in each state. They add up to the frozen audience.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[expect(missing_docs, reason = "each other field has the name of a `RowState`")]
pub struct Tally {
    pub pending: u64,
    pub reserved: u64,
    pub started: u64,
    pub sent: u64,
    pub deferred: u64,
    pub rejected: u64,
    /// Rejected rows of the class [`RejectClass::Expired`](super::RejectClass::Expired), which `rejected` does not count.
    pub expired: u64,
    pub unknown: u64,
    pub withdrawn: u64,
}

impl Tally {
    /// The number of all rows.
    pub fn total(&self) -> u64 {
        self.open() + self.sent + self.rejected + self.expired + self.unknown + self.withdrawn
    }

    /// Rows that are not in a final state.
    pub fn open(&self) -> u64 {
        self.pending + self.reserved + self.started + self.deferred
    }

    /// The number of rows in one state.
    pub fn count_mut(&mut self, state: RowState) -> &mut u64 {
        match state {
            RowState::Pending => &mut self.pending,
            RowState::Reserved => &mut self.reserved,
            RowState::Started => &mut self.started,
            RowState::Sent => &mut self.sent,
            RowState::Deferred => &mut self.deferred,
            RowState::Rejected => &mut self.rejected,
            RowState::Unknown => &mut self.unknown,
            RowState::Withdrawn => &mut self.withdrawn,
        }
    }

    /// Whether the campaign is finished, judged by its rows.
    pub fn completion(&self) -> Completion {
        match (self.open(), self.unknown) {
            (0, 0) => Completion::Finished,
            (0, _) => Completion::FinishedInDoubt,
            _ => Completion::Unfinished,
        }
    }
}

/// Whether a campaign is finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completion {
    /// Rows are left to send.
    Unfinished,
    /// Every row is final and known.
    Finished,
    /// Every row is final, and some are in doubt.
    FinishedInDoubt,
}

/// Why the ledger could not be read or written. Nothing is sent on this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ledger in {store} could not be {attempted}: {cause}")]
pub struct LedgerError {
    /// The path of the store.
    pub store: String,
    /// "read" or "written".
    pub attempted: &'static str,
    /// What the database or the disk said.
    pub cause: String,
}
