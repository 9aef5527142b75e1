//! `postrider status`: where every campaign stands, and who is in doubt.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::campaign::{MessageForm, MessagePurpose};
use crate::config::{Config, Root};
use crate::delivery::{Completion, RowState, Tally};
use crate::domain::{CampaignKey, RouteKind, Slug};
use crate::error::{Exit, Failure};
use crate::issue::Issue;
use crate::store::{CampaignSummary, OpenMode, OutcomeRow, Store};

use crate::host::{Context, OutputFormat, block_on};
use crate::publish::issue_file::{read_source, stem};
use crate::publish::store_access;

/// Show the state of every campaign
#[derive(Debug, Args)]
pub struct Arguments {
    /// An issue file, or its slug, to be told about in full
    #[arg(value_name = "ISSUE")]
    issue: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    campaigns: Vec<CampaignStatus>,
}

#[derive(Serialize)]
struct CampaignStatus {
    key: String,
    subject: String,
    digest: String,
    via: RouteKind,
    standing: Completion,
    frozen_at: String,
    finished_at: Option<String>,
    paused: Option<String>,
    audience: u64,
    tally: Tally,
    /// Rules whose errors were allowed.
    allowed: Vec<String>,
    /// Only when one issue is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_doubt: Option<Vec<Recipient>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected: Option<Vec<Recipient>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn: Option<Vec<Recipient>>,
}

#[derive(Serialize)]
struct Recipient {
    address: String,
    message_id: String,
    class: String,
    note: String,
    attempts: u32,
    at: String,
}

/// Tells about all campaigns, or about one with the recipients that did not get it.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let root = Root::find(context.root.as_deref(), &context.environment)?;
    let config = Config::load(&root, &context.environment, None)?;
    block_on(store_access::with_store(context, &config, OpenMode::MustExist, async |store| {
        let report = match &arguments.issue {
            None => overview(store).await?,
            Some(issue) => one(&config, store, issue).await?,
        };
        match context.format {
            OutputFormat::Json => context.ui.data_json(&report)?,
            OutputFormat::Human => tell(context, &report)?,
        }
        Ok(Exit::Done)
    }))
}

async fn overview(store: &Store) -> Result<Report, Failure> {
    let mut campaigns = Vec::new();
    for summary in store.campaign_summaries().await? {
        campaigns.push(CampaignStatus::read(store, summary).await?);
    }
    Ok(Report { campaigns })
}

async fn one(config: &Config, store: &Store, issue: &std::path::Path) -> Result<Report, Failure> {
    let newsletter = config.newsletter.slug.clone();
    let slug = slug_of(issue)?;
    let key = CampaignKey { newsletter, issue: slug };
    let summary = store.campaign_summaries().await?.into_iter().find(|summary| summary.key == key);
    let (Some(summary), Some(frozen)) = (summary, store.campaign(&key).await?) else {
        return Err(Failure::new(Exit::InputUnreadable, format!("{key} was never frozen"))
            .hint("`postrider status` without an issue lists every campaign."));
    };
    let mut status = CampaignStatus::read(store, summary).await?;
    let form = MessageForm::compile(&frozen.campaign, MessagePurpose::Campaign, frozen.frozen_at)
        .map_err(|error| Failure::of(Exit::Internal, "cannot name the messages", &error))?;
    let list = async |state| -> Result<Option<Vec<Recipient>>, Failure> {
        let mut rows = Vec::new();
        let keep = |row| {
            rows.push(Recipient::new(&form, row));
            Ok::<(), Failure>(())
        };
        store.outcomes(&key, state, keep).await?;
        Ok(Some(rows))
    };
    // A row that a dead process left as started is in doubt as well.
    let mut in_doubt = list(RowState::Unknown).await?;
    in_doubt.iter_mut().flatten().for_each(|row| row.class = "unknown".into());
    let mut started = list(RowState::Started).await?.unwrap_or_default();
    started.iter_mut().for_each(|row| row.class = "started".into());
    in_doubt.get_or_insert_default().append(&mut started);
    status.in_doubt = in_doubt;
    status.rejected = list(RowState::Rejected).await?;
    status.withdrawn = list(RowState::Withdrawn).await?;
    Ok(Report { campaigns: vec![status] })
}

/// An issue may be named by its file, or by its slug when the file has gone.
fn slug_of(issue: &std::path::Path) -> Result<Slug, Failure> {
    if issue.is_file() {
        let source = read_source(issue)?;
        if let Ok(issue) = Issue::parse(&source, &stem(issue)) {
            return Ok(issue.slug);
        }
        return Slug::from_text(&stem(issue)).ok_or_else(|| no_slug(issue));
    }
    Slug::parse(&issue.to_string_lossy()).map_err(|_| no_slug(issue))
}

fn no_slug(issue: &std::path::Path) -> Failure {
    let what = format!("{} is neither an issue file nor a slug", issue.display());
    Failure::new(Exit::InputUnreadable, what)
}

fn tell(context: &Context, report: &Report) -> Result<(), Failure> {
    let ui = &context.ui;
    if report.campaigns.is_empty() {
        ui.status("Nothing was sent yet.");
    }
    for campaign in &report.campaigns {
        let tally = &campaign.tally;
        let standing = match (campaign.standing, &campaign.paused, &campaign.finished_at) {
            (_, Some(why), _) => format!("paused: {why}"),
            (_, None, Some(at)) => format!("finished {at}"),
            (Completion::Unfinished, None, None) => "unfinished".to_owned(),
            (_, None, None) => "all rows final".to_owned(),
        };
        ui.data_line(&format!("{}  {standing}", campaign.key))?;
        ui.data_line(&format!("  {}", campaign.subject))?;
        ui.data_line(&format!(
            "  via {}, digest {}, frozen {} for {}",
            campaign.via,
            &campaign.digest[..12],
            campaign.frozen_at,
            campaign.audience
        ))?;
        let states = [
            (tally.sent, "sent"),
            (tally.rejected, "rejected"),
            (tally.unknown, "unknown"),
            (tally.withdrawn, "withdrawn"),
            (tally.pending, "pending"),
            (tally.deferred, "deferred"),
            (tally.reserved, "reserved"),
            (tally.started, "started"),
        ];
        let told: Vec<String> = states
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| format!("{number} {word}"))
            .collect();
        ui.data_line(&format!("  {}", told.join(", ")))?;
        if !campaign.allowed.is_empty() {
            ui.data_line(&format!("  allowed: {}", campaign.allowed.join(", ")))?;
        }
        let lists = [
            ("in doubt", &campaign.in_doubt),
            ("rejected", &campaign.rejected),
            ("withdrawn", &campaign.withdrawn),
        ];
        for (word, rows) in lists {
            for row in rows.iter().flatten() {
                ui.data_line(&format!(
                    "  {word}: {} <{}> {} {}",
                    row.address, row.message_id, row.class, row.note
                ))?;
            }
        }
    }
    Ok(())
}

impl CampaignStatus {
    async fn read(store: &Store, campaign: CampaignSummary) -> Result<Self, Failure> {
        let tally = store.tally(&campaign).await?;
        Ok(Self {
            key: campaign.key.to_string(),
            subject: campaign.subject,
            digest: campaign.digest.to_string(),
            via: campaign.via,
            // Where a provider keeps the list, the ledger has no rows to judge by.
            standing: match (campaign.recipients, campaign.finished_at) {
                (0, None) => Completion::Unfinished,
                _ => tally.completion(),
            },
            frozen_at: campaign.frozen_at.to_string(),
            finished_at: campaign.finished_at.map(|at| at.to_string()),
            paused: campaign.paused.map(|(_, why)| why),
            audience: campaign.recipients,
            tally,
            allowed: campaign.provenance.allowed,
            in_doubt: None,
            rejected: None,
            withdrawn: None,
        })
    }
}

impl Recipient {
    fn new(form: &MessageForm, row: OutcomeRow) -> Self {
        Self {
            message_id: form.message_id(row.subscriber),
            address: row.address,
            class: row.class,
            note: row.note,
            attempts: row.attempts,
            at: row.at.to_string(),
        }
    }
}
