//! The settings of a connection.
//!
//! Absent on purpose: reading the environment or a file; the caller
//! supplies the values.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;

use crate::domain::{Host, MailServer};

/// Everything about the connections of one transport.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Where, and how protected.
    pub server: MailServer,
    /// Who we are to the server, if it asks.
    pub credentials: Option<Credentials>,
    /// The name that EHLO gives for this machine (RFC 5321 section 4.1.1.1).
    pub client_name: Host,
    /// Who may vouch for the server's certificate.
    pub authorities: Authorities,
    /// How long each phase may take.
    pub timeouts: Timeouts,
}

impl SmtpSettings {
    /// Settings for `server` without credentials, with the system's
    /// authorities and the timeouts of RFC 5321.
    pub fn new(server: MailServer, client_name: Host) -> Self {
        Self {
            server,
            credentials: None,
            client_name,
            authorities: Authorities::System,
            timeouts: Timeouts::default(),
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
    fn credentials_do_not_print_themselves() {
        let credentials =
            Credentials { user: "account".into(), password: SecretString::from("hunter2") };
        let printed = format!("{credentials:?}");
        assert!(!printed.contains("account") && !printed.contains("hunter2"), "{printed}");
    }
}
