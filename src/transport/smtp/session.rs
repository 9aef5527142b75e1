//! Sends one message after another over an open connection.
//!
//! If the server offers PIPELINING, a message takes two writes: first MAIL, RCPT
//! and DATA, then the content with its final dot. After a refusal the session
//! goes on, and RSET is sent with the commands of the next message. Absent on
//! purpose: NOOP. What has arrived on the connection shows whether the server
//! has closed it, and that costs no round trip.

use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{MailBodyParameter, MailParameter};

use super::capabilities::{Capabilities, SizeLimit};
use super::content::Content;
use super::framer::RawReply;
use super::reply;
use super::settings::Timeouts;
use super::wire::{Idle, Sent, Terminator, Wire, WireError};
use crate::delivery::{Attempt, Connection, DoubtMark, EnhancedCode, Envelope, Phase, Reply};

/// An open connection to an SMTP server.
pub struct SmtpConnection {
    wire: Wire,
    offers: Capabilities,
    timeouts: Timeouts,
    state: State,
}

/// What the connection can be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The server waits for MAIL.
    Ready,
    /// The server may hold an unfinished transaction, which RSET ends.
    NeedsReset,
    /// Nothing more: a message is being sent, or it is not known to which
    /// command the next reply will belong.
    Spent,
}

impl SmtpConnection {
    pub(super) fn new(wire: Wire, offers: Capabilities, timeouts: Timeouts) -> Self {
        Self { wire, offers, timeouts, state: State::Ready }
    }

    /// What the server offers.
    pub fn capabilities(&self) -> &Capabilities {
        &self.offers
    }
}

impl Connection for SmtpConnection {
    async fn deliver(
        &mut self,
        envelope: &Envelope<'_>,
        message: &[u8],
        doubt: &DoubtMark,
    ) -> Attempt {
        if let Some(refusal) = refused_before_asking(&self.offers, message) {
            return refusal;
        }
        // If the caller drops this future, the connection stays spent.
        let before = std::mem::replace(&mut self.state, State::Spent);
        if before == State::Spent {
            return lost(Phase::MailFrom, "this connection can carry no further message");
        }
        if let Some(lost) = self.unasked(Phase::MailFrom).await {
            return lost;
        }
        let commands = commands(envelope, message, &self.offers, before);
        let begun = if self.offers.pipelining {
            self.begin_at_once(&commands).await
        } else {
            self.begin_in_turn(&commands).await
        };
        let (attempt, after) = match begun {
            Ok(()) => self.hand_over(message, doubt).await,
            Err(ended) => ended,
        };
        self.state = after;
        attempt
    }

    fn is_usable(&self) -> bool {
        self.state != State::Spent
    }

    async fn close(mut self) {
        if self.is_usable() {
            let _ = self.wire.exchange(&Quit.to_string(), self.timeouts.quit).await;
        }
        self.wire.shut(self.timeouts.quit).await;
    }
}

/// The outcome of an attempt, and the state of the connection after it.
type Ended = (Attempt, State);

impl SmtpConnection {
    /// The attempt is lost if a reply has arrived to which no command belongs,
    /// or if the server has closed the connection. Replies after that could be
    /// taken for those of other commands: an old 250 for that of a message.
    async fn unasked(&mut self, next: Phase) -> Option<Attempt> {
        match self.wire.idle().await {
            Idle::Quiet => None,
            Idle::Reply(raw) => {
                let said = reply::safe(&raw);
                Some(lost(next, format!("no command was sent, and the server replied: {said}")))
            }
            Idle::Failed(error) => Some(lost(next, error)),
        }
    }

    /// Sends all commands in one write, then reads all replies in order (RFC 2920).
    async fn begin_at_once(&mut self, commands: &[SmtpCommand]) -> Result<(), Ended> {
        let all: String = commands.iter().map(|command| command.text.as_str()).collect();
        if let Err(error) = self.wire.send(&all, self.timeouts.command).await {
            return Err((lost(Phase::MailFrom, error), State::Spent));
        }
        let mut refusal = None;
        let mut after = State::NeedsReset;
        for SmtpCommand { verb, .. } in commands {
            let answer = self.wire.reply(verb.limit(&self.timeouts)).await;
            match verb.judge(answer) {
                Judged::GoOn if *verb == SmtpVerb::Data && refusal.is_some() => {
                    after = self.end_without_content().await;
                }
                Judged::GoOn => {}
                Judged::No(attempt) => {
                    refusal.get_or_insert(attempt);
                }
                // A refusal that came before the connection ended stays valid.
                Judged::Over(attempt) => return Err((refusal.unwrap_or(attempt), State::Spent)),
            }
        }
        refusal.map_or(Ok(()), |attempt| Err((attempt, after)))
    }

    /// Sends one command per round trip, for servers without PIPELINING.
    async fn begin_in_turn(&mut self, commands: &[SmtpCommand]) -> Result<(), Ended> {
        for SmtpCommand { verb, text } in commands {
            let limit = verb.limit(&self.timeouts);
            match verb.judge(self.wire.exchange(text, limit).await) {
                Judged::GoOn => {}
                Judged::No(attempt) => return Err((attempt, State::NeedsReset)),
                Judged::Over(attempt) => return Err((attempt, State::Spent)),
            }
        }
        Ok(())
    }

    /// Ends a transaction in which the server refused the recipient and accepts
    /// DATA all the same. The server gets a single dot and no content, so that
    /// nothing is delivered, whatever it replies (RFC 2920 section 3.1).
    async fn end_without_content(&mut self) -> State {
        match self.wire.exchange(".\r\n", self.timeouts.command).await {
            Ok(raw) if raw.code != CLOSING => State::NeedsReset,
            _ => State::Spent,
        }
    }

    /// Sends the content and its final dot in one write, then reads the reply.
    async fn hand_over(&mut self, message: &[u8], doubt: &DoubtMark) -> Ended {
        if let Some(lost) = self.unasked(Phase::Content).await {
            return (lost, State::Spent);
        }
        let content = Content::new(message);
        doubt.raise();
        match self.wire.send_content(&content, self.timeouts.content).await {
            Sent::Whole => judge_final(self.wire.reply(self.timeouts.dot).await),
            Sent::AnsweredEarly(raw, terminator) => judge_early(&raw, terminator),
            Sent::Failed(error, Terminator::Kept) => (lost(Phase::Content, error), State::Spent),
            Sent::Failed(error, Terminator::MayHaveLeft) => (lost(Phase::Dot, error), State::Spent),
        }
    }
}

/// The code with which a server ends the connection (RFC 5321 section 3.8).
const CLOSING: u16 = 421;

struct SmtpCommand {
    verb: SmtpVerb,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SmtpVerb {
    Reset,
    Mail,
    Rcpt,
    Data,
}

/// What the reply to a command means for the message.
#[derive(Debug, PartialEq, Eq)]
enum Judged {
    GoOn,
    /// The message is refused; the session goes on.
    No(Attempt),
    /// The message and the session end.
    Over(Attempt),
}

impl SmtpVerb {
    fn phase(self) -> Phase {
        match self {
            Self::Reset | Self::Mail => Phase::MailFrom,
            Self::Rcpt => Phase::RcptTo,
            Self::Data => Phase::Data,
        }
    }

    fn limit(self, timeouts: &Timeouts) -> std::time::Duration {
        match self {
            Self::Data => timeouts.data,
            _ => timeouts.command,
        }
    }

    fn judge(self, answer: Result<RawReply, WireError>) -> Judged {
        let phase = self.phase();
        let raw = match answer {
            Ok(raw) => raw,
            Err(error) => return Judged::Over(lost(phase, error)),
        };
        let refused = || Attempt::Refused { phase, reply: reply::safe(&raw) };
        match (self, raw.code) {
            (Self::Data, 354) => Judged::GoOn,
            (Self::Reset | Self::Mail | Self::Rcpt, 200..300) => Judged::GoOn,
            (_, CLOSING) => Judged::Over(refused()),
            (Self::Mail | Self::Rcpt | Self::Data, 400..) => Judged::No(refused()),
            _ => Judged::Over(lost(phase, out_of_turn(&raw))),
        }
    }
}

fn commands(
    envelope: &Envelope<'_>,
    message: &[u8],
    offers: &Capabilities,
    before: State,
) -> Vec<SmtpCommand> {
    let mut parameters = Vec::new();
    if offers.size != SizeLimit::NotOffered {
        parameters.push(MailParameter::Size(size(message)));
    }
    if !message.is_ascii() {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let mail = Mail::new(Some(envelope.sender.to_lettre()), parameters);
    let rcpt = Rcpt::new(envelope.recipient.to_lettre(), Vec::new());
    let mut commands = Vec::with_capacity(4);
    if before == State::NeedsReset {
        commands.push(SmtpCommand { verb: SmtpVerb::Reset, text: Rset.to_string() });
    }
    commands.push(SmtpCommand { verb: SmtpVerb::Mail, text: mail.to_string() });
    commands.push(SmtpCommand { verb: SmtpVerb::Rcpt, text: rcpt.to_string() });
    commands.push(SmtpCommand { verb: SmtpVerb::Data, text: Data.to_string() });
    commands
}

/// The size as RFC 1870 section 5 counts it: with line ends, without stuffed
/// dots and the terminator.
fn size(message: &[u8]) -> usize {
    message.len() + if message.ends_with(b"\r\n") { 0 } else { 2 }
}

/// Refuses a message that the server must refuse by its own reply to EHLO. The
/// reply is made here, and its text says that nothing was sent.
fn refused_before_asking(offers: &Capabilities, message: &[u8]) -> Option<Attempt> {
    let (code, (subject, detail), text) = match offers.size {
        SizeLimit::Bytes(limit) if size(message) as u64 > limit => {
            let size = size(message);
            (552, (3, 4), format!("the server takes at most {limit} bytes, the message has {size}"))
        }
        _ if !offers.eight_bit_mime && !message.is_ascii() => {
            let text = "the message has bytes outside ASCII, the server does not offer 8BITMIME";
            (554, (6, 3), text.to_owned())
        }
        _ => return None,
    };
    let enhanced = EnhancedCode { class: 5, subject, detail };
    let text = format!("{enhanced} not sent: {text}");
    let reply = Reply { code, enhanced: Some(enhanced), text };
    Some(Attempt::Refused { phase: Phase::MailFrom, reply })
}

/// What the reply to a whole message means.
fn judge_final(answer: Result<RawReply, WireError>) -> Ended {
    match answer {
        Err(error) => (lost(Phase::Dot, error), State::Spent),
        Ok(raw) => match raw.code {
            200..300 => (Attempt::Accepted(reply::safe(&raw)), State::Ready),
            300..400 => (lost(Phase::Dot, out_of_turn(&raw)), State::Spent),
            code => {
                let after = if code == CLOSING { State::Spent } else { State::Ready };
                (Attempt::Refused { phase: Phase::Dot, reply: reply::safe(&raw) }, after)
            }
        },
    }
}

/// What a reply means that came while the content was being written. The
/// connection is spent, because the server may take the rest for commands.
fn judge_early(raw: &RawReply, terminator: Terminator) -> Ended {
    let attempt = match (terminator, raw.code) {
        (Terminator::MayHaveLeft, _) => judge_final(Ok(raw.clone())).0,
        (Terminator::Kept, 400..) => {
            Attempt::Refused { phase: Phase::Content, reply: reply::safe(raw) }
        }
        (Terminator::Kept, _) => lost(Phase::Content, out_of_turn(raw)),
    };
    (attempt, State::Spent)
}

fn out_of_turn(raw: &RawReply) -> String {
    format!("the reply does not fit the command: {}", reply::safe(raw))
}

fn lost(phase: Phase, cause: impl ToString) -> Attempt {
    Attempt::Lost { phase, cause: cause.to_string() }
}
