//! What a connection needs to know, as types that cannot be wrong.
//!
//! Absent on purpose: reading the environment or a file. Whoever calls
//! supplies the values.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::extension::ClientId;
use secrecy::SecretString;

/// Everything about the connections of one transport.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Where, and how protected.
    pub server: Server,
    /// Who we are to the server, if it asks.
    pub credentials: Option<Credentials>,
    /// What EHLO says.
    pub client_name: ClientName,
    /// Who may vouch for the server's certificate.
    pub authorities: Authorities,
    /// How long each phase may take.
    pub timeouts: Timeouts,
}

impl SmtpSettings {
    /// Settings for `server` without credentials, with the system's
    /// authorities and the timeouts of RFC 5321.
    pub fn new(server: Server, client_name: ClientName) -> Self {
        Self {
            server,
            credentials: None,
            client_name,
            authorities: Authorities::System,
            timeouts: Timeouts::default(),
        }
    }
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all. Credentials then go to this machine only.
    Plain,
    /// STARTTLS (RFC 3207); a server without it is refused.
    StartTlsRequired,
    /// TLS from the first byte (RFC 8314 section 3.3).
    ImplicitTls,
}

/// A server: host, port, and how the way to it is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    host: String,
    port: u16,
    security: Security,
}

/// Why a text is not a server's URL. The text itself is not repeated, because
/// a password may stand in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It has not even the form of a URL.
    #[error("this is no URL ({cause}); write it as smtp://mail.example.org:587")]
    Form {
        /// What the URL grammar objects to.
        cause: String,
    },
    /// The part before `://` is none of ours.
    #[error(
        "the scheme {found:?} is unknown; use smtps:// (TLS from the start), smtp:// (STARTTLS) or smtp+plain:// (no TLS)"
    )]
    Scheme {
        /// What was written.
        found: String,
    },
    /// A user or a password stands in the URL.
    #[error(
        "a user or a password does not belong in the URL, where logs and process lists show it; give them apart from it"
    )]
    Credentials,
    /// The host is missing or is no host name.
    #[error("the URL names no usable host; write it as smtp://mail.example.org:587")]
    Host,
    /// The port is zero.
    #[error("port 0 cannot be connected to; leave the port out for the usual one")]
    Port,
    /// Something follows host and port.
    #[error("nothing may follow the host and the port: no path, no ?query, no #fragment")]
    Rest,
}

impl Server {
    /// Reads `smtps://host[:465]` (TLS from the start), `smtp://host[:587]`
    /// (STARTTLS required) or `smtp+plain://host[:25]` (no TLS).
    ///
    /// # Errors
    /// Says which part is wrong, and refuses a user or a password in it.
    pub fn parse_url(text: &str) -> Result<Self, UrlError> {
        let url = url::Url::parse(text.trim())
            .map_err(|error| UrlError::Form { cause: error.to_string() })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        let (security, usual_port) = match url.scheme() {
            "smtps" => (Security::ImplicitTls, 465),
            "smtp" => (Security::StartTlsRequired, 587),
            "smtp+plain" => (Security::Plain, 25),
            other => return Err(UrlError::Scheme { found: other.to_owned() }),
        };
        // Outside the web's schemes a URL keeps its host as it was written, so
        // it is only here checked and put into A-labels.
        let host = match url.host_str().map(url::Host::parse) {
            Some(Ok(url::Host::Domain(name))) if !name.is_empty() => name,
            Some(Ok(url::Host::Ipv4(ip))) => ip.to_string(),
            Some(Ok(url::Host::Ipv6(ip))) => ip.to_string(),
            _ => return Err(UrlError::Host),
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(UrlError::Rest);
        }
        match url.port().unwrap_or(usual_port) {
            0 => Err(UrlError::Port),
            port => Ok(Self { host, port, security }),
        }
    }

    /// The host name or IP address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port, 1 to 65535.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How the way to it is protected.
    pub fn security(&self) -> Security {
        self.security
    }

    /// Whether the server is this very machine.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }

    /// Whether a password may travel: never in the clear over a network.
    pub(super) fn may_carry_secrets(&self) -> bool {
        self.security != Security::Plain || self.is_loopback()
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A user and a password. Neither is ever shown.
#[derive(Clone)]
pub struct Credentials {
    /// The account.
    pub user: String,
    /// Its password.
    pub password: SecretString,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// The name that EHLO gives for this machine (RFC 5321 section 4.1.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientName(ClientId);

/// Why a text cannot stand in EHLO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name for EHLO must be a host name such as mail.example.org, or an IP address")]
pub struct ClientNameError;

impl ClientName {
    /// Takes a host name or an IP address.
    ///
    /// # Errors
    /// The text is neither.
    pub fn parse(text: &str) -> Result<Self, ClientNameError> {
        let text = text.trim();
        let text = if text.contains(':') { &format!("[{text}]") } else { text };
        match url::Host::parse(text) {
            Ok(url::Host::Ipv4(ip)) => Ok(Self(ClientId::Ipv4(ip))),
            Ok(url::Host::Ipv6(ip)) => Ok(Self(ClientId::Ipv6(ip))),
            Ok(url::Host::Domain(name)) if !name.is_empty() => Ok(Self(ClientId::Domain(name))),
            _ => Err(ClientNameError),
        }
    }

    pub(super) fn to_lettre(&self) -> ClientId {
        self.0.clone()
    }
}

/// Who may vouch for the server's certificate.
#[derive(Debug, Clone)]
pub enum Authorities {
    /// Whom the operating system trusts.
    System,
    /// Only the certificates in the content of this PEM file.
    Pem(Vec<u8>),
}

/// How long each phase may take before it is given up. The defaults are those
/// of RFC 5321 section 4.5.3.2 where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Looking up the host, and then connecting to each of its addresses: 30 s.
    pub connect: Duration,
    /// The TLS handshake: 60 s.
    pub tls: Duration,
    /// The first line of the server: 300 s.
    pub greeting: Duration,
    /// The answer to EHLO, AUTH, MAIL, RCPT or RSET: 300 s.
    pub command: Duration,
    /// The answer to DATA: 120 s.
    pub data: Duration,
    /// Without any progress in writing the content: 180 s.
    pub content: Duration,
    /// The answer to the final dot: 600 s. Giving up early doubles mail,
    /// because the server may have it (RFC 1047).
    pub dot: Duration,
    /// The answer to QUIT: 2 s, because nothing depends on it.
    pub quit: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            tls: Duration::from_secs(60),
            greeting: Duration::from_secs(300),
            command: Duration::from_secs(300),
            data: Duration::from_secs(120),
            content: Duration::from_secs(180),
            dot: Duration::from_secs(600),
            quit: Duration::from_secs(2),
        }
    }
}

/// Why a transport cannot be made of its settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A password would cross a network in the clear.
    #[error(
        "{server}: a password is not sent without TLS; use smtps:// or smtp://, or leave the credentials out"
    )]
    CredentialsInTheClear {
        /// Host and port.
        server: String,
    },
    /// The certificate authorities cannot be used.
    #[error("the certificate authorities cannot be loaded: {cause}")]
    Authorities {
        /// Why.
        cause: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_host_port_and_protection() {
        for (text, host, port, security) in [
            ("smtps://mail.example.org", "mail.example.org", 465, Security::ImplicitTls),
            ("smtp://mail.example.org/", "mail.example.org", 587, Security::StartTlsRequired),
            ("smtp://Mail.Example.org:2525", "mail.example.org", 2525, Security::StartTlsRequired),
            ("smtp+plain://127.0.0.1:2525", "127.0.0.1", 2525, Security::Plain),
            ("smtp+plain://[::1]", "::1", 25, Security::Plain),
            ("smtp+plain://localhost", "localhost", 25, Security::Plain),
            (
                "smtps://post.bücher.example",
                "post.xn--bcher-kva.example",
                465,
                Security::ImplicitTls,
            ),
        ] {
            let server = Server::parse_url(text).unwrap();
            assert_eq!((server.host(), server.port(), server.security()), (host, port, security));
        }
    }

    #[test]
    fn a_wrong_url_gets_its_reason_and_no_echo() {
        for (text, wanted) in [
            ("smtp://user:hunter2@mail.example.org", "does not belong in the URL"),
            ("smtp://user@mail.example.org", "does not belong in the URL"),
            ("http://mail.example.org", "the scheme \"http\" is unknown"),
            ("mail.example.org", "no URL"),
            ("mail.example.org:25", "the scheme"),
            ("smtp://", "names no usable host"),
            ("smtp:mail.example.org", "names no usable host"),
            ("smtp://mail.example.org/path", "nothing may follow"),
            ("smtp://mail.example.org?tls=no", "nothing may follow"),
            ("smtp://mail.example.org:0", "port 0"),
            ("smtp://mail.example.org:99999", "no URL"),
            ("smtp://ex ample", "no URL"),
            ("smtp://a%20b", "names no usable host"),
            ("", "no URL"),
        ] {
            let error = Server::parse_url(text).unwrap_err().to_string();
            assert!(error.contains(wanted), "{text:?}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (text, expected) in [
            ("smtp+plain://localhost", true),
            ("smtp+plain://127.1.2.3", true),
            ("smtp+plain://[::1]", true),
            ("smtp+plain://localhost.example.org", false),
            ("smtp+plain://192.0.2.1", false),
        ] {
            assert_eq!(Server::parse_url(text).unwrap().is_loopback(), expected, "{text}");
        }
    }

    #[test]
    fn a_client_name_cannot_carry_a_second_command() {
        assert!(ClientName::parse("mail.example.org").is_ok());
        assert_eq!(ClientName::parse("192.0.2.1").unwrap().to_lettre().to_string(), "[192.0.2.1]");
        assert_eq!(ClientName::parse("::1").unwrap().to_lettre().to_string(), "[IPv6:::1]");
        assert!(ClientName::parse("a\r\nMAIL FROM:<>").is_err());
        assert!(ClientName::parse("a b").is_err() && ClientName::parse("").is_err());
    }

    #[test]
    fn credentials_do_not_print_themselves() {
        let credentials =
            Credentials { user: "account".into(), password: SecretString::from("hunter2") };
        let printed = format!("{credentials:?}");
        assert!(!printed.contains("account") && !printed.contains("hunter2"), "{printed}");
    }
}
