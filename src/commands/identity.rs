//! Which campaign an issue file is, and whether it went out under another name.

use std::path::Path;

use crate::domain::{CampaignKey, Slug};
use crate::error::{Exit, Failure};
use crate::store::{FrozenCampaign, Store};

use super::newsletter::{Newsletter, Prepared, read_source, stem};

/// The campaign that an issue file which cannot be read any more was frozen
/// as, if it was: by its name, or by none that an issue can have.
pub(super) fn key_by_name(newsletter: &Newsletter, issue: &Path) -> CampaignKey {
    let newsletter = newsletter.config.newsletter.slug.clone();
    let issue = Slug::from_text(&stem(issue)).unwrap_or_else(|| newsletter.clone());
    CampaignKey { newsletter, issue }
}

/// Two files of one slug are one campaign, so the second would count as sent
/// without ever having been. A file that was renamed may keep its slug.
pub(super) fn refuse_a_shared_slug(
    newsletter: &Newsletter,
    frozen: &FrozenCampaign,
    prepared: Option<&Prepared>,
) -> Result<(), Failure> {
    let Some(prepared) = prepared else { return Ok(()) };
    let (now, before) = (&prepared.provenance.source_file, &frozen.provenance.source_file);
    if now == before || !has_slug(newsletter, Path::new(before), &frozen.campaign.key().issue) {
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
pub(super) async fn refuse_a_second_slug(
    store: &Store,
    prepared: &Prepared,
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
