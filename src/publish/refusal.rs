//! The wording of each refusal, with what to do about it.

use jiff::tz::TimeZone;

use crate::domain::{CampaignKey, RouteKind, Timestamp};
use crate::error::{Exit, Failure};
use crate::source::Finding;
use crate::store::FrozenCampaign;
use crate::ui::local_time;

use super::decide::{Blocked, NotReady};
use super::newsletter::ReadyIssue;
use super::proofs::{Proofs, changes_since};

const HOW_TO_PROOF: &str =
    "Run `postrider proof ISSUE`, and read the mail; or run `postrider send ISSUE --unproofed`.";

const HOW_TO_UNDO: &str = "If it is to be sent after all, run `postrider cancel ISSUE --undo` \
     first. Nobody who has it gets it again.";

/// Why a new issue is not sent.
pub(super) fn not_ready(
    why: NotReady,
    ready: &ReadyIssue,
    errors: Vec<Finding>,
    sent_as: &[CampaignKey],
    proofs: &Proofs,
    zone: &TimeZone,
) -> Failure {
    let key = ready.campaign.key();
    let not_sent =
        |exit, reason: String| Failure::new(exit, format!("{key} was not sent: {reason}"));
    match why {
        NotReady::CalledOff => called_off(key, None, zone),
        NotReady::Draft => {
            not_sent(Exit::BlockedOrOverdue, "its front matter says `draft: true`".to_owned())
                .hint("Remove that line when the issue is ready.")
        }
        NotReady::Errors => {
            let what = match errors.len() {
                1 => "the checks found an error".to_owned(),
                number => format!("the checks found {number} errors"),
            };
            not_sent(Exit::ChecksRefused, what)
                .with_findings(errors)
                .hint("Fix the issue, or use `--allow RULE` for a rule that is wrong here.")
        }
        NotReady::SentAsAnother => {
            let other = sent_as.first().map(ToString::to_string).unwrap_or_default();
            let reason = format!("an issue of the same number, text or digest was sent as {other}");
            not_sent(Exit::BlockedOrOverdue, reason)
                .hint("If the file was renamed, set `slug` in its front matter to the old one.")
                .hint("If it really is another issue, use `--as-new`.")
        }
        NotReady::NotProofed => {
            let reason = match proofs.latest() {
                None => "no editor has received a proof of it".to_owned(),
                Some(latest) => format!(
                    "the proof of {} has the digest {}, and the issue now has {}: {}",
                    local_time(latest.at, zone),
                    latest.digest.short(),
                    ready.campaign.digest().short(),
                    changes_since(latest, ready).join("; ")
                ),
            };
            let failure = not_sent(Exit::ProofMissing, reason);
            let failure = if proofs.latest().is_none() && proofs.reached_nobody {
                failure.hint("A proof into the outbox reaches no editor, so it does not count.")
            } else {
                failure
            };
            failure.hint(HOW_TO_PROOF)
        }
    }
}

/// Why a frozen campaign does not go on. `file` is the issue file that was named.
pub(super) fn blocked(
    why: Blocked,
    frozen: &FrozenCampaign,
    file: &str,
    route: RouteKind,
    zone: &TimeZone,
) -> Failure {
    let key = frozen.campaign.key();
    match why {
        Blocked::SharedSlug => Failure::new(
            Exit::BlockedOrOverdue,
            format!(
                "{file} was not sent: its slug is `{}`, and {} was frozen under that slug",
                key.issue, frozen.summary.provenance.source_file
            ),
        )
        .hint(format!("Give {file} a `slug` of its own in its front matter.")),
        Blocked::CalledOff => called_off(key, frozen.summary.cancelled_at, zone),
        Blocked::Draft => Failure::new(
            Exit::BlockedOrOverdue,
            format!("{key} was not sent: its front matter says `draft: true`"),
        )
        .hint("Remove that line when the issue is ready.")
        .hint(format!("To end the campaign for good, run `postrider cancel {}`.", key.issue)),
        Blocked::RetryOfUnfinished => Failure::new(
            Exit::BlockedOrOverdue,
            format!("cannot send {key} again: it is not finished yet"),
        )
        .hint("Run `send` without `--retry` first: it sends to those who are left."),
        Blocked::RetryAtProvider => Failure::new(
            Exit::Usage,
            format!(
                "cannot send {key} again: the list of recipients is at {}, and not here",
                frozen.summary.via
            ),
        ),
        Blocked::OtherRoute => Failure::new(
            Exit::BlockedOrOverdue,
            format!(
                "{key} was begun via {}, and cannot be finished via {route}",
                frozen.summary.via
            ),
        )
        .hint(format!("Finish it with `--via {}`.", frozen.summary.via)),
    }
}

/// An issue that was called off is not sent.
pub(super) fn called_off(key: &CampaignKey, since: Option<Timestamp>, zone: &TimeZone) -> Failure {
    let since = since.map(|at| format!(" on {}", local_time(at, zone))).unwrap_or_default();
    Failure::new(Exit::BlockedOrOverdue, format!("{key} was not sent: it was called off{since}"))
        .hint(HOW_TO_UNDO)
}

/// Nobody was rejected in a campaign that does not exist.
pub(super) fn never_frozen(key: &CampaignKey) -> Failure {
    let what = format!("cannot send {key} again: it was never sent");
    Failure::new(Exit::BlockedOrOverdue, what).hint("Run `send` without `--retry`.")
}
