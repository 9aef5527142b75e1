//! The SMTP server that takes our messages: host, port, and how the session is protected.

use std::fmt;
use std::net::IpAddr;

use url::Url;

/// A host name in A-labels, or an IP address without brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host(String);

/// Why a text is not a [`Host`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a host name")]
pub struct HostError;

impl Host {
    /// Takes a host name or an IP address, with or without brackets.
    ///
    /// # Errors
    /// The text is neither.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        let is_label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(Self(ip.to_string()));
        }
        match url::Host::parse(text) {
            Ok(url::Host::Ipv4(ip)) => Ok(Self(ip.to_string())),
            Ok(url::Host::Ipv6(ip)) => Ok(Self(ip.to_string())),
            Ok(url::Host::Domain(name)) if name.len() <= 253 && name.split('.').all(is_label) => {
                Ok(Self(name))
            }
            _ => Err(HostError),
        }
    }

    /// The name or the IP address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The IP address, if the host is given by one.
    pub fn ip(&self) -> Option<IpAddr> {
        self.0.parse().ok()
    }

    /// Whether the host is this machine: a loopback address, `localhost`, or a
    /// name below it (RFC 6761 section 6.3).
    pub fn is_loopback(&self) -> bool {
        match self.ip() {
            Some(ip) => ip.is_loopback(),
            None => self.0 == "localhost" || self.0.ends_with(".localhost"),
        }
    }
}

/// How a session with the SMTP server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// TLS from the first byte (RFC 8314), `smtps://`, port 465.
    ImplicitTls,
    /// STARTTLS, required (RFC 3207), `smtp://`, port 587.
    StartTls,
    /// No TLS, `smtp+plain://`, port 25: for a relay on the same machine or network.
    Plain,
}

/// An SMTP server, as its URL names it. It holds no user and no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    host: Host,
    port: u16,
    security: SmtpSecurity,
}

/// Why a text is not the URL of a [`MailServer`]. The message follows the name
/// of what holds the URL, and does not repeat the URL, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailServerError {
    /// It has no host, a wrong port, or not the form of a URL.
    #[error("is not the URL of a server")]
    Form,
    /// The part before `://` is none of the three.
    #[error("has a scheme that is not SMTP's")]
    Scheme,
    /// It holds a password.
    #[error("holds a password")]
    Password,
    /// It holds a user.
    #[error("holds a user")]
    User,
    /// A path, a query or a fragment follows.
    #[error("holds more than a server and a port")]
    Rest,
}

impl MailServerError {
    /// What to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Form | Self::Scheme | Self::Rest => {
                "Write it as in `smtp://mail.example.org:587`; smtps:// is TLS from the start, \
                 smtp:// is STARTTLS, smtp+plain:// is neither."
            }
            Self::Password => {
                "Change that password, as others may have read it; then set the new one in \
                 POSTRIDER_SMTP_PASSWORD, in a file that POSTRIDER_SMTP_PASSWORD_FILE names, or as \
                 the systemd credential `smtp_password`."
            }
            Self::User => "Set `[smtp] user` instead.",
        }
    }
}

impl MailServer {
    /// Reads `smtps://host[:465]`, `smtp://host[:587]` or `smtp+plain://host[:25]`.
    ///
    /// # Errors
    /// Says which part of the URL is wrong.
    pub fn parse_url(text: &str) -> Result<Self, MailServerError> {
        let url = Url::parse(text).map_err(|_| MailServerError::Form)?;
        let (security, default_port) = match url.scheme() {
            "smtps" => (SmtpSecurity::ImplicitTls, 465),
            "smtp" => (SmtpSecurity::StartTls, 587),
            "smtp+plain" => (SmtpSecurity::Plain, 25),
            _ => return Err(MailServerError::Scheme),
        };
        if url.password().is_some() {
            return Err(MailServerError::Password);
        }
        if !url.username().is_empty() {
            return Err(MailServerError::User);
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(MailServerError::Rest);
        }
        let host = Host::parse(url.host_str().unwrap_or_default());
        match (host, url.port().unwrap_or(default_port)) {
            (Ok(host), port @ 1..) => Ok(Self { host, port, security }),
            _ => Err(MailServerError::Form),
        }
    }

    /// Where it is.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The TCP port, 1 to 65535.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How a session with it is protected.
    pub fn security(&self) -> SmtpSecurity {
        self.security
    }

    /// Whether a password may be sent: with TLS, or to this machine.
    pub fn may_carry_secrets(&self) -> bool {
        self.security != SmtpSecurity::Plain || self.host.is_loopback()
    }
}

impl fmt::Display for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.ip() {
            Some(IpAddr::V6(ip)) => write!(f, "[{ip}]:{}", self.port),
            _ => write!(f, "{}:{}", self.host.as_str(), self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_says_how_the_session_is_protected() {
        use SmtpSecurity::{ImplicitTls, Plain, StartTls};
        for (text, security, host, shown) in [
            ("smtps://mail.example.org", ImplicitTls, "mail.example.org", "mail.example.org:465"),
            ("smtp://mail.example.org/", StartTls, "mail.example.org", "mail.example.org:587"),
            ("smtp+plain://localhost", Plain, "localhost", "localhost:25"),
            ("smtp+plain://127.0.0.1:2525", Plain, "127.0.0.1", "127.0.0.1:2525"),
            ("smtp://[::1]:2525", StartTls, "::1", "[::1]:2525"),
            ("SMTP://MAIL.example.org", StartTls, "mail.example.org", "mail.example.org:587"),
            (
                "smtp://bücher.example",
                StartTls,
                "xn--bcher-kva.example",
                "xn--bcher-kva.example:587",
            ),
        ] {
            let server = MailServer::parse_url(text).unwrap();
            assert_eq!((server.security(), server.host().as_str()), (security, host), "{text}");
            assert_eq!(server.to_string(), shown);
        }
    }

    #[test]
    fn other_urls_are_refused_with_a_reason() {
        use MailServerError::{Form, Password, Rest, Scheme, User};
        for (text, error) in [
            ("", Form),
            ("mail.example.org", Form),
            ("mail.example.org:25", Scheme),
            ("https://mail.example.org", Scheme),
            ("smtp://", Form),
            ("smtp://:25", Form),
            ("smtp://ex ample", Form),
            ("smtp://a%20b", Form),
            ("smtp:mail.example.org", Rest),
            ("smtp://mail.example.org:0", Form),
            ("smtp://mail.example.org:99999", Form),
            ("smtp://mail.example.org/x", Rest),
            ("smtp://mail.example.org?tls=no", Rest),
            ("smtp://user@mail.example.org", User),
            ("smtp://user:word@mail.example.org", Password),
            ("smtp://:word@mail.example.org", Password),
        ] {
            assert_eq!(MailServer::parse_url(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_password_needs_tls_or_this_machine() {
        for (text, expected) in [
            ("smtp+plain://localhost", true),
            ("smtp+plain://mail.localhost", true),
            ("smtp+plain://127.1.2.3", true),
            ("smtp+plain://[::1]", true),
            ("smtp+plain://localhost.example.org", false),
            ("smtp+plain://192.0.2.1", false),
            ("smtp://192.0.2.1", true),
        ] {
            assert_eq!(
                MailServer::parse_url(text).unwrap().may_carry_secrets(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_host_is_a_name_or_an_ip_address() {
        assert_eq!(Host::parse("bücher.example").unwrap().as_str(), "xn--bcher-kva.example");
        assert_eq!(Host::parse("[::1]").unwrap().as_str(), "::1");
        assert_eq!(Host::parse("::1").unwrap().as_str(), "::1");
        for text in
            ["", "a b", "-_ .x", "a..b", "a\r\nMAIL FROM:<>", "a%20b", "[::1", "a.example:25"]
        {
            assert_eq!(Host::parse(text), Err(HostError), "{text:?}");
        }
    }
}
