//! An SMTP server for tests, which keeps all messages and fails on demand.
//!
//! It has its own thread and runtime, so it serves synchronous tests,
//! asynchronous tests and child processes. It stops when it is dropped:
//!
//! ```ignore
//! let server = SmtpServer::start(ServerOptions::default());
//! // ... send to server.url() ...
//! assert_eq!(server.messages().len(), 1);
//! ```
//!
//! The local part of the recipient, up to a `+`, decides what happens to a message:
//! see [`Script`]. [`ServerOptions`] holds the options of the server, and the
//! faults of all its sessions.

use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};

mod identity;
mod session;

pub use identity::Identity;

/// How the server is made.
#[derive(Clone)]
pub struct ServerOptions {
    pub protection: Protection,
    pub pipelining: bool,
    /// The limit announced with SIZE.
    pub size: Option<u64>,
    pub eight_bit_mime: bool,
    /// Without it, anybody may send.
    pub auth: Option<Account>,
    /// What AUTH LOGIN asks with: the text after 334, for user and password.
    pub login_prompts: [&'static str; 2],
    /// The answer to EHLO of a server that does not know it, but knows HELO.
    pub without_ehlo: Option<&'static str>,
    pub reply_style: ReplyStyle,
    /// Bytes sent in the place of the greeting.
    pub greeting: Option<Vec<u8>>,
    /// After so many messages, the next MAIL is answered with 421 and the end.
    pub messages_per_session: Option<usize>,
    /// After so many messages, 421 follows the 250 unasked, and then the end.
    pub goodbye_after: Option<usize>,
    pub data_without_recipient: DataWithoutRecipient,
    /// Every recipient is accepted, whatever its local part.
    pub accepts_everybody: bool,
    /// Where the server says no more, and waits for the client to go.
    pub silent_at: Option<Stage>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            protection: Protection::Plain,
            pipelining: true,
            size: Some(50_000_000),
            eight_bit_mime: true,
            auth: None,
            login_prompts: [" VXNlcm5hbWU6", " UGFzc3dvcmQ6"],
            without_ehlo: None,
            reply_style: ReplyStyle::Whole,
            greeting: None,
            messages_per_session: None,
            goodbye_after: None,
            data_without_recipient: DataWithoutRecipient::Refused,
            accepts_everybody: false,
            silent_at: None,
        }
    }
}

#[derive(Clone)]
pub enum Protection {
    Plain,
    StartTls(Identity),
    ImplicitTls(Identity),
    /// Sends `250 injected` in the same write as its answer to STARTTLS.
    StartTlsInjecting(Identity),
    /// Offers STARTTLS, and answers it with 454.
    StartTlsRefused,
    /// Closes when the TLS handshake should begin.
    CutInHandshake,
}

/// Who may send, and how the server lets them say so.
#[derive(Clone)]
pub struct Account {
    pub mechanism: &'static str,
    pub user: &'static str,
    pub password: &'static str,
}

/// How a reply goes into the socket.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ReplyStyle {
    Whole,
    /// A write for each byte.
    ByteByByte,
    /// Two writes, cut in the middle of the line.
    Halves,
}

/// What DATA gets after every recipient was refused.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum DataWithoutRecipient {
    Refused,
    /// 354, as RFC 2920 section 3.1 warns; the content is answered with 554.
    Accepted,
    /// 354, and even the content is answered with 250.
    Swallowed,
}

/// A moment in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Greeting,
    Hello,
    StartTls,
    TlsHandshake,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// Nothing is read any more, so the client's writes fill up.
    Content,
    Dot,
    Reset,
}

/// What happens to a message, by the local part of its recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// Any other local part.
    Accept,
    /// `tempfail`: 451 4.3.0 to RCPT.
    TemporaryFailure,
    /// `permfail`: 550 5.1.1 to RCPT, with the whole address in its text.
    PermanentFailure,
    /// `policyfail`: 550 5.7.1 to RCPT.
    PolicyFailure,
    /// `greylist`: 450 4.7.1 to the first RCPT for this address.
    Greylist,
    /// `closing`: 421 to RCPT, and the end.
    Closing,
    /// `refuse-and-drop`: 550 5.7.1 to RCPT, and the end.
    RefuseAndDrop,
    /// `longreply`: 550 with some 60 KB of text to RCPT.
    LongReply,
    /// `floodreply`: a reply to RCPT that exceeds 64 KB.
    FloodReply,
    /// `drop-before-data`: the end, in the place of an answer to DATA.
    DropBeforeData,
    /// `stray-250`: 250 in the same write as the 354, before any content.
    StrayAccept,
    /// `early-552`: 552 after 64 KB of content, and the end.
    EarlyRefusal,
    /// `early-552-linger`: the same, and the rest is left unread.
    EarlyRefusalLingering,
    /// `drop-in-content`: the end after 64 KB of content.
    DropInContent,
    /// `contentfail`: 554 5.6.0 to the content.
    ContentFailure,
    /// `drop-after-dot`: the message is kept, and the end comes without a 250.
    DropAfterDot,
    /// `half-answer`: the message is kept, and the end comes within the 250.
    HalfAnswer,
    /// `cut-after-dot`: over TLS, the record that holds the 250 is cut in two.
    CutAfterDot,
    /// `hold-after-dot`: the message is kept, and 250 waits for
    /// [`SmtpServer::release_held`].
    HoldAfterDot,
    /// `drop-after-250`: accepted, and then the end.
    DropAfterAccept,
}

impl Script {
    fn of(address: &str) -> Self {
        let local = address.split('@').next().unwrap_or_default();
        match local.split('+').next().unwrap_or_default() {
            "tempfail" => Self::TemporaryFailure,
            "permfail" => Self::PermanentFailure,
            "policyfail" => Self::PolicyFailure,
            "greylist" => Self::Greylist,
            "closing" => Self::Closing,
            "refuse-and-drop" => Self::RefuseAndDrop,
            "longreply" => Self::LongReply,
            "floodreply" => Self::FloodReply,
            "drop-before-data" => Self::DropBeforeData,
            "stray-250" => Self::StrayAccept,
            "early-552" => Self::EarlyRefusal,
            "early-552-linger" => Self::EarlyRefusalLingering,
            "drop-in-content" => Self::DropInContent,
            "contentfail" => Self::ContentFailure,
            "drop-after-dot" => Self::DropAfterDot,
            "half-answer" => Self::HalfAnswer,
            "cut-after-dot" => Self::CutAfterDot,
            "hold-after-dot" => Self::HoldAfterDot,
            "drop-after-250" => Self::DropAfterAccept,
            _ => Self::Accept,
        }
    }
}

/// A message that the server keeps: its final dot was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Which session, from 0.
    pub session: usize,
    pub sender: String,
    pub recipient: String,
    /// The message as the client had it: without stuffed dots and terminator.
    pub content: Vec<u8>,
}

/// Everything that the server saw.
#[derive(Debug, Clone, Default)]
pub struct Log {
    pub sessions: usize,
    /// How many sessions are open, and were open at once at most.
    pub open: usize,
    pub most_open: usize,
    pub messages: Vec<Received>,
    /// Each command line, with its session.
    pub commands: Vec<(usize, String)>,
    /// The content of transactions without a recipient.
    pub orphans: Vec<Vec<u8>>,
    greylisted: HashSet<String>,
}

/// A running server.
pub struct SmtpServer {
    address: SocketAddr,
    protection: Protection,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

struct Shared {
    log: Mutex<Log>,
    changed: Condvar,
    held: Semaphore,
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap()
    }

    fn note<T>(&self, change: impl FnOnce(&mut Log) -> T) -> T {
        let result = change(&mut self.log());
        self.changed.notify_all();
        result
    }
}

impl SmtpServer {
    /// Starts a server on a free port of 127.0.0.1.
    pub fn start(options: ServerOptions) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let protection = options.protection.clone();
        let shared = Arc::new(Shared {
            log: Mutex::default(),
            changed: Condvar::new(),
            held: Semaphore::new(0),
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let for_thread = shared.clone();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = accept_all(listener, options, for_thread) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, protection, shared, stop: Some(stop), thread: Some(thread) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL under which postrider reaches it, by the name localhost.
    pub fn url(&self) -> String {
        let scheme = match self.protection {
            Protection::Plain => "smtp+plain",
            Protection::ImplicitTls(_) | Protection::CutInHandshake => "smtps",
            _ => "smtp",
        };
        format!("{scheme}://localhost:{}", self.address.port())
    }

    /// The messages kept so far, in the order in which they came.
    pub fn messages(&self) -> Vec<Received> {
        self.shared.log().messages.clone()
    }

    /// How often each recipient was mailed.
    pub fn mailed(&self) -> BTreeMap<String, usize> {
        let mut mailed = BTreeMap::new();
        for message in &self.shared.log().messages {
            *mailed.entry(message.recipient.clone()).or_default() += 1;
        }
        mailed
    }

    /// The commands of one session.
    pub fn commands(&self, session: usize) -> Vec<String> {
        let log = self.shared.log();
        log.commands.iter().filter(|(s, _)| *s == session).map(|(_, line)| line.clone()).collect()
    }

    /// Everything seen so far.
    pub fn log(&self) -> Log {
        self.shared.log().clone()
    }

    /// Waits, and blocks this thread, until the log is as wanted.
    pub fn wait_until(&self, wanted: impl Fn(&Log) -> bool) {
        let (log, late) = self
            .shared
            .changed
            .wait_timeout_while(self.shared.log(), Duration::from_secs(20), |log| !wanted(log))
            .unwrap();
        assert!(!late.timed_out(), "the server did not see it in 20 s: {:?}", log.commands);
    }

    /// Lets so many held answers go.
    pub fn release_held(&self, count: usize) {
        self.shared.held.add_permits(count);
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept_all(listener: TcpListener, options: ServerOptions, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let number = shared.note(|log| {
            log.open += 1;
            log.most_open = log.most_open.max(log.open);
            log.sessions += 1;
            log.sessions - 1
        });
        let (options, shared) = (options.clone(), shared.clone());
        tokio::spawn(async move {
            serve(stream, number, options, shared.clone()).await;
            shared.note(|log| log.open -= 1);
        });
    }
}

/// One client, from its connection to its end.
async fn serve(stream: TcpStream, number: usize, options: ServerOptions, shared: Arc<Shared>) {
    stream.set_nodelay(true).unwrap();
    let cut = Arc::new(AtomicBool::new(false));
    let start = session::Start { number, options: &options, shared: &shared, cut: &cut };
    match &options.protection {
        Protection::CutInHandshake => {}
        Protection::ImplicitTls(identity) => {
            if options.silent_at == Some(Stage::TlsHandshake) {
                return std::future::pending().await;
            }
            if let Some(tls) = identity.accept(stream, cut.clone()).await {
                start.session(tls, session::Protected::Yes).greet_and_run().await;
            }
        }
        Protection::Plain => {
            start.session(stream, session::Protected::Yes).greet_and_run().await;
        }
        Protection::StartTls(identity) | Protection::StartTlsInjecting(identity) => {
            let mut plain = start.session(stream, session::Protected::NotYet);
            if plain.greet_and_run().await == session::End::Upgrade {
                if options.silent_at == Some(Stage::TlsHandshake) {
                    return std::future::pending().await;
                }
                if let Some(tls) = identity.accept(plain.into_stream(), cut.clone()).await {
                    start.session(tls, session::Protected::Yes).run().await;
                }
            }
        }
        Protection::StartTlsRefused => {
            start.session(stream, session::Protected::NotYet).greet_and_run().await;
        }
    }
}
