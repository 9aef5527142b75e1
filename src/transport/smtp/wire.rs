//! Writes bytes and reads replies, each within a time limit.
//!
//! Absent on purpose: the meaning of a reply.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::content::Content;
use super::framer::{Framer, NotAReply, RawReply};

/// A plain or a TLS connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("the server did nothing for {}", seconds(.0))]
    TimedOut(Duration),
    #[error("the server closed the connection")]
    Closed,
    #[error("the connection broke: {0}")]
    Broken(io::Error),
    #[error(transparent)]
    NotSmtp(#[from] NotAReply),
}

/// How the writing of a message ended.
pub(super) enum Sent {
    Whole,
    /// The server replied before the end, and the rest was not sent.
    AnsweredEarly(RawReply, Terminator),
    Failed(WireError, Terminator),
}

/// Whether the terminator of a message was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Terminator {
    /// No byte of it was sent: the server cannot have the message.
    Kept,
    /// Some of it may have been sent: the server may have the message.
    MayHaveLeft,
}

/// What the server sent while it owed no reply.
pub(super) enum Idle {
    Quiet,
    /// A whole reply, such as 421.
    Reply(RawReply),
    /// The connection ended, or the bytes are no reply.
    Failed(WireError),
}

/// A connection, and the bytes that were read from it.
pub(super) struct Wire<S = Box<dyn Stream>> {
    stream: S,
    framer: Framer,
    /// The error of a write. The server may have sent the reason before it closed.
    write_error: Option<io::Error>,
}

impl Wire<TcpStream> {
    /// Gives the bare stream for a TLS handshake, unless further bytes have come.
    /// After the handshake they would count as replies of the authenticated
    /// server, although anybody can have sent them (RFC 3207 section 6).
    pub(super) fn into_quiet_stream(self) -> Option<TcpStream> {
        self.framer.is_empty().then_some(self.stream)
    }

    /// The same connection, in the type for both plain connections and TLS.
    pub(super) fn boxed(self) -> Wire {
        Wire { stream: Box::new(self.stream), framer: self.framer, write_error: self.write_error }
    }
}

impl<S: Stream> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, framer: Framer::default(), write_error: None }
    }

    /// Writes commands in one piece and waits for the first reply.
    pub(super) async fn exchange(
        &mut self,
        command: &str,
        limit: Duration,
    ) -> Result<RawReply, WireError> {
        self.send(command, limit).await?;
        self.reply(limit).await
    }

    /// Writes commands in one piece. A write that fails is reported by
    /// [`Wire::reply`], because a server that closes has often said why.
    pub(super) async fn send(&mut self, commands: &str, limit: Duration) -> Result<(), WireError> {
        let write = async {
            self.stream.write_all(commands.as_bytes()).await?;
            self.stream.flush().await
        };
        match timeout(limit, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                self.write_error = Some(error);
                Ok(())
            }
            Err(_) => Err(WireError::TimedOut(limit)),
        }
    }

    /// Waits for the next reply.
    pub(super) async fn reply(&mut self, limit: Duration) -> Result<RawReply, WireError> {
        let read = async {
            loop {
                if let Some(reply) = self.framer.next_reply()? {
                    return Ok(reply);
                }
                poll_fn(|cx| self.poll_fill(cx)).await?;
            }
        };
        timeout(limit, read).await.unwrap_or(Err(WireError::TimedOut(limit)))
    }

    /// Looks, without waiting, for bytes that no command asked for.
    pub(super) async fn idle(&mut self) -> Idle {
        let looked = poll_fn(|cx| Poll::Ready(self.poll_fill(cx))).await;
        match (self.framer.next_reply(), looked) {
            (Ok(Some(reply)), _) => Idle::Reply(reply),
            (Err(error), _) => Idle::Failed(error.into()),
            (_, Poll::Ready(Err(error))) => Idle::Failed(error),
            (Ok(None), _) if !self.framer.is_empty() => Idle::Failed(NotAReply::Form.into()),
            (Ok(None), _) => Idle::Quiet,
        }
    }

    /// Writes a message and its terminator in one piece if the server takes
    /// them, and reads at the same time. Each step of progress may take as long
    /// as `limit`.
    pub(super) async fn send_content(&mut self, content: &Content<'_>, limit: Duration) -> Sent {
        let mut written = 0;
        loop {
            let step = poll_fn(|cx| self.poll_content(cx, content, written));
            let step = timeout(limit, step).await.unwrap_or(Err(WireError::TimedOut(limit)));
            let terminator = if written <= content.stuffed.len() {
                Terminator::Kept
            } else {
                Terminator::MayHaveLeft
            };
            match step {
                Ok(WriteStep::Wrote(count)) => written += count,
                Ok(WriteStep::Flushed) => return Sent::Whole,
                Ok(WriteStep::Answered(reply)) => return Sent::AnsweredEarly(reply, terminator),
                Err(error) => return Sent::Failed(error, terminator),
            }
        }
    }

    /// Closes the connection. Errors do not matter any more.
    pub(super) async fn shut(mut self, limit: Duration) {
        let _ = timeout(limit, self.stream.shutdown()).await;
    }

    fn poll_content(
        &mut self,
        cx: &mut Context<'_>,
        content: &Content<'_>,
        written: usize,
    ) -> Poll<Result<WriteStep, WireError>> {
        let progress = if written < content.len() {
            self.poll_write(cx, content, written).map_ok(WriteStep::Wrote)
        } else {
            Pin::new(&mut self.stream).poll_flush(cx).map_ok(|()| WriteStep::Flushed)
        };
        match progress {
            Poll::Ready(Ok(step)) => return Poll::Ready(Ok(step)),
            Poll::Ready(Err(error)) => self.write_error = Some(error),
            Poll::Pending => {}
        }
        // The server takes no more bytes, now or for good, and may have replied
        // why. After a failed write the loop waits too, because the last reply
        // may not have been read yet.
        loop {
            if let Some(reply) = self.framer.next_reply()? {
                return Poll::Ready(Ok(WriteStep::Answered(reply)));
            }
            ready!(self.poll_fill(cx))?;
        }
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        content: &Content<'_>,
        written: usize,
    ) -> Poll<io::Result<usize>> {
        let split = written.min(content.stuffed.len());
        let parts = [
            IoSlice::new(&content.stuffed[split..]),
            IoSlice::new(&content.terminator[written - split..]),
        ];
        let left = if parts[0].is_empty() { &parts[1..] } else { &parts[..] };
        match Pin::new(&mut self.stream).poll_write_vectored(cx, left) {
            Poll::Ready(Ok(0)) => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            wrote => wrote,
        }
    }

    /// Reads once into the framer.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        let mut space = [0; 4096];
        let mut read = ReadBuf::new(&mut space);
        match Pin::new(&mut self.stream).poll_read(cx, &mut read) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(())) if read.filled().is_empty() => Poll::Ready(Err(self.end(None))),
            Poll::Ready(Ok(())) => {
                self.framer.push(read.filled());
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(self.end(Some(error)))),
        }
    }

    /// Why the connection ended: the first failure, or `Closed` for the most common kinds.
    fn end(&mut self, read_error: Option<io::Error>) -> WireError {
        let closed = |error: &io::Error| {
            matches!(
                error.kind(),
                io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
            )
        };
        match self.write_error.take().or(read_error) {
            Some(error) if !closed(&error) => WireError::Broken(error),
            _ => WireError::Closed,
        }
    }
}

enum WriteStep {
    Wrote(usize),
    Flushed,
    Answered(RawReply),
}

fn seconds(limit: &Duration) -> String {
    match limit.subsec_millis() {
        0 => format!("{} s", limit.as_secs()),
        _ => format!("{} ms", limit.as_millis()),
    }
}
