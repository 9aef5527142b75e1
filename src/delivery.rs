//! Delivering a frozen campaign: nobody missed, nobody mailed twice in silence.
//!
//! In: a frozen campaign, a [`Ledger`] and a [`Transport`]. Out: a
//! [`Summary`] whose states add up to the frozen audience. The loop in
//! [`mod@run`] is thin: what an answer means is decided by the pure functions of
//! [`state`]. A [`provider`] takes the whole campaign at once instead, by
//! [`push`], and answers with an outcome of its own. Absent on purpose: SQL, sockets, the terminal.

mod connections;
mod ledger;
mod mailer;
mod outcome;
mod patience;
pub mod provider;
pub mod push;
pub mod run;
pub mod state;
mod summary;
mod transport;

pub use ledger::{
    Claim, Closing, Completion, Doubt, InDoubt, Ledger, LedgerError, Outcome, Reserved, RowId,
    RowState, Tally,
};
pub use mailer::Mailer;
pub use outcome::{Attempt, EnhancedCode, Phase, RejectClass, Reply};
pub use patience::Patience;
pub use run::{DeliveryProgress, RunError, StopWish, Work, run};
pub use state::Trip;
pub use summary::{Ending, Summary};
pub use transport::{ConnectError, Connection, DoubtMark, Envelope, Transport};
