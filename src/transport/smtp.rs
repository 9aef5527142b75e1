//! Delivery over SMTP (RFC 5321): our own session over tokio and rustls.
//!
//! In: [`SmtpSettings`]. Out: connections that carry one message after
//! another, in two round trips each if the server offers PIPELINING (RFC 2920),
//! and that report the phase of every failure.
//!
//! ```text
//! resolve ─▶ connect ─▶ [TLS] ─▶ greeting ─▶ EHLO ─▶ [STARTTLS ─▶ EHLO] ─▶ [AUTH] ─▶ ready
//! ready ─▶ [RSET] MAIL RCPT DATA ─▶ content and dot ─▶ ready
//! ```
//!
//! Commands and SASL mechanisms are lettre's. Its connection is not used: it
//! drops the bytes after a reply and the keywords of EHLO that we need, writes
//! the dot apart from the content, and does not distinguish "certainly not
//! sent" from "in doubt". Absent on purpose: HELO (a server without EHLO has
//! neither TLS nor SIZE), SMTPUTF8 addresses, BDAT, MX lookup, and pooling,
//! which belongs to the delivery loop.

mod capabilities;
mod content;
mod framer;
mod opening;
mod reply;
mod session;
mod settings;
mod tls;
mod wire;

pub use capabilities::{Capabilities, SizeLimit};
pub use session::SmtpConnection;
pub use settings::{Authorities, Credentials, SettingsError, SmtpSettings, Timeouts};

use crate::delivery::{ConnectError, Transport};

/// Opens SMTP connections to one server.
pub struct SmtpTransport {
    settings: SmtpSettings,
    protection: tls::Protection,
}

impl SmtpTransport {
    /// Prepares connections; opens none.
    ///
    /// # Errors
    /// The settings would send a password in the clear over a network, or the
    /// certificate authorities cannot be loaded.
    pub fn new(settings: SmtpSettings) -> Result<Self, SettingsError> {
        if settings.credentials.is_some() && !settings.server.may_carry_secrets() {
            return Err(SettingsError::CredentialsInTheClear {
                server: settings.server.to_string(),
            });
        }
        let protection = tls::Protection::new(settings.server.security(), &settings.authorities)?;
        Ok(Self { settings, protection })
    }

    /// The settings in use.
    pub fn settings(&self) -> &SmtpSettings {
        &self.settings
    }
}

impl Transport for SmtpTransport {
    type Connection = SmtpConnection;

    async fn connect(&self) -> Result<SmtpConnection, ConnectError> {
        opening::open(&self.settings, &self.protection).await
    }
}
