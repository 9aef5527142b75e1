//! The job of the timer: what `due` does at this moment, by [`crate::campaign::due`].

mod facts;
mod outlook;
mod wording;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::campaign::due::{Decision, DueAction, DueRefusal, StopFault, decide, is_set};
use crate::config::Schedule;
use crate::delivery::StopWish;
use crate::domain::{CampaignKey, Slug, Timestamp};
use crate::error::{Exit, Failure};
use crate::host::{Context, OutputFormat, listen_for_signals};
use crate::store::{CampaignSummary, Standstill, Store};

use super::Publisher;
use super::newsletter::Newsletter;
use super::order::{Consent, Effect, Order, OrderGiver, ProofRule, RepeatRule};
use super::report::SendReport;
use super::standstill::rest_after_another_stop;
use facts::{Facts, IssueFiles};
use outlook::Obstacle;
pub(crate) use outlook::Outlook;
use wording::{plan, refused, report_held, warn_of_missed};

impl Publisher<'_> {
    /// Resumes every campaign that may go on, then sends the one issue that is
    /// due, and warns of everything that keeps an issue from going out.
    ///
    /// # Errors
    /// The issues or the store cannot be read. Failures of a send are printed,
    /// and count for the exit code.
    pub(crate) async fn due(&self, schedule: &Schedule, effect: Effect) -> Result<Exit, Failure> {
        let Self { context, newsletter, store } = self;
        let ui = &context.ui;
        let zone = &newsletter.config.newsletter.time_zone;
        let stop = listen_for_signals()?;
        let switched_on_at = store.scheduled_since().await?;
        if switched_on_at.is_none() && effect == Effect::Real && is_set(context.clock.now()) {
            let mark = store.switch_schedule_on(context.clock.now()).await?;
            self.report_mark(mark);
        }
        if effect == Effect::Real {
            self.settle_called_off().await?;
        }
        let mut exits = Vec::new();
        let mut tried = BTreeSet::new();
        // Nothing more is sent after a signal, or after a failure that every
        // other campaign would meet, too.
        let mut is_over = false;
        let mut has_reported = false;
        let outlook = loop {
            // A send may take hours, in which the files may change.
            let facts = Facts::read(self, schedule, switched_on_at, &tried).await?;
            let decision = decide(&facts.situation(schedule));
            if *stop.borrow() > StopWish::GoOn {
                is_over = true;
                exits.push(Exit::Stopped);
            }
            if let DueAction::Resume(slug) = &decision.action
                && !is_over
            {
                tried.insert((*slug).clone());
                if effect == Effect::Shown {
                    ui.status(&plan(&decision.action, zone));
                    continue;
                }
                let key = self.key_of(slug);
                let report = self.resume_by_key(&key, &self.timer_order()).await;
                has_reported |= report.is_ok();
                is_over = ends_the_run(&report);
                exits.push(self.exit_of(&key, report).await?);
                continue;
            }
            for failure in &facts.files.broken {
                ui.failure(failure);
                exits.push(Exit::BlockedOrOverdue);
            }
            exits.push(report_held(ui, &newsletter.config.newsletter.slug, &decision, zone));
            exits.push(warn_of_missed(ui, &decision, zone));
            let outlook = match context.format {
                OutputFormat::Json => {
                    Some(self.outlook_of(&facts, switched_on_at, &decision).await?)
                }
                OutputFormat::Human => None,
            };
            match &decision.action {
                _ if is_over => {}
                DueAction::Send(issue) => {
                    let path = &facts.files.paths[&issue.path];
                    let key = self.key_of(&issue.slug);
                    if effect == Effect::Shown {
                        match self.refusal_of(path, &self.timer_order()).await? {
                            Some(refusal) => exits.push(self.exit_of(&key, Err(refusal)).await?),
                            None => ui.status(&plan(&decision.action, zone)),
                        }
                    } else {
                        let report = self.send(path, &self.timer_order()).await;
                        has_reported |= report.is_ok();
                        exits.push(self.exit_of(&key, report).await?);
                    }
                }
                DueAction::Refuse(refusal) => exits.push(ui.failure(&refused(refusal, zone))),
                action => ui.status(&plan(action, zone)),
            }
            let summaries = &facts.campaigns.summaries;
            exits.push(warn_of_shared_slugs(context, newsletter, &facts.files, summaries));
            break outlook;
        };
        let campaigns = store.campaign_summaries().await?;
        exits.push(warn_of_doubt(context, store, &campaigns).await?);
        let exit = Exit::strongest(exits);
        if let Some(outlook) = outlook
            && !has_reported
        {
            ui.data_json(&IdleReport::new(&outlook, effect, exit))?;
        }
        Ok(exit)
    }

    /// Switches scheduling on anew, because the clock was wrong when that was done.
    ///
    /// # Errors
    /// The store cannot be written, or the clock was not set.
    pub(crate) async fn switch_on_anew(&self) -> Result<Exit, Failure> {
        let now = self.context.clock.now();
        if !is_set(now) {
            let zone = &self.newsletter.config.newsletter.time_zone;
            return Err(refused(&DueRefusal::ClockNotSet { now }, zone));
        }
        self.store.switch_schedule_on_anew(now).await?;
        self.report_mark(now);
        Ok(Exit::Done)
    }

    fn report_mark(&self, mark: Timestamp) {
        self.context.ui.status(&format!(
            "scheduling is on from {}: what was due before is not sent by schedule",
            self.newsletter.local_time(mark)
        ));
    }

    /// What is next, when, and what stands in its way.
    ///
    /// # Errors
    /// The issues or the store cannot be read.
    pub(crate) async fn outlook(&self, schedule: &Schedule) -> Result<Outlook, Failure> {
        let switched_on_at = self.store.scheduled_since().await?;
        let facts = Facts::read(self, schedule, switched_on_at, &BTreeSet::new()).await?;
        for failure in &facts.files.broken {
            self.context.ui.failure(failure);
        }
        let decision = decide(&facts.situation(schedule));
        self.outlook_of(&facts, switched_on_at, &decision).await
    }

    async fn outlook_of(
        &self,
        facts: &Facts,
        switched_on_at: Option<Timestamp>,
        decision: &Decision<'_>,
    ) -> Result<Outlook, Failure> {
        let mut obstacles = BTreeMap::new();
        for planned in decision.planned.iter().filter(|planned| planned.put_aside.is_none()) {
            let path = &planned.issue.path;
            let refusal = self.refusal_of(&facts.files.paths[path], &self.timer_order()).await?;
            obstacles.insert(path, refusal.map(|failure| Obstacle::from_failure(&failure)));
        }
        let settings = &self.newsletter.config.newsletter;
        Ok(Outlook::new(
            &settings.slug,
            switched_on_at,
            decision,
            |issue| obstacles.remove(&issue.path).flatten().into_iter().collect(),
            (facts.now, &settings.time_zone),
        ))
    }

    fn key_of(&self, issue: &Slug) -> CampaignKey {
        let newsletter = self.newsletter.config.newsletter.slug.clone();
        CampaignKey { newsletter, issue: issue.clone() }
    }

    /// Setting up the timer was consent.
    fn timer_order(&self) -> Order {
        let is_required = self.newsletter.config.proof.required;
        Order {
            given_by: OrderGiver::Timer,
            consent: Consent::Given,
            proof: if is_required { ProofRule::Required } else { ProofRule::Waived },
            repeat: RepeatRule::Refuse,
            allow: Vec::new(),
            in_doubt: None,
            retry: Vec::new(),
        }
    }

    /// Writes what came of one send. A failure that needs a person is an alarm,
    /// whichever rule it was.
    async fn exit_of(
        &self,
        key: &CampaignKey,
        report: Result<SendReport, Failure>,
    ) -> Result<Exit, Failure> {
        let failure = match report.and_then(|report| report.write(self.context)) {
            Ok(exit) => return Ok(exit),
            Err(failure) => failure,
        };
        Ok(match self.context.ui.failure(&failure) {
            Exit::ChecksRefused | Exit::ProofMissing | Exit::InputUnreadable => {
                Exit::BlockedOrOverdue
            }
            Exit::Unreachable => {
                self.rest_after_failure(key, &failure).await?;
                Exit::Unreachable
            }
            exit => exit,
        })
    }

    /// Leaves a campaign alone that a provider refused or did not answer, as one
    /// that the breaker stopped.
    async fn rest_after_failure(&self, key: &CampaignKey, why: &Failure) -> Result<(), Failure> {
        let campaigns = self.store.campaign_summaries().await?;
        let is_open = |frozen: &&CampaignSummary| {
            frozen.key == *key && frozen.finished_at.is_none() && frozen.cancelled_at.is_none()
        };
        let Some(frozen) = campaigns.iter().find(is_open) else { return Ok(()) };
        let now = self.context.clock.now();
        let why = why.in_one_line();
        let (rest, stops) = rest_after_another_stop(StopFault::Route, frozen.stops, now);
        let paused = Some((now, why.as_str()));
        let standstill = Standstill { paused, rest: Some(rest), stops };
        Ok(self.store.mark_standstill(key, &standstill).await?)
    }
}

/// The one object in JSON of a run that sent nothing.
#[derive(Serialize)]
struct IdleReport<'o> {
    /// `null`: no campaign was sent or resumed.
    campaign: Option<String>,
    ending: &'static str,
    exit_code: u8,
    #[serde(flatten)]
    outlook: &'o Outlook,
}

impl<'o> IdleReport<'o> {
    fn new(outlook: &'o Outlook, effect: Effect, exit: Exit) -> Self {
        let ending = match effect {
            Effect::Real => "nothing-sent",
            Effect::Shown => "dry-run",
        };
        Self { campaign: None, ending, exit_code: exit.code(), outlook }
    }
}

/// Whether nothing more is to be tried after that send: somebody asked the
/// program to stop, or the store, the lock or the configuration is at fault.
fn ends_the_run(report: &Result<SendReport, Failure>) -> bool {
    match report {
        Ok(report) => report.was_interrupted(),
        Err(failure) => {
            matches!(failure.exit(), Exit::Held | Exit::StoreFault | Exit::Internal | Exit::Usage)
        }
    }
}

/// Warns of an issue that took over the slug of another one, whose file has
/// gone: it would count as sent, although nobody received it.
fn warn_of_shared_slugs(
    context: &Context,
    newsletter: &Newsletter,
    files: &IssueFiles,
    campaigns: &[CampaignSummary],
) -> Exit {
    let mut exit = Exit::Done;
    for issue in files.issues.iter().filter(|issue| !issue.draft) {
        let sent = campaigns.iter().find(|campaign| {
            let key = &campaign.key;
            key.issue == issue.slug && key.newsletter == newsletter.config.newsletter.slug
        });
        let Some(sent) = sent else { continue };
        if let (Some(before), Some(now)) = (sent.provenance.number, issue.number)
            && before != now
        {
            context.ui.warning(&format!(
                "{} has number {now} and the slug `{}`, under which number {before} was sent; \
                 give it a slug of its own",
                issue.path, issue.slug
            ));
            exit = Exit::BlockedOrOverdue;
        }
    }
    exit
}

/// Warns of recipients in doubt until somebody has decided about them. It looks
/// at the latest campaigns alone, because it runs every few minutes.
async fn warn_of_doubt(
    context: &Context,
    store: &Store,
    campaigns: &[CampaignSummary],
) -> Result<Exit, Failure> {
    const LATEST: usize = 3;
    let mut exit = Exit::Done;
    for frozen in campaigns.iter().take(LATEST) {
        let unknown = store.tally(frozen.rows).await?.unknown;
        if unknown > 0 {
            let issue = &&frozen.key.issue;
            context.ui.warning(&format!(
                "whether {unknown} recipients have {issue} is not known; see `postrider status {issue}`"
            ));
            exit = Exit::OutcomesUnknown;
        }
    }
    Ok(exit)
}
