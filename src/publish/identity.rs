//! Which campaign an issue file belongs to.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::domain::{CampaignKey, Slug};
use crate::error::{Exit, Failure};
use crate::issue::{Issue, issue_name};
use crate::store::{FrozenCampaign, Store};

use super::Publisher;
use super::issue_file::{issue_files, issue_path, read_source, relative_to};
use super::newsletter::{Newsletter, ReadyIssue};

/// The campaign that was frozen from a file that cannot be used any more:
/// readers get what was frozen. An unfinished campaign counts first; a finished
/// one only while the file exists, because a file that has gone is no news.
///
/// # Errors
/// There is no such campaign: `unusable`, the reason why the file cannot be used.
pub(super) async fn frozen_from(
    publisher: &Publisher<'_>,
    issue: &Path,
    unusable: Failure,
) -> Result<FrozenCampaign, Failure> {
    let Publisher { context, newsletter, store } = publisher;
    let issue = newsletter.issue_path(issue);
    let file = newsletter.relative(&issue);
    let slug = &newsletter.config.newsletter.slug;
    let campaigns = store.campaign_summaries().await?;
    let ours = campaigns.into_iter().filter(|campaign| {
        let is_trial = campaign.via.is_trial_for(publisher.route());
        !is_trial && campaign.key.newsletter == *slug && campaign.provenance.source_file == file
    });
    let mut found = None;
    for campaign in ours {
        if campaign.finished_at.is_none() || store.tally(campaign.rows).await?.unknown > 0 {
            found = Some(campaign.key);
            break;
        }
        found = found.or(issue.exists().then_some(campaign.key));
    }
    if let Some(key) = found
        && let Some(frozen) = store.campaign(&key).await?
    {
        unusable.findings().iter().for_each(|finding| context.ui.finding(finding));
        context.ui.warning(&unusable.in_one_line());
        return Ok(frozen);
    }
    let key = CampaignKey {
        newsletter: slug.clone(),
        issue: match Slug::from_text(&issue_name(&issue)) {
            Some(slug) if !issue.exists() => slug,
            _ => return Err(unusable),
        },
    };
    Err(match store.campaign(&key).await? {
        Some(_) => unusable
            .hint(format!("`postrider status {}` shows the campaign of that name.", key.issue)),
        None => unusable,
    })
}

/// Whether a file is another issue than the one that was frozen under its slug.
/// A file that was renamed may keep its slug: then the old file has gone, or has
/// another slug, and the number is the same.
pub(super) fn is_of_another_issue(
    newsletter: &Newsletter,
    frozen: &FrozenCampaign,
    ready: &ReadyIssue,
) -> bool {
    let (now, before) = (&ready.provenance.source_file, &frozen.summary.provenance.source_file);
    if now == before {
        return false;
    }
    let numbers = (frozen.summary.provenance.number, ready.provenance.number);
    let has_another_number = matches!(numbers, (Some(before), Some(now)) if before != now);
    has_another_number || has_slug(newsletter, Path::new(before), &frozen.campaign.key().issue)
}

fn has_slug(newsletter: &Newsletter, file: &Path, slug: &Slug) -> bool {
    slug_in(&newsletter.config.root.join(file)).is_some_and(|found| found == *slug)
}

/// The slug of the issue in a file, if there is an issue in it.
fn slug_in(file: &Path) -> Option<Slug> {
    let source = read_source(file).ok()?;
    Issue::parse(&source, &issue_name(file)).ok().map(|issue| issue.slug)
}

/// The file in which the issue of a campaign is now: the one from which it was
/// frozen, or another one that has its slug because it was renamed.
pub(super) fn current_file(newsletter: &Newsletter, frozen: &FrozenCampaign) -> Option<PathBuf> {
    let (config, slug) = (&newsletter.config, &frozen.campaign.key().issue);
    let file = config.root.join(&frozen.summary.provenance.source_file);
    if file.is_file() {
        return Some(file);
    }
    file_of(config, slug)
}

/// The issue file that has a slug.
fn file_of(config: &Config, slug: &Slug) -> Option<PathBuf> {
    let files = issue_files(&config.issues).ok()?;
    files.into_iter().find(|file| slug_in(file).as_ref() == Some(slug))
}

/// The issue that somebody names, by its file or by its slug. A file that cannot
/// be used, or was removed, names the campaign that was frozen from it.
///
/// # Errors
/// It is neither; or the store cannot be read.
pub(crate) async fn key_named(
    config: &Config,
    store: &Store,
    named: &Path,
) -> Result<CampaignKey, Failure> {
    let newsletter = config.newsletter.slug.clone();
    let path = issue_path(&config.root, named);
    let in_file = if path.is_file() { slug_in(&path) } else { None };
    if let Some(issue) = in_file {
        let key = CampaignKey { newsletter, issue };
        if store.campaign(&key).await?.is_some() {
            return Ok(key);
        }
        // Its slug was edited after it was frozen.
        return Ok(frozen_from_file(config, store, &path, Finished::Ignored).await?.unwrap_or(key));
    }
    if let Some(key) = frozen_from_file(config, store, &path, Finished::Counts).await? {
        return Ok(key);
    }
    let slug = if path.is_file() {
        Slug::from_text(&issue_name(&path))
    } else {
        Slug::parse(&named.to_string_lossy()).ok()
    };
    let issue = slug.ok_or_else(|| {
        let what = format!("{} is neither an issue file nor a slug", named.display());
        Failure::new(Exit::InputUnreadable, what)
    })?;
    Ok(CampaignKey { newsletter, issue })
}

/// Whether a campaign that is over is looked for too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Finished {
    Counts,
    Ignored,
}

async fn frozen_from_file(
    config: &Config,
    store: &Store,
    path: &Path,
    finished: Finished,
) -> Result<Option<CampaignKey>, Failure> {
    let file = relative_to(&config.root, path);
    let campaigns = store.campaign_summaries().await?;
    let mut ours = campaigns.into_iter().filter(|campaign| {
        campaign.key.newsletter == config.newsletter.slug
            && campaign.provenance.source_file == file
            && (finished == Finished::Counts || campaign.finished_at.is_none())
    });
    Ok(ours.next().map(|campaign| campaign.key))
}

/// Whether a newsletter has an issue file of that slug.
pub(super) fn has_issue(config: &Config, slug: &Slug) -> bool {
    file_of(config, slug).is_some()
}
