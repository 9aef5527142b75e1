//! The route to the readers, set up from the configuration: made once a send,
//! before anybody is asked, so that a wrong setting is found first.
//!
//! A new provider is one variant here, one of [`RouteKind`](crate::domain::RouteKind), its section of the
//! configuration, and a folder below `src/provider`.

use std::path::Path;
use std::sync::Arc;

use crate::campaign::Campaign;
use crate::config::{MailchimpSettings as Section, SecretName, Secrets, Smtp, Via};
use crate::delivery::Patience;
use crate::domain::EmailAddress;
use crate::error::{Exit, Failure};
use crate::host::Context;
use crate::provider::mailchimp::{ApiKey, Endpoint, ListId, Mailchimp, SetupError};
use crate::store::{FrozenCampaign, SenderLock};
use crate::transport::smtp::{Authorities, Credentials, SmtpSettings};
use crate::transport::{OutboxTransport, SmtpTransport};

use super::deliver::RouteLimits;
use super::newsletter::ReadyIssue;
use super::order::Order;
use super::report::SendReport;
use super::{Publisher, deliver, push};

/// A route that is set up. Nothing was dialled yet.
pub(super) enum Route {
    Outbox(Arc<OutboxTransport>),
    Smtp { transport: Arc<SmtpTransport>, limits: RouteLimits },
    Mailchimp(Mailchimp),
}

impl Route {
    /// Sets up the route that the configuration names.
    ///
    /// # Errors
    /// A secret is missing, or a setting is wrong.
    pub(super) fn from_config(context: &Context, via: &Via) -> Result<Self, Failure> {
        match via {
            Via::Outbox(outbox) => Ok(Self::Outbox(Arc::new(OutboxTransport::new(&outbox.path)))),
            Via::Smtp(smtp) => {
                let settings = smtp_settings(context, smtp)?;
                let transport = SmtpTransport::new(settings).map_err(|error| {
                    Failure::from_error(Exit::Usage, "cannot set up SMTP", &error)
                })?;
                let connections = usize::from(smtp.connections);
                let limits = RouteLimits { connections, rate: smtp.rate };
                Ok(Self::Smtp { transport: Arc::new(transport), limits })
            }
            Via::Mailchimp(section) => Ok(Self::Mailchimp(mailchimp(context, section)?)),
        }
    }

    /// Refuses a campaign that the route cannot carry. Nothing is called.
    pub(super) fn check(&self, campaign: &Campaign) -> Result<(), Failure> {
        match self {
            Self::Outbox(_) | Self::Smtp { .. } => Ok(()),
            Self::Mailchimp(client) => push::check(client, campaign),
        }
    }

    /// Freezes an issue, and delivers it.
    pub(super) async fn begin(
        &self,
        publisher: &Publisher<'_>,
        lock: &SenderLock,
        ready: &ReadyIssue,
        order: &Order,
    ) -> Result<SendReport, Failure> {
        match self {
            Self::Outbox(_) | Self::Smtp { .. } => {
                let frozen = publisher.freeze(ready).await?;
                self.resume(publisher, lock, &frozen, order).await
            }
            Self::Mailchimp(client) => push::begin(publisher, client, ready, order).await,
        }
    }

    /// Delivers what is left of a frozen campaign.
    pub(super) async fn resume(
        &self,
        publisher: &Publisher<'_>,
        lock: &SenderLock,
        frozen: &FrozenCampaign,
        order: &Order,
    ) -> Result<SendReport, Failure> {
        match self {
            Self::Outbox(outbox) => {
                let limits = RouteLimits { connections: 1, rate: None };
                deliver::deliver(publisher, lock, frozen, order, (outbox, &limits)).await
            }
            Self::Smtp { transport, limits } => {
                deliver::deliver(publisher, lock, frozen, order, (transport, limits)).await
            }
            Self::Mailchimp(client) => push::resume(publisher, client, frozen, order).await,
        }
    }

    /// Sends the proof of that number to the editors.
    pub(super) async fn proof(
        &self,
        publisher: &Publisher<'_>,
        campaign: &Campaign,
        attempt: u32,
        editors: &[EmailAddress],
    ) -> Result<(), Failure> {
        match self {
            Self::Outbox(outbox) => {
                deliver::proof(publisher, outbox.as_ref(), campaign, attempt, editors).await
            }
            Self::Smtp { transport, .. } => {
                deliver::proof(publisher, transport.as_ref(), campaign, attempt, editors).await
            }
            Self::Mailchimp(client) => push::proof(publisher, client, campaign, editors).await,
        }
    }
}

fn smtp_settings(context: &Context, smtp: &Smtp) -> Result<SmtpSettings, Failure> {
    let mut settings = SmtpSettings::new(smtp.server.clone(), smtp.client_name.clone());
    let password = smtp.user.as_ref().map(|user| {
        let password = Secrets::new(&context.environment).read(SecretName::SmtpPassword)?;
        Ok(Credentials { user: user.clone(), password })
    });
    let authorities = smtp.ca_file.as_deref().map(read_ca_file);
    let (credentials, authorities) = both(password.transpose(), authorities.transpose())?;
    settings.credentials = credentials;
    if let Some(pem) = authorities {
        settings.authorities = Authorities::Pem(pem);
    }
    Ok(settings)
}

/// Both values, or what is wrong with them, together.
fn both<A, B>(a: Result<A, Failure>, b: Result<B, Failure>) -> Result<(A, B), Failure> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(a), b) => Err(Failure::joined(a, b.err())),
        (Ok(_), Err(b)) => Err(b),
    }
}

fn read_ca_file(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        Failure::from_error(
            Exit::Usage,
            format!("cannot read `[smtp] ca_file` {}", path.display()),
            &error,
        )
    })
}

fn mailchimp(context: &Context, section: &Section) -> Result<Mailchimp, Failure> {
    let wrong =
        |error: SetupError| Failure::from_error(Exit::Usage, "cannot set up Mailchimp", &error);
    let secret = Secrets::new(&context.environment).read(SecretName::MailchimpApiKey);
    let key = secret.map_err(Failure::from).and_then(|key| ApiKey::parse(&key).map_err(wrong));
    let (key, list) = both(key, ListId::parse(&section.audience).map_err(wrong))?;
    let endpoint = match section.base_url {
        None => Endpoint::for_key(&key),
        Some(socket) => Endpoint::loopback(socket).map_err(wrong)?,
    };
    Mailchimp::new(key, endpoint, list, Patience::DEFAULT).map_err(wrong)
}
