//! An SMTP server on loopback whose temper is a script (RFC 5321, RFC 2920).
//!
//! In: connections. Out: when it accepted and refused messages, and how often
//! each recipient was accepted. A thread serves each connection, as fast as it can.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A command that the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Hello,
    Mail,
    Recipient,
    Data,
    Dot,
}

/// What the server does about a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    /// Yes, and then the connection ends without a word.
    YesAndClose,
    No(&'static str),
    /// This reply, and the end of the connection.
    NoAndClose(&'static str),
}

/// Decides about each command, with the time since the server was opened.
pub(crate) type Temper = Box<dyn FnMut(Command, Duration) -> Answer + Send>;

/// A running server. It listens for as long as the process lives.
pub(crate) struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    opened: Instant,
    /// How long the server takes to store a message.
    pause: Duration,
    temper: Mutex<Temper>,
    record: Mutex<Record>,
}

/// What happened so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    /// When messages were accepted, since the server was opened.
    pub accepted: Vec<Duration>,
    /// When commands were refused.
    pub refused: Vec<Duration>,
    /// How often each recipient was accepted.
    pub recipients: HashMap<String, usize>,
    /// How many connections were opened.
    pub sessions: usize,
}

impl Relay {
    /// Listens on a free port. Takes that long for each message.
    pub(crate) fn open(pause: Duration, temper: Temper) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (temper, record) = (Mutex::new(temper), Mutex::default());
        let shared = Arc::new(Shared { opened: Instant::now(), pause, temper, record });
        let for_thread = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&for_thread);
                lock(&shared.record).sessions += 1;
                // A client that goes away ends a session with an error, as it should.
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Ok(Self { address, shared })
    }

    /// The value of `[smtp] url` for this server.
    pub(crate) fn url(&self) -> String {
        format!("smtp+plain://{}", self.address)
    }

    pub(crate) fn record(&self) -> Record {
        lock(&self.shared.record).clone()
    }
}

impl Shared {
    fn decide(&self, command: Command) -> Answer {
        let at = self.opened.elapsed();
        let answer = lock(&self.temper)(command, at);
        if matches!(answer, Answer::No(_) | Answer::NoAndClose(_)) {
            lock(&self.record).refused.push(at);
        }
        answer
    }

    fn accept(&self, recipient: &str) {
        let mut record = lock(&self.record);
        record.accepted.push(self.opened.elapsed());
        *record.recipients.entry(recipient.to_owned()).or_default() += 1;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut session = Session {
        reader: BufReader::new(stream.try_clone()?),
        writer: BufWriter::new(stream),
        shared,
    };
    session.say("220 relay.example.org ESMTP")?;
    session.serve()?;
    // A socket that is closed with unread bytes takes its last reply with it.
    session.writer.flush()?;
    session.writer.get_ref().shutdown(Shutdown::Write)?;
    session.writer.get_ref().set_read_timeout(Some(Duration::from_secs(1)))?;
    io::copy(&mut session.reader.take(1 << 20), &mut io::sink())?;
    Ok(())
}

struct Session<'s> {
    reader: BufReader<TcpStream>,
    writer: BufWriter<TcpStream>,
    shared: &'s Shared,
}

impl Session<'_> {
    fn serve(&mut self) -> io::Result<()> {
        let (mut line, mut recipient) = (String::new(), String::new());
        loop {
            line.clear();
            // Replies to commands that arrived together leave together.
            if self.reader.buffer().is_empty() {
                self.writer.flush()?;
            }
            if self.reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            let goes_on = match verb.as_str() {
                "EHLO" => self.answer(Command::Hello, "250-relay.example.org\r\n250 PIPELINING")?,
                "MAIL" => self.answer(Command::Mail, "250 2.1.0 ok")?,
                "RCPT" => {
                    between_angles(&line).clone_into(&mut recipient);
                    self.answer(Command::Recipient, "250 2.1.5 ok")?
                }
                "DATA" => self.take(&mut recipient)?,
                "QUIT" => {
                    self.say("221 2.0.0 bye")?;
                    false
                }
                _ => {
                    self.say("250 2.0.0 ok")?;
                    true
                }
            };
            if !goes_on {
                return Ok(());
            }
        }
    }

    /// Takes the content. `false` if the connection ends.
    fn take(&mut self, recipient: &mut String) -> io::Result<bool> {
        if recipient.is_empty() {
            self.say("503 5.5.1 no recipient")?;
            return Ok(true);
        }
        let answer = self.shared.decide(Command::Data);
        if answer != Answer::Yes {
            return self.follow(answer, "");
        }
        self.say("354 go on")?;
        self.writer.flush()?;
        self.read_to_the_dot()?;
        if !self.shared.pause.is_zero() {
            std::thread::sleep(self.shared.pause);
        }
        let answer = self.shared.decide(Command::Dot);
        if matches!(answer, Answer::Yes | Answer::YesAndClose) {
            self.shared.accept(recipient);
        }
        recipient.clear();
        self.follow(answer, "250 2.0.0 taken")
    }

    fn answer(&mut self, command: Command, yes: &str) -> io::Result<bool> {
        let answer = self.shared.decide(command);
        self.follow(answer, yes)
    }

    fn follow(&mut self, answer: Answer, yes: &str) -> io::Result<bool> {
        let (reply, goes_on) = match answer {
            Answer::Yes => (yes, true),
            Answer::YesAndClose => (yes, false),
            Answer::No(reply) => (reply, true),
            Answer::NoAndClose(reply) => (reply, false),
        };
        self.say(reply)?;
        Ok(goes_on)
    }

    fn say(&mut self, reply: &str) -> io::Result<()> {
        self.writer.write_all(reply.as_bytes())?;
        self.writer.write_all(b"\r\n")
    }

    fn read_to_the_dot(&mut self) -> io::Result<()> {
        let mut line = Vec::new();
        while line != b".\r\n" {
            line.clear();
            if self.reader.read_until(b'\n', &mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }
}

fn between_angles(line: &str) -> &str {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or("", |(address, _)| address)
}
