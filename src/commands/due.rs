//! `postrider due`: the weekly job, run by a timer every few minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;

use crate::campaign::due::{Action, Decision, Refusal, ScheduledIssue, Situation, Timetable};
use crate::campaign::due::{decide, due_time};
use crate::config::Schedule;
use crate::domain::{CampaignKey, RouteKind, Slug, Timestamp};
use crate::error::{Exit, Failure};
use crate::store::{FrozenCampaign, Store};

use crate::host::{Context, block_on};
use crate::publish::issue_file::{issue_files, read_source};
use crate::publish::newsletter::Newsletter;
use crate::publish::order::{Consent, Order, ProofRule, RepeatRule};
use crate::publish::store_access;

use super::send;

/// The weekly job: send the issue that is due.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// Resumes what was interrupted, then sends the one issue that is due.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let newsletter = Newsletter::open(context, &[])?;
    let Some(schedule) = newsletter.config.schedule.clone() else {
        return Err(Failure::new(Exit::Usage, "there is no schedule to go by")
            .hint("Set `[schedule] time` and `time_zone` in postrider.toml."));
    };
    block_on(store_access::with_store_for_sending(context, &newsletter.config, async |store| {
        let now = context.clock.now();
        let mark = match store.scheduled_since().await? {
            Some(mark) => mark,
            None if arguments.dry_run => now,
            None => switch_on(context, store, now).await?,
        };
        let files = read_issues(context, &newsletter, &schedule)?;
        let mut ends = Vec::new();
        let mut resumed = BTreeSet::new();
        loop {
            let campaigns = store.campaigns().await?;
            let (finished, unfinished) = sort_out(&newsletter, &campaigns, &resumed);
            let situation = Situation {
                issues: &files.issues,
                unfinished: &unfinished,
                finished: &finished,
                mark,
                now,
                max_late: schedule.max_late,
            };
            let decision = decide(&situation);
            // After a resume it is decided again, and told then.
            if arguments.dry_run || !matches!(decision.action, Action::Resume(_)) {
                tell_missed(context, &decision);
            }
            let is_overdue = !decision.missed.is_empty();
            let doing = Doing { context, newsletter: &newsletter, store };
            match &decision.action {
                Action::Refuse(refusal) if arguments.dry_run => return Err(refused(refusal)),
                Action::Refuse(refusal) => {
                    ends.push(context.ui.failure(&refused(refusal)));
                    break;
                }
                _ if arguments.dry_run => {
                    tell_plan(context, &decision.action);
                    return Ok(Exit::Done);
                }
                Action::Resume(slug) => {
                    resumed.insert((*slug).clone());
                    match doing.resume(slug).await {
                        Ok(exit) => ends.push(exit),
                        Err(failure) => {
                            ends.push(context.ui.failure(&failure));
                            break;
                        }
                    }
                }
                Action::Send(issue) => {
                    let sent = doing.send(&files.paths[&issue.path]).await;
                    ends.push(sent.unwrap_or_else(|failure| context.ui.failure(&failure)));
                    ends.extend(is_overdue.then_some(Exit::BlockedOrOverdue));
                    break;
                }
                Action::Wait(next) => {
                    context.ui.status(&match next
                        .and_then(|next| Some((next, next.due.as_ref().ok()?)))
                    {
                        Some((next, due)) => format!("nothing is due; next {} at {due}", next.path),
                        None => "nothing is due".to_owned(),
                    });
                    ends.extend(is_overdue.then_some(Exit::BlockedOrOverdue));
                    break;
                }
            }
        }
        if !files.broken.is_empty() {
            ends.push(Exit::BlockedOrOverdue);
        }
        let campaigns = store.campaigns().await?;
        ends.push(passed_over(context, &newsletter, &files, &campaigns));
        ends.push(unknown_of_late(context, store, &campaigns).await?);
        Ok(Exit::strongest(ends))
    }))
}

/// An issue that has the slug of one with another number, whose file has gone,
/// would count as sent without ever having been.
fn passed_over(
    context: &Context,
    newsletter: &Newsletter,
    files: &IssueFiles,
    campaigns: &[FrozenCampaign],
) -> Exit {
    let mut exit = Exit::Done;
    for issue in files.issues.iter().filter(|issue| !issue.draft) {
        let sent = campaigns.iter().find(|frozen| {
            let key = frozen.campaign.key();
            key.issue == issue.slug && key.newsletter == newsletter.config.newsletter.slug
        });
        let Some(sent) = sent else { continue };
        let numbers = (sent.provenance.number, files.numbers.get(&issue.path));
        if let (Some(before), Some(now)) = numbers
            && before != *now
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

/// Outcomes that nobody has decided about raise the alarm until somebody does.
/// Only the latest campaigns are looked at, because this runs every few minutes.
async fn unknown_of_late(
    context: &Context,
    store: &Store,
    campaigns: &[FrozenCampaign],
) -> Result<Exit, Failure> {
    const LATEST: usize = 3;
    let mut exit = Exit::Done;
    for frozen in campaigns.iter().take(LATEST) {
        let unknown = store.tally(frozen).await?.unknown;
        if unknown > 0 {
            let issue = &frozen.campaign.key().issue;
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

/// The issue files as they stand.
struct IssueFiles {
    issues: Vec<ScheduledIssue>,
    paths: BTreeMap<String, PathBuf>,
    broken: Vec<PathBuf>,
    numbers: BTreeMap<String, u64>,
}

/// Reads the front matter of every issue. A file that cannot be read may be
/// the one that is due, so it is told, and the run ends with an alarm.
fn read_issues(
    context: &Context,
    newsletter: &Newsletter,
    schedule: &Schedule,
) -> Result<IssueFiles, Failure> {
    let timetable = Timetable {
        time: schedule.time,
        time_zone: schedule.time_zone.clone(),
        weekday: schedule.weekday,
    };
    let mut files = IssueFiles {
        issues: Vec::new(),
        paths: BTreeMap::new(),
        broken: Vec::new(),
        numbers: BTreeMap::new(),
    };
    for path in issue_files(&newsletter.config.issues)? {
        let source = match read_source(&path) {
            Ok(source) => source,
            Err(failure) => {
                context.ui.failure(&failure);
                files.broken.push(path);
                continue;
            }
        };
        let issue = match newsletter.parse(&source, &path) {
            Ok(issue) => issue,
            Err(failure) => {
                context.ui.failure(&failure);
                files.broken.push(path);
                continue;
            }
        };
        let shown = path.display().to_string();
        files.numbers.extend(issue.number.as_ref().map(|number| (shown.clone(), number.value)));
        files.issues.push(ScheduledIssue {
            slug: issue.slug,
            path: shown.clone(),
            title: issue.title.map(|title| title.value.as_str().to_owned()).unwrap_or_default(),
            draft: issue.draft,
            due: due_time(
                issue.date.map(|date| date.value),
                issue.send_at.as_ref().map(|at| at.value.as_str()),
                &timetable,
            ),
        });
        files.paths.insert(shown, path);
    }
    Ok(files)
}

/// Finished and unfinished campaigns of this newsletter. What this run resumed
/// and could not finish counts as dealt with, so that it is not tried again at once.
fn sort_out(
    newsletter: &Newsletter,
    campaigns: &[FrozenCampaign],
    resumed: &BTreeSet<Slug>,
) -> (BTreeMap<Slug, String>, Vec<Slug>) {
    let mut finished = BTreeMap::new();
    let mut unfinished = Vec::new();
    for frozen in campaigns.iter().rev() {
        let key = frozen.campaign.key();
        let is_trial = frozen.via == RouteKind::Outbox
            && newsletter.config.delivery.via.kind() != RouteKind::Outbox;
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

struct Doing<'d> {
    context: &'d Context,
    newsletter: &'d Newsletter,
    store: &'d Store,
}

impl Doing<'_> {
    /// A frozen campaign goes on whatever its file says by now.
    async fn resume(&self, slug: &Slug) -> Result<Exit, Failure> {
        let newsletter = self.newsletter.config.newsletter.slug.clone();
        let key = CampaignKey { newsletter, issue: slug.clone() };
        let order = self.order();
        send::go_on(self.context, self.newsletter, self.store, &key, &order).await.map_err(alarming)
    }

    async fn send(&self, path: &std::path::Path) -> Result<Exit, Failure> {
        let order = self.order();
        send::send(self.context, self.newsletter, self.store, path, &order).await.map_err(alarming)
    }

    /// Setting up the timer was consent.
    fn order(&self) -> Order {
        let is_required = self.newsletter.config.proof.required;
        Order {
            consent: Consent::Given,
            proof: if is_required { ProofRule::Required } else { ProofRule::Waived },
            repeat: RepeatRule::Refuse,
            allow: Vec::new(),
            in_doubt: None,
        }
    }
}

/// What stops a timer wants somebody's attention, whichever rule it was.
fn alarming(failure: Failure) -> Failure {
    match failure.exit() {
        Exit::ChecksRefused | Exit::ProofMissing | Exit::InputUnreadable => {
            failure.with_exit(Exit::BlockedOrOverdue)
        }
        _ => failure,
    }
}

fn tell_missed(context: &Context, decision: &Decision<'_>) {
    for issue in &decision.missed {
        context
            .ui
            .warning(&format!("{} was due and is too late to be sent by schedule", issue.path));
    }
    if !decision.missed.is_empty() {
        context.ui.hint("Send it with `postrider send`, or say `draft: true` in it.");
    }
    for (issue, why) in &decision.undated {
        context.ui.detail(&format!("{}: {why}", issue.path));
    }
}

fn tell_plan(context: &Context, action: &Action<'_>) {
    context.ui.status(&match action {
        Action::Resume(slug) => format!("would resume {slug}"),
        Action::Send(issue) => format!("would send {}", issue.path),
        Action::Wait(_) => "nothing is due".to_owned(),
        Action::Refuse(refusal) => refused(refusal).message().to_owned(),
    });
}

fn refused(refusal: &Refusal<'_>) -> Failure {
    let names = |issues: &[&ScheduledIssue]| -> String {
        issues.iter().map(|issue| issue.path.as_str()).collect::<Vec<_>>().join(", ")
    };
    let blocked = |message: String| Failure::new(Exit::BlockedOrOverdue, message);
    match refusal {
        Refusal::SeveralDue(issues) => blocked(format!(
            "nothing was sent: more than one issue is due: {}",
            names(issues)
        ))
        .hint("Send the one that is meant with `postrider send`, or mark others `draft: true`."),
        Refusal::SharedSlug(issues) => {
            blocked(format!("nothing was sent: these files have the same slug: {}", names(issues)))
                .hint("Give each its own `slug`.")
        }
        Refusal::ClockBeforeMark { now, mark } => blocked(format!(
            "nothing was sent: the clock says {now}, and scheduling was switched on at {mark}"
        ))
        .hint("Set the clock of this machine."),
    }
}
