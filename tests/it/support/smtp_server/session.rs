//! One session of the test server, over a plain or a TLS stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::Auth;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{
    DataWithoutRecipient, Protection, Received, ReplyStyle, Script, ServerOptions, Shared, Stage,
};

/// What every session of one connection shares.
#[derive(Clone, Copy)]
pub struct Start<'a> {
    pub number: usize,
    pub options: &'a ServerOptions,
    pub shared: &'a Arc<Shared>,
    pub cut: &'a AtomicBool,
}

/// Whether STARTTLS has yet to come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Protected {
    Yes,
    NotYet,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Closed,
    /// The client wants TLS on this connection.
    Upgrade,
}

pub struct Session<'a, S> {
    stream: S,
    start: Start<'a>,
    protected: Protected,
    unread: Vec<u8>,
    authenticated: bool,
    accepted: usize,
    sender: Option<String>,
    recipient: Option<String>,
}

impl<'a> Start<'a> {
    pub fn session<S>(self, stream: S, protected: Protected) -> Session<'a, S> {
        Session {
            stream,
            start: self,
            protected,
            unread: Vec::new(),
            authenticated: false,
            accepted: 0,
            sender: None,
            recipient: None,
        }
    }
}

/// `None` ends the session, be it that the client is gone or that the script wants it.
type Going = Option<()>;

impl<S: AsyncRead + AsyncWrite + Unpin> Session<'_, S> {
    pub fn into_stream(self) -> S {
        self.stream
    }

    pub async fn greet_and_run(&mut self) -> End {
        if self.greet().await.is_none() {
            return End::Closed;
        }
        self.run().await
    }

    /// Answers commands until the end.
    pub async fn run(&mut self) -> End {
        loop {
            let Some(line) = self.line().await else { return End::Closed };
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let number = self.start.number;
            self.start.shared.note(|log| log.commands.push((number, line.clone())));
            let verb = line.split_ascii_whitespace().next().unwrap_or_default();
            let going = match verb.to_ascii_uppercase().as_str() {
                "EHLO" => match self.start.options.without_ehlo {
                    Some(refusal) => self.say(refusal).await,
                    None => self.ehlo().await,
                },
                "HELO" => self.say("250 mail.example.org").await,
                "STARTTLS" => match self.starttls().await {
                    Some(()) => return End::Upgrade,
                    None => None,
                },
                "AUTH" => self.auth(&line).await,
                "MAIL" => self.mail(&line).await,
                "RCPT" => self.rcpt(&line).await,
                "DATA" => self.data().await,
                "RSET" => self.rset().await,
                "NOOP" => self.say("250 2.0.0 ok").await,
                "QUIT" => {
                    let _ = self.say("221 2.0.0 bye").await;
                    None
                }
                _ => self.say("500 5.5.1 unknown").await,
            };
            if going.is_none() {
                let _ = self.stream.shutdown().await;
                return End::Closed;
            }
        }
    }

    async fn greet(&mut self) -> Going {
        self.pause_at(Stage::Greeting).await?;
        match &self.start.options.greeting {
            Some(bytes) => self.write(bytes).await,
            None => self.say("220 mail.example.org ESMTP ready").await,
        }
    }

    async fn ehlo(&mut self) -> Going {
        self.pause_at(Stage::Hello).await?;
        let options = self.start.options;
        let mut lines = vec!["mail.example.org".to_owned()];
        let offers_tls = !matches!(options.protection, Protection::Plain);
        lines.extend((options.pipelining).then(|| "PIPELINING".to_owned()));
        lines.extend(options.size.map(|size| format!("SIZE {size}")));
        lines.extend(options.eight_bit_mime.then(|| "8BITMIME".to_owned()));
        lines.extend(
            (offers_tls && self.protected == Protected::NotYet).then(|| "STARTTLS".to_owned()),
        );
        lines.extend(options.auth.as_ref().map(|account| format!("AUTH {}", account.mechanism)));
        let last = lines.len() - 1;
        let reply: String = lines
            .iter()
            .enumerate()
            .map(|(i, line)| format!("250{}{line}\r\n", if i == last { ' ' } else { '-' }))
            .collect();
        self.write(reply.as_bytes()).await
    }

    async fn starttls(&mut self) -> Going {
        self.pause_at(Stage::StartTls).await?;
        match self.start.options.protection {
            Protection::StartTls(_) => self.say("220 2.0.0 go ahead").await,
            Protection::StartTlsInjecting(_) => {
                self.say("220 2.0.0 go ahead\r\n250 injected").await
            }
            _ => {
                self.say("454 4.7.0 TLS not available").await?;
                None
            }
        }
    }

    async fn auth(&mut self, line: &str) -> Going {
        self.pause_at(Stage::Auth).await?;
        let Some(account) = self.start.options.auth.clone() else {
            return self.say("503 5.5.1 no AUTH here").await;
        };
        let credentials = Credentials::new(account.user.to_owned(), account.password.to_owned());
        let expected = |mechanism, challenge: Option<&str>| {
            let auth = Auth::new(mechanism, credentials.clone(), challenge.map(str::to_owned));
            auth.unwrap().to_string().trim_end().to_owned()
        };
        let right = if !line.eq_ignore_ascii_case("AUTH LOGIN") {
            line == expected(Mechanism::Plain, None)
        } else {
            let [user_prompt, password_prompt] = self.start.options.login_prompts;
            self.say(&format!("334{user_prompt}")).await?;
            let user = self.line().await?;
            self.say(&format!("334{password_prompt}")).await?;
            let password = self.line().await?;
            let is = |said: &[u8], challenge| {
                String::from_utf8_lossy(said).trim_end()
                    == expected(Mechanism::Login, Some(challenge))
            };
            is(&user, "Username:") && is(&password, "Password:")
        };
        self.authenticated = right;
        if right {
            self.say("235 2.7.0 welcome").await
        } else {
            // Some servers repeat the client's line in their refusal.
            self.say(&format!("535 5.7.8 wrong: {line}")).await
        }
    }

    async fn mail(&mut self, line: &str) -> Going {
        self.pause_at(Stage::Mail).await?;
        if self.start.options.messages_per_session.is_some_and(|limit| self.accepted >= limit) {
            self.say("421 4.7.0 enough messages on this connection").await?;
            return None;
        }
        if self.start.options.auth.is_some() && !self.authenticated {
            return self.say("530 5.7.0 authentication required").await;
        }
        if self.sender.is_some() {
            return self.say("503 5.5.1 nested MAIL").await;
        }
        let sender = in_brackets(line);
        if sender.starts_with("refused") {
            return self.say("550 5.7.1 this sender may not send").await;
        }
        self.sender = Some(sender);
        self.say("250 2.1.0 sender ok").await
    }

    fn script_of(&self, recipient: &str) -> Script {
        if self.start.options.accepts_everybody { Script::Accept } else { Script::of(recipient) }
    }

    async fn rcpt(&mut self, line: &str) -> Going {
        self.pause_at(Stage::Rcpt).await?;
        if self.sender.is_none() {
            return self.say("503 5.5.1 MAIL first").await;
        }
        let address = in_brackets(line);
        let reply = match self.script_of(&address) {
            Script::TemporaryFailure => "451 4.3.0 try again later".to_owned(),
            Script::PermanentFailure => format!("550 5.1.1 <{address}>: no such user"),
            Script::PolicyFailure => "550 5.7.1 not wanted here".to_owned(),
            Script::Greylist
                if self.start.shared.note(|log| log.greylisted.insert(address.clone())) =>
            {
                "450 4.7.1 greylisted".to_owned()
            }
            Script::Closing => {
                self.say("421 4.3.2 shutting down").await?;
                return None;
            }
            Script::RefuseAndDrop => {
                self.say("550 5.7.1 not wanted here").await?;
                return None;
            }
            Script::LongReply => {
                let line = format!("550-5.1.1 {}\r\n", "no ".repeat(600));
                line.repeat(33) + "550 5.1.1 no such user"
            }
            Script::FloodReply => format!("550-{}\r\n", "no ".repeat(600)).repeat(40) + "550 no",
            _ => {
                self.recipient = Some(address);
                "250 2.1.5 recipient ok".to_owned()
            }
        };
        self.say(&reply).await
    }

    async fn data(&mut self) -> Going {
        self.pause_at(Stage::Data).await?;
        let Some(recipient) = self.recipient.take() else {
            return self.data_without_recipient().await;
        };
        let script = self.script_of(&recipient);
        if script == Script::DropBeforeData {
            return None;
        }
        match script {
            Script::StrayAccept => self.say("354 go ahead\r\n250 2.0.0 stray").await?,
            _ => self.say("354 go ahead").await?,
        }
        if self.start.options.silent_at == Some(Stage::Content) {
            return std::future::pending().await;
        }
        let content = self.content(script).await?;
        let sender = self.sender.take().unwrap_or_default();
        let session = self.start.number;
        if script == Script::ContentFailure {
            return self.say("554 5.6.0 content not wanted").await;
        }
        self.start.shared.note(|log| {
            log.messages.push(Received { session, sender, recipient, content });
        });
        self.accepted += 1;
        self.pause_at(Stage::Dot).await?;
        self.answer_content(script).await
    }

    async fn answer_content(&mut self, script: Script) -> Going {
        let accepted = "250 2.0.0 kept";
        match script {
            Script::DropAfterDot => None,
            Script::HalfAnswer => {
                let _ = self.stream.write_all(b"250 2.0").await;
                None
            }
            Script::CutAfterDot => {
                self.start.cut.store(true, Ordering::SeqCst);
                self.say(accepted).await
            }
            Script::HoldAfterDot => {
                self.start.shared.held.acquire().await.ok()?.forget();
                self.say(accepted).await
            }
            Script::DropAfterAccept => {
                self.say(accepted).await?;
                None
            }
            _ if self.start.options.goodbye_after == Some(self.accepted) => {
                self.say(&format!("{accepted}\r\n421 4.3.2 shutting down")).await?;
                None
            }
            _ => self.say(accepted).await,
        }
    }

    async fn data_without_recipient(&mut self) -> Going {
        let how = self.start.options.data_without_recipient;
        if how == DataWithoutRecipient::Refused {
            return self.say("503 5.5.1 no recipient").await;
        }
        self.say("354 go ahead").await?;
        let content = self.content(Script::Accept).await?;
        self.start.shared.note(|log| log.orphans.push(content));
        self.sender = None;
        match how {
            DataWithoutRecipient::Swallowed => self.say("250 2.0.0 kept").await,
            _ => self.say("554 5.5.1 no valid recipient").await,
        }
    }

    async fn rset(&mut self) -> Going {
        self.pause_at(Stage::Reset).await?;
        (self.sender, self.recipient) = (None, None);
        self.say("250 2.0.0 reset").await
    }

    /// The content up to its dot, with stuffed dots taken out.
    async fn content(&mut self, script: Script) -> Option<Vec<u8>> {
        let mut content = Vec::new();
        loop {
            let line = self.line().await?;
            if line == b".\r\n" {
                return Some(content);
            }
            content.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            if content.len() < 64 * 1024 {
                continue;
            }
            match script {
                Script::EarlyRefusal => {
                    self.say("552 5.3.4 too large").await?;
                    return None;
                }
                Script::EarlyRefusalLingering => {
                    self.say("552 5.3.4 too large").await?;
                    return std::future::pending().await;
                }
                Script::DropInContent => return None,
                _ => {}
            }
        }
    }

    /// At the stage where it is to be silent, waits until the client has gone.
    async fn pause_at(&mut self, stage: Stage) -> Going {
        if self.start.options.silent_at != Some(stage) {
            return Some(());
        }
        let mut sink = [0; 4096];
        while self.stream.read(&mut sink).await.is_ok_and(|read| read > 0) {}
        None
    }

    /// One line with its line end; `None` at the end of the connection.
    async fn line(&mut self) -> Option<Vec<u8>> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.unread[searched..].iter().position(|byte| *byte == b'\n') {
                return Some(self.unread.drain(..=searched + end).collect());
            }
            searched = self.unread.len();
            let read = self.stream.read_buf(&mut self.unread).await.ok()?;
            if read == 0 {
                return None;
            }
        }
    }

    async fn say(&mut self, reply: &str) -> Going {
        self.write(format!("{reply}\r\n").as_bytes()).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Going {
        let piece = match self.start.options.reply_style {
            ReplyStyle::Whole => bytes.len(),
            ReplyStyle::ByteByByte => 1,
            ReplyStyle::Halves => bytes.len().div_ceil(2),
        };
        for piece in bytes.chunks(piece.max(1)) {
            self.stream.write_all(piece).await.ok()?;
            self.stream.flush().await.ok()?;
            tokio::task::yield_now().await;
        }
        Some(())
    }
}

fn in_brackets(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(address, _)| address.to_owned())
}
