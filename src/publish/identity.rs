//! Which campaign an issue file belongs to.

use std::path::Path;

use crate::domain::{CampaignKey, Slug};
use crate::error::Failure;
use crate::store::FrozenCampaign;

use super::Publisher;
use super::issue_file::{read_source, stem};
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
        campaign.key.newsletter == *slug && campaign.provenance.source_file == file
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
        let why = [&[unusable.message().to_owned()], unusable.causes()].concat().join(": ");
        context.ui.warning(&why);
        return Ok(frozen);
    }
    let key = CampaignKey {
        newsletter: slug.clone(),
        issue: match Slug::from_text(&stem(&issue)) {
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
    let file = newsletter.config.root.join(file);
    let Ok(source) = read_source(&file) else { return false };
    newsletter.parse(&source, &file).is_ok_and(|issue| issue.slug == *slug)
}
