//! Transports: routes that take one message per recipient.
//!
//! In: an envelope, a whole message, and a mark to raise before the message
//! could be complete at the other end. Out: an
//! [`Attempt`](crate::delivery::Attempt). Both implement the traits in
//! [`delivery`](crate::delivery). Absent on purpose: what an answer means for
//! the recipient, retries, the ledger, the environment; settings come as values.

pub mod outbox;
pub mod smtp;

pub use outbox::{OutboxConnection, OutboxTransport};
pub use smtp::{SmtpConnection, SmtpSettings, SmtpTransport};
