//! `postrider send`: freezes an issue and delivers it, or resumes its campaign.

use std::path::PathBuf;

use clap::Args;

use crate::delivery::InDoubt;
use crate::error::{Exit, Failure};
use crate::host::{Context, OutputFormat, block_on};
use crate::publish::Publisher;
use crate::publish::newsletter::Newsletter;
use crate::publish::order::{
    Consent, Effect, Order, OrderGiver, ProofRule, RepeatRule, RetryClass,
};
use crate::publish::store_access::with_store_for_sending;

/// Freeze an issue and deliver it, or resume where it was interrupted
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The issue file
    #[arg(value_name = "ISSUE")]
    issue: PathBuf,
    /// Route to use instead of `[delivery] via`: outbox, smtp or mailchimp
    #[arg(long, value_name = "ROUTE")]
    via: Option<String>,
    /// Report who would get it, who would not and why, and how long it would take
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
    /// Send although this rule found errors (may be repeated); the store records it
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
    /// What to do about recipients in doubt: an interruption left their outcome unknown
    #[arg(long, value_enum, default_value_t = DoubtChoice::Ask, value_name = "WHAT")]
    in_doubt: DoubtChoice,
    /// Send a finished campaign again, to exactly those who were rejected, or whose time ran out (may be repeated)
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHO")]
    retry: Vec<RetryChoice>,
}

/// Who gets a finished campaign again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum RetryChoice {
    /// Those whom a server refused
    Rejected,
    /// Those who were not delivered within `[delivery] lifetime`
    Expired,
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

/// Sends one issue, or reports what a send would do.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    super::known_rules(&arguments.allow)?;
    let newsletter = Newsletter::open_for_sending(context, arguments.via.as_deref(), |_| None)?;
    let is_proof_waived = arguments.unproofed || !newsletter.config.proof.required;
    let order = Order {
        given_by: OrderGiver::Person,
        consent: if arguments.yes { Consent::Given } else { Consent::Ask },
        proof: if is_proof_waived { ProofRule::Waived } else { ProofRule::Required },
        repeat: if arguments.as_new { RepeatRule::AsNew } else { RepeatRule::Refuse },
        allow: arguments.allow.clone(),
        in_doubt: match arguments.in_doubt {
            DoubtChoice::Ask => None,
            DoubtChoice::Resend => Some(InDoubt::Resend),
            DoubtChoice::Skip => Some(InDoubt::Skip),
        },
        retry: arguments
            .retry
            .iter()
            .map(|choice| match choice {
                RetryChoice::Rejected => RetryClass::Rejected,
                RetryChoice::Expired => RetryClass::Expired,
            })
            .collect(),
    };
    let effect = if arguments.dry_run { Effect::Shown } else { Effect::Real };
    block_on(with_store_for_sending(context, &newsletter.config, effect, async |store| {
        let publisher = Publisher { context, newsletter: &newsletter, store };
        if arguments.dry_run {
            dry_run(&publisher, arguments, &order).await
        } else {
            publisher.send(&arguments.issue, &order).await?.write(context)
        }
    }))
}

async fn dry_run(
    publisher: &Publisher<'_>,
    arguments: &Arguments,
    order: &Order,
) -> Result<Exit, Failure> {
    let context = publisher.context;
    let (plan, may_be_sent) = publisher.dry_run(&arguments.issue, order).await?;
    match context.format {
        OutputFormat::Json => context.ui.data_json(&plan)?,
        OutputFormat::Human => plan.print(&context.ui),
    }
    context.ui.status("this was a dry run: nothing was sent");
    if publisher.newsletter.config.delivery.via.kind().reaches_people() {
        publisher.store.require_unmoved().await?;
    }
    // The plan is of interest before the issue may be sent, so the refusal comes last.
    may_be_sent.map(|()| Exit::Done)
}
