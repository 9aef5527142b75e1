//! A socket that ends when its peer does not receive what is written, and that
//! sees a long chunk as soon as it is announced.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::MAX_BODY_BYTES;
use super::progress::ConnectionProgress;

/// How long the peer may go on writing after it was answered. If the socket were
/// closed at once, the peer's kernel would throw the answer away (RFC 9112
/// section 9.6).
const LINGER_TIME: Duration = Duration::from_secs(2);

pub(super) struct WatchedStream {
    stream: TcpStream,
    progress: Arc<ConnectionProgress>,
    write_time: Duration,
    /// Runs while the peer does not receive all that was written. The kernel
    /// takes a few kilobytes more.
    deadline: Option<Pin<Box<Sleep>>>,
    chunks: ChunkSizes,
    /// The peer knows that nothing more comes.
    is_ended: bool,
}

impl WatchedStream {
    pub(super) fn new(
        stream: TcpStream,
        progress: Arc<ConnectionProgress>,
        write_time: Duration,
    ) -> Self {
        let chunks = ChunkSizes::default();
        Self { stream, progress, write_time, deadline: None, chunks, is_ended: false }
    }

    /// Pending until the time of writing is over.
    fn poll_deadline(&mut self, context: &mut Context<'_>, time: Duration) -> Poll<()> {
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(time)));
        deadline.as_mut().poll(context)
    }

    fn written<T>(
        &mut self,
        context: &mut Context<'_>,
        wrote: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if wrote.is_pending() {
            self.progress.has_written();
            ready!(self.poll_deadline(context, self.write_time));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        wrote
    }
}

impl AsyncRead for WatchedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if self.chunks.announce_more_than(MAX_BODY_BYTES as u64, &buffer.filled()[before..]) {
            self.progress.announce_long_chunk();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for WatchedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.written(context, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper calls this when nothing is left to be written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.deadline = None;
        self.progress.has_written();
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_ended {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            self.is_ended = true;
            self.deadline = None;
        }
        if !self.progress.leaves_unread() {
            return Poll::Ready(Ok(()));
        }
        let mut ignored = [0; 4096];
        while self.poll_deadline(context, LINGER_TIME).is_pending() {
            let mut buffer = ReadBuf::new(&mut ignored);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
            if buffer.filled().is_empty() {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Finds the lines that give the size of a chunk (RFC 9112 section 7.1). hyper
/// passes on the data of a chunk and not its size, so the body of somebody who
/// announces 2^64-1 bytes and sends none would only end by its time limit.
///
/// Every line of hexadecimal digits counts, also outside of a chunked body,
/// because headers have none. Nobody's data has one that matters: a one-click
/// request has no line of digits alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ChunkSizes {
    /// The number so far in this line; `None` if the line is no number.
    number: Option<u64>,
}

impl Default for ChunkSizes {
    fn default() -> Self {
        Self { number: Some(0) }
    }
}

impl ChunkSizes {
    /// Reads on, and says whether one of these sizes is more than `limit`.
    fn announce_more_than(&mut self, limit: u64, bytes: &[u8]) -> bool {
        let mut is_more = false;
        for &byte in bytes {
            let digit = char::from(byte).to_digit(16).map(u64::from);
            self.number = match (byte, self.number, digit) {
                (b'\r' | b'\n' | b';' | b' ' | b'\t', number, _) => {
                    is_more |= number.is_some_and(|number| number > limit);
                    (byte == b'\n').then_some(0)
                }
                (_, Some(number), Some(digit)) => {
                    Some(number.saturating_mul(16).saturating_add(digit))
                }
                _ => None,
            };
        }
        is_more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_chunk_is_seen_when_it_is_announced() {
        let head = "POST /unsubscribe/AAAAAAAAAA HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (body, expected) in [
            ("1a\r\nList-Unsubscribe=One-Click\r\n0\r\n\r\n", false),
            ("2000\r\n", false),
            ("0000000002000\r\n", false),
            ("2001\r\n", true),
            ("2001", false),
            ("ffffffffffffffff\r\n", true),
            ("FFFFFFFFFFFFFFFFFFFFFFFFFFFF\r\n", true),
            ("5\r\nabcde\r\nffff;name=value\r\n", true),
            ("1a\r\nList-Unsubscribe=One-Click\r\nfffff \r\n", true),
            ("\r\n\r\n", false),
        ] {
            let text = format!("{head}{body}");
            let mut whole = ChunkSizes::default();
            assert_eq!(whole.announce_more_than(8192, text.as_bytes()), expected, "{body:?}");
            let mut slow = ChunkSizes::default();
            let mut seen = text.bytes().map(|byte| slow.announce_more_than(8192, &[byte]));
            assert_eq!(seen.any(|is_more| is_more), expected, "{body:?}, byte by byte");
        }
    }
}
