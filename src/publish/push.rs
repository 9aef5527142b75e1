//! A whole campaign at once: joins the store's record to a provider.

use crate::campaign::Campaign;
use crate::delivery::provider::{PreflightItem, PreflightLevel, Provider};
use crate::delivery::push::{Prepared, Proofed, Push, PushError, Pushed};
use crate::delivery::{InDoubt, Patience};
use crate::domain::EmailAddress;
use crate::error::{Exit, Failure};
use crate::store::{FrozenCampaign, StorePushRecord};
use crate::ui::Ui;

use super::Publisher;
use super::newsletter::ReadyIssue;
use super::order::Order;
use super::refusal;
use super::report::SendReport;

/// Refuses a campaign that the provider cannot carry. Nothing is called.
pub(super) fn check(provider: &impl Provider, campaign: &Campaign) -> Result<(), Failure> {
    provider.translate(campaign).map_err(PushError::from)?;
    Ok(())
}

/// Brings a campaign to the provider, freezes it once the draft there has the
/// right content, and has it sent. What the provider finds wrong before that
/// can still be fixed in the issue.
pub(super) async fn begin(
    publisher: &Publisher<'_>,
    provider: &impl Provider,
    ready: &ReadyIssue,
    order: &Order,
) -> Result<SendReport, Failure> {
    let campaign = &ready.campaign;
    let record = publisher.store.push_record(campaign.key(), publisher.route());
    let push = push_over(publisher, provider, &record);
    let prepared = push.prepare(campaign, order.in_doubt.unwrap_or(InDoubt::Keep)).await?;
    let frozen = publisher.freeze(ready).await?;
    complete(publisher, &frozen, &push, prepared).await
}

/// Goes on with a frozen campaign.
pub(super) async fn resume(
    publisher: &Publisher<'_>,
    provider: &impl Provider,
    frozen: &FrozenCampaign,
    order: &Order,
) -> Result<SendReport, Failure> {
    let record = publisher.store.push_record(frozen.campaign.key(), frozen.summary.via);
    let push = push_over(publisher, provider, &record);
    let prepared = push.prepare(&frozen.campaign, order.in_doubt.unwrap_or(InDoubt::Keep)).await?;
    complete(publisher, frozen, &push, prepared).await
}

/// Has the draft at the provider sent, at most once.
async fn complete<P: Provider>(
    publisher: &Publisher<'_>,
    frozen: &FrozenCampaign,
    push: &Push<'_, P, StorePushRecord>,
    prepared: Prepared,
) -> Result<SendReport, Failure> {
    let Publisher { context, store, .. } = publisher;
    let pushed = match prepared {
        Prepared::Settled(pushed) => pushed,
        Prepared::Ready(ready) => {
            print_checklist(&context.ui, &ready.checklist);
            // Somebody may have called it off meanwhile.
            if let Some(since) = store.called_off_since(frozen.campaign.key()).await? {
                return Err(refusal::called_off(
                    frozen.campaign.key(),
                    Some(since),
                    publisher.zone(),
                ));
            }
            push.send(ready).await?
        }
    };
    if matches!(pushed, Pushed::Sent { .. } | Pushed::AlreadySent { .. }) {
        store.mark_finished(frozen.campaign.key(), context.clock.now()).await?;
    }
    Ok(SendReport::for_push(frozen, &pushed))
}

/// Brings a draft to the provider and has tests of it sent to the editors.
pub(super) async fn proof(
    publisher: &Publisher<'_>,
    provider: &impl Provider,
    campaign: &Campaign,
    editors: &[EmailAddress],
) -> Result<(), Failure> {
    let record = publisher.store.push_record(campaign.key(), publisher.route());
    let push = push_over(publisher, provider, &record);
    let proofed = push.proof(campaign, editors).await;
    match proofed.map_err(|error| Failure::from(error).attempting("no proof was made"))? {
        Proofed::Tested { remote, checklist } => {
            let ui = &publisher.context.ui;
            ui.status(&format!("the draft is {remote} at the provider"));
            print_checklist(ui, &checklist);
            Ok(())
        }
        Proofed::LeftAlone { remote } => Err(Failure::new(
            Exit::BlockedOrOverdue,
            format!("no proof was made: {remote} is not a draft any more"),
        )),
    }
}

fn push_over<'p, P: Provider>(
    publisher: &'p Publisher<'_>,
    provider: &'p P,
    record: &'p StorePushRecord,
) -> Push<'p, P, StorePushRecord> {
    let clock = publisher.context.clock.as_ref();
    Push { provider, record, clock, patience: Patience::DEFAULT }
}

fn print_checklist(ui: &Ui, checklist: &[PreflightItem]) {
    for item in checklist {
        let line = format!("{}: {}", item.heading, item.details);
        match item.level {
            PreflightLevel::Success => ui.detail(&line),
            PreflightLevel::Warning | PreflightLevel::Error => ui.warning(&line),
        }
    }
}
