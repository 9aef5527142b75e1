//! Which campaign an issue file is, and whether it went out under another name.

use std::path::Path;

use crate::domain::{CampaignKey, Slug};
use crate::error::{Exit, Failure};
use crate::host::Context;
use crate::store::{FrozenCampaign, Store};

use super::issue_file::{read_source, stem};
use super::newsletter::{Newsletter, ReadyIssue};

/// The campaign that was frozen from exactly this file, which cannot be used
/// any more: readers get what was frozen. Another file of the same name is
/// another issue, and a file that has gone says nothing once everybody has it.
///
/// # Errors
/// There is no such campaign: the failure why the file cannot be used.
pub(crate) async fn frozen_from(
    context: &Context,
    newsletter: &Newsletter,
    store: &Store,
    issue: &Path,
    unusable: Failure,
) -> Result<FrozenCampaign, Failure> {
    let issue = newsletter.issue_path(issue);
    let file = newsletter.relative(&issue);
    let campaigns = store.campaigns().await?;
    let ours = campaigns.into_iter().filter(|frozen| {
        frozen.campaign.key().newsletter == newsletter.config.newsletter.slug
            && frozen.provenance.source_file == file
    });
    let mut found = None;
    for frozen in ours {
        if is_open(store, &frozen).await? {
            found = Some(frozen);
            break;
        }
        found = found.or(issue.exists().then_some(frozen));
    }
    if let Some(frozen) = found {
        unusable.findings().iter().for_each(|finding| context.ui.finding(finding));
        let why = [&[unusable.message().to_owned()], unusable.causes()].concat().join(": ");
        context.ui.warning(&why);
        // A list of campaigns comes without their images.
        let whole = store.campaign(frozen.campaign.key()).await?;
        return Ok(whole.unwrap_or(frozen));
    }
    let named = CampaignKey {
        newsletter: newsletter.config.newsletter.slug.clone(),
        issue: match Slug::from_text(&stem(&issue)) {
            Some(slug) if !issue.exists() => slug,
            _ => return Err(unusable),
        },
    };
    Err(match store.campaign(&named).await? {
        Some(_) => unusable.hint(format!(
            "`postrider status {}` tells about the campaign of that name.",
            named.issue
        )),
        None => unusable,
    })
}

/// Whether there is anything left to do for a campaign.
async fn is_open(store: &Store, frozen: &FrozenCampaign) -> Result<bool, Failure> {
    Ok(frozen.finished_at.is_none() || store.tally(frozen).await?.unknown > 0)
}

/// Two files of one slug are one campaign, so the second would count as sent
/// without ever having been. A file that was renamed may keep its slug.
pub(crate) fn refuse_a_shared_slug(
    newsletter: &Newsletter,
    frozen: &FrozenCampaign,
    prepared: &ReadyIssue,
) -> Result<(), Failure> {
    let (now, before) = (&prepared.provenance.source_file, &frozen.provenance.source_file);
    let numbers = (frozen.provenance.number, prepared.provenance.number);
    let is_another_issue = matches!(numbers, (Some(before), Some(now)) if before != now);
    let was_renamed = !has_slug(newsletter, Path::new(before), &frozen.campaign.key().issue);
    if now == before || (was_renamed && !is_another_issue) {
        return Ok(());
    }
    let slug = &frozen.campaign.key().issue;
    Err(Failure::new(
        Exit::BlockedOrOverdue,
        format!("{now} was not sent: its slug is `{slug}`, and {before} was frozen as that"),
    )
    .hint(format!("Give {now} a `slug` of its own in its front matter.")))
}

fn has_slug(newsletter: &Newsletter, file: &Path, slug: &Slug) -> bool {
    let file = newsletter.config.root.join(file);
    let Ok(source) = read_source(&file) else { return false };
    newsletter.parse(&source, &file).is_ok_and(|issue| issue.slug == *slug)
}

/// Refuses an issue whose number, text or digest was sent under another slug.
pub(crate) async fn refuse_a_second_slug(
    store: &Store,
    prepared: &ReadyIssue,
) -> Result<(), Failure> {
    let key = prepared.campaign.key();
    let digest = prepared.campaign.digest();
    let others = store.already_sent_as(key, &prepared.provenance, digest).await?;
    let Some(other) = others.first() else { return Ok(()) };
    Err(Failure::new(
        Exit::BlockedOrOverdue,
        format!(
            "{key} was not sent: an issue of the same number, text or digest was sent as {other}"
        ),
    )
    .hint("If the file was renamed, set `slug` in its front matter to the old one.")
    .hint("If it really is another issue, say `--as-new`."))
}
