//! Where the SMTP server is, and how the session with it is guarded.

use url::Url;

use super::values::{Wrong, host};
use super::web_url::is_loopback_host;

/// How a session with the SMTP server is guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// TLS from the first byte (RFC 8314), `smtps://`, port 465.
    ImplicitTls,
    /// STARTTLS, required (RFC 3207), `smtp://`, port 587.
    StartTls,
    /// No TLS, `smtp+plain://`, port 25: for a relay on the same machine or network.
    Plain,
}

/// Where the SMTP server is. It holds no user and no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    /// How it is guarded.
    pub security: SmtpSecurity,
    /// A host name in A-labels, or an IP address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl SmtpUrl {
    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        let form = "write it as in `smtp://mail.example.org:587`; smtps:// is TLS from the start, \
                    smtp:// is STARTTLS, smtp+plain:// is neither";
        let url =
            Url::parse(text).map_err(|_| Wrong::new("is not the address of a server", form))?;
        let (security, port) = match url.scheme() {
            "smtps" => (SmtpSecurity::ImplicitTls, 465),
            "smtp" => (SmtpSecurity::StartTls, 587),
            "smtp+plain" => (SmtpSecurity::Plain, 25),
            _ => return Err(Wrong::new("has a scheme that is not SMTP's", form)),
        };
        if url.password().is_some() {
            return Err(Wrong::new(
                "holds a password",
                "change that password, as others may have read it; then set the new one in \
                 POSTRIDER_SMTP_PASSWORD, in a file that POSTRIDER_SMTP_PASSWORD_FILE names, or as \
                 the systemd credential `smtp_password`",
            ));
        }
        if !url.username().is_empty() {
            return Err(Wrong::new("holds a user", "set `[smtp] user` instead"));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(Wrong::new("holds more than a server and a port", form));
        }
        let port = url.port().unwrap_or(port);
        // Hosts of schemes that the URL standard does not know stay percent-encoded.
        let decoded = Url::parse(&format!("https://{}", url.host_str().unwrap_or_default())).ok();
        let host = decoded.as_ref().and_then(Url::host_str).and_then(host).filter(|_| port != 0);
        let host = host.ok_or_else(|| Wrong::new("is not the address of a server", form))?;
        Ok(Self { security, host, port })
    }

    /// Whether the server is this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback_host(&self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_says_how_the_session_is_guarded() {
        use SmtpSecurity::{ImplicitTls, Plain, StartTls};
        for (text, security, host, port) in [
            ("smtps://mail.example.org", ImplicitTls, "mail.example.org", 465),
            ("smtp://mail.example.org/", StartTls, "mail.example.org", 587),
            ("smtp+plain://localhost", Plain, "localhost", 25),
            ("smtp://[::1]:2525", StartTls, "::1", 2525),
            ("SMTP://MAIL.example.org", StartTls, "mail.example.org", 587),
            ("smtp://bücher.example", StartTls, "xn--bcher-kva.example", 587),
        ] {
            let url = SmtpUrl::parse(text).unwrap();
            assert_eq!(
                (url.security, url.host.as_str(), url.port),
                (security, host, port),
                "{text}"
            );
        }
    }

    #[test]
    fn other_addresses_are_refused_with_a_reason() {
        for (text, problem) in [
            ("mail.example.org", "is not the address of a server"),
            ("mail.example.org:25", "has a scheme that is not SMTP's"),
            ("https://mail.example.org", "has a scheme that is not SMTP's"),
            ("smtp://", "is not the address of a server"),
            ("smtp://:25", "is not the address of a server"),
            ("smtp:mail.example.org", "holds more than a server and a port"),
            ("smtp://mail.example.org:0", "is not the address of a server"),
            ("smtp://mail.example.org:99999", "is not the address of a server"),
            ("smtp://mail.example.org/x", "holds more than a server and a port"),
            ("smtp://mail.example.org?tls=no", "holds more than a server and a port"),
            ("smtp://user@mail.example.org", "holds a user"),
            ("smtp://user:word@mail.example.org", "holds a password"),
            ("smtp://:word@mail.example.org", "holds a password"),
        ] {
            assert_eq!(SmtpUrl::parse(text).unwrap_err().problem, problem, "{text}");
        }
    }
}
