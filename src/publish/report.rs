//! What a send says: what changed since the freeze, and what came of it.

use serde::Serialize;

use crate::delivery::{Ending, Standing, Tally};
use crate::domain::RouteKind;
use crate::error::{Exit, Failure};
use crate::host::{Context, OutputFormat};
use crate::store::{FrozenCampaign, Store};

use super::approval;
use super::newsletter::ReadyIssue;
use super::relay::Delivered;

/// Says how the file differs from what was frozen, which is what readers get.
pub(crate) fn tell_what_changed(
    context: &Context,
    frozen: &FrozenCampaign,
    prepared: Option<&ReadyIssue>,
) {
    let key = frozen.campaign.key();
    let Some(prepared) = prepared else {
        context.ui.warning(&format!(
            "the file of {key} cannot be used any more; what was frozen on {} stands",
            frozen.frozen_at
        ));
        return;
    };
    if prepared.campaign.digest() == frozen.campaign.digest() {
        return;
    }
    let changes = approval::differences(frozen.campaign.manifest(), prepared.campaign.manifest());
    context.ui.warning(&format!(
        "{key} was edited since it was frozen on {}, and readers get what was frozen: {}",
        frozen.frozen_at,
        changes.join("; ")
    ));
}

/// Marks how the campaign stands after a run, and says so.
pub(crate) async fn finish(
    context: &Context,
    store: &Store,
    frozen: &FrozenCampaign,
    delivered: &Delivered,
    exit: Exit,
) -> Result<(), Failure> {
    let (ui, key) = (&context.ui, frozen.campaign.key());
    let summary = &delivered.summary;
    let tally = &summary.tally;
    if !summary.adds_up() {
        return Err(Failure::new(
            Exit::Internal,
            format!(
                "the ledger of {key} counts {} recipients, and {} were frozen",
                tally.total(),
                summary.audience
            ),
        )
        .hint("Do not send again before somebody has looked at the store."));
    }
    if delivered.doubt.returned > 0 {
        ui.detail(&format!("{} rows of an earlier run were free again", delivered.doubt.returned));
    }
    let (word, why) = match &summary.ending {
        Ending::Complete => ("complete", None),
        Ending::Interrupted => ("interrupted", Some("it was asked to stop".to_owned())),
        Ending::NoConnection(error) => ("no-connection", Some(error.to_string())),
        Ending::Unstable(cause) => ("unstable", Some(format!("connections break: {cause}"))),
        Ending::Tripped(trip) => ("tripped", Some(trip.to_string())),
    };
    match &why {
        None => {
            store.mark_finished(key, context.clock.now()).await?;
        }
        Some(why) => store.mark_paused(key, why, context.clock.now()).await?,
    }
    let audience = summary.audience;
    ui.status(&format!("{key}: {} of {audience} got it{}", tally.sent, besides(tally)));
    if let Some(why) = why {
        ui.warning(&format!("stopped before the end: {why}"));
        if tally.rejected > 0 {
            ui.hint(&format!(
                "{} were rejected for good. If the server was wrong about them, see \
                 `postrider status {}` before you go on: those whose mailbox it called \
                 unknown are suppressed.",
                tally.rejected, key.issue
            ));
        }
        ui.hint("Whoever is left is not lost: run the same command again, and it resumes.");
    }
    if tally.unknown > 0 {
        ui.warning(&format!(
            "whether {} recipients have it is not known; `postrider status ISSUE` lists them",
            tally.unknown
        ));
        ui.hint(HOW_TO_SETTLE);
    }
    tell_json(context, frozen, *tally, summary.sent_now, word, exit)
}

pub(crate) const HOW_TO_SETTLE: &str = "Look for the Message-IDs in the relay's log, or decide: \
     `--in-doubt resend` may mail somebody twice, `--in-doubt skip` may miss somebody.";

pub(crate) fn besides(tally: &Tally) -> String {
    let parts = [
        (tally.rejected, "rejected"),
        (tally.withdrawn, "withdrawn"),
        (tally.unknown, "unknown"),
        (tally.open(), "to be sent"),
    ];
    let told = parts.iter().filter(|(number, _)| *number > 0);
    told.map(|(number, word)| format!(", {number} {word}")).collect()
}

pub(crate) fn tell_json(
    context: &Context,
    frozen: &FrozenCampaign,
    tally: Tally,
    sent_now: u64,
    ending: &str,
    exit: Exit,
) -> Result<(), Failure> {
    if context.format != OutputFormat::Json {
        return Ok(());
    }
    let told = context.ui.data_json(&Told {
        campaign: frozen.campaign.key().to_string(),
        digest: frozen.campaign.digest().to_string(),
        via: frozen.via,
        standing: tally.standing(),
        ending,
        exit_code: exit.code(),
        audience: frozen.recipients,
        sent_now,
        tally,
    });
    // A disk behind standard output that is full must not hide the outcome.
    match (told, exit) {
        (Err(failure), exit) if exit != Exit::Done => {
            context.ui.failure(&failure);
            Ok(())
        }
        (told, _) => told,
    }
}

#[derive(Serialize)]
struct Told<'t> {
    campaign: String,
    digest: String,
    via: RouteKind,
    standing: Standing,
    ending: &'t str,
    exit_code: u8,
    audience: u64,
    sent_now: u64,
    tally: Tally,
}
