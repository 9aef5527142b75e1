//! What the timer says about a decision, in words.

use jiff::tz::TimeZone;

use crate::campaign::due::{Decision, DueAction, DueRefusal, Hold, OpenCampaign, ScheduledIssue};
use crate::domain::Slug;
use crate::error::{Exit, Failure};
use crate::ui::{Ui, local_time};

/// Says which campaigns are not resumed now, and why. Returns the alarm for
/// those that need a person.
pub(super) fn report_held(
    ui: &Ui,
    newsletter: &Slug,
    decision: &Decision<'_>,
    zone: &TimeZone,
) -> Exit {
    let mut exit = Exit::Done;
    for (campaign, hold) in &decision.held {
        // What this run tried, it has reported.
        if campaign.was_tried {
            continue;
        }
        let line = format!("{newsletter}/{} {}", campaign.slug, why_held(campaign, *hold, zone));
        if !needs_a_person(*hold) {
            ui.status(&line);
            continue;
        }
        ui.warning(&line);
        ui.hint(&what_to_do(campaign, *hold));
        exit = Exit::BlockedOrOverdue;
    }
    exit
}

/// Whether a hold is an alarm. Somebody set `draft: true` on purpose; but a file
/// may also vanish by accident, when half of the readers have the mail.
fn needs_a_person(hold: Hold) -> bool {
    match hold {
        Hold::Stopped { .. } | Hold::FileGone => true,
        Hold::Draft | Hold::PutOff { .. } | Hold::RouteAtFault { .. } => false,
    }
}

/// Why a campaign is not resumed now, as the end of a sentence about it.
pub(super) fn why_held(campaign: &OpenCampaign, hold: Hold, zone: &TimeZone) -> String {
    let OpenCampaign { path, stops, why, .. } = campaign;
    match hold {
        Hold::Draft => format!("is paused, because {path} says `draft: true`"),
        Hold::FileGone => format!("is paused, because its file {path} is gone"),
        Hold::PutOff { until } => format!(
            "goes on at {}: the server put off the recipients who are left",
            local_time(until, zone)
        ),
        Hold::Stopped { until } => {
            let times = if *stops > 1 { format!(" {stops} times in a row") } else { String::new() };
            let why = why.as_deref().unwrap_or("the reason is not known");
            format!("was stopped{times}, and goes on at {}: {why}", local_time(until, zone))
        }
        Hold::RouteAtFault { until } => format!(
            "goes on at {} at the earliest, after the campaign that was stopped",
            local_time(until, zone)
        ),
    }
}

/// What a person can do about a campaign that is held.
pub(super) fn what_to_do(campaign: &OpenCampaign, hold: Hold) -> String {
    let (path, slug) = (&campaign.path, &campaign.slug);
    match hold {
        Hold::FileGone => format!(
            "Put the file back and it goes on, or run `postrider cancel {slug}`, which ends it."
        ),
        Hold::Draft => format!(
            "Take that line out and it goes on, or run `postrider cancel {slug}`, which ends it."
        ),
        Hold::Stopped { .. } | Hold::PutOff { .. } | Hold::RouteAtFault { .. } => {
            format!("`postrider send {path}` goes on now; `postrider cancel {slug}` ends it.")
        }
    }
}

/// Every issue that the timer does not send any more, with a line that says why.
pub(super) fn lines_of_missed<'a>(
    decision: &Decision<'a>,
    zone: &TimeZone,
) -> impl Iterator<Item = (&'a ScheduledIssue, String)> {
    let line = |issue: &ScheduledIssue, why: &str| match &issue.due {
        Ok(due) => format!("{} was due at {}, {why}", issue.path, local_time(*due, zone)),
        Err(why) => format!("{}: {why}", issue.path),
    };
    let missed = decision
        .missed
        .iter()
        .map(move |&issue| (issue, line(issue, "and it is now too late to send it by schedule")));
    let too_early = decision.too_early.iter().map(move |&issue| {
        (issue, line(issue, "before scheduling was switched on, so the timer never sends it"))
    });
    missed.chain(too_early)
}

/// What to do about an issue that the timer does not send any more.
pub(super) const ADVICE_ON_MISSED: &str =
    "Send it with `postrider send`, or set `draft: true` in its front matter.";

/// Warns of every issue that the timer does not send any more. Returns the alarm.
pub(super) fn warn_of_missed(ui: &Ui, decision: &Decision<'_>, zone: &TimeZone) -> Exit {
    for (_, line) in lines_of_missed(decision, zone) {
        ui.warning(&line);
    }
    for (issue, why) in &decision.undated {
        ui.detail(&format!("{}: {why}", issue.path));
    }
    if decision.missed.is_empty() && decision.too_early.is_empty() {
        return Exit::Done;
    }
    ui.hint(ADVICE_ON_MISSED);
    Exit::BlockedOrOverdue
}

/// What is done now, or what will be due next.
pub(super) fn plan(action: &DueAction<'_>, zone: &TimeZone) -> String {
    match action {
        DueAction::Resume(slug) => format!("would resume {slug}"),
        DueAction::Send(issue) => format!("would send {}", issue.path),
        DueAction::Wait(next) => {
            let next = next.and_then(|issue| Some((&issue.path, issue.due.as_ref().ok()?)));
            next.map_or_else(
                || "nothing is due".to_owned(),
                |(path, due)| format!("nothing is due; next {path} at {}", local_time(*due, zone)),
            )
        }
        DueAction::Refuse(refusal) => refused(refusal, zone).message().to_owned(),
    }
}

/// Why nothing is sent although something may be due.
pub(super) fn refused(refusal: &DueRefusal<'_>, zone: &TimeZone) -> Failure {
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
        DueRefusal::ClockNotSet { now } => blocked(format!(
            "nothing was sent: the clock says {}, so it was not set since the machine started",
            local_time(*now, zone)
        ))
        .hint("Set the clock of this machine, or start the timer after it was set."),
        DueRefusal::ClockBeforeMark { now, mark } => blocked(format!(
            "nothing was sent: the clock says {}, and scheduling was switched on at {}",
            local_time(*now, zone),
            local_time(*mark, zone)
        ))
        .hint(
            "Set the clock of this machine. If it is right, and was ahead when scheduling was \
             switched on, run `postrider due --switch-on`: scheduling is then on from now.",
        ),
        DueRefusal::RouteAtFault { issue, until } => blocked(format!(
            "{} is due and was not sent, because another campaign was stopped; it is sent after \
             that one, at {} at the earliest",
            issue.path,
            local_time(*until, zone)
        ))
        .hint("`postrider send` sends it now."),
    }
}
