//! `postrider due`: the weekly job, run by a timer every few minutes.

use clap::Args;

use crate::error::{Exit, Failure};
use crate::host::{Context, OutputFormat, block_on};
use crate::publish::Publisher;
use crate::publish::newsletter::Newsletter;
use crate::publish::order::Effect;
use crate::publish::store_access::with_store_for_sending;

use super::adopt;

/// Send the issue that is due; for a timer
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Report what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Report what is next, when, and what stands in its way
    #[arg(long, conflicts_with = "dry_run")]
    next: bool,
    /// Switch scheduling on anew, from now on, because the clock was wrong before
    #[arg(long, conflicts_with_all = ["dry_run", "next"])]
    switch_on: bool,
}

/// Resumes interrupted campaigns, then sends the one issue that is due.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let newsletter = Newsletter::open_for_sending(context, None, |config| {
        config.schedule.is_none().then(no_schedule)
    })?;
    let config = &newsletter.config;
    let schedule = config.schedule.as_ref().ok_or_else(no_schedule)?;
    let is_shown = arguments.dry_run || arguments.next;
    let effect = if is_shown { Effect::Shown } else { Effect::Real };
    block_on(with_store_for_sending(context, config, effect, async |store| {
        let publisher = Publisher { context, newsletter: &newsletter, store };
        if arguments.switch_on {
            return publisher.switch_on_anew().await;
        }
        if arguments.next {
            adopt::warn_of_moved(context, config, store).await?;
            let outlook = publisher.outlook(schedule).await?;
            match context.format {
                OutputFormat::Json => context.ui.data_json(&outlook)?,
                OutputFormat::Human => outlook.write(&context.ui, &config.newsletter.time_zone)?,
            }
            return Ok(Exit::Done);
        }
        if arguments.dry_run && config.delivery.via.kind().reaches_people() {
            store.require_unmoved().await?;
        }
        publisher.due(schedule, effect).await
    }))
}

fn no_schedule() -> Failure {
    Failure::new(Exit::Usage, "postrider.toml has no `[schedule]`")
        .hint("Set `[schedule] time` and `time_zone` in postrider.toml.")
}
