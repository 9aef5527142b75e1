//! A whole campaign at once: joins a store and a provider.

use crate::campaign::Campaign;
use crate::config::{Config, LoopbackUrl, Mailchimp as Section, SecretName, Secrets, Via};
use crate::delivery::Patience;
use crate::delivery::provider::{PreflightItem, PreflightLevel};
use crate::delivery::push::{self, DoubtfulSend, Prepared, Proofed, Push, PushError, Pushed};
use crate::delivery::{InDoubt, Standing};
use crate::domain::EmailAddress;
use crate::error::{Exit, Failure};
use crate::host::{Context, OutputFormat};
use crate::provider::mailchimp::{ApiKey, Endpoint, ListId, Mailchimp};
use crate::store::{FrozenCampaign, Store, StorePushRecord};
use crate::ui::Ui;

use super::newsletter::{Newsletter, ReadyIssue};
use super::order::{Order, not_frozen};

/// Sees to it that the provider is set up and can carry this campaign. Nothing is called.
pub(crate) fn plan(context: &Context, config: &Config, campaign: &Campaign) -> Result<(), Failure> {
    let client = mailchimp(context, section(config)?)?;
    push::plan(&client, campaign).map(drop).map_err(|error| refused(error.into()))
}

/// Brings a campaign to the provider, freezes it once the draft stands there as
/// it should, and has it sent. What is wrong before that can still be mended in
/// the issue.
pub(crate) async fn begin(
    context: &Context,
    newsletter: &Newsletter,
    store: &Store,
    prepared: ReadyIssue,
    order: &Order,
) -> Result<Exit, Failure> {
    let config = &newsletter.config;
    let campaign = &prepared.campaign;
    let client = mailchimp(context, section(config)?)?;
    let via = config.delivery.via.kind();
    let record = store.push_record(campaign.key(), via);
    let push = pushing(context, &client, &record);
    let stands = push.prepare(campaign, doubtful(order)).await.map_err(refused)?;
    let now = context.clock.now();
    let frozen = store.freeze_for_provider(campaign, &prepared.provenance, via, now).await;
    let frozen = frozen.map_err(not_frozen)?;
    complete(context, store, &frozen, &push, stands).await
}

/// Goes on with a frozen campaign.
pub(crate) async fn resume(
    context: &Context,
    config: &Config,
    store: &Store,
    frozen: &FrozenCampaign,
    order: &Order,
) -> Result<Exit, Failure> {
    let client = mailchimp(context, section(config)?)?;
    let record = store.push_record(frozen.campaign.key(), frozen.via);
    let push = pushing(context, &client, &record);
    let stands = push.prepare(&frozen.campaign, doubtful(order)).await.map_err(refused)?;
    complete(context, store, frozen, &push, stands).await
}

/// Has a draft sent that stands at the provider, at most once.
async fn complete(
    context: &Context,
    store: &Store,
    frozen: &FrozenCampaign,
    push: &Push<'_, Mailchimp, StorePushRecord>,
    stands: Prepared,
) -> Result<Exit, Failure> {
    let pushed = match stands {
        Prepared::Settled(pushed) => pushed,
        Prepared::Ready(ready) => {
            tell_checklist(&context.ui, ready.checklist());
            push.send(ready).await.map_err(refused)?
        }
    };
    let exit = tell(context, frozen, &pushed)?;
    if matches!(pushed, Pushed::Sent { .. } | Pushed::AlreadySent { .. }) {
        store.mark_finished(frozen.campaign.key(), context.clock.now()).await?;
    }
    Ok(exit)
}

fn pushing<'p>(
    context: &'p Context,
    provider: &'p Mailchimp,
    record: &'p StorePushRecord,
) -> Push<'p, Mailchimp, StorePushRecord> {
    Push { provider, record, clock: context.clock.as_ref(), patience: Patience::USUAL }
}

fn doubtful(order: &Order) -> DoubtfulSend {
    match order.in_doubt {
        Some(InDoubt::Resend) => DoubtfulSend::SendAgain,
        Some(InDoubt::Skip | InDoubt::Keep) | None => DoubtfulSend::Keep,
    }
}

/// Brings a draft to the provider and has tests of it sent to the editors.
pub(crate) async fn proof(
    context: &Context,
    config: &Config,
    store: &Store,
    campaign: &Campaign,
    editors: &[EmailAddress],
) -> Result<(), Failure> {
    let client = mailchimp(context, section(config)?)?;
    let record = store.push_record(campaign.key(), config.delivery.via.kind());
    let push = pushing(context, &client, &record);
    match push.proof(campaign, editors).await.map_err(|error| failed("no proof was made", error))? {
        Proofed::Tested { remote, checklist } => {
            context.ui.status(&format!("the draft is {remote} at the provider"));
            tell_checklist(&context.ui, &checklist);
            Ok(())
        }
        Proofed::LeftAlone { remote } => Err(Failure::new(
            Exit::BlockedOrOverdue,
            format!("no proof was made: {remote} is no draft any more"),
        )),
    }
}

fn section(config: &Config) -> Result<&Section, Failure> {
    match &config.delivery.via {
        Via::Mailchimp(section) => Ok(section),
        Via::Outbox(_) | Via::Smtp(_) => {
            Err(Failure::new(Exit::Internal, "no provider is configured"))
        }
    }
}

fn mailchimp(context: &Context, section: &Section) -> Result<Mailchimp, Failure> {
    let secret = Secrets::new(&context.environment).read(SecretName::MailchimpApiKey)?;
    let wrong =
        |error: &dyn std::error::Error| Failure::of(Exit::Usage, "cannot set up Mailchimp", error);
    let key = ApiKey::parse(&secret).map_err(|error| wrong(&error))?;
    let endpoint = match &section.base_url {
        None => Endpoint::of(&key),
        Some(url) => Endpoint::loopback(socket_of(url)?).map_err(|error| wrong(&error))?,
    };
    let list = ListId::parse(&section.audience).map_err(|error| wrong(&error))?;
    Mailchimp::new(key, endpoint, list, Patience::USUAL).map_err(|error| wrong(&error))
}

fn socket_of(url: &LoopbackUrl) -> Result<std::net::SocketAddr, Failure> {
    let cannot = || {
        let what = format!("`[mailchimp] base_url` {} names no port of this machine", url.as_str());
        Failure::new(Exit::Usage, what)
    };
    let url = url::Url::parse(url.as_str()).map_err(|_| cannot())?;
    let addresses = url.socket_addrs(|| None).map_err(|_| cannot())?;
    addresses.into_iter().find(|address| address.ip().is_loopback()).ok_or_else(cannot)
}

fn tell_checklist(ui: &Ui, checklist: &[PreflightItem]) {
    for item in checklist {
        let line = format!("{}: {}", item.heading, item.details);
        match item.level {
            PreflightLevel::Success => ui.detail(&line),
            PreflightLevel::Warning | PreflightLevel::Error => ui.warning(&line),
        }
    }
}

fn tell(context: &Context, frozen: &FrozenCampaign, pushed: &Pushed) -> Result<Exit, Failure> {
    let (ui, key) = (&context.ui, frozen.campaign.key());
    let (word, standing, exit) = match pushed {
        Pushed::Sent { remote, state } => {
            let state = state.as_ref().map_or_else(String::new, |state| format!(", now {state}"));
            ui.status(&format!("{key} was handed over as campaign {remote}{state}"));
            ("sent", Standing::Finished, Exit::Done)
        }
        Pushed::AlreadySent { remote, .. } => {
            ui.status(&format!(
                "{key} was sent before, as campaign {remote}; nothing was sent now"
            ));
            ("already-sent", Standing::Finished, Exit::Done)
        }
        Pushed::LeftAlone { remote } => {
            ui.warning(&format!(
                "{key} was not sent: {remote} is no draft, and that is somebody's doing"
            ));
            ("left-alone", Standing::Unfinished, Exit::BlockedOrOverdue)
        }
        Pushed::Unknown { remote, seen } => {
            let seen = match seen {
                Ok(state) => format!("the provider calls it {state}"),
                Err(error) => format!("the provider could not be asked: {error}"),
            };
            ui.warning(&format!(
                "whether {key} was sent as campaign {remote} is not known: {seen}"
            ));
            ui.hint(
                "Look at it in the provider's own pages. The same command asks again and never \
                 sends twice; `--in-doubt resend` sends if the provider still calls it a draft.",
            );
            ("unknown", Standing::FinishedInDoubt, Exit::OutcomesUnknown)
        }
    };
    if context.format == OutputFormat::Json {
        ui.data_json(&serde_json::json!({
            "campaign": key.to_string(),
            "digest": frozen.campaign.digest().to_string(),
            "via": frozen.via,
            "standing": standing,
            "ending": word,
            "exit_code": exit.code(),
        }))?;
    }
    Ok(exit)
}

fn refused(error: PushError) -> Failure {
    failed("the campaign was not sent", error)
}

fn failed(what: &str, error: PushError) -> Failure {
    let exit = match &error {
        PushError::Plan(_) => Exit::ChecksRefused,
        PushError::Record(_) => Exit::StoreFault,
        PushError::Unrecorded { .. } | PushError::InDoubt { .. } => Exit::OutcomesUnknown,
        PushError::NotReady { .. } | PushError::Replaced { .. } => Exit::BlockedOrOverdue,
        PushError::Provider(_) | PushError::Differs { .. } => Exit::Unreachable,
    };
    Failure::of(exit, what, &error)
}
