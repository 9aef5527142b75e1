//! Delivers a frozen campaign: no recipient is missed, and none gets it twice unnoticed.
//!
//! In: a frozen campaign, a [`Ledger`] and a [`Transport`]. Out: a
//! [`Summary`] whose states add up to the frozen audience. The loop in
//! [`mod@run`] is thin: the pure functions of [`state`] decide what a reply
//! means. A [`provider`] takes the whole campaign at once instead, through
//! [`push`]. Absent on purpose: SQL, sockets, the terminal.

mod answer;
mod connections;
mod ledger;
mod mailer;
mod outcome;
mod pace;
mod patience;
pub mod provider;
pub mod push;
mod run;
mod state;
mod streak;
mod summary;
mod transport;

pub use ledger::{
    Claim, Closing, Completion, Doubt, Expiry, InDoubt, Ledger, LedgerError, Outcome, Reserved,
    RowId, RowState, Tally,
};
pub use mailer::Mailer;
pub use outcome::{Attempt, EnhancedCode, Phase, RejectClass, Reply};
pub use pace::SendRate;
pub use patience::Patience;
pub use run::{DeliveryProgress, RunError, StopWish, Work, run};
pub use streak::{Fate, Settlement, Trip};
pub use summary::{Ending, Summary};
pub use transport::{ConnectError, Connection, DoubtMark, Envelope, Transport};
