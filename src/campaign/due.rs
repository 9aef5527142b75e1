//! Decides what the timer sends now, if anything.
//!
//! In: the issues as their files are, the campaigns that are finished or
//! unfinished, the mark from when scheduling was switched on, and the time. Out:
//! a [`Decision`], with one thing to do and what to report. `due --next` and
//! `status` show the same decision. Absent on purpose: checks and proofs, which
//! `send` demands from every caller, and the clock, the store and the time zone
//! database.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::Slug;
use crate::issue::SendTime;

mod rest;

pub(crate) use rest::{Rest, StopFault, rest_after_stops};

/// When issues are due, unless their front matter has `send_at`.
#[derive(Debug, Clone)]
pub(crate) struct Timetable {
    pub(crate) time: civil::Time,
    /// The zone of that time, and of a `send_at` without an offset.
    pub(crate) time_zone: TimeZone,
    /// The day of the week on which issues are sent, if one is set. An issue is
    /// due on the first such day on or after its date.
    pub(crate) weekday: Option<civil::Weekday>,
}

/// Why the time at which an issue is due is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoDueTime {
    #[error("it has no date: add `date: 2026-08-26`, or `send_at`")]
    NoDate,
    #[error("the time at which it is due is out of range: check its year")]
    OutOfRange,
}

/// An issue as its file is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScheduledIssue {
    pub(crate) slug: Slug,
    /// The path of the file, for people.
    pub(crate) path: String,
    pub(crate) number: Option<u64>,
    pub(crate) draft: bool,
    /// When it is due, by [`due_time`].
    pub(crate) due: Result<Timestamp, NoDueTime>,
}

/// A campaign that is frozen and not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenCampaign {
    pub(crate) slug: Slug,
    /// The file from which it was frozen, as in [`ScheduledIssue::path`].
    pub(crate) path: String,
    pub(crate) file: CampaignFile,
    /// For how long its last run bids the timer leave it alone.
    pub(crate) rest: Option<Rest>,
    /// How many runs in a row were stopped before anything was accepted.
    pub(crate) stops: u32,
    /// Why its last run stopped before the end.
    pub(crate) why: Option<String>,
    /// This run of the timer has resumed it already.
    pub(crate) was_tried: bool,
}

/// What became of the file of a frozen campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CampaignFile {
    Present,
    /// It says `draft: true`.
    Draft,
    /// There is no file of its name, and no issue has its slug.
    Gone,
}

/// Why an unfinished campaign is not resumed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case", tag = "hold")]
pub(crate) enum Hold {
    /// Its file says `draft: true`.
    Draft,
    FileGone,
    /// The server put off the recipients who are left.
    PutOff {
        until: Timestamp,
    },
    /// Its last run was stopped.
    Stopped {
        until: Timestamp,
    },
    /// Another campaign was stopped, and the route was at fault.
    RouteAtFault {
        until: Timestamp,
    },
}

/// Everything that [`decide`] takes into account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation<'a> {
    pub(crate) issues: &'a [ScheduledIssue],
    /// Campaigns that are frozen and not finished, in the order of their freeze.
    pub(crate) unfinished: &'a [OpenCampaign],
    /// Issues whose campaign is finished or was cancelled, each with the file
    /// from which it was frozen, as in [`ScheduledIssue::path`].
    pub(crate) finished: &'a BTreeMap<Slug, String>,
    /// Those of `finished` that were cancelled.
    pub(crate) cancelled: &'a BTreeSet<Slug>,
    /// When scheduling was switched on. The timer never sends issues that were due by then.
    pub(crate) mark: Timestamp,
    /// The zone of the timetable, if this run switches scheduling on.
    pub(crate) switched_on_in: Option<&'a TimeZone>,
    pub(crate) now: Timestamp,
    /// An issue that has been due for this long, or longer, is missed.
    pub(crate) max_late: Duration,
}

/// What to do now, and what to report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision<'a> {
    pub(crate) action: DueAction<'a>,
    /// Unsent issues that were due after the mark and are too late to send, the
    /// oldest first. Only a person can send them.
    pub(crate) missed: Vec<&'a ScheduledIssue>,
    /// Unsent issues, not drafts, whose due time is not known.
    pub(crate) undated: Vec<(&'a ScheduledIssue, &'a NoDueTime)>,
    /// Unsent issues that were due earlier on the day on which scheduling is
    /// switched on. The timer never sends them, and only this run reports them.
    pub(crate) too_early: Vec<&'a ScheduledIssue>,
    /// Unfinished campaigns that are resumed now, in this order.
    pub(crate) going_on: Vec<&'a OpenCampaign>,
    /// Unfinished campaigns that are not resumed now.
    pub(crate) held: Vec<(&'a OpenCampaign, Hold)>,
    /// What is due now or later, the earliest first, up to the first issue that
    /// will be due and is not put aside.
    pub(crate) planned: Vec<Planned<'a>>,
}

/// An issue that is due now or later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Planned<'a> {
    pub(crate) issue: &'a ScheduledIssue,
    pub(crate) due: Timestamp,
    pub(crate) put_aside: Option<PutAside>,
}

/// Why the timer passes over an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PutAside {
    Draft,
    Cancelled,
}

/// The one thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DueAction<'a> {
    /// Resume this campaign, and decide again.
    Resume(&'a Slug),
    Send(&'a ScheduledIssue),
    /// Nothing is due. This is the next issue that will be due, if there is one.
    Wait(Option<&'a ScheduledIssue>),
    Refuse(DueRefusal<'a>),
}

/// Why nothing is sent although something may be due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DueRefusal<'a> {
    /// More than one issue is due. The earliest is first.
    SeveralDue(Vec<&'a ScheduledIssue>),
    /// The issue that is due shares its slug with other files, so sending it
    /// would make them count as sent.
    SharedSlug(Vec<&'a ScheduledIssue>),
    /// The clock was not set since the machine started: there is no time to go by.
    ClockNotSet { now: Timestamp },
    /// The clock is before the mark, so one of them is wrong.
    ClockBeforeMark { now: Timestamp, mark: Timestamp },
    /// A campaign was stopped, and the route was at fault: this issue would fare
    /// the same, and would double the tries.
    RouteAtFault { issue: &'a ScheduledIssue, until: Timestamp },
}

/// Returns when an issue is due. `send_at` has precedence over `date`.
///
/// A time that the clocks skip in spring is later by the length of the skip: 02:30 becomes 03:30.
/// Of a time that the clocks show twice in autumn, the first one counts.
///
/// # Errors
/// There is no date, or the year is out of range.
pub(crate) fn due_time(
    date: Option<civil::Date>,
    send_at: Option<SendTime>,
    timetable: &Timetable,
) -> Result<Timestamp, NoDueTime> {
    let local = match send_at {
        None => timetable.day_of(date.ok_or(NoDueTime::NoDate)?)?.to_datetime(timetable.time),
        Some(SendTime::Local(local)) => local,
        Some(SendTime::WithOffset(time)) => return Ok(time),
    };
    let zoned = timetable.time_zone.to_ambiguous_zoned(local).compatible();
    zoned.map(|zoned| zoned.timestamp()).map_err(|_| NoDueTime::OutOfRange)
}

/// Whether a clock with this time may have been set. A machine without a battery
/// starts in 1970, or at a date that its maker chose.
pub(crate) fn is_set(now: Timestamp) -> bool {
    // 2020-01-01, years before this program.
    now.as_second() >= 1_577_836_800
}

/// Decides what the timer does at this moment.
pub(crate) fn decide<'a>(situation: &Situation<'a>) -> Decision<'a> {
    let open: Vec<&ScheduledIssue> =
        situation.issues.iter().filter(|issue| situation.is_open(issue)).collect();
    let dated = in_order(open.iter().copied());
    let at = |wanted: Moment| {
        let matching = dated.iter().filter(move |(due, _)| situation.moment(*due) == wanted);
        matching.map(|(_, issue)| *issue)
    };
    let going_on: Vec<&OpenCampaign> = situation.going_on().collect();
    let action = if !is_set(situation.now) {
        DueAction::Refuse(DueRefusal::ClockNotSet { now: situation.now })
    } else if situation.now < situation.mark {
        let Situation { now, mark, .. } = *situation;
        DueAction::Refuse(DueRefusal::ClockBeforeMark { now, mark })
    } else if let Some(campaign) = going_on.first() {
        DueAction::Resume(&campaign.slug)
    } else {
        situation.act_on(at(Moment::Due).collect(), at(Moment::Ahead).next())
    };
    let undated = open.iter().filter_map(|issue| Some((*issue, issue.due.as_ref().err()?)));
    let held = situation.unfinished.iter();
    let held = held.filter_map(|campaign| Some((campaign, situation.hold(campaign)?)));
    Decision {
        action,
        missed: at(Moment::Missed).collect(),
        undated: undated.collect(),
        too_early: at(Moment::History).filter(|issue| situation.is_too_early(issue)).collect(),
        going_on,
        held: held.collect(),
        planned: situation.planned(),
    }
}

/// The issues whose due time is known, the earliest first.
fn in_order<'a>(
    issues: impl Iterator<Item = &'a ScheduledIssue>,
) -> Vec<(Timestamp, &'a ScheduledIssue)> {
    let mut dated: Vec<_> =
        issues.filter_map(|issue| Some((*issue.due.as_ref().ok()?, issue))).collect();
    dated.sort_by(|a, b| (a.0, &a.1.slug, &a.1.path).cmp(&(b.0, &b.1.slug, &b.1.path)));
    dated
}

/// How the due time of an issue relates to the present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// At the mark or before it.
    History,
    /// After the mark, and too long ago to send.
    Missed,
    Due,
    Ahead,
}

impl<'a> Situation<'a> {
    fn moment(&self, due: Timestamp) -> Moment {
        if due <= self.mark {
            return Moment::History;
        }
        if due > self.now {
            return Moment::Ahead;
        }
        let max_late = SignedDuration::try_from(self.max_late).unwrap_or(SignedDuration::MAX);
        if self.now.duration_since(due) < max_late { Moment::Due } else { Moment::Missed }
    }

    fn is_open(&self, issue: &ScheduledIssue) -> bool {
        !issue.draft && !self.is_finished(issue) && !self.is_under_way(issue)
    }

    fn is_finished(&self, issue: &ScheduledIssue) -> bool {
        self.finished.get(&issue.slug).is_some_and(|file| !self.has_namesake(issue, file))
    }

    fn is_under_way(&self, issue: &ScheduledIssue) -> bool {
        self.unfinished.iter().any(|campaign| campaign.slug == issue.slug)
    }

    /// Whether an issue that was due by the mark was due on the day on which
    /// this run switches scheduling on: then people may wait for it.
    fn is_too_early(&self, issue: &ScheduledIssue) -> bool {
        let (Some(zone), Ok(due)) = (self.switched_on_in, &issue.due) else { return false };
        zone.to_datetime(*due).date() == zone.to_datetime(self.mark).date()
    }

    fn planned(&self) -> Vec<Planned<'a>> {
        let mut planned = Vec::new();
        for (due, issue) in in_order(self.issues.iter()) {
            let moment = self.moment(due);
            let put_aside = if self.cancelled.contains(&issue.slug) {
                Some(PutAside::Cancelled)
            } else {
                issue.draft.then_some(PutAside::Draft)
            };
            let is_settled = self.is_under_way(issue)
                || (self.is_finished(issue) && put_aside != Some(PutAside::Cancelled));
            if is_settled || !matches!(moment, Moment::Due | Moment::Ahead) {
                continue;
            }
            planned.push(Planned { issue, due, put_aside });
            if moment == Moment::Ahead && put_aside.is_none() {
                break;
            }
        }
        planned
    }

    /// The campaigns to resume now: first the one that was frozen first.
    fn going_on(&self) -> impl Iterator<Item = &'a OpenCampaign> {
        let untried = self.unfinished.iter().filter(|campaign| !campaign.was_tried);
        untried.filter(|campaign| self.hold(campaign).is_none())
    }

    /// Why a campaign is not resumed now, if anything holds it.
    fn hold(&self, campaign: &OpenCampaign) -> Option<Hold> {
        let rest = campaign.rest.filter(|rest| rest.lasts_at(self.now));
        match (campaign.file, rest) {
            (CampaignFile::Draft, _) => Some(Hold::Draft),
            (CampaignFile::Gone, _) => Some(Hold::FileGone),
            (CampaignFile::Present, Some(Rest { until, fault: Some(_) })) => {
                Some(Hold::Stopped { until })
            }
            (CampaignFile::Present, Some(Rest { until, fault: None })) => {
                Some(Hold::PutOff { until })
            }
            (CampaignFile::Present, None) => {
                self.route_rests_until().map(|until| Hold::RouteAtFault { until })
            }
        }
    }

    /// Until when nothing is sent over the route, because a campaign was stopped
    /// and the route was at fault. The last of several counts: then one campaign
    /// tries the route, and the others wait for what comes of it.
    fn route_rests_until(&self) -> Option<Timestamp> {
        let on_the_way =
            self.unfinished.iter().filter(|campaign| campaign.file == CampaignFile::Present);
        let rests = on_the_way.filter_map(|campaign| campaign.rest);
        let at_fault =
            rests.filter(|rest| rest.fault == Some(StopFault::Route) && rest.lasts_at(self.now));
        at_fault.map(|rest| rest.until).max()
    }

    /// Whether `file` is another issue with the same slug. If `file` does not
    /// exist any more, it was renamed and is the issue itself.
    fn has_namesake(&self, issue: &ScheduledIssue, file: &str) -> bool {
        issue.path != file
            && self.issues.iter().any(|other| other.path == file && other.slug == issue.slug)
    }

    fn act_on(
        &self,
        due: Vec<&'a ScheduledIssue>,
        next: Option<&'a ScheduledIssue>,
    ) -> DueAction<'a> {
        let [only] = due[..] else {
            return if due.is_empty() {
                DueAction::Wait(next)
            } else {
                DueAction::Refuse(DueRefusal::SeveralDue(due))
            };
        };
        let namesakes: Vec<_> =
            self.issues.iter().filter(|issue| issue.slug == only.slug).collect();
        match (namesakes.len(), self.route_rests_until()) {
            (1, None) => DueAction::Send(only),
            (1, Some(until)) => DueAction::Refuse(DueRefusal::RouteAtFault { issue: only, until }),
            _ => DueAction::Refuse(DueRefusal::SharedSlug(namesakes)),
        }
    }
}

impl Timetable {
    /// The day on which an issue with that date is due.
    fn day_of(&self, date: civil::Date) -> Result<civil::Date, NoDueTime> {
        match self.weekday {
            Some(weekday) if date.weekday() != weekday => {
                date.nth_weekday(1, weekday).map_err(|_| NoDueTime::OutOfRange)
            }
            _ => Ok(date),
        }
    }
}

#[cfg(test)]
mod tests;
