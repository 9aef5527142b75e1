//! One message per reader: joins a store and a transport, and delivers.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::campaign::{Campaign, CopyRecipient, MessageForm, Purpose, UnsubscribePages};
use crate::config::{Config, SecretName, Secrets, Smtp, SmtpSecurity, Via};
use crate::delivery::{
    self, Attempt, Connection, Doubt, DoubtMark, Ending, InDoubt, Ledger, Mailer, Progress,
    StopWish, Summary, Transport, Work,
};
use crate::domain::{EmailAddress, SubscriberId};
use crate::error::{Exit, Failure};
use crate::host::Context;
use crate::store::{FrozenCampaign, SenderLock, Store};
use crate::transport::smtp::{Authorities, ClientName, Credentials, Server, SmtpSettings};
use crate::transport::{Outbox, SmtpTransport};

/// How long a first wish to stop waits for messages under way. The timeout of
/// the systemd unit is a little longer.
const DRAIN: Duration = Duration::from_secs(30);

/// A way to hand over one message at a time.
pub(crate) enum Relay {
    Outbox(Arc<Outbox>),
    Smtp { transport: Arc<SmtpTransport>, connections: usize },
}

/// What one run came to, and what was in doubt before it.
pub(crate) struct Delivered {
    pub(crate) doubt: Doubt,
    pub(crate) summary: Summary,
}

impl Relay {
    /// Sets up what the configuration names; `None` for a provider. Nothing is dialled.
    pub(crate) fn of(context: &Context, config: &Config) -> Result<Option<Self>, Failure> {
        match &config.delivery.via {
            Via::Outbox(outbox) => Ok(Some(Self::Outbox(Arc::new(Outbox::new(&outbox.path))))),
            Via::Smtp(smtp) => {
                let settings = smtp_settings(context, smtp)?;
                let transport = SmtpTransport::new(settings)
                    .map_err(|error| Failure::of(Exit::Usage, "cannot set up SMTP", &error))?;
                let connections = usize::from(smtp.connections);
                Ok(Some(Self::Smtp { transport: Arc::new(transport), connections }))
            }
            Via::Mailchimp(_) => Ok(None),
        }
    }

    /// Delivers what is left of a frozen campaign.
    pub(crate) async fn deliver(&self, errand: Errand<'_>) -> Result<Delivered, Failure> {
        match self {
            Self::Outbox(outbox) => errand.run_over(Arc::clone(outbox), 1).await,
            Self::Smtp { transport, connections } => {
                errand.run_over(Arc::clone(transport), *connections).await
            }
        }
    }

    /// Sends one copy to each editor, and says how many got it.
    pub(crate) async fn proof(
        &self,
        context: &Context,
        config: &Config,
        pages: UnsubscribePages,
        campaign: &Campaign,
        attempt: u32,
        editors: &[EmailAddress],
    ) -> Result<(), Failure> {
        let purpose = Purpose::Proof { attempt };
        let form = MessageForm::compile(campaign, purpose, context.clock.now())
            .map_err(|error| Failure::of(Exit::Internal, "cannot build the message", &error))?;
        let mailer = Mailer { form, pages, sender: config.delivery.envelope_sender.clone() };
        match self {
            Self::Outbox(outbox) => proof_over(outbox.as_ref(), &mailer, editors).await,
            Self::Smtp { transport, .. } => proof_over(transport.as_ref(), &mailer, editors).await,
        }
    }
}

/// What a relay needs to know to deliver a campaign.
pub(crate) struct Errand<'e> {
    pub(crate) context: &'e Context,
    pub(crate) config: &'e Config,
    pub(crate) store: &'e Store,
    pub(crate) lock: &'e SenderLock,
    pub(crate) frozen: &'e FrozenCampaign,
    pub(crate) in_doubt: InDoubt,
    pub(crate) stop: watch::Receiver<StopWish>,
}

impl Errand<'_> {
    async fn run_over<T: Transport>(
        self,
        transport: Arc<T>,
        connections: usize,
    ) -> Result<Delivered, Failure> {
        let Self { context, config, store, lock, frozen, in_doubt, stop } = self;
        let now = context.clock.now();
        let keys = store.signing_keys(context.random.as_ref(), now).await?;
        let public_url = config.newsletter.public_url.as_str();
        let form = MessageForm::compile(&frozen.campaign, Purpose::Campaign, now)
            .map_err(|error| Failure::of(Exit::Internal, "cannot build the message", &error))?;
        let ledger = Arc::new(store.ledger(frozen.campaign.key(), lock).await?);
        let doubt = ledger.recover(in_doubt, now).await?;
        let tally = ledger.tally().await?;
        let work = Work {
            mailer: Mailer {
                form,
                pages: UnsubscribePages::new(public_url, keys),
                sender: config.delivery.envelope_sender.clone(),
            },
            audience: frozen.recipients,
            connections,
            expires_at: now
                .saturating_add(config.delivery.lifetime)
                .unwrap_or(crate::domain::Timestamp::MAX),
            drain: DRAIN,
        };
        let progress = Arc::new(Progress::default());
        let settled_before = tally.total() - tally.open();
        let bar = context.ui.progress("recipients", tally.total()).resumed_at(settled_before);
        let mut heard = stop.clone();
        let run = delivery::run(
            ledger,
            transport,
            Arc::new(work),
            Arc::clone(&context.clock),
            stop,
            Arc::clone(&progress),
        );
        tokio::pin!(run);
        let mut tick = tokio::time::interval(Duration::from_millis(200));
        let (mut told_of_deferred, mut told_of_redial) = (0, 0);
        let summary = loop {
            tokio::select! {
                summary = &mut run => break summary,
                Ok(()) = heard.changed() => tell_stop(context, *heard.borrow_and_update()),
                _ = tick.tick() => {
                    bar.set(settled_before + progress.settled.load(Ordering::Relaxed));
                    tell_wait(context, DEFERRED, &progress.waits_until, &mut told_of_deferred);
                    tell_wait(context, UNREACHABLE, &progress.redials_at, &mut told_of_redial);
                }
            }
        };
        bar.finish();
        Ok(Delivered { doubt, summary: summary? })
    }
}

const DEFERRED: &str = "the recipients who are left were deferred by the server; the next is tried";
const UNREACHABLE: &str = "connections to the server fail; it is tried again";

/// A run that waits for minutes should not look as if it hung. Each wait is told once.
fn tell_wait(context: &Context, why: &str, until: &AtomicI64, told: &mut i64) {
    let until = until.load(Ordering::Relaxed);
    if std::mem::replace(told, until) == until || until == 0 {
        return;
    }
    let until = crate::domain::Timestamp::from_second(until).unwrap_or_default();
    context.ui.status(&format!("{why} at {until}"));
}

/// Whoever asked for a stop should see that it was heard, and what it waits for.
fn tell_stop(context: &Context, wish: StopWish) {
    match wish {
        StopWish::GoOn => {}
        StopWish::Drain => context.ui.status(&format!(
            "stopping: messages under way have {} s; a second signal stops at once",
            DRAIN.as_secs()
        )),
        StopWish::AtOnce => context.ui.status("stopping at once"),
    }
}

async fn proof_over<T: Transport>(
    transport: &T,
    mailer: &Mailer,
    editors: &[EmailAddress],
) -> Result<(), Failure> {
    let mut connection = transport.connect().await.map_err(|error| unreachable(&error))?;
    let mut message = Vec::new();
    let mut refused = Vec::new();
    for (number, editor) in editors.iter().enumerate() {
        // Editors are numbered downwards from -1, so none of them is a subscriber.
        let subscriber = SubscriberId(-1 - i64::try_from(number).unwrap_or(i64::MAX - 1));
        let to = CopyRecipient { subscriber, address: editor, first_name: "", last_name: "" };
        if !connection.is_usable() {
            connection = transport.connect().await.map_err(|error| unreachable(&error))?;
        }
        match mailer.deliver(&mut connection, &to, &mut message, &DoubtMark::default()).await {
            Attempt::Accepted(_) => {}
            attempt => refused.push(format!("editor {}: {attempt}", number + 1)),
        }
    }
    connection.close().await;
    if refused.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(
            Exit::Unreachable,
            format!(
                "the proof did not reach {} of {} editors, and was not recorded: {}",
                refused.len(),
                editors.len(),
                refused.join("; ")
            ),
        )
        .hint("Editors are numbered as in `[proof] to`. Mend it and run `proof` again."))
    }
}

fn unreachable(error: &delivery::ConnectError) -> Failure {
    Failure::of(Exit::Unreachable, "cannot reach the mail server", error)
        .hint("See `[smtp]` in postrider.toml. Nothing was sent.")
}

fn smtp_settings(context: &Context, smtp: &Smtp) -> Result<SmtpSettings, Failure> {
    let scheme = match smtp.url.security {
        SmtpSecurity::ImplicitTls => "smtps",
        SmtpSecurity::StartTls => "smtp",
        SmtpSecurity::Plain => "smtp+plain",
    };
    let host = if smtp.url.host.contains(':') {
        format!("[{}]", smtp.url.host.trim_matches(['[', ']']))
    } else {
        smtp.url.host.clone()
    };
    let server = Server::parse_url(&format!("{scheme}://{host}:{}", smtp.url.port))
        .map_err(|error| Failure::of(Exit::Usage, "cannot use `[smtp] url`", &error))?;
    let client_name = ClientName::parse(&smtp.client_name)
        .map_err(|error| Failure::of(Exit::Usage, "cannot use `[smtp] client_name`", &error))?;
    let mut settings = SmtpSettings::new(server, client_name);
    if let Some(user) = &smtp.user {
        let password = Secrets::new(&context.environment).read(SecretName::SmtpPassword)?;
        settings.credentials = Some(Credentials { user: user.clone(), password });
    }
    if let Some(path) = &smtp.ca_file {
        settings.authorities = Authorities::Pem(read_ca_file(path)?);
    }
    Ok(settings)
}

fn read_ca_file(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        Failure::of(Exit::Usage, format!("cannot read `[smtp] ca_file` {}", path.display()), &error)
    })
}

/// How a run ended, as an exit code.
pub(crate) fn exit_of(summary: &Summary) -> Exit {
    let ending = match &summary.ending {
        Ending::Complete => Exit::Done,
        Ending::Interrupted => Exit::Stopped,
        Ending::NoConnection(_) | Ending::Unstable(_) => Exit::Unreachable,
        Ending::Tripped(delivery::Trip::Refused(_)) => Exit::Unreachable,
        Ending::Tripped(_) => Exit::Stopped,
    };
    let unknown = if summary.tally.unknown > 0 { Exit::OutcomesUnknown } else { Exit::Done };
    let rejected = match (&summary.ending, summary.tally.rejected) {
        (Ending::Complete, 1..) => Exit::Rejections,
        _ => Exit::Done,
    };
    Exit::strongest([ending, unknown, rejected])
}
