//! What the timer decides over: the issue files, and the campaigns in the store.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::campaign::due::{
    CampaignFile, OpenCampaign, ScheduledIssue, Situation, Timetable, due_time,
};
use crate::config::Schedule;
use crate::domain::{Slug, Timestamp};
use crate::error::Failure;
use crate::publish::Publisher;
use crate::publish::issue_file::{issue_files, read_issue_source};
use crate::publish::newsletter::Newsletter;
use crate::store::{CampaignSummary, Store};

/// The issues of the newsletter, by their front matter.
#[derive(Default)]
pub(super) struct IssueFiles {
    pub(super) issues: Vec<ScheduledIssue>,
    /// The file of each issue, by [`ScheduledIssue::path`].
    pub(super) paths: BTreeMap<String, PathBuf>,
    /// Why the other files cannot be read. One of them may be the one that is due.
    pub(super) broken: Vec<Failure>,
}

impl IssueFiles {
    /// Reads the front matter of every issue.
    ///
    /// # Errors
    /// The folder of issues cannot be read.
    pub(super) fn read(newsletter: &Newsletter, timetable: &Timetable) -> Result<Self, Failure> {
        let mut files = Self::default();
        for path in issue_files(&newsletter.config.issues)? {
            match read_issue(newsletter, timetable, &path) {
                Ok(issue) => {
                    files.paths.insert(issue.path.clone(), path);
                    files.issues.push(issue);
                }
                Err(failure) => files.broken.push(failure),
            }
        }
        Ok(files)
    }

    /// What became of the file of a frozen campaign. A file that was renamed
    /// and kept its slug has not gone; a file that cannot be read has not gone
    /// either, and readers get what was frozen.
    fn standing(&self, newsletter: &Newsletter, slug: &Slug, path: &str) -> CampaignFile {
        let of_slug = || self.issues.iter().filter(|issue| issue.slug == *slug);
        let issue = of_slug().find(|issue| issue.path == path).or_else(|| of_slug().next());
        let file = Path::new(path);
        let is_draft = match issue {
            Some(issue) => issue.draft,
            None if !file.exists() => return CampaignFile::Gone,
            // Somebody sent it from another folder.
            None => read_issue_source(&newsletter.config.root, file)
                .is_ok_and(|source| newsletter.parse(&source, file).is_ok_and(|issue| issue.draft)),
        };
        if is_draft { CampaignFile::Draft } else { CampaignFile::Present }
    }
}

fn read_issue(
    newsletter: &Newsletter,
    timetable: &Timetable,
    path: &Path,
) -> Result<ScheduledIssue, Failure> {
    let source = read_issue_source(&newsletter.config.root, path)?;
    let issue = newsletter.parse(&source, path)?;
    let date = issue.date.map(|date| date.value);
    Ok(ScheduledIssue {
        slug: issue.slug,
        path: path.display().to_string(),
        number: issue.number.map(|number| number.value),
        draft: issue.draft,
        due: due_time(date, issue.send_at, timetable),
    })
}

/// Everything that a decision is made of, as it is at one moment.
pub(super) struct Facts {
    pub(super) files: IssueFiles,
    pub(super) campaigns: Campaigns,
    /// When scheduling was switched on, or now if it is switched on now.
    mark: Timestamp,
    is_first_run: bool,
    pub(super) now: Timestamp,
}

impl Facts {
    /// Reads the facts. `switched_on_at` is `None` in the run that switches
    /// scheduling on; the campaigns in `tried` were resumed by this run.
    ///
    /// # Errors
    /// The folder of issues or the store cannot be read.
    pub(super) async fn read(
        publisher: &Publisher<'_>,
        schedule: &Schedule,
        switched_on_at: Option<Timestamp>,
        tried: &BTreeSet<Slug>,
    ) -> Result<Self, Failure> {
        let Publisher { context, newsletter, store } = publisher;
        let files = IssueFiles::read(newsletter, &schedule.timetable)?;
        let campaigns = Campaigns::read(newsletter, store, &files, tried).await?;
        let now = context.clock.now();
        let mark = switched_on_at.unwrap_or(now);
        Ok(Self { files, campaigns, mark, is_first_run: switched_on_at.is_none(), now })
    }

    pub(super) fn situation<'a>(&'a self, schedule: &'a Schedule) -> Situation<'a> {
        Situation {
            issues: &self.files.issues,
            unfinished: &self.campaigns.unfinished,
            finished: &self.campaigns.finished,
            cancelled: &self.campaigns.cancelled,
            mark: self.mark,
            switched_on_in: self.is_first_run.then_some(&schedule.timetable.time_zone),
            now: self.now,
            max_late: schedule.max_late,
        }
    }
}

/// The campaigns of this newsletter; trials do not count.
#[derive(Default)]
pub(super) struct Campaigns {
    /// Finished and cancelled ones, each with the file from which it was frozen.
    pub(super) finished: BTreeMap<Slug, String>,
    pub(super) cancelled: BTreeSet<Slug>,
    /// In the order of their freeze.
    pub(super) unfinished: Vec<OpenCampaign>,
    /// All of the store, the newest first.
    pub(super) summaries: Vec<CampaignSummary>,
}

impl Campaigns {
    /// Reads the campaigns. Those in `tried` were resumed by this run.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) async fn read(
        newsletter: &Newsletter,
        store: &Store,
        files: &IssueFiles,
        tried: &BTreeSet<Slug>,
    ) -> Result<Self, Failure> {
        let config = &newsletter.config;
        let mut campaigns =
            Self { summaries: store.campaign_summaries().await?, ..Self::default() };
        for frozen in campaigns.summaries.iter().rev() {
            let is_trial = frozen.via.is_trial_for(config.delivery.via.kind());
            if frozen.key.newsletter != config.newsletter.slug || is_trial {
                continue;
            }
            let slug = frozen.key.issue.clone();
            let path = config.root.join(&frozen.provenance.source_file).display().to_string();
            if frozen.cancelled_at.is_some() {
                campaigns.cancelled.insert(slug.clone());
            }
            if frozen.finished_at.is_some() || frozen.cancelled_at.is_some() {
                campaigns.finished.insert(slug, path);
                continue;
            }
            campaigns.unfinished.push(OpenCampaign {
                file: files.standing(newsletter, &slug, &path),
                was_tried: tried.contains(&slug),
                slug,
                path,
                rest: frozen.rest,
                stops: frozen.stops,
                why: frozen.paused.as_ref().map(|(_, why)| why.clone()),
            });
        }
        for slug in store.called_off_before_freeze(&config.newsletter.slug).await? {
            // No campaign was frozen from a file of it.
            campaigns.finished.insert(slug.clone(), String::new());
            campaigns.cancelled.insert(slug);
        }
        Ok(campaigns)
    }
}
