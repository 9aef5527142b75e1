//! Calling an issue off, in any state, also while another process sends it.
//!
//! In: an issue, by its file or its slug. Out: a [`CancelReport`]. It needs
//! neither the theme nor the issue's text, so that a newsletter that is broken can
//! be stopped as well.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::config::Config;
use crate::delivery::Tally;
use crate::domain::{CampaignKey, RouteKind, Timestamp};
use crate::error::{Exit, Failure};
use crate::host::{Context, OutputFormat};
use crate::store::{CallOff, CallOffUndone, FrozenCampaign, Store};
use crate::ui::counted;

use super::identity::{has_issue, key_named};
use super::report::others;

/// What came of calling an issue off, or of undoing that.
#[derive(Debug, Serialize)]
pub(crate) struct CancelReport {
    campaign: String,
    state: CancelState,
    exit_code: u8,
    /// Since when it is called off.
    since: Option<Timestamp>,
    via: Option<RouteKind>,
    audience: Option<u64>,
    /// Absent where nothing was frozen, and at a provider.
    tally: Option<Tally>,
    #[serde(skip)]
    exit: Exit,
    #[serde(skip)]
    issue: String,
}

/// How an issue stands after the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum CancelState {
    /// Nobody else gets it.
    Cancelled,
    /// A provider may be sending it.
    PerhapsSent,
    /// It was sent before.
    TooLate,
    /// It is not called off any more.
    Undone,
    /// It was not called off before.
    NotCancelled,
}

/// How often and after how long the command looks whether a sender that runs has
/// ended: five seconds in all.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// Calls an issue off.
///
/// # Errors
/// There is no such issue, or the store failed.
pub(crate) async fn cancel(
    context: &Context,
    config: &Config,
    store: &Store,
    issue: &Path,
) -> Result<CancelReport, Failure> {
    let key = key_named(config, store, issue).await?;
    let is_known = store.campaign(&key).await?.is_some() || has_issue(config, &key.issue);
    if !is_known {
        let what = format!("cannot call off {key}: there is no issue of that name");
        return Err(Failure::new(Exit::InputUnreadable, what)
            .hint("Name its file, or its slug as `postrider status` shows it."));
    }
    let (now, route) = (context.clock.now(), config.delivery.via.kind());
    let called_off = store.call_off(&key, route, now).await?;
    if let CallOff::Campaign { under_way: 1.., .. } = called_off {
        wait_for_sender(context, store, &key).await?;
    }
    let frozen = store.campaign(&key).await?;
    // A trial reached nobody.
    let frozen = frozen.filter(|frozen| !frozen.summary.via.is_trial_for(route));
    let since = store.called_off_since(&key).await?;
    let state = match called_off {
        CallOff::PerhapsHandedOver => CancelState::PerhapsSent,
        // Everybody had it before the sender noticed.
        CallOff::Campaign { .. } if since.is_none() => CancelState::TooLate,
        CallOff::BeforeFreeze { .. } | CallOff::Campaign { .. } => CancelState::Cancelled,
        CallOff::TooLate => CancelState::TooLate,
    };
    CancelReport::new(store, &key, state, frozen.as_ref(), since).await
}

/// Undoes that an issue was called off.
///
/// # Errors
/// A sender is still running, or the store failed.
pub(crate) async fn undo(
    config: &Config,
    store: &Store,
    issue: &Path,
) -> Result<CancelReport, Failure> {
    let key = key_named(config, store, issue).await?;
    let lock = store.lock_for_sending()?;
    let state = match store.undo_calling_off(&key, &lock).await? {
        CallOffUndone::Nothing => CancelState::NotCancelled,
        CallOffUndone::Undone { .. } => CancelState::Undone,
    };
    let frozen = store.campaign(&key).await?;
    CancelReport::new(store, &key, state, frozen.as_ref(), None).await
}

/// Waits until the process that sends has stopped. If none does, the rows that a
/// dead one left are settled.
async fn wait_for_sender(
    context: &Context,
    store: &Store,
    key: &CampaignKey,
) -> Result<(), Failure> {
    for _ in 0..LOOKS {
        match store.lock_for_sending() {
            Ok(lock) => return Ok(store.settle_called_off(&lock, context.clock.now()).await?),
            Err(error) if error.is_held_by_another() => {}
            Err(error) => return Err(error.into()),
        }
        // The sender may go on with another issue.
        if store.campaign(key).await?.is_some_and(|frozen| frozen.summary.finished_at.is_some()) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

impl CancelReport {
    async fn new(
        store: &Store,
        key: &CampaignKey,
        state: CancelState,
        frozen: Option<&FrozenCampaign>,
        since: Option<Timestamp>,
    ) -> Result<Self, Failure> {
        let via = frozen.map(|frozen| frozen.summary.via);
        let with_rows = frozen.filter(|frozen| !frozen.summary.via.is_provider());
        let tally = match with_rows {
            Some(frozen) => Some(store.tally(frozen.summary.rows).await?),
            None => None,
        };
        let is_in_doubt = tally.is_some_and(|tally| tally.unknown > 0);
        let exit = match state {
            CancelState::PerhapsSent => Exit::OutcomesUnknown,
            CancelState::Cancelled if is_in_doubt => Exit::OutcomesUnknown,
            _ => Exit::Done,
        };
        Ok(Self {
            campaign: key.to_string(),
            state,
            exit_code: exit.code(),
            since,
            via,
            audience: with_rows.map(|frozen| frozen.summary.recipients),
            tally,
            exit,
            issue: key.issue.to_string(),
        })
    }

    /// Writes the report, and returns how the command ends.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub(crate) fn write(&self, context: &Context) -> Result<Exit, Failure> {
        if context.format == OutputFormat::Json {
            context.ui.data_json(self)?;
        }
        self.report_to_people(context);
        Ok(self.exit)
    }

    fn report_to_people(&self, context: &Context) {
        let (ui, campaign, issue) = (&context.ui, &self.campaign, &self.issue);
        let counts = match (self.tally, self.audience) {
            (Some(tally), Some(audience)) => {
                format!("{} of {audience} got it{}", tally.sent, others(&tally))
            }
            _ => "nobody has it".to_owned(),
        };
        match self.state {
            CancelState::Cancelled => {
                ui.status(&format!("{campaign} is called off: {counts}"));
                if self.via.is_some_and(RouteKind::is_provider) {
                    ui.hint("A draft of it may be left at the provider; delete it there.");
                }
                self.report_rest(context);
                ui.hint(&format!(
                    "If it is to be sent after all, run `postrider cancel {issue} --undo`."
                ));
            }
            CancelState::PerhapsSent => {
                ui.warning(&format!(
                    "whether {campaign} was sent is not known, and the provider is not asked to \
                     send it again"
                ));
                ui.hint("Look at it in the provider's own pages: only there can it be stopped.");
            }
            CancelState::TooLate if self.via.is_some_and(RouteKind::is_provider) => {
                ui.warning(&format!("{campaign} was sent before, and cannot be taken back"));
            }
            CancelState::TooLate => {
                ui.warning(&format!(
                    "{campaign} was sent before, and cannot be taken back: {counts}"
                ));
            }
            CancelState::Undone => {
                ui.status(&format!("{campaign} is not called off any more"));
                ui.hint("Nothing was sent. `send` sends it, and so does `due` when it is due.");
            }
            CancelState::NotCancelled => ui.status(&format!("{campaign} was not called off")),
        }
    }

    /// Warns of the messages about which it is not known who gets them.
    fn report_rest(&self, context: &Context) {
        let Some(tally) = self.tally else { return };
        let under_way = tally.reserved + tally.started;
        if under_way > 0 {
            context.ui.warning(&format!(
                "another process still has {}: it may deliver the messages under way",
                counted(under_way, "recipient")
            ));
            context.ui.hint("Run the same command again to see how it ended.");
        }
        if tally.unknown > 0 {
            context.ui.warning(&format!(
                "{} in doubt: the message may or may not have arrived; `postrider status {}` \
                 lists them",
                counted(tally.unknown, "recipient"),
                self.issue
            ));
            context.ui.hint("To leave it at that, run `postrider send ISSUE --in-doubt skip`.");
        }
    }
}
