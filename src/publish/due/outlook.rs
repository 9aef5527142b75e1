//! What is next, when, and what stands in its way: one value for `due --next`,
//! for `status`, and for a run of `due` that sends nothing. It is made of the
//! decision that `due` acts on, so the two cannot differ.

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::campaign::due::{Decision, DueAction, DueRefusal, Hold, PutAside, ScheduledIssue};
use crate::domain::{Slug, Timestamp};
use crate::error::{Exit, Failure};
use crate::ui::{Ui, local_time};

use super::wording::{ADVICE_ON_MISSED, lines_of_missed, refused, what_to_do, why_held};

/// What the timer would do now and next.
#[derive(Debug, Serialize)]
pub(crate) struct Outlook {
    /// Since when scheduling is on; the first run of `due` switches it on.
    switched_on_at: Option<Timestamp>,
    action: &'static str,
    /// What keeps every issue from being sent.
    in_the_way: Vec<Obstacle>,
    /// What is due now or later, the earliest first, up to the next issue that
    /// is not put aside.
    next: Vec<NextIssue>,
    /// Campaigns that are frozen and not finished.
    unfinished: Vec<UnfinishedCampaign>,
    /// What the timer does not send any more.
    missed: Vec<MissedIssue>,
    /// Issues without a due time.
    undated: Vec<UndatedIssue>,
}

#[derive(Debug, Serialize)]
struct NextIssue {
    issue: String,
    slug: String,
    due_at: Timestamp,
    is_due: bool,
    in_the_way: Vec<Obstacle>,
}

/// One thing that keeps an issue from being sent.
#[derive(Debug, Serialize)]
pub(crate) struct Obstacle {
    kind: &'static str,
    message: String,
    advice: Vec<String>,
}

#[derive(Debug, Serialize)]
struct UnfinishedCampaign {
    campaign: String,
    issue: String,
    /// `null` if the next run goes on with it.
    #[serde(flatten)]
    hold: Option<Hold>,
    /// How many runs in a row were stopped before anything was accepted.
    stops: u32,
    why: Option<String>,
    #[serde(skip)]
    line: String,
    advice: Option<String>,
}

#[derive(Debug, Serialize)]
struct MissedIssue {
    issue: String,
    slug: String,
    due_at: Option<Timestamp>,
    #[serde(skip)]
    line: String,
}

#[derive(Debug, Serialize)]
struct UndatedIssue {
    issue: String,
    why: String,
}

impl Obstacle {
    /// Why an issue would be refused.
    pub(super) fn from_failure(failure: &Failure) -> Self {
        let kind = match failure.exit() {
            Exit::ChecksRefused => "checks",
            Exit::ProofMissing => "proof",
            Exit::InputUnreadable => "unreadable",
            _ => "blocked",
        };
        let causes = failure.in_one_line();
        // Nobody tried to send it yet.
        let why = causes.strip_prefix("nothing was sent: ");
        let why = why.or_else(|| Some(causes.split_once(" was not sent: ")?.1));
        let message = why.unwrap_or(&causes).to_owned();
        Self { kind, message, advice: failure.hints().to_vec() }
    }

    fn from_put_aside(put_aside: PutAside, slug: &Slug) -> Self {
        let (kind, message, advice) = match put_aside {
            PutAside::Draft => (
                "draft",
                "it says `draft: true`",
                "Take that line out when it is ready.".to_owned(),
            ),
            PutAside::Cancelled => (
                "cancelled",
                "it was called off",
                format!("If it is to be sent after all, run `postrider cancel {slug} --undo`."),
            ),
        };
        Self { kind, message: message.to_owned(), advice: vec![advice] }
    }

    fn from_refusal(refusal: &DueRefusal<'_>, zone: &TimeZone) -> Self {
        let kind = match refusal {
            DueRefusal::SeveralDue(_) => "several-due",
            DueRefusal::SharedSlug(_) => "shared-slug",
            DueRefusal::ClockNotSet { .. } => "clock-not-set",
            DueRefusal::ClockBeforeMark { .. } => "clock-before-mark",
            DueRefusal::RouteAtFault { .. } => "route-at-fault",
        };
        Self { kind, ..Self::from_failure(&refused(refusal, zone)) }
    }
}

impl Outlook {
    /// The outlook of a decision. `obstacles` says what keeps an issue, by its
    /// path, from being sent.
    pub(super) fn new(
        newsletter: &Slug,
        switched_on_at: Option<Timestamp>,
        decision: &Decision<'_>,
        mut obstacles: impl FnMut(&ScheduledIssue) -> Vec<Obstacle>,
        (now, zone): (Timestamp, &TimeZone),
    ) -> Self {
        let next = decision.planned.iter().map(|planned| NextIssue {
            issue: planned.issue.path.clone(),
            slug: planned.issue.slug.to_string(),
            due_at: planned.due,
            is_due: planned.due <= now,
            in_the_way: match planned.put_aside {
                Some(put_aside) => vec![Obstacle::from_put_aside(put_aside, &planned.issue.slug)],
                None => obstacles(planned.issue),
            },
        });
        let held = decision.held.iter().map(|(campaign, hold)| UnfinishedCampaign {
            campaign: format!("{newsletter}/{}", campaign.slug),
            issue: campaign.path.clone(),
            hold: Some(*hold),
            stops: campaign.stops,
            why: campaign.why.clone(),
            line: why_held(campaign, *hold, zone),
            advice: Some(what_to_do(campaign, *hold)),
        });
        let going_on = decision.going_on.iter().map(|campaign| UnfinishedCampaign {
            campaign: format!("{newsletter}/{}", campaign.slug),
            issue: campaign.path.clone(),
            hold: None,
            stops: campaign.stops,
            why: campaign.why.clone(),
            line: "goes on with the next run of `due`".to_owned(),
            advice: None,
        });
        let missed = lines_of_missed(decision, zone).map(|(issue, line)| MissedIssue {
            line,
            issue: issue.path.clone(),
            slug: issue.slug.to_string(),
            due_at: issue.due.as_ref().ok().copied(),
        });
        let undated = decision
            .undated
            .iter()
            .map(|(issue, why)| UndatedIssue { issue: issue.path.clone(), why: why.to_string() });
        let (action, in_the_way) = match &decision.action {
            DueAction::Resume(_) => ("resume", Vec::new()),
            DueAction::Send(_) => ("send", Vec::new()),
            DueAction::Wait(_) => ("wait", Vec::new()),
            DueAction::Refuse(refusal) => ("refuse", vec![Obstacle::from_refusal(refusal, zone)]),
        };
        Self {
            switched_on_at,
            action,
            in_the_way,
            next: next.collect(),
            unfinished: held.chain(going_on).collect(),
            missed: missed.collect(),
            undated: undated.collect(),
        }
    }

    /// Writes it for people, to standard output.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub(crate) fn write(&self, ui: &Ui, zone: &TimeZone) -> Result<(), Failure> {
        if self.switched_on_at.is_none() {
            ui.data_line(
                "scheduling is not on yet: the first run of `postrider due` switches it on",
            )?;
        }
        for obstacle in &self.in_the_way {
            obstacle.write(ui, "")?;
        }
        for next in &self.next {
            let verb = if next.is_due { "has been due since" } else { "is due at" };
            ui.data_line(&format!("{} {verb} {}", next.issue, local_time(next.due_at, zone)))?;
            for obstacle in &next.in_the_way {
                obstacle.write(ui, "  ")?;
            }
        }
        if self.next.is_empty() {
            ui.data_line("no issue is planned")?;
        }
        for campaign in &self.unfinished {
            ui.data_line(&format!("{} {}", campaign.campaign, campaign.line))?;
            if let Some(advice) = &campaign.advice {
                ui.data_line(&format!("  {advice}"))?;
            }
        }
        for missed in &self.missed {
            ui.data_line(&missed.line)?;
        }
        if !self.missed.is_empty() {
            ui.data_line(&format!("  {ADVICE_ON_MISSED}"))?;
        }
        for UndatedIssue { issue, why } in &self.undated {
            ui.data_line(&format!("{issue} is never due: {why}"))?;
        }
        Ok(())
    }
}

impl Obstacle {
    fn write(&self, ui: &Ui, indent: &str) -> Result<(), Failure> {
        ui.data_line(&format!("{indent}in the way: {}", self.message))?;
        for advice in &self.advice {
            ui.data_line(&format!("{indent}  {advice}"))?;
        }
        Ok(())
    }
}
