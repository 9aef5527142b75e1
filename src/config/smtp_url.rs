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
        let host = url.host_str().and_then(host).filter(|_| port != 0);
        let host = host.ok_or_else(|| Wrong::new("is not the address of a server", form))?;
        Ok(Self { security, host, port })
    }

    /// Whether the server is this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback_host(&self.host)
    }
}
