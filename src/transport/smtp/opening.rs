//! Opens a connection that is ready for a message.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials as Sasl, Mechanism};
use lettre::transport::smtp::commands::{Auth, Ehlo, Starttls};
use lettre::transport::smtp::extension::ClientId;
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::capabilities::Capabilities;
use super::framer::RawReply;
use super::reply;
use super::session::SmtpConnection;
use super::settings::{Credentials, SmtpSettings};
use super::tls::{self, HandshakeError, Protection};
use super::wire::{Stream, Wire, WireError};
use crate::delivery::{ConnectError, Phase};

/// Opens a connection: dial, TLS, greeting, EHLO, AUTH.
pub(super) async fn open(
    settings: &SmtpSettings,
    protection: &Protection,
) -> Result<SmtpConnection, ConnectError> {
    let opening = Opening { settings, server: settings.server.to_string() };
    let stream = opening.dial().await?;
    let (mut wire, offers) = match protection {
        Protection::Plain => opening.welcome(Wire::new(stream).boxed()).await?,
        Protection::ImplicitTls(tls) => {
            opening.welcome(opening.protect(stream, tls).await?).await?
        }
        Protection::StartTls(tls) => opening.start_tls(Wire::new(stream), tls).await?,
    };
    if let Some(credentials) = &settings.credentials {
        opening.authenticate(&mut wire, &offers, credentials).await?;
    }
    Ok(SmtpConnection::new(wire, offers, settings.timeouts))
}

struct Opening<'a> {
    settings: &'a SmtpSettings,
    server: String,
}

impl Opening<'_> {
    /// Tries each address of the host in turn.
    async fn dial(&self) -> Result<TcpStream, ConnectError> {
        let mut causes = Vec::new();
        for address in self.resolve().await? {
            match self.dial_one(address).await {
                Ok(stream) => return Ok(stream),
                Err(cause) => causes.push(format!("{} ({cause})", address.ip())),
            }
        }
        Err(self.unreachable(Phase::Connect, format!("no connection to {}", causes.join(", "))))
    }

    async fn resolve(&self) -> Result<Vec<SocketAddr>, ConnectError> {
        let (server, limit) = (&self.settings.server, self.settings.timeouts.connect);
        let lookup = tokio::net::lookup_host((server.host().as_str(), server.port()));
        let found: Vec<_> = match timeout(limit, lookup).await {
            Err(_) => return Err(self.late(Phase::Resolve, limit)),
            Ok(Err(error)) => return Err(self.unreachable(Phase::Resolve, error.to_string())),
            // A resolver may give an address of another machine for `localhost`.
            // A password without TLS must not go there.
            Ok(Ok(found)) => {
                found.filter(|a| !server.host().is_loopback() || a.ip().is_loopback()).collect()
            }
        };
        if found.is_empty() {
            Err(self.unreachable(Phase::Resolve, "the host has no address".to_owned()))
        } else {
            Ok(found)
        }
    }

    async fn dial_one(&self, address: SocketAddr) -> Result<TcpStream, String> {
        let limit = self.settings.timeouts.connect;
        let dialled = timeout(limit, TcpStream::connect(address)).await;
        let stream = dialled
            .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time")))
            .map_err(|error| error.to_string())?;
        // Without this, a small write waits until the one before is acknowledged.
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        Ok(stream)
    }

    async fn protect(&self, stream: TcpStream, tls: &TlsConnector) -> Result<Wire, ConnectError> {
        let limit = self.settings.timeouts.tls;
        let handshake = tls::handshake(tls, stream, &self.settings.server);
        match timeout(limit, handshake).await {
            Err(_) => Err(self.late(Phase::Tls, limit)),
            Ok(Ok(stream)) => Ok(Wire::new(Box::new(stream))),
            Ok(Err(HandshakeError::Broken(cause))) => Err(self.unreachable(Phase::Tls, cause)),
            Ok(Err(HandshakeError::Unacceptable(cause))) => {
                Err(self.unacceptable(Phase::Tls, cause))
            }
        }
    }

    /// Begins TLS with STARTTLS. What the server said before, its offers
    /// included, is forgotten (RFC 3207 section 4.2).
    async fn start_tls(
        &self,
        wire: Wire<TcpStream>,
        tls: &TlsConnector,
    ) -> Result<(Wire, Capabilities), ConnectError> {
        let (mut wire, offers) = self.welcome(wire).await?;
        if !offers.starttls {
            let server = &self.settings.server;
            return Err(self.unacceptable(
                Phase::Tls,
                format!(
                    "the server does not offer STARTTLS; if it speaks TLS from the start, write \
                     `smtps://{server}`; if it is on this machine or on a network that you trust, \
                     and needs no TLS, write `smtp+plain://{server}`"
                ),
            ));
        }
        let limit = self.settings.timeouts.command;
        let answer = wire.exchange(&Starttls.to_string(), limit).await;
        self.expect(Phase::Tls, answer, |code| code == 220)?;
        let Some(stream) = wire.into_quiet_stream() else {
            return Err(self.unacceptable(
                Phase::Tls,
                "the server sent more after its answer to STARTTLS; somebody may be writing into the connection"
                    .to_owned(),
            ));
        };
        let mut wire = self.protect(stream, tls).await?;
        let offers = self.hello(&mut wire).await?;
        Ok((wire, offers))
    }

    /// The server's first line, and what it offers.
    async fn welcome<S: Stream>(
        &self,
        mut wire: Wire<S>,
    ) -> Result<(Wire<S>, Capabilities), ConnectError> {
        let answer = wire.reply(self.settings.timeouts.greeting).await;
        self.expect(Phase::Greeting, answer, |code| code == 220)?;
        let offers = self.hello(&mut wire).await?;
        Ok((wire, offers))
    }

    /// EHLO, or HELO with a server that refuses EHLO for good: an old one does
    /// not know it (RFC 5321 sections 2.2.1 and 3.2; Postfix does the same). Such
    /// a server offers nothing.
    async fn hello<S: Stream>(&self, wire: &mut Wire<S>) -> Result<Capabilities, ConnectError> {
        let limit = self.settings.timeouts.command;
        let command = Ehlo::new(self.client_id()).to_string();
        let answer = wire.exchange(&command, limit).await;
        let refusal = match self.expect(Phase::Hello, answer, |code| code == 250) {
            Ok(raw) => return Ok(Capabilities::parse(&raw)),
            Err(refusal) => refusal,
        };
        if !matches!(&refusal, ConnectError::Refused { reply, .. } if reply.code >= 500) {
            return Err(refusal);
        }
        let answer = wire.exchange(&format!("HELO {}\r\n", self.client_id()), limit).await;
        // A server that hung up has said with its refusal why.
        let answer = answer.map_err(|_| refusal)?;
        self.expect(Phase::Hello, Ok(answer), |code| code == 250).map(|_| Capabilities::default())
    }

    fn client_id(&self) -> ClientId {
        let name = &self.settings.client_name;
        match name.ip() {
            Some(IpAddr::V4(ip)) => ClientId::Ipv4(ip),
            Some(IpAddr::V6(ip)) => ClientId::Ipv6(ip),
            None => ClientId::Domain(name.as_str().to_owned()),
        }
    }

    /// Logs in with AUTH (RFC 4954). [`SmtpTransport::new`](super::SmtpTransport::new)
    /// has checked that the connection is protected.
    async fn authenticate(
        &self,
        wire: &mut Wire,
        offers: &Capabilities,
        credentials: &Credentials,
    ) -> Result<(), ConnectError> {
        let Some(mechanism) = offers.mechanism() else {
            return Err(self.unacceptable(
                Phase::Auth,
                "the server offers neither AUTH PLAIN nor AUTH LOGIN; leave the credentials out, or use its submission port"
                    .to_owned(),
            ));
        };
        let sasl =
            Sasl::new(credentials.user.clone(), credentials.password.expose_secret().to_owned());
        let limit = self.settings.timeouts.command;
        // LOGIN asks for the user and then for the password, and for nothing more.
        // What it asks with is ignored (draft-murchison-sasl-login section 2.1):
        // old servers ask in other words, or with none.
        let answers: &[Option<&str>] = match mechanism {
            Mechanism::Login => &[None, Some("Username"), Some("Password")],
            _ => &[None],
        };
        for question in answers {
            let command = Auth::new(mechanism, sasl.clone(), question.map(str::to_owned));
            let Ok(next) = command else { break };
            let said = next.to_string();
            let mut answer = wire.exchange(&said, limit).await;
            if let Ok(raw) = &mut answer {
                withhold_echo(raw, &said, credentials);
            }
            let raw = self.expect(Phase::Auth, answer, |code| matches!(code, 235 | 334))?;
            if raw.code == 235 {
                return Ok(());
            }
        }
        Err(self.unacceptable(
            Phase::Auth,
            format!("the server asks something that AUTH {mechanism} does not know"),
        ))
    }

    /// The reply, if its code is one with which the session goes on.
    fn expect(
        &self,
        phase: Phase,
        answer: Result<RawReply, WireError>,
        goes_on: fn(u16) -> bool,
    ) -> Result<RawReply, ConnectError> {
        match answer {
            Ok(raw) if goes_on(raw.code) => Ok(raw),
            Ok(raw) if raw.code >= 400 => Err(ConnectError::Refused {
                server: self.server.clone(),
                phase,
                reply: reply::safe(&raw),
            }),
            Ok(raw) => Err(self.unacceptable(
                phase,
                format!("the reply does not fit the command: {}", reply::safe(&raw)),
            )),
            Err(WireError::NotSmtp(cause)) => Err(self.unacceptable(
                phase,
                format!("{cause}; check that host, port and scheme are those of a mail server"),
            )),
            Err(error) => Err(self.unreachable(phase, error.to_string())),
        }
    }

    fn late(&self, phase: Phase, limit: Duration) -> ConnectError {
        self.unreachable(phase, WireError::TimedOut(limit).to_string())
    }

    fn unreachable(&self, phase: Phase, cause: String) -> ConnectError {
        ConnectError::Unreachable { server: self.server.clone(), phase, cause }
    }

    fn unacceptable(&self, phase: Phase, cause: String) -> ConnectError {
        ConnectError::Unacceptable { server: self.server.clone(), phase, cause }
    }
}

/// Some servers repeat a command that they refuse, and this one holds a password.
fn withhold_echo(raw: &mut RawReply, said: &str, credentials: &Credentials) {
    let secret = credentials.password.expose_secret();
    let encoded = said.split_ascii_whitespace().next_back().unwrap_or_default();
    let repeats = |line: &String| line.contains(encoded) || line.contains(secret);
    if raw.code >= 400 && raw.lines.iter().any(repeats) {
        raw.lines = vec!["(text withheld, because it repeats what was sent)".to_owned()];
    }
}
