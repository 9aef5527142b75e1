//! `postrider send`: freezes an issue and delivers it; resumes; refuses to repeat.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{FlagValue, Via};
use crate::delivery::{InDoubt, Standing};
use crate::domain::{CampaignKey, RouteKind};
use crate::error::{Exit, Failure};
use crate::store::{FrozenCampaign, SenderLock, Store};
use crate::ui::Answer;

use crate::host::{Context, OutputFormat, block_on, listen_for_signals};
use crate::publish::newsletter::{Newsletter, ReadyIssue};
use crate::publish::order::{Consent, Order, ProofRule, RepeatRule, not_frozen};
use crate::publish::plan::Plan;
use crate::publish::relay::{Errand, Relay, exit_of};
use crate::publish::report::{HOW_TO_SETTLE, besides, finish, tell_json, tell_what_changed};
use crate::publish::{approval, identity, provider, store_access};

/// Freeze an issue and deliver it, or resume where it was interrupted.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The issue file
    #[arg(value_name = "ISSUE")]
    issue: PathBuf,
    /// By which way, instead of `[delivery] via`: outbox, smtp or mailchimp
    #[arg(long, value_name = "WAY")]
    via: Option<String>,
    /// Say who would get it, who would not and why, and how long it would take
    #[arg(long)]
    dry_run: bool,
    /// Do not ask before mailing people
    #[arg(long)]
    yes: bool,
    /// Send although the editors have not seen these bytes
    #[arg(long)]
    unproofed: bool,
    /// Send although the same issue was sent under another slug
    #[arg(long)]
    as_new: bool,
    /// Send although a check of this rule found errors (may be repeated); it is recorded
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
    /// What to do about recipients whose outcome an interruption left open
    #[arg(long, value_enum, default_value_t = DoubtChoice::Ask, value_name = "WHAT")]
    in_doubt: DoubtChoice,
}

/// What to do about recipients in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum DoubtChoice {
    /// Ask at a terminal; elsewhere leave them, list them, and exit 10
    Ask,
    /// Send again: they may get it twice
    Resend,
    /// Do not send again: they may have missed it
    Skip,
}

/// Sends one issue.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    super::known_rules(&arguments.allow)?;
    let flags = FlagValue::via(arguments.via.as_deref());
    let newsletter = Newsletter::open(context, &flags)?;
    let is_proof_waived = arguments.unproofed || !newsletter.config.proof.required;
    let order = Order {
        consent: if arguments.yes { Consent::Given } else { Consent::Ask },
        proof: if is_proof_waived { ProofRule::Waived } else { ProofRule::Required },
        repeat: if arguments.as_new { RepeatRule::AsNew } else { RepeatRule::Refuse },
        allow: arguments.allow.clone(),
        in_doubt: match arguments.in_doubt {
            DoubtChoice::Ask => None,
            DoubtChoice::Resend => Some(InDoubt::Resend),
            DoubtChoice::Skip => Some(InDoubt::Skip),
        },
    };
    block_on(store_access::with_store_for_sending(context, &newsletter.config, async |store| {
        if arguments.dry_run {
            dry_run(context, &newsletter, store, &arguments.issue, &order).await
        } else {
            send(context, &newsletter, store, &arguments.issue, &order).await
        }
    }))
}

/// Sends one issue: the whole of what `send` and `due` have in common.
pub(super) async fn send(
    context: &Context,
    newsletter: &Newsletter,
    store: &Store,
    issue: &Path,
    order: &Order,
) -> Result<Exit, Failure> {
    let lock = store.lock_for_sending()?;
    forget_trials(context, newsletter, (store, &lock)).await?;
    let prepared = match newsletter.prepare(issue) {
        Ok(prepared) => prepared,
        Err(failure) => {
            let frozen = identity::frozen_from(context, newsletter, store, issue, failure).await?;
            tell_what_changed(context, &frozen, None);
            return resume(context, newsletter, (store, &lock), &frozen, order).await;
        }
    };
    match store.campaign(prepared.campaign.key()).await? {
        Some(frozen) => {
            identity::refuse_a_shared_slug(newsletter, &frozen, &prepared)?;
            tell_what_changed(context, &frozen, Some(&prepared));
            resume(context, newsletter, (store, &lock), &frozen, order).await
        }
        None => {
            let prepared = approve(context, newsletter, store, prepared, order).await?;
            if Relay::of(context, &newsletter.config)?.is_none() {
                return provider::begin(context, newsletter, store, prepared, order).await;
            }
            let frozen = freeze(context, newsletter, store, &prepared).await?;
            deliver(context, newsletter, (store, &lock), &frozen, order).await
        }
    }
}

/// Goes on with a campaign that is known to be unfinished, whatever has become
/// of its file.
pub(super) async fn go_on(
    context: &Context,
    newsletter: &Newsletter,
    store: &Store,
    key: &CampaignKey,
    order: &Order,
) -> Result<Exit, Failure> {
    let lock = store.lock_for_sending()?;
    match store.campaign(key).await? {
        Some(frozen) => resume(context, newsletter, (store, &lock), &frozen, order).await,
        None => Err(Failure::new(Exit::StoreFault, format!("{key} is not in the store any more"))),
    }
}

/// What went into the outbox mailed nobody, so it does not count as sent once
/// the newsletter goes to people.
async fn forget_trials(
    context: &Context,
    newsletter: &Newsletter,
    (store, lock): (&Store, &SenderLock),
) -> Result<(), Failure> {
    if matches!(newsletter.config.delivery.via, Via::Outbox(_)) {
        return Ok(());
    }
    let gone = store.forget_trials(&newsletter.config.newsletter.slug, lock).await?;
    if gone.campaigns > 0 {
        context.ui.status("what went into the outbox does not count as sent any more");
    }
    if gone.examples > 0 {
        context.ui.status("the outbox's own example subscribers were taken off the list");
    }
    Ok(())
}

/// Sees to it that an issue may be sent, and that somebody wants it sent.
async fn approve(
    context: &Context,
    newsletter: &Newsletter,
    store: &Store,
    mut prepared: ReadyIssue,
    order: &Order,
) -> Result<ReadyIssue, Failure> {
    let config = &newsletter.config;
    refuse_what_is_not_ready(newsletter, store, &prepared, order).await?;
    // What is set up wrongly should be known before anybody is asked.
    if Relay::of(context, config)?.is_none() {
        provider::plan(context, config, &prepared.campaign)?;
    }
    let audience = store.plan_audience().await?;
    let to_send = audience.included;
    ask(
        context,
        newsletter,
        &Plan::new(config, &prepared.campaign, audience, to_send),
        order.consent,
    )?;
    prepared.provenance.allowed = order.allow.clone();
    Ok(prepared)
}

/// Freezes an issue for everybody who may get it now.
async fn freeze(
    context: &Context,
    newsletter: &Newsletter,
    store: &Store,
    prepared: &ReadyIssue,
) -> Result<FrozenCampaign, Failure> {
    let via = newsletter.config.delivery.via.kind();
    let now = context.clock.now();
    let frozen = store.freeze(&prepared.campaign, &prepared.provenance, via, now).await;
    frozen.map_err(not_frozen)
}

/// Everything that keeps an issue from being sent before anybody is asked.
async fn refuse_what_is_not_ready(
    newsletter: &Newsletter,
    store: &Store,
    prepared: &ReadyIssue,
    order: &Order,
) -> Result<(), Failure> {
    refuse_a_draft(prepared)?;
    refuse_errors(prepared, &order.allow)?;
    if order.repeat == RepeatRule::Refuse {
        identity::refuse_a_second_slug(store, prepared).await?;
    }
    if order.proof == ProofRule::Required {
        let via = newsletter.config.delivery.via.kind();
        approval::require_proof(store, prepared, via).await?;
    }
    Ok(())
}

fn refuse_a_draft(prepared: &ReadyIssue) -> Result<(), Failure> {
    if !prepared.draft {
        return Ok(());
    }
    let message = format!("{} was not sent: it says `draft: true`", prepared.campaign.key());
    Err(Failure::new(Exit::BlockedOrOverdue, message)
        .hint("Take that line out of its front matter when it is ready."))
}

fn refuse_errors(prepared: &ReadyIssue, allowed: &[String]) -> Result<(), Failure> {
    let errors = prepared.errors(allowed);
    if errors.is_empty() {
        return Ok(());
    }
    let what = match errors.len() {
        1 => "the checks found an error".to_owned(),
        number => format!("the checks found {number} errors"),
    };
    let message = format!("{} was not sent: {what}", prepared.campaign.key());
    Err(Failure::new(Exit::ChecksRefused, message)
        .with_findings(errors)
        .hint("Mend the issue, or say `--allow RULE` for a rule that is wrong here."))
}

/// Goes on with a frozen campaign, unless everybody has it.
async fn resume(
    context: &Context,
    newsletter: &Newsletter,
    (store, lock): (&Store, &SenderLock),
    frozen: &FrozenCampaign,
    order: &Order,
) -> Result<Exit, Failure> {
    let key = frozen.campaign.key();
    let tally = store.tally(frozen).await?;
    let decides_doubt = order.in_doubt.is_some() && tally.unknown > 0;
    if let (Some(at), false) = (frozen.finished_at, decides_doubt) {
        let exit = match tally.standing() {
            Standing::FinishedInDoubt => Exit::OutcomesUnknown,
            Standing::Unfinished | Standing::Finished => Exit::Done,
        };
        context.ui.status(&format!(
            "{key} was sent: finished on {at}, {} got it{}. Nothing was sent now.",
            tally.sent,
            besides(&tally)
        ));
        if exit == Exit::OutcomesUnknown {
            if order.in_doubt.is_none()
                && ask_about_doubt(context, store, frozen).await? == InDoubt::Resend
            {
                let order = Order { in_doubt: Some(InDoubt::Resend), ..order.clone() };
                return deliver(context, newsletter, (store, lock), frozen, &order).await;
            }
            context.ui.hint(HOW_TO_SETTLE);
        }
        tell_json(context, frozen, tally, 0, "already-sent", exit)?;
        return Ok(exit);
    }
    let via = newsletter.config.delivery.via.kind();
    if frozen.via != via {
        return Err(Failure::new(
            Exit::BlockedOrOverdue,
            format!("{key} was begun via {}, and cannot be finished via {via}", frozen.via),
        )
        .hint(format!("Finish it with `--via {}`.", frozen.via)));
    }
    context.ui.status(&format!(
        "{key} was begun on {}: {} of {} got it; resuming",
        frozen.frozen_at, tally.sent, frozen.recipients
    ));
    if let (Consent::Ask, false) = (order.consent, via == RouteKind::Outbox) {
        let question = format!("Send to the {} who are left?", tally.open());
        consent(context, &question)?;
    }
    store.mark_resumed(key).await?;
    deliver(context, newsletter, (store, lock), frozen, order).await
}

/// Delivers a frozen campaign, and says what came of it.
async fn deliver(
    context: &Context,
    newsletter: &Newsletter,
    (store, lock): (&Store, &SenderLock),
    frozen: &FrozenCampaign,
    order: &Order,
) -> Result<Exit, Failure> {
    let config = &newsletter.config;
    let Some(relay) = Relay::of(context, config)? else {
        return provider::resume(context, config, store, frozen, order).await;
    };
    let stop = listen_for_signals()?;
    let in_doubt = match order.in_doubt {
        Some(choice) => choice,
        None => ask_about_doubt(context, store, frozen).await?,
    };
    let errand = Errand { context, config, store, lock, frozen, in_doubt, stop };
    let delivered = relay.deliver(errand).await?;
    let exit = exit_of(&delivered.summary);
    finish(context, store, frozen, &delivered, exit).await?;
    Ok(exit)
}

/// At a terminal, somebody decides about the rows in doubt; elsewhere they stay.
async fn ask_about_doubt(
    context: &Context,
    store: &Store,
    frozen: &FrozenCampaign,
) -> Result<InDoubt, Failure> {
    let tally = store.tally(frozen).await?;
    let open = tally.unknown + tally.started;
    if open == 0 {
        return Ok(InDoubt::Keep);
    }
    let question = format!(
        "Whether {open} recipients have it is not known. Send it to them again? (No leaves them.)"
    );
    match context.ui.ask(&question) {
        Answer::Yes => Ok(InDoubt::Resend),
        Answer::No | Answer::Nobody => Ok(InDoubt::Keep),
    }
}

/// Shows the dry run in short and asks, before people are mailed.
fn ask(
    context: &Context,
    newsletter: &Newsletter,
    plan: &Plan,
    consent_rule: Consent,
) -> Result<(), Failure> {
    if matches!(newsletter.config.delivery.via, Via::Outbox(_)) {
        return Ok(());
    }
    plan.tell(&context.ui);
    match consent_rule {
        Consent::Given => Ok(()),
        Consent::Ask => consent(context, "Send it?"),
    }
}

fn consent(context: &Context, question: &str) -> Result<(), Failure> {
    match context.ui.ask(question) {
        Answer::Yes => Ok(()),
        Answer::No => Err(Failure::new(Exit::Stopped, "nothing was sent: you said no")),
        Answer::Nobody => {
            Err(Failure::new(Exit::Usage, "nothing was sent: there is no terminal to ask at")
                .hint("Say `--yes` to send without being asked."))
        }
    }
}

async fn dry_run(
    context: &Context,
    newsletter: &Newsletter,
    store: &Store,
    issue: &Path,
    order: &Order,
) -> Result<Exit, Failure> {
    let prepared = newsletter.prepare(issue)?;
    let mut audience = store.plan_audience().await?;
    let mut to_send = audience.included;
    let mut campaign = &prepared.campaign;
    let frozen = store.campaign(prepared.campaign.key()).await?;
    if let Some(frozen) = &frozen {
        identity::refuse_a_shared_slug(newsletter, frozen, &prepared)?;
        tell_what_changed(context, frozen, Some(&prepared));
        let tally = store.tally(frozen).await?;
        context.ui.status(&format!(
            "{} is frozen: {} of {} got it{}",
            frozen.campaign.key(),
            tally.sent,
            frozen.recipients,
            besides(&tally)
        ));
        to_send = tally.open();
        audience.included = frozen.recipients;
        campaign = &frozen.campaign;
    }
    let plan = Plan::new(&newsletter.config, campaign, audience, to_send);
    match context.format {
        OutputFormat::Json => context.ui.data_json(&plan)?,
        OutputFormat::Human => plan.tell(&context.ui),
    }
    context.ui.status("This was a dry run: nothing was sent.");
    // Who would get it is of interest before it may be sent, too.
    if frozen.is_none() {
        refuse_what_is_not_ready(newsletter, store, &prepared, order).await?;
    }
    Ok(Exit::Done)
}
