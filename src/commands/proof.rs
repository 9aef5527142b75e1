//! `postrider proof`: a test send to the editors, recorded with its digest.

use std::path::PathBuf;

use clap::Args;

use crate::config::Config;
use crate::domain::{EmailAddress, RouteKind};
use crate::error::{Exit, Failure};
use crate::host::{Context, block_on};
use crate::publish::Publisher;
use crate::publish::newsletter::Newsletter;
use crate::publish::store_access::with_store;
use crate::store::OpenMode;

/// Send a test message to the editors, and record exactly what they saw
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The issue file
    #[arg(value_name = "ISSUE")]
    issue: PathBuf,
    /// Editor to send it to, instead of `[proof] to` (may be repeated)
    #[arg(long, value_name = "EMAIL")]
    to: Vec<String>,
    /// Route to use instead of `[delivery] via`: outbox, smtp or mailchimp
    #[arg(long, value_name = "ROUTE")]
    via: Option<String>,
}

/// Sends one copy to each editor.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let newsletter = Newsletter::open_for_sending(context, arguments.via.as_deref(), |_| None)?;
    let config = &newsletter.config;
    let editors = editors(&arguments.to, &config.proof.to)?;
    let ready = newsletter.prepare(&arguments.issue)?;
    block_on(with_store(context, config, open_mode(config), async |store| {
        let publisher = Publisher { context, newsletter: &newsletter, store };
        publisher.proof(&ready, &editors).await?.write(context)
    }))
}

/// Over SMTP the list is needed anyway, and a missing store is more likely a
/// volume that is not mounted.
fn open_mode(config: &Config) -> OpenMode {
    if config.delivery.via.kind() == RouteKind::Smtp {
        OpenMode::MustExist
    } else {
        OpenMode::CreateIfMissing
    }
}

fn editors(named: &[String], configured: &[EmailAddress]) -> Result<Vec<EmailAddress>, Failure> {
    let named: Result<Vec<_>, _> = named.iter().map(|text| EmailAddress::parse(text)).collect();
    let named = named.map_err(|error| {
        Failure::from_error(Exit::Usage, "`--to` takes an email address", &error)
    })?;
    let editors = if named.is_empty() { configured.to_vec() } else { named };
    if editors.is_empty() {
        Err(Failure::new(Exit::Usage, "there is no editor to send a proof to")
            .hint("Set `[proof] to` in postrider.toml, or use `--to EMAIL`."))
    } else {
        Ok(editors)
    }
}
