//! `postrider status`: where every campaign stands, and who is in doubt.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::campaign::{MessageForm, MessagePurpose};
use crate::config::{Config, Root, Schedule};
use crate::delivery::{Completion, RowState, Tally};
use crate::domain::{RouteKind, Timestamp};
use crate::error::{Exit, Failure};
use crate::store::{CampaignSummary, FrozenCampaign, OpenMode, OutcomeRow, Store};

use super::adopt;
use crate::host::{Context, OutputFormat, block_on};
use crate::publish::due::Outlook;
use crate::publish::identity::key_named;
use crate::publish::newsletter::Newsletter;
use crate::publish::{Publisher, store_access};
use crate::ui::local_time;

/// Show the state of every campaign
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// An issue file, or its slug, to be told about in full
    #[arg(value_name = "ISSUE")]
    issue: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    campaigns: Vec<CampaignStatus>,
    /// What the timer does next; `null` without a schedule, or if one issue is asked for.
    schedule: Option<Outlook>,
}

#[derive(Serialize)]
struct CampaignStatus {
    key: String,
    subject: String,
    digest: String,
    via: RouteKind,
    standing: Completion,
    frozen_at: Timestamp,
    finished_at: Option<Timestamp>,
    paused: Option<String>,
    /// The breaker or the server stopped it, and no person did.
    #[serde(skip)]
    is_stopped: bool,
    /// Before when the timer leaves it alone.
    resume_at: Option<Timestamp>,
    /// How many runs in a row were stopped before anything was accepted.
    stops: u32,
    cancelled_at: Option<Timestamp>,
    audience: u64,
    tally: Tally,
    /// Rules whose errors were allowed.
    allowed: Vec<String>,
    /// Only when one issue is asked for.
    #[serde(flatten)]
    not_reached: Option<NotReached>,
}

/// The recipients of one campaign that did not get it, or may not have got it.
#[derive(Serialize)]
struct NotReached {
    in_doubt: Vec<Recipient>,
    rejected: Vec<Recipient>,
    withdrawn: Vec<Recipient>,
}

#[derive(Serialize)]
struct Recipient {
    message_id: String,
    #[serde(flatten)]
    outcome: OutcomeRow,
}

/// Reports all campaigns, or one with the recipients that did not get it.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let root = Root::find(context.root.as_deref(), &context.environment)?;
    let config = Config::load(&root, &context.environment, None)?;
    block_on(store_access::with_store(context, &config, OpenMode::MustExist, async |store| {
        let report = match &arguments.issue {
            None => read_all(context, &config, store).await?,
            Some(issue) => read_one(&config, store, issue).await?,
        };
        adopt::warn_of_moved(context, &config, store).await?;
        match context.format {
            OutputFormat::Json => context.ui.data_json(&report)?,
            OutputFormat::Human => {
                report_to_people(context, &report, &config.newsletter.time_zone)?;
            }
        }
        Ok(Exit::Done)
    }))
}

async fn read_all(context: &Context, config: &Config, store: &Store) -> Result<Report, Failure> {
    let mut campaigns = Vec::new();
    for summary in store.campaign_summaries().await? {
        campaigns.push(CampaignStatus::read(store, summary).await?);
    }
    let schedule = match &config.schedule {
        None => None,
        Some(schedule) => outlook(context, schedule, store).await,
    };
    Ok(Report { campaigns, schedule })
}

/// What the timer does next. A theme or a folder of issues that cannot be read
/// is reported, and does not hide the campaigns.
async fn outlook(context: &Context, schedule: &Schedule, store: &Store) -> Option<Outlook> {
    let outlook = async {
        let newsletter = Newsletter::open(context, None)?;
        let publisher = Publisher { context, newsletter: &newsletter, store };
        publisher.outlook(schedule).await
    };
    outlook.await.map_err(|failure| context.ui.failure(&failure)).ok()
}

async fn read_one(config: &Config, store: &Store, issue: &Path) -> Result<Report, Failure> {
    let key = key_named(config, store, issue).await?;
    let Some(FrozenCampaign { campaign, summary }) = store.campaign(&key).await? else {
        return Err(Failure::new(Exit::InputUnreadable, format!("there is no campaign {key}: nothing of it was sent yet"))
            .hint("`postrider status` lists every campaign, and `postrider due --next` shows what is next."));
    };
    let form = MessageForm::compile(&campaign, MessagePurpose::Campaign, summary.frozen_at)
        .map_err(|error| Failure::from_error(Exit::Internal, "cannot name the messages", &error))?;
    let list = async |state| -> Result<Vec<Recipient>, Failure> {
        let mut outcomes = store.outcomes(summary.rows, state).await?;
        if matches!(state, RowState::Unknown | RowState::Started) {
            outcomes.iter_mut().for_each(|row| row.class = state.as_str().to_owned());
        }
        let recipient = |outcome: OutcomeRow| Recipient {
            message_id: form.message_id(outcome.subscriber),
            outcome,
        };
        Ok(outcomes.into_iter().map(recipient).collect())
    };
    // A row that a dead process left as started is in doubt as well.
    let mut in_doubt = list(RowState::Unknown).await?;
    in_doubt.append(&mut list(RowState::Started).await?);
    let not_reached = NotReached {
        in_doubt,
        rejected: list(RowState::Rejected).await?,
        withdrawn: list(RowState::Withdrawn).await?,
    };
    let status = CampaignStatus::read(store, summary).await?;
    let campaigns = vec![CampaignStatus { not_reached: Some(not_reached), ..status }];
    Ok(Report { campaigns, schedule: None })
}

fn report_to_people(context: &Context, report: &Report, zone: &TimeZone) -> Result<(), Failure> {
    let ui = &context.ui;
    if report.campaigns.is_empty() {
        ui.status("Nothing was sent yet.");
    }
    for campaign in &report.campaigns {
        let tally = &campaign.tally;
        ui.data_line(&format!("{}  {}", campaign.key, campaign.standing(zone)))?;
        ui.data_line(&format!("  {}", campaign.subject))?;
        ui.data_line(&format!(
            "  via {}, digest {}, frozen {} for {}",
            campaign.via,
            &campaign.digest[..12],
            local_time(campaign.frozen_at, zone),
            campaign.audience
        ))?;
        let states = [
            (tally.sent, "sent"),
            (tally.rejected, "rejected"),
            (tally.expired, "expired"),
            (tally.unknown, "unknown"),
            (tally.withdrawn, "withdrawn"),
            (tally.pending, "pending"),
            (tally.deferred, "deferred"),
            (tally.reserved, "reserved"),
            (tally.started, "started"),
        ];
        let counts = states.iter().filter(|(number, _)| *number > 0);
        let counts: Vec<_> = counts.map(|(number, word)| format!("{number} {word}")).collect();
        ui.data_line(&format!("  {}", counts.join(", ")))?;
        if !campaign.allowed.is_empty() {
            ui.data_line(&format!("  allowed: {}", campaign.allowed.join(", ")))?;
        }
        let Some(not_reached) = &campaign.not_reached else { continue };
        for (word, recipients) in [
            ("in doubt", &not_reached.in_doubt),
            ("rejected", &not_reached.rejected),
            ("withdrawn", &not_reached.withdrawn),
        ] {
            for Recipient { message_id, outcome } in recipients {
                let OutcomeRow { address, class, note, .. } = outcome;
                let line = format!("  {word}: {address} <{message_id}> {class} {note}");
                ui.data_line(line.trim_end())?;
            }
        }
    }
    if let Some(outlook) = &report.schedule {
        outlook.write(ui, zone)?;
    }
    Ok(())
}

impl CampaignStatus {
    /// How it stands, in words.
    fn standing(&self, zone: &TimeZone) -> String {
        let time = |at| local_time(at, zone);
        let until = self.resume_at.map(|at| format!(", goes on at {}", time(at)));
        let until = until.unwrap_or_default();
        match (self.standing, &self.paused, self.finished_at, self.cancelled_at) {
            (.., Some(at)) => format!("called off {}", time(at)),
            (_, Some(why), ..) if self.is_stopped => format!("stopped{until}: {why}"),
            (_, Some(why), ..) => format!("paused{until}: {why}"),
            (_, None, Some(at), _) => format!("finished {}", time(at)),
            (Completion::Unfinished, ..) => format!("unfinished{until}"),
            _ => "all rows final".to_owned(),
        }
    }

    async fn read(store: &Store, campaign: CampaignSummary) -> Result<Self, Failure> {
        let tally = store.tally(campaign.rows).await?;
        Ok(Self {
            key: campaign.key.to_string(),
            subject: campaign.subject,
            digest: campaign.digest.to_string(),
            via: campaign.via,
            // Where a provider keeps the list, the ledger has no rows to judge by.
            standing: match (campaign.recipients, campaign.finished_at) {
                (0, None) if campaign.cancelled_at.is_none() => Completion::Unfinished,
                _ => tally.completion(),
            },
            frozen_at: campaign.frozen_at,
            finished_at: campaign.finished_at,
            is_stopped: campaign.rest.is_some_and(|rest| rest.fault.is_some()),
            paused: campaign.paused.map(|(_, why)| why),
            resume_at: campaign.rest.map(|rest| rest.until),
            stops: campaign.stops,
            cancelled_at: campaign.cancelled_at,
            audience: campaign.recipients,
            tally,
            allowed: campaign.provenance.allowed,
            not_reached: None,
        })
    }
}
