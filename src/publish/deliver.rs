//! One message per recipient: joins the store's ledger to a transport.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::campaign::due::Rest;
use crate::campaign::{Campaign, CopyRecipient, MessageForm, MessagePurpose, UnsubscribePages};
use crate::delivery::{
    self, Attempt, ConnectError, Connection, DeliveryProgress, DoubtMark, Ending, Ledger, Mailer,
    SendRate, StopWish, Summary, Transport, Work,
};
use crate::domain::{EmailAddress, SubscriberId, Timestamp, without_local_part};
use crate::error::{Exit, Failure};
use crate::host::{Context, listen_for_signals};
use crate::store::{FrozenCampaign, SenderLock, Standstill};

use super::Publisher;
use super::halt::{Halt, HaltWatch};
use super::order::{Order, OrderGiver};
use super::report::{SendReport, reason_of};
use super::standstill::{standstill_after, stops_before};

/// How long a first request to stop waits for messages under way. The timeout
/// of the systemd unit is a little longer.
const DRAIN: Duration = Duration::from_secs(30);

/// How much a route may carry at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct RouteLimits {
    pub(super) connections: usize,
    pub(super) rate: Option<SendRate>,
}

/// Delivers what is left of a frozen campaign.
pub(super) async fn deliver<T: Transport>(
    publisher: &Publisher<'_>,
    lock: &SenderLock,
    frozen: &FrozenCampaign,
    order: &Order,
    (transport, limits): (&Arc<T>, &RouteLimits),
) -> Result<SendReport, Failure> {
    let Publisher { context, newsletter, store } = publisher;
    let mut signals = listen_for_signals()?;
    let in_doubt = publisher.settle_doubt(frozen, order).await?;
    let now = context.clock.now();
    let mailer = mailer(publisher, &frozen.campaign, MessagePurpose::Campaign).await?;
    let ledger = Arc::new(store.ledger(frozen.campaign.key(), lock).await?);
    let doubt = ledger.recover(in_doubt, now).await?;
    if doubt.returned > 0 {
        context.ui.detail(&format!("{} rows of an earlier run were free again", doubt.returned));
    }
    let tally = ledger.tally().await?;
    let work = Work {
        mailer,
        audience: frozen.summary.recipients,
        connections: limits.connections,
        rate: limits.rate,
        lifetime: newsletter.config.delivery.lifetime,
        drain: DRAIN,
        longest_wait: order.given_by.longest_wait(),
    };
    let progress = Arc::new(DeliveryProgress::default());
    let settled_before = tally.total() - tally.open();
    let bar = context.ui.progress("recipients", tally.total()).resumed_at(settled_before);
    let (wish, stop) = watch::channel(StopWish::GoOn);
    let mut halts = HaltWatch::new(publisher, frozen);
    let mut halt = None;
    let run = delivery::run(
        ledger,
        Arc::clone(transport),
        Arc::new(work),
        Arc::clone(&context.clock),
        stop,
        Arc::clone(&progress),
    );
    tokio::pin!(run);
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    let (mut deferred, mut unreachable, mut held) = (0, 0, 0);
    let summary = loop {
        tokio::select! {
            summary = &mut run => break summary,
            Ok(()) = signals.changed() => {
                let wished = *signals.borrow_and_update();
                raise(&wish, wished);
                report_stop(context, wished);
            }
            _ = tick.tick() => {
                if halt.is_none() {
                    halt = halts.look().await;
                    halt.into_iter().for_each(|halt| report_halt(context, &wish, halt));
                }
                bar.set(settled_before + progress.settled.load(Ordering::Relaxed));
                report_wait(publisher, DEFERRED, &progress.waits_until, &mut deferred);
                report_wait(publisher, UNREACHABLE, &progress.redials_at, &mut unreachable);
                report_wait(publisher, HELD_BACK, &progress.held_until, &mut held);
            }
        }
    };
    bar.finish();
    finish(publisher, frozen, summary?, order, halt).await
}

/// Marks in the store how the campaign stands after a run, and reports it.
async fn finish(
    publisher: &Publisher<'_>,
    frozen: &FrozenCampaign,
    mut summary: Summary,
    order: &Order,
    halt: Option<Halt>,
) -> Result<SendReport, Failure> {
    let Publisher { context, newsletter, store } = publisher;
    let zone = &newsletter.config.newsletter.time_zone;
    let (key, now) = (frozen.campaign.key(), context.clock.now());
    if store.finish_called_off(key, now).await? {
        summary.tally = store.tally(frozen.summary.rows).await?;
        return SendReport::for_run(frozen, &summary, Some(Halt::CalledOff), None, zone);
    }
    // A run that had ended by itself before it could halt is reported as that.
    let halt = halt
        .filter(|halt| *halt != Halt::CalledOff && matches!(summary.ending, Ending::Interrupted));
    let standstill = standstill_after(&summary, stops_before(frozen, order), now);
    let rest = standstill.and_then(|(rest, _)| rest);
    let mut report = SendReport::for_run(frozen, &summary, halt, rest, zone)?;
    let reason = reason_of(&summary.ending, halt);
    match standstill {
        None => drop(store.mark_finished(key, now).await?),
        Some((rest, stops)) => {
            let paused = reason.as_deref().map(|reason| (now, reason));
            store.mark_standstill(key, &Standstill { paused, rest, stops }).await?;
            if let Some(Rest { until, fault: Some(_) }) = rest {
                let until = newsletter.local_time(until);
                match order.given_by {
                    OrderGiver::Timer => report.hint(format!(
                        "The timer goes on with it at {until}; `postrider send {}` goes on at once.",
                        frozen.summary.provenance.source_file
                    )),
                    OrderGiver::Person if newsletter.config.schedule.is_some() => {
                        report.hint(format!("If the timer is on, it goes on with it at {until}."));
                    }
                    OrderGiver::Person => {}
                }
            }
        }
    }
    Ok(report)
}

/// Makes a wish to stop more urgent, never less.
fn raise(wish: &watch::Sender<StopWish>, wished: StopWish) {
    wish.send_modify(|wish| *wish = wished.max(*wish));
}

fn report_halt(context: &Context, wish: &watch::Sender<StopWish>, halt: Halt) {
    raise(wish, StopWish::Drain);
    context.ui.status(&format!(
        "stopping, because {}: messages under way have {} s",
        halt.reason(),
        DRAIN.as_secs()
    ));
}

const DEFERRED: &str = "the server put off the recipients who are left; next attempt";
const UNREACHABLE: &str = "the server cannot be reached, or closed the connection; next attempt";
const HELD_BACK: &str = "the server takes no more messages for now; next attempt";

/// Reports each wait once, so that a run that waits for minutes does not look as if it hung.
fn report_wait(publisher: &Publisher<'_>, reason: &str, until: &AtomicI64, reported: &mut i64) {
    let Publisher { context, newsletter, .. } = publisher;
    let until = until.load(Ordering::Relaxed);
    if std::mem::replace(reported, until) == until || until == 0 {
        return;
    }
    let until = Timestamp::from_second(until).unwrap_or_default();
    context.ui.status(&format!("{reason} at {}", newsletter.local_time(until)));
}

/// Confirms a request to stop, and says what the run still waits for.
fn report_stop(context: &Context, wish: StopWish) {
    match wish {
        StopWish::GoOn => {}
        StopWish::Drain => context.ui.status(&format!(
            "stopping: messages under way have {} s; a second signal stops at once",
            DRAIN.as_secs()
        )),
        StopWish::AtOnce => context.ui.status("stopping at once"),
    }
}

/// Sends the proof of that number to each editor.
///
/// # Errors
/// The server cannot be reached, or refused an editor.
pub(super) async fn proof<T: Transport>(
    publisher: &Publisher<'_>,
    transport: &T,
    campaign: &Campaign,
    attempt: u32,
    editors: &[EmailAddress],
) -> Result<(), Failure> {
    let mailer = mailer(publisher, campaign, MessagePurpose::Proof { attempt }).await?;
    let mut connection = transport.connect().await.map_err(|error| unreachable(&error))?;
    let mut message = Vec::new();
    let mut refused = Vec::new();
    for (number, editor) in editors.iter().enumerate() {
        // Editors have the numbers -1, -2, ..., which no subscriber has.
        let subscriber = SubscriberId(-1 - i64::try_from(number).unwrap_or(i64::MAX - 1));
        let to = CopyRecipient { subscriber, address: editor, first_name: "", last_name: "" };
        if !connection.is_usable() {
            connection = transport.connect().await.map_err(|error| unreachable(&error))?;
        }
        match mailer.deliver(&mut connection, &to, &mut message, &DoubtMark::default()).await {
            Attempt::Accepted(_) => {}
            attempt => {
                let reply = without_local_part(&attempt.to_string(), editor);
                refused.push(format!("editor {}: {reply}", number + 1));
            }
        }
    }
    connection.close().await;
    if refused.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Unreachable,
        format!(
            "the proof did not reach {} of {} editors, and was not recorded: {}",
            refused.len(),
            editors.len(),
            refused.join("; ")
        ),
    )
    .hint("Editors are numbered as in `[proof] to`. Fix the cause and run `proof` again."))
}

/// Compiles the message of a campaign, once for all recipients.
async fn mailer(
    publisher: &Publisher<'_>,
    campaign: &Campaign,
    purpose: MessagePurpose,
) -> Result<Mailer, Failure> {
    let Publisher { context, newsletter, store } = publisher;
    let config = &newsletter.config;
    let now = context.clock.now();
    let form = MessageForm::compile(campaign, purpose, now)
        .map_err(|error| Failure::from_error(Exit::Internal, "cannot build the message", &error))?;
    let keys = store.signing_keys(context.random.as_ref(), now).await?;
    let pages = UnsubscribePages::new(config.newsletter.public_url.as_str(), keys);
    Ok(Mailer { form, pages, sender: config.delivery.envelope_sender.clone() })
}

fn unreachable(error: &ConnectError) -> Failure {
    Failure::from_error(Exit::Unreachable, "cannot reach the mail server", error)
        .hint("See `[smtp]` in postrider.toml. Nothing was sent.")
}
