//! The wording of each refusal, with what to do about it.

use crate::domain::{CampaignKey, RouteKind};
use crate::error::{Exit, Failure};
use crate::source::Finding;
use crate::store::FrozenCampaign;

use super::decide::{Blocked, NotReady};
use super::newsletter::ReadyIssue;
use super::proofs::{Proofs, changes_since};

const HOW_TO_PROOF: &str =
    "Run `postrider proof ISSUE`, look at it, and send then; or use `--unproofed`.";

/// Why a new issue is not sent.
pub(super) fn not_ready(
    why: NotReady,
    ready: &ReadyIssue,
    errors: Vec<Finding>,
    sent_as: &[CampaignKey],
    proofs: &Proofs,
) -> Failure {
    let key = ready.campaign.key();
    let not_sent =
        |exit, reason: String| Failure::new(exit, format!("{key} was not sent: {reason}"));
    match why {
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
                    latest.at,
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
