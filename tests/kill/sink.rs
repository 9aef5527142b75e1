//! An SMTP server that accepts everything, until told otherwise, and logs when (RFC 5321, RFC 2920).
//!
//! In: connections on loopback. Out: a log with a line for each step of each
//! message, by the clock of this process, which is also the one that kills.
//! Small random pauses before the 354 and the 250 make every moment of a
//! message long enough to be hit. A sink that throttles refuses messages above a
//! rate, before or after their content. Absent on purpose: other refusals, which
//! other tests cover.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::chance::Chance;

/// A running server. It listens for as long as the process lives.
pub(crate) struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// A step of a message, as the receiver sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Its envelope has arrived.
    Envelope,
    /// Its final dot has arrived: from here on the receiver has it.
    Dot,
    /// The 250 to it has been written.
    Answered,
}

/// A line of the log.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// The connection, counted from 0 since the sink was opened.
    pub connection: usize,
    /// The recipient.
    pub recipient: String,
    /// What happened.
    pub step: Step,
    /// When.
    pub at: Instant,
}

/// How much a sink takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Temper {
    /// Everything.
    Patient,
    /// At most [`RATE`] messages in a second, and [`BURST`] at once.
    Throttling,
}

const RATE: f64 = 300.0;
const BURST: f64 = 60.0;

#[derive(Default)]
struct Shared {
    bucket: Option<Mutex<Bucket>>,
    throttled: AtomicUsize,
    log: Mutex<Log>,
    changed: Condvar,
    hurries: AtomicBool,
    refuses: AtomicBool,
}

#[derive(Default)]
struct Log {
    events: Vec<Event>,
    opened: usize,
    open: usize,
}

impl Sink {
    /// Listens on a free port of loopback. `chance` decides the pauses.
    pub(crate) fn open(chance: &Chance, temper: Temper) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let bucket = (temper == Temper::Throttling).then(|| Mutex::new(Bucket::new()));
        let shared = Arc::new(Shared { bucket, ..Shared::default() });
        let (for_thread, chance) = (Arc::clone(&shared), chance.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = for_thread.welcome();
                let shared = Arc::clone(&for_thread);
                let chance = chance.branch(connection as u64);
                std::thread::spawn(move || {
                    // A killed client ends a session with an error, as it should.
                    let _ = Session { stream, connection, chance, shared: &shared }.serve();
                    shared.farewell();
                });
            }
        });
        Ok(Self { address, shared })
    }

    /// The value of `[smtp] url` for this server.
    pub(crate) fn url(&self) -> String {
        format!("smtp+plain://{}", self.address)
    }

    /// How many messages were refused because they came too fast.
    pub(crate) fn throttled(&self) -> usize {
        self.shared.throttled.load(Ordering::SeqCst)
    }

    /// Stops the pauses.
    pub(crate) fn hurry(&self) {
        self.shared.hurries.store(true, Ordering::SeqCst);
    }

    /// Refuses every recipient by policy, as a relay that has had enough, or not
    /// any more.
    pub(crate) fn refuse(&self, refuses: bool) {
        self.shared.refuses.store(refuses, Ordering::SeqCst);
    }

    /// Waits until `step` has happened `times`; `false` if `is_over` returns
    /// `true` first.
    pub(crate) fn wait_for(
        &self,
        step: Step,
        times: usize,
        mut is_over: impl FnMut() -> bool,
    ) -> bool {
        let mut log = self.shared.lock();
        loop {
            if log.events.iter().filter(|event| event.step == step).nth(times - 1).is_some() {
                return true;
            }
            let patience = Duration::from_millis(50);
            let (guard, waited) = self
                .shared
                .changed
                .wait_timeout(log, patience)
                .unwrap_or_else(PoisonError::into_inner);
            log = guard;
            if waited.timed_out() && is_over() {
                return false;
            }
        }
    }

    /// The whole log, after every connection has ended and everything that a
    /// killed client wrote has been read.
    pub(crate) fn settled(&self) -> Vec<Event> {
        let log = self.shared.lock();
        let settled = self.shared.changed.wait_while(log, |log| log.open > 0);
        settled.unwrap_or_else(PoisonError::into_inner).events.clone()
    }
}

/// Tokens for messages, which come back at [`RATE`].
struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    fn new() -> Self {
        Self { tokens: BURST, filled: Instant::now() }
    }

    fn take(&mut self) -> bool {
        let now = Instant::now();
        self.tokens = (self.tokens + (now - self.filled).as_secs_f64() * RATE).min(BURST);
        self.filled = now;
        let has_one = self.tokens >= 1.0;
        self.tokens -= f64::from(u8::from(has_one));
        has_one
    }
}

impl Shared {
    /// Whether a message is too much now.
    fn is_too_much(&self) -> bool {
        let Some(bucket) = &self.bucket else { return false };
        let is_too_much = !bucket.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.throttled.fetch_add(usize::from(is_too_much), Ordering::SeqCst);
        is_too_much
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn welcome(&self) -> usize {
        let mut log = self.lock();
        log.open += 1;
        log.opened += 1;
        log.opened - 1
    }

    fn farewell(&self) {
        self.lock().open -= 1;
        self.changed.notify_all();
    }

    fn note(&self, connection: usize, recipient: &str, step: Step) {
        let at = Instant::now();
        let recipient = recipient.to_owned();
        self.lock().events.push(Event { connection, recipient, step, at });
        self.changed.notify_all();
    }
}

struct Session<'s> {
    stream: TcpStream,
    connection: usize,
    chance: Chance,
    shared: &'s Shared,
}

impl Session<'_> {
    fn serve(mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        let mut reader = BufReader::new(self.stream.try_clone()?);
        self.say("220 sink.example.org ESMTP")?;
        let (mut line, mut recipient) = (String::new(), String::new());
        // Half of the connections hear of the rate at RCPT, the others after the dot.
        let tells_early = self.connection.is_multiple_of(2);
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let command = line.trim_end().to_ascii_uppercase();
            match command.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => self.say("250-sink.example.org\r\n250-PIPELINING\r\n250 8BITMIME")?,
                "RCPT" if self.shared.refuses.load(Ordering::SeqCst) => {
                    recipient.clear();
                    self.say("550 5.7.1 too much from you")?;
                }
                "RCPT" if tells_early && self.shared.is_too_much() => {
                    recipient.clear();
                    self.say("451 4.7.1 Rate limit exceeded, slow down")?;
                }
                "RCPT" => {
                    recipient = between_angles(&line).to_owned();
                    self.shared.note(self.connection, &recipient, Step::Envelope);
                    self.say("250 2.1.5 ok")?;
                }
                "DATA" if recipient.is_empty() => self.say("503 5.5.1 no recipient")?,
                "DATA" => {
                    self.pause(0, 2_000);
                    self.say("354 go on")?;
                    if !read_to_the_dot(&mut reader)? {
                        return Ok(());
                    }
                    if !tells_early && self.shared.is_too_much() {
                        self.say("454 Throttling failure: Maximum sending rate exceeded.")?;
                        continue;
                    }
                    self.shared.note(self.connection, &recipient, Step::Dot);
                    self.pause(1_000, 8_000);
                    self.say("250 2.0.0 taken")?;
                    self.shared.note(self.connection, &recipient, Step::Answered);
                }
                "QUIT" => return self.say("221 bye"),
                "MAIL" | "RSET" | "NOOP" => self.say("250 2.0.0 ok")?,
                _ => self.say("500 5.5.1 what?")?,
            }
        }
    }

    fn say(&mut self, reply: &str) -> io::Result<()> {
        self.stream.write_all(format!("{reply}\r\n").as_bytes())
    }

    fn pause(&mut self, low: u64, high: u64) {
        if !self.shared.hurries.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_micros(self.chance.within(low, high)));
        }
    }
}

fn between_angles(line: &str) -> &str {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or("", |(address, _)| address)
}

/// Reads a message's content; `false` if the client disconnects before its end.
fn read_to_the_dot(reader: &mut impl BufRead) -> io::Result<bool> {
    let mut line = Vec::new();
    loop {
        line.clear();
        reader.read_until(b'\n', &mut line)?;
        match line.as_slice() {
            b".\r\n" => return Ok(true),
            line if !line.ends_with(b"\n") => return Ok(false),
            _ => {}
        }
    }
}
