//! `postrider proof`: a test send to the editors, recorded with its digest.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::campaign::UnsubscribePages;
use crate::config::{FlagValue, Via};
use crate::domain::{EmailAddress, RouteKind};
use crate::error::{Exit, Failure};
use crate::host::{Context, OutputFormat, block_on};
use crate::publish::newsletter::Newsletter;
use crate::publish::relay::Relay;
use crate::publish::{provider, store_access};
use crate::source::Severity;
use crate::store::{OpenMode, Proof};

/// Send a test to the editors, and record exactly what they saw.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The issue file
    #[arg(value_name = "ISSUE")]
    issue: PathBuf,
    /// To whom, instead of `[proof] to` (may be repeated)
    #[arg(long, value_name = "ADDR")]
    to: Vec<String>,
    /// By which way, instead of `[delivery] via`: outbox, smtp or mailchimp
    #[arg(long, value_name = "WAY")]
    via: Option<String>,
}

#[derive(Serialize)]
struct Told {
    campaign: String,
    digest: String,
    via: RouteKind,
    attempt: u32,
    editors: usize,
}

/// Sends one copy to each editor. A proof that did not reach all of them is
/// not recorded.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let flags = FlagValue::via(arguments.via.as_deref());
    let newsletter = Newsletter::open(context, &flags)?;
    let config = &newsletter.config;
    let editors = editors(&arguments.to, &config.proof.to)?;
    let prepared = newsletter.prepare(&arguments.issue)?;
    // An editor may well want to see an issue that is not fit to be sent yet.
    for finding in prepared.findings.iter().filter(|f| f.severity == Severity::Error) {
        context.ui.finding(finding);
    }
    // Over a relay the list is needed anyway, and a store that is not there
    // is more likely a volume that is not mounted.
    let mode = match config.delivery.via {
        Via::Smtp(_) => OpenMode::MustExist,
        Via::Outbox(_) | Via::Mailchimp(_) => OpenMode::CreateIfMissing,
    };
    block_on(store_access::with_store(context, config, mode, async |store| {
        let key = prepared.campaign.key();
        let attempt = store.next_proof_attempt(key).await?;
        let now = context.clock.now();
        match Relay::of(context, config)? {
            Some(relay) => {
                let keys = store.signing_keys(context.random.as_ref(), now).await?;
                let pages = UnsubscribePages::new(config.newsletter.public_url.as_str(), keys);
                relay.proof(context, config, pages, &prepared.campaign, attempt, &editors).await?;
            }
            None => provider::proof(context, config, store, &prepared.campaign, &editors).await?,
        }
        let via = config.delivery.via.kind();
        let proof = Proof {
            key: key.clone(),
            digest: prepared.campaign.digest(),
            manifest: prepared.campaign.canonical().to_owned(),
            source_hash: prepared.provenance.source_hash.clone(),
            theme_hash: prepared.provenance.theme_hash.clone(),
            subject: prepared.subject().as_str().to_owned(),
            via,
            editors: u32::try_from(editors.len()).unwrap_or(u32::MAX),
            attempt,
            at: now,
        };
        store.record_proof(&proof).await?;
        context.ui.status(&format!(
            "proof {attempt} of {key} went to {} via {via}, digest {}",
            match editors.len() {
                1 => "1 editor".to_owned(),
                number => format!("{number} editors"),
            },
            prepared.campaign.digest().short()
        ));
        if context.format == OutputFormat::Json {
            context.ui.data_json(&Told {
                campaign: key.to_string(),
                digest: prepared.campaign.digest().to_string(),
                via,
                attempt,
                editors: editors.len(),
            })?;
        }
        Ok(Exit::Done)
    }))
}

fn editors(named: &[String], configured: &[EmailAddress]) -> Result<Vec<EmailAddress>, Failure> {
    let named: Result<Vec<_>, _> = named.iter().map(|text| EmailAddress::parse(text)).collect();
    let named =
        named.map_err(|error| Failure::of(Exit::Usage, "`--to` takes an address", &error))?;
    let editors = if named.is_empty() { configured.to_vec() } else { named };
    if editors.is_empty() {
        Err(Failure::new(Exit::Usage, "there is nobody to send a proof to")
            .hint("Set `[proof] to` in postrider.toml, or say `--to ADDR`."))
    } else {
        Ok(editors)
    }
}
