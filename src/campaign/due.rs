//! Decides what the timer sends now, if anything.
//!
//! In: the issues as their files are, the campaigns that are finished or
//! unfinished, the mark from when scheduling was switched on, and the time. Out:
//! a [`Decision`], with one thing to do and what to report. Absent on purpose:
//! checks and proofs, which `send` demands from every caller, and the clock, the
//! store and the time zone database.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::Slug;
use crate::issue::SendTime;

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

/// Everything that [`decide`] takes into account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation<'a> {
    pub(crate) issues: &'a [ScheduledIssue],
    /// Campaigns that are frozen and not finished, in the order of their freeze.
    /// Their issues need not be among `issues`: a frozen campaign needs no file.
    pub(crate) unfinished: &'a [Slug],
    /// Issues whose campaign is finished, each with the file from which it was
    /// frozen, as in [`ScheduledIssue::path`].
    pub(crate) finished: &'a BTreeMap<Slug, String>,
    /// When scheduling was switched on. The timer never sends issues that were due by then.
    pub(crate) mark: Timestamp,
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
    /// The clock is before the mark, so one of them is wrong.
    ClockBeforeMark { now: Timestamp, mark: Timestamp },
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

/// Decides what the timer does at this moment.
pub(crate) fn decide<'a>(situation: &Situation<'a>) -> Decision<'a> {
    let open: Vec<&ScheduledIssue> =
        situation.issues.iter().filter(|issue| situation.is_open(issue)).collect();
    let mut dated: Vec<(Timestamp, &ScheduledIssue)> =
        open.iter().filter_map(|issue| Some((*issue.due.as_ref().ok()?, *issue))).collect();
    dated.sort_by(|a, b| (a.0, &a.1.slug, &a.1.path).cmp(&(b.0, &b.1.slug, &b.1.path)));
    let at = |wanted: Moment| {
        let matching = dated.iter().filter(move |(due, _)| situation.moment(*due) == wanted);
        matching.map(|(_, issue)| *issue)
    };
    let action = if situation.now < situation.mark {
        let Situation { now, mark, .. } = *situation;
        DueAction::Refuse(DueRefusal::ClockBeforeMark { now, mark })
    } else if let Some(slug) = situation.unfinished.first() {
        DueAction::Resume(slug)
    } else {
        situation.act_on(at(Moment::Due).collect(), at(Moment::Ahead).next())
    };
    let undated = open.iter().filter_map(|issue| Some((*issue, issue.due.as_ref().err()?)));
    Decision { action, missed: at(Moment::Missed).collect(), undated: undated.collect() }
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
        let is_finished =
            self.finished.get(&issue.slug).is_some_and(|file| !self.has_namesake(issue, file));
        !issue.draft && !is_finished && !self.unfinished.contains(&issue.slug)
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
        match namesakes.len() {
            1 => DueAction::Send(only),
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
