//! What `send`, `due` and `proof` report of one campaign: one shape, whatever the route.

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::campaign::Campaign;
use crate::campaign::due::Rest;
use crate::delivery::push::Pushed;
use crate::delivery::{Completion, Ending, Summary, Tally, Trip};
use crate::domain::RouteKind;
use crate::error::{Exit, Failure};
use crate::host::{Context, OutputFormat};
use crate::store::FrozenCampaign;
use crate::ui::{counted, local_time};

use super::halt::Halt;

/// What became of one campaign or proof. A key that does not apply is `null` in JSON.
#[derive(Debug, Serialize)]
pub(crate) struct SendReport {
    campaign: String,
    digest: String,
    via: RouteKind,
    standing: Option<Completion>,
    /// One word for how it ended.
    ending: &'static str,
    exit_code: u8,
    /// How many recipients the campaign was frozen for.
    audience: Option<u64>,
    /// How many messages this run sent.
    sent_now: Option<u64>,
    tally: Option<Tally>,
    /// The number of the proof.
    attempt: Option<u32>,
    /// How many editors the proof went to.
    editors: Option<usize>,
    #[serde(skip)]
    exit: Exit,
    #[serde(skip)]
    lines: Vec<Line>,
}

/// One line for people.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Status(String),
    Warning(String),
    Hint(String),
}

const SETTLE_DOUBT: &str = "Look for the Message-IDs in the relay's log, or decide: \
     `--in-doubt resend` may send a message twice, `--in-doubt skip` may leave a recipient \
     without one.";

impl SendReport {
    fn new(campaign: &Campaign, via: RouteKind, ending: &'static str, exit: Exit) -> Self {
        Self {
            campaign: campaign.key().to_string(),
            digest: campaign.digest().to_string(),
            via,
            standing: None,
            ending,
            exit_code: exit.code(),
            audience: None,
            sent_now: None,
            tally: None,
            attempt: None,
            editors: None,
            exit,
            lines: Vec::new(),
        }
    }

    fn with_tally(self, frozen: &FrozenCampaign, tally: Tally, sent_now: u64) -> Self {
        let standing = Some(tally.completion());
        if frozen.summary.via.is_provider() {
            // The provider keeps the list, so there are no rows to count.
            return Self { standing, ..self };
        }
        Self {
            standing,
            audience: Some(frozen.summary.recipients),
            sent_now: Some(sent_now),
            tally: Some(tally),
            ..self
        }
    }

    /// Of a proof that reached its editors.
    pub(super) fn for_proof(
        campaign: &Campaign,
        via: RouteKind,
        attempt: u32,
        editors: usize,
    ) -> Self {
        let mut report = Self::new(campaign, via, "proofed", Exit::Done);
        report.attempt = Some(attempt);
        report.editors = Some(editors);
        report.status(format!(
            "proof {attempt} of {} went to {} via {via}, digest {}",
            campaign.key(),
            counted(editors, "editor"),
            campaign.digest().short()
        ));
        report
    }

    /// Of a campaign that is finished already.
    pub(super) fn for_finished(frozen: &FrozenCampaign, tally: Tally, zone: &TimeZone) -> Self {
        let exit = match tally.completion() {
            Completion::FinishedInDoubt => Exit::OutcomesUnknown,
            Completion::Unfinished | Completion::Finished => Exit::Done,
        };
        let report = Self::new(&frozen.campaign, frozen.summary.via, "already-sent", exit);
        let mut report = report.with_tally(frozen, tally, 0);
        let at = frozen.summary.finished_at;
        let at = at.map_or_else(String::new, |at| format!(": finished {}", local_time(at, zone)));
        let counts = match report.tally {
            Some(tally) => format!(", {} got it{}", tally.sent, others(&tally)),
            None => String::new(),
        };
        let key = frozen.campaign.key();
        let what = if frozen.summary.cancelled_at.is_some() { "called off" } else { "sent" };
        report.status(format!("{key} was {what}{at}{counts}; nothing was sent now"));
        report.doubt(tally.unknown);
        report
    }

    /// Of a run over a transport. `halt` is what ended it from outside, `rest` for
    /// how long the timer leaves the campaign alone.
    ///
    /// # Errors
    /// The rows of the ledger do not add up to the frozen audience.
    pub(super) fn for_run(
        frozen: &FrozenCampaign,
        summary: &Summary,
        halt: Option<Halt>,
        rest: Option<Rest>,
        zone: &TimeZone,
    ) -> Result<Self, Failure> {
        let (key, tally) = (frozen.campaign.key(), &summary.tally);
        if !summary.adds_up() {
            return Err(Failure::new(
                Exit::Internal,
                format!(
                    "the ledger of {key} counts {} recipients, and {} were frozen",
                    tally.total(),
                    summary.audience
                ),
            )
            .hint("Look at the store before you send again."));
        }
        let (ending, reason) = (word_of(&summary.ending, halt), reason_of(&summary.ending, halt));
        let exit = exit_of(summary, halt);
        let report = Self::new(&frozen.campaign, frozen.summary.via, ending, exit);
        let mut report = report.with_tally(frozen, *tally, summary.sent_now);
        let audience = summary.audience;
        report.status(format!("{key}: {} of {audience} got it{}", tally.sent, others(tally)));
        if let Ending::Waiting { until } = summary.ending {
            report.status(format!(
                "the server put off those who are left; the timer goes on with them from {} on",
                local_time(until, zone)
            ));
        }
        if let Ending::HeldBack { until, reply } = &summary.ending {
            report.status(format!(
                "the server takes no more messages for now; the timer goes on from {} on: {reply}",
                // A server that accepted nothing is asked again later than it said.
                local_time(rest.map_or(*until, |rest| rest.until), zone)
            ));
        }
        if let Some(reason) = &reason {
            report.warning(format!("stopped before the end: {reason}"));
        }
        if let Some(halt) = halt {
            report.hint(match halt {
                Halt::CalledOff => format!(
                    "Nobody else gets it. If it is to be sent after all, run `postrider cancel {} \
                     --undo`, and send it again.",
                    key.issue
                ),
                Halt::Draft => format!(
                    "It is paused. To go on, take that line out, and run the same command again; to \
                     end it, run `postrider cancel {}`.",
                    key.issue
                ),
                Halt::FileGone => format!(
                    "It is paused. To go on, put the file back, and run the same command again; to \
                     end it, run `postrider cancel {}`.",
                    key.issue
                ),
            });
        } else if reason.is_some() {
            if tally.rejected > 0 {
                report.hint(format!(
                    "{} were rejected for good. If the server was wrong about them, see \
                     `postrider status {}` before you go on: those whose mailbox it called \
                     unknown are suppressed.",
                    tally.rejected, key.issue
                ));
            }
            report.hint("Run the same command again to send to the others; no recipient is lost.");
        } else if exit == Exit::Rejections {
            report.hint(format!(
                "`postrider status {}` says why. If the server was wrong about them, `postrider \
                 send {} --retry {}` sends it again to exactly them.",
                key.issue,
                frozen.summary.provenance.source_file,
                retry_of(tally)
            ));
        }
        report.doubt(tally.unknown);
        Ok(report)
    }

    /// Of a campaign that was handed to a provider.
    pub(super) fn for_push(frozen: &FrozenCampaign, pushed: &Pushed) -> Self {
        let (ending, standing, exit) = match pushed {
            Pushed::Sent { .. } => ("sent", Completion::Finished, Exit::Done),
            Pushed::AlreadySent { .. } => ("already-sent", Completion::Finished, Exit::Done),
            Pushed::LeftAlone { .. } => {
                ("left-alone", Completion::Unfinished, Exit::BlockedOrOverdue)
            }
            Pushed::Unknown { .. } => {
                ("unknown", Completion::FinishedInDoubt, Exit::OutcomesUnknown)
            }
        };
        let mut report = Self::new(&frozen.campaign, frozen.summary.via, ending, exit);
        report.standing = Some(standing);
        let key = frozen.campaign.key();
        match pushed {
            Pushed::Sent { remote, state } => {
                let state =
                    state.as_ref().map_or_else(String::new, |state| format!(", now {state}"));
                report.status(format!("{key} was handed over as campaign {remote}{state}"));
            }
            Pushed::AlreadySent { remote, .. } => report.status(format!(
                "{key} was sent before, as campaign {remote}; nothing was sent now"
            )),
            Pushed::LeftAlone { remote } => report.warning(format!(
                "{key} was not sent: {remote} is not a draft any more; it was changed or sent at \
                 the provider"
            )),
            Pushed::Unknown { remote, seen } => {
                let seen = match seen {
                    Ok(state) => format!("the provider calls it {state}"),
                    Err(error) => format!("the provider could not be asked: {error}"),
                };
                report.warning(format!(
                    "whether {key} was sent as campaign {remote} is not known: {seen}"
                ));
                report.hint(
                    "Look at it in the provider's own pages. The same command asks again and \
                     never sends twice; `--in-doubt resend` sends if the provider still calls it \
                     a draft.",
                );
            }
        }
        report
    }

    /// Writes the report, and returns how the run ends.
    ///
    /// # Errors
    /// Standard output cannot be written, and nothing worse has happened.
    pub(crate) fn write(&self, context: &Context) -> Result<Exit, Failure> {
        let ui = &context.ui;
        for line in &self.lines {
            match line {
                Line::Status(text) => ui.status(text),
                Line::Warning(text) => ui.warning(text),
                Line::Hint(text) => ui.hint(text),
            }
        }
        if context.format == OutputFormat::Json
            && let Err(failure) = ui.data_json(self)
        {
            // A full disk behind standard output must not hide the outcome.
            if self.exit == Exit::Done {
                return Err(failure);
            }
            ui.failure(&failure);
        }
        Ok(self.exit)
    }

    /// Whether a signal ended the run.
    pub(super) fn was_interrupted(&self) -> bool {
        self.ending == INTERRUPTED
    }

    fn doubt(&mut self, recipients: u64) {
        if recipients > 0 {
            self.warning(format!(
                "{} in doubt: the message may or may not have arrived; `postrider status ISSUE` \
                 lists them",
                counted(recipients, "recipient")
            ));
            self.hint(SETTLE_DOUBT);
        }
    }

    fn status(&mut self, text: impl Into<String>) {
        self.lines.push(Line::Status(text.into()));
    }

    fn warning(&mut self, text: impl Into<String>) {
        self.lines.push(Line::Warning(text.into()));
    }

    pub(super) fn hint(&mut self, text: impl Into<String>) {
        self.lines.push(Line::Hint(text.into()));
    }
}

/// What to give to `--retry` for all who did not get it.
fn retry_of(tally: &Tally) -> &'static str {
    match (tally.rejected, tally.expired) {
        (_, 0) => "rejected",
        (0, _) => "expired",
        _ => "rejected,expired",
    }
}

/// The word for an ending.
fn word_of(ending: &Ending, halt: Option<Halt>) -> &'static str {
    match halt {
        Some(Halt::CalledOff) => return "cancelled",
        Some(Halt::Draft | Halt::FileGone) => return "paused",
        None => {}
    }
    match ending {
        Ending::Complete => "complete",
        Ending::Waiting { .. } => "waiting",
        Ending::HeldBack { .. } => "held-back",
        Ending::Interrupted => INTERRUPTED,
        Ending::NoConnection(_) => "no-connection",
        Ending::Unstable(_) => "unstable",
        Ending::Tripped(_) => "tripped",
    }
}

const INTERRUPTED: &str = "interrupted";

/// Why a run stopped before the end.
pub(super) fn reason_of(ending: &Ending, halt: Option<Halt>) -> Option<String> {
    if let Some(halt) = halt {
        return Some(halt.reason().to_owned());
    }
    match ending {
        Ending::Complete | Ending::Waiting { .. } | Ending::HeldBack { .. } => None,
        Ending::Interrupted => Some("a signal asked the program to stop".to_owned()),
        Ending::NoConnection(error) => Some(error.to_string()),
        Ending::Unstable(cause) => Some(format!("connections break: {cause}")),
        Ending::Tripped(trip) => Some(trip.to_string()),
    }
}

/// How a run ended, as an exit code.
fn exit_of(summary: &Summary, halt: Option<Halt>) -> Exit {
    let ending = match &summary.ending {
        _ if halt.is_some() => Exit::Stopped,
        Ending::Complete | Ending::Waiting { .. } | Ending::HeldBack { .. } => Exit::Done,
        Ending::NoConnection(_)
        | Ending::Unstable(_)
        | Ending::Tripped(Trip::Refused(_) | Trip::Message(_) | Trip::Stalled { .. }) => {
            Exit::Unreachable
        }
        Ending::Interrupted | Ending::Tripped(_) => Exit::Stopped,
    };
    let unknown = if summary.tally.unknown > 0 { Exit::OutcomesUnknown } else { Exit::Done };
    let not_reached = summary.tally.rejected + summary.tally.expired;
    let rejected = match (&summary.ending, not_reached) {
        (Ending::Complete, 1..) => Exit::Rejections,
        _ => Exit::Done,
    };
    Exit::strongest([ending, unknown, rejected])
}

/// The recipients that did not get it, by state, as the end of a sentence.
pub(super) fn others(tally: &Tally) -> String {
    let parts = [
        (tally.rejected, "rejected"),
        (tally.expired, "expired"),
        (tally.withdrawn, "withdrawn"),
        (tally.unknown, "unknown"),
        (tally.open(), "to be sent"),
    ];
    let counted = parts.iter().filter(|(number, _)| *number > 0);
    counted.map(|(number, word)| format!(", {number} {word}")).collect()
}
