//! A transport takes one message per recipient. The implementations are in
//! [`transport`](crate::transport).

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Attempt, Phase, Reply};
use crate::domain::EmailAddress;

/// A route that takes one message per recipient.
pub trait Transport: Send + Sync + 'static {
    /// One open connection, used for one message after another.
    type Connection: Connection;

    /// Opens a connection that is ready for a message.
    fn connect(&self) -> impl Future<Output = Result<Self::Connection, ConnectError>> + Send;
}

/// An open connection.
pub trait Connection: Send + 'static {
    /// Hands over one message. The whole of `message` is one RFC 5322 message
    /// with CRLF line ends, not dot-stuffed. `doubt` is raised before the
    /// first byte is written that could complete the message, so that a caller
    /// that drops the future knows whether the server may have the message.
    fn deliver(
        &mut self,
        envelope: &Envelope<'_>,
        message: &[u8],
        doubt: &DoubtMark,
    ) -> impl Future<Output = Attempt> + Send;

    /// Whether the last attempt left the connection fit for another message.
    fn is_usable(&self) -> bool;

    /// Ends the session. Errors do not matter any more.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// The sender and the recipient that the transport uses (RFC 5321 section 2.3.1).
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// The envelope sender, to which bounces go.
    pub sender: &'a EmailAddress,
    /// The one recipient.
    pub recipient: &'a EmailAddress,
    /// The Message-ID without angle brackets; the outbox names files by it.
    pub message_id: &'a str,
}

/// Raised before any byte that could complete a message is written.
#[derive(Debug, Default)]
pub struct DoubtMark(AtomicBool);

impl DoubtMark {
    /// From here on the receiver may have the message.
    pub fn raise(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether the receiver may have the message.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Why no connection could be opened. No message is in doubt. A `server` is a
/// host and a port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant shows the meaning of its fields")]
pub enum ConnectError {
    /// The network or the server did not respond; trying again may help.
    #[error("{server}: {phase}: {cause}")]
    Unreachable { server: String, phase: Phase, cause: String },
    /// The server refused; after 4xx a later try may succeed, after 5xx it will not.
    #[error("{server}: {phase}: the server replied {reply}")]
    Refused { server: String, phase: Phase, reply: Reply },
    /// The connection lacks something that the configuration demands, such as TLS.
    /// The cause also says what to change.
    #[error("{server}: {phase}: {cause}")]
    Unacceptable { server: String, phase: Phase, cause: String },
}

impl ConnectError {
    /// Whether the same attempt may succeed later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { reply, .. } => reply.code < 500,
            Self::Unacceptable { .. } => false,
        }
    }
}
