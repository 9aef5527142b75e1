//! Transports: routes that take one message per recipient.
//!
//! In: an envelope, a whole message, and a mark that the transport raises before
//! the server can have the whole message. Out: an
//! [`Attempt`](crate::delivery::Attempt). Both implement the traits in
//! [`delivery`](crate::delivery). Absent on purpose: the meaning of a reply for
//! the recipient, retries, the ledger, the environment; settings come as values.

pub mod outbox;
pub mod smtp;

pub use outbox::{OutboxConnection, OutboxTransport};
pub use smtp::{SmtpConnection, SmtpSettings, SmtpTransport};
