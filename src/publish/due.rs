//! The job of the timer: what `due` does at this moment, by [`crate::campaign::due`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::campaign::due::{
    Decision, DueAction, DueRefusal, ScheduledIssue, Situation, Timetable, decide, due_time,
};
use crate::config::Schedule;
use crate::domain::{CampaignKey, Slug, Timestamp};
use crate::error::{Exit, Failure};
use crate::host::Context;
use crate::store::{CampaignSummary, Store};

use super::Publisher;
use super::issue_file::{issue_files, read_source};
use super::newsletter::Newsletter;
use super::order::{Consent, Order, ProofRule, RepeatRule};
use super::report::SendReport;

impl Publisher<'_> {
    /// Resumes every interrupted campaign, then sends the one issue that is
    /// due, and warns of everything that keeps an issue from going out.
    ///
    /// # Errors
    /// The issues or the store cannot be read; in a dry run also the reason why
    /// nothing would be sent. Failures of a send are printed, and count for the
    /// exit code.
    pub(crate) async fn due(&self, schedule: &Schedule, dry_run: bool) -> Result<Exit, Failure> {
        let Self { context, newsletter, store } = self;
        let now = context.clock.now();
        let mark = match store.scheduled_since().await? {
            Some(mark) => mark,
            None if dry_run => now,
            None => switch_on(context, store, now).await?,
        };
        let files = read_issues(context, newsletter, &schedule.timetable)?;
        let mut exits = Vec::new();
        let mut resumed = BTreeSet::new();
        loop {
            let campaigns = store.campaign_summaries().await?;
            let (finished, unfinished) = sort_out(newsletter, &campaigns, &resumed);
            let situation = Situation {
                issues: &files.issues,
                unfinished: &unfinished,
                finished: &finished,
                mark,
                now,
                max_late: schedule.max_late,
            };
            let decision = decide(&situation);
            // After a resume the loop decides again, and warns then.
            if dry_run || !matches!(decision.action, DueAction::Resume(_)) {
                warn_of_missed(context, &decision);
            }
            if dry_run {
                return match &decision.action {
                    DueAction::Refuse(refusal) => Err(refused(refusal)),
                    action => {
                        report_plan(context, action);
                        Ok(Exit::Done)
                    }
                };
            }
            match &decision.action {
                DueAction::Resume(slug) => {
                    resumed.insert((*slug).clone());
                    let newsletter = newsletter.config.newsletter.slug.clone();
                    let key = CampaignKey { newsletter, issue: (*slug).clone() };
                    let report = self.resume_by_key(&key, &self.timer_order()).await;
                    let went_on = report.is_ok();
                    exits.push(self.exit_of(report));
                    if went_on {
                        continue;
                    }
                }
                DueAction::Send(issue) => {
                    let path = &files.paths[&issue.path];
                    let report = self.send(path, &self.timer_order()).await;
                    exits.push(self.exit_of(report));
                    exits.extend(overdue(&decision));
                }
                DueAction::Wait(_) => {
                    report_plan(context, &decision.action);
                    exits.extend(overdue(&decision));
                }
                DueAction::Refuse(refusal) => exits.push(context.ui.failure(&refused(refusal))),
            }
            break;
        }
        if files.has_broken {
            exits.push(Exit::BlockedOrOverdue);
        }
        let campaigns = store.campaign_summaries().await?;
        exits.push(warn_of_shared_slugs(context, newsletter, &files, &campaigns));
        exits.push(warn_of_doubt(context, store, &campaigns).await?);
        Ok(Exit::strongest(exits))
    }

    /// Setting up the timer was consent.
    fn timer_order(&self) -> Order {
        let is_required = self.newsletter.config.proof.required;
        Order {
            consent: Consent::Given,
            proof: if is_required { ProofRule::Required } else { ProofRule::Waived },
            repeat: RepeatRule::Refuse,
            allow: Vec::new(),
            in_doubt: None,
        }
    }

    /// Writes what came of one send. A failure that needs a person is an alarm,
    /// whichever rule it was.
    fn exit_of(&self, report: Result<SendReport, Failure>) -> Exit {
        let written = report.and_then(|report| report.write(self.context));
        written.unwrap_or_else(|failure| match self.context.ui.failure(&failure) {
            Exit::ChecksRefused | Exit::ProofMissing | Exit::InputUnreadable => {
                Exit::BlockedOrOverdue
            }
            exit => exit,
        })
    }
}

/// The alarm for issues that were missed.
fn overdue(decision: &Decision<'_>) -> Option<Exit> {
    (!decision.missed.is_empty()).then_some(Exit::BlockedOrOverdue)
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

async fn switch_on(context: &Context, store: &Store, now: Timestamp) -> Result<Timestamp, Failure> {
    let mark = store.switch_schedule_on(now).await?;
    context.ui.status(&format!(
        "scheduling is on from {mark}: what was due before is not sent by schedule"
    ));
    Ok(mark)
}

/// The issues of the newsletter, by their front matter.
#[derive(Default)]
struct IssueFiles {
    issues: Vec<ScheduledIssue>,
    /// The file of each issue, by [`ScheduledIssue::path`].
    paths: BTreeMap<String, PathBuf>,
    /// Some files cannot be read.
    has_broken: bool,
}

/// Reads the front matter of every issue. A file that cannot be read may be the
/// one that is due, so its failure is printed, and the run ends with an alarm.
fn read_issues(
    context: &Context,
    newsletter: &Newsletter,
    timetable: &Timetable,
) -> Result<IssueFiles, Failure> {
    let mut files = IssueFiles::default();
    for path in issue_files(&newsletter.config.issues)? {
        let read = read_source(&path).and_then(|source| {
            let issue = newsletter.parse(&source, &path)?;
            let date = issue.date.map(|date| date.value);
            Ok(ScheduledIssue {
                slug: issue.slug,
                path: path.display().to_string(),
                number: issue.number.map(|number| number.value),
                draft: issue.draft,
                due: due_time(date, issue.send_at, timetable),
            })
        });
        match read {
            Ok(issue) => {
                files.paths.insert(issue.path.clone(), path);
                files.issues.push(issue);
            }
            Err(failure) => {
                context.ui.failure(&failure);
                files.has_broken = true;
            }
        }
    }
    Ok(files)
}

/// Finished and unfinished campaigns of this newsletter. A campaign that this
/// run resumed counts as finished, so that it is not resumed again at once.
fn sort_out(
    newsletter: &Newsletter,
    campaigns: &[CampaignSummary],
    resumed: &BTreeSet<Slug>,
) -> (BTreeMap<Slug, String>, Vec<Slug>) {
    let mut finished = BTreeMap::new();
    let mut unfinished = Vec::new();
    for frozen in campaigns.iter().rev() {
        let key = &frozen.key;
        let is_trial = frozen.via.is_trial_for(newsletter.config.delivery.via.kind());
        if key.newsletter != newsletter.config.newsletter.slug || is_trial {
            continue;
        }
        if frozen.finished_at.is_some() || resumed.contains(&key.issue) {
            let file = newsletter.config.root.join(&frozen.provenance.source_file);
            finished.insert(key.issue.clone(), file.display().to_string());
        } else {
            unfinished.push(key.issue.clone());
        }
    }
    (finished, unfinished)
}

fn warn_of_missed(context: &Context, decision: &Decision<'_>) {
    for issue in &decision.missed {
        let path = &issue.path;
        context
            .ui
            .warning(&format!("{path} was due, and it is now too late to send it by schedule"));
    }
    if !decision.missed.is_empty() {
        context.ui.hint("Send it with `postrider send`, or set `draft: true` in its front matter.");
    }
    for (issue, why) in &decision.undated {
        context.ui.detail(&format!("{}: {why}", issue.path));
    }
}

fn report_plan(context: &Context, action: &DueAction<'_>) {
    let next = |issue: &ScheduledIssue| {
        let due = issue.due.as_ref().ok()?;
        Some(format!("nothing is due; next {} at {due}", issue.path))
    };
    context.ui.status(&match action {
        DueAction::Resume(slug) => format!("would resume {slug}"),
        DueAction::Send(issue) => format!("would send {}", issue.path),
        DueAction::Wait(issue) => {
            issue.and_then(next).unwrap_or_else(|| "nothing is due".to_owned())
        }
        DueAction::Refuse(refusal) => refused(refusal).message().to_owned(),
    });
}

fn refused(refusal: &DueRefusal<'_>) -> Failure {
    let names = |issues: &[&ScheduledIssue]| -> String {
        issues.iter().map(|issue| issue.path.as_str()).collect::<Vec<_>>().join(", ")
    };
    let blocked = |message: String| Failure::new(Exit::BlockedOrOverdue, message);
    match refusal {
        DueRefusal::SeveralDue(issues) => {
            blocked(format!("nothing was sent: more than one issue is due: {}", names(issues)))
                .hint("Send one of them with `postrider send`, or set `draft: true` in the others.")
        }
        DueRefusal::SharedSlug(issues) => {
            blocked(format!("nothing was sent: these files have the same slug: {}", names(issues)))
                .hint("Give each its own `slug`.")
        }
        DueRefusal::ClockBeforeMark { now, mark } => blocked(format!(
            "nothing was sent: the clock says {now}, and scheduling was switched on at {mark}"
        ))
        .hint("Set the clock of this machine."),
    }
}
