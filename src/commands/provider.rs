//! A whole campaign at once: joins a store and a provider.

use crate::campaign::Campaign;
use crate::config::{Config, LoopbackUrl, Mailchimp as Section, SecretName, Secrets, Via};
use crate::delivery::Patience;
use crate::delivery::provider::{PreflightItem, PreflightLevel};
use crate::delivery::push::{DoubtfulSend, Prepared, Proofed, Push, PushError, Pushed};
use crate::delivery::{InDoubt, Standing};
use crate::domain::EmailAddress;
use crate::error::{Exit, Failure};
use crate::provider::mailchimp::{ApiKey, Endpoint, ListId, Mailchimp};
use crate::store::{FrozenCampaign, Store};
use crate::ui::Ui;

use super::send::Order;
use super::{Context, Form};

/// Sees to it that the provider's key and list are there, before anything is frozen.
pub(super) fn is_set_up(context: &Context, config: &Config) -> Result<(), Failure> {
    mailchimp(context, section(config)?).map(drop)
}

/// Brings a frozen campaign to the provider and has it sent, at most once.
pub(super) async fn send(
    context: &Context,
    config: &Config,
    store: &Store,
    frozen: &FrozenCampaign,
    order: &Order,
) -> Result<Exit, Failure> {
    let client = mailchimp(context, section(config)?)?;
    let key = frozen.campaign.key();
    let record = store.push_record(key, &frozen.via);
    let push = Push {
        provider: &client,
        record: &record,
        clock: context.clock.as_ref(),
        patience: Patience::USUAL,
    };
    let doubtful = match order.in_doubt {
        Some(InDoubt::Resend) => DoubtfulSend::SendAgain,
        Some(InDoubt::Skip | InDoubt::Keep) | None => DoubtfulSend::Keep,
    };
    let prepared = push.prepare(&frozen.campaign, doubtful).await.map_err(refused)?;
    let pushed = match prepared {
        Prepared::Settled(pushed) => pushed,
        Prepared::Ready(ready) => {
            tell_checklist(&context.ui, ready.checklist());
            push.send(ready).await.map_err(refused)?
        }
    };
    let exit = tell(context, frozen, &pushed)?;
    if matches!(pushed, Pushed::Sent { .. } | Pushed::AlreadySent { .. }) {
        store.mark_finished(key, context.clock.now()).await?;
    }
    Ok(exit)
}

/// Brings a draft to the provider and has tests of it sent to the editors.
pub(super) async fn proof(
    context: &Context,
    config: &Config,
    store: &Store,
    campaign: &Campaign,
    editors: &[EmailAddress],
) -> Result<(), Failure> {
    let client = mailchimp(context, section(config)?)?;
    let record = store.push_record(campaign.key(), config.delivery.via.as_str());
    let push = Push {
        provider: &client,
        record: &record,
        clock: context.clock.as_ref(),
        patience: Patience::USUAL,
    };
    match push.proof(campaign, editors).await.map_err(refused)? {
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
    if context.form == Form::Json {
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
    let exit = match &error {
        PushError::Plan(_) => Exit::ChecksRefused,
        PushError::Record(_) => Exit::StoreFault,
        PushError::Unrecorded { .. } | PushError::InDoubt { .. } => Exit::OutcomesUnknown,
        PushError::NotReady { .. } | PushError::Replaced { .. } => Exit::BlockedOrOverdue,
        PushError::Provider(_) | PushError::Differs { .. } => Exit::Unreachable,
    };
    Failure::of(exit, "the campaign was not sent", &error)
}
