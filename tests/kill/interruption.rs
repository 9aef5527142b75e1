//! One campaign, interrupted once, resumed, and judged.
//!
//! In: a newsletter, a [`Moment`], a [`Sender`]. Out: an [`Account`] of the
//! interruption and of the promises that were broken.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::Trouble;
use crate::chance::Chance;
use crate::checker::{self, Evidence, Violation};
use crate::faulty_sender::Fault;
use crate::sink::{Event, Sink, Step, Temper};
use crate::site::{self, AUDIENCE, CONNECTIONS, LedgerReport, Site};

/// When a sender is interrupted: a time after the sink has seen a step a number of times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    step: Step,
    messages: usize,
    then: Duration,
}

/// How it is interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// `kill -9`: the sender does not notice.
    Kill,
    /// SIGTERM: the sender may finish the messages under way.
    Terminate,
}

/// The program that sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    /// The real program.
    Postrider,
    /// Its library with a deliberate fault.
    Faulty(Fault),
}

/// How far the message of one connection had come, as the sink saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// The envelope had arrived, the final dot had not.
    BeforeTheDot,
    /// The dot had arrived, the 250 was not yet written.
    AfterTheDot,
    /// The 250 was written, and the ledger has no outcome.
    InTheCommit,
    /// The 250 was written and recorded; the next envelope had not arrived.
    AfterThe250,
    /// No message had begun on this connection.
    Idle,
}

/// What happened at one interruption.
pub(crate) struct Account {
    /// When it was interrupted.
    pub moment: Moment,
    /// The number of messages that the sink had at that moment.
    pub messages: usize,
    /// How far each connection had come.
    pub places: BTreeMap<Place, usize>,
    /// How many rows were listed as in doubt.
    pub in_doubt: usize,
    /// How many messages the server refused because they came too fast.
    pub throttled: usize,
    /// The number of copies beyond one for each recipient.
    pub repeats: usize,
    /// The promises that were broken.
    pub violations: Vec<Violation>,
}

/// The result of one attempt at an interruption.
pub(crate) enum Attempt {
    /// It fell between the first and the last message at the sink.
    Hit(Account),
    /// The sender had finished before, so it does not count.
    TooLate,
}

impl Moment {
    /// Any moment of a campaign. Moments after a 250 are closer to it, because
    /// the steps that follow it are shorter.
    pub(crate) fn any(chance: &mut Chance) -> Self {
        let (step, latest) = [(Step::Envelope, 2_000), (Step::Dot, 2_000), (Step::Answered, 400)]
            [chance.within(0, 3) as usize];
        let messages = chance.within(10, AUDIENCE as u64 - 50) as usize;
        Self { step, messages, then: Duration::from_micros(chance.within(0, latest)) }
    }

    /// A moment right after a dot, where a fault of the ledger has consequences.
    pub(crate) fn past_a_dot(chance: &mut Chance) -> Self {
        let messages = chance.within(10, AUDIENCE as u64 / 2) as usize;
        Self { step: Step::Dot, messages, then: Duration::from_micros(chance.within(0, 500)) }
    }
}

/// Sends, interrupts, resumes, and judges.
pub(crate) fn interrupt(
    template: &Site,
    sender: Sender,
    signal: Signal,
    moment: Moment,
    (chance, temper): (&Chance, Temper),
) -> Result<Attempt, Trouble> {
    let sink = Sink::open(chance, temper)?;
    let site = template.copy(&sink.url())?;
    let mut child = sender.start(&site)?;
    let was_reached = sink.wait_for(moment.step, moment.messages, || has_ended(&mut child));
    std::thread::sleep(moment.then);
    let interrupted_at = Instant::now();
    let status = signal.give(&mut child)?;
    let before = sink.settled();
    let messages_then = taken(&before).filter(|event| event.at <= interrupted_at).count();
    if !was_reached || !(1..AUDIENCE).contains(&messages_then) {
        return match status.code() {
            Some(0) => Ok(Attempt::TooLate),
            _ => {
                Err(format!("the sender ended before its time: {status}\n{}", log_of(&site)).into())
            }
        };
    }
    if signal == Signal::Terminate && status.code() != Some(8) {
        return Err(format!("SIGTERM ended it with {status}, not 8\n{}", log_of(&site)).into());
    }
    sink.hurry();
    let ledger_report = sender.resume(&site)?;
    let resumed = sink.settled();
    sender.resend(&site, &ledger_report)?;
    let resent = sink.settled();
    let recipients =
        |events: &[Event]| taken(events).map(|event| event.recipient.clone()).collect();
    let evidence = Evidence {
        audience: site::audience(),
        until_interrupted: recipients(&before),
        resumed: recipients(&resumed[before.len()..]),
        resent: recipients(&resent[resumed.len()..]),
        listed: ledger_report.in_doubt,
        connections: CONNECTIONS,
    };
    Ok(Attempt::Hit(Account {
        moment,
        messages: messages_then,
        places: places(&before, interrupted_at, &evidence.listed),
        in_doubt: evidence.listed.len(),
        throttled: sink.throttled(),
        repeats: checker::repeats(&evidence),
        violations: checker::violations(&evidence),
    }))
}

impl Signal {
    /// Sends it, and waits for the end of the process.
    pub(crate) fn give(self, child: &mut Child) -> Result<ExitStatus, Trouble> {
        match self {
            Self::Kill => child.kill()?,
            Self::Terminate => {
                let process = child.id();
                Command::new("sh").args(["-c", &format!("kill -TERM {process}")]).status()?;
            }
        }
        Ok(child.wait()?)
    }
}

impl Sender {
    fn start(self, site: &Site) -> Result<Child, Trouble> {
        let mut command = match self {
            Self::Postrider => site.send(&[]),
            Self::Faulty(fault) => {
                // The real program freezes the campaign and reaches no server.
                let unreachable = site.send(&[]).env("POSTRIDER_SMTP_URL", NOWHERE).output()?;
                site::expect_exit(&unreachable, &[7], "freezing the campaign")?;
                fault.command(site)?
            }
        };
        let log = File::create(site.root().join("first-run.log"))?;
        command.stdout(log.try_clone()?).stderr(log).stdin(Stdio::null());
        Ok(command.spawn()?)
    }

    /// Resumes without a decision about doubt. The real program must then send to
    /// all other recipients, and report by its exit code that some are in doubt.
    fn resume(self, site: &Site) -> Result<LedgerReport, Trouble> {
        let Self::Postrider = self else {
            let Self::Faulty(fault) = self else { unreachable!("there are two senders") };
            site::expect_exit(&fault.command(site)?.output()?, &[0, 10], "resuming")?;
            return site.ledger_report();
        };
        let output = site.send(&[]).output()?;
        let ledger_report = site.ledger_report()?;
        let code = if ledger_report.in_doubt.is_empty() { 0 } else { 10 };
        site::expect_exit(&output, &[code], "resuming")?;
        let settled = ledger_report.sent + ledger_report.in_doubt.len() as u64;
        if settled == AUDIENCE as u64 && ledger_report.total == settled {
            Ok(ledger_report)
        } else {
            Err(format!("after a resume the ledger does not add up: {ledger_report:?}").into())
        }
    }

    fn resend(self, site: &Site, ledger_report: &LedgerReport) -> Result<(), Trouble> {
        if ledger_report.in_doubt.is_empty() {
            return Ok(());
        }
        let output = site.send(&["--in-doubt", "resend"]).output()?;
        site::expect_exit(&output, &[0], "sending what was in doubt again")?;
        let after = site.ledger_report()?;
        if after.sent == AUDIENCE as u64 && after.in_doubt.is_empty() {
            Ok(())
        } else {
            Err(format!("after resending the ledger does not add up: {after:?}").into())
        }
    }
}

const NOWHERE: &str = "smtp+plain://127.0.0.1:1";

fn has_ended(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

fn log_of(site: &Site) -> String {
    std::fs::read_to_string(site.root().join("first-run.log")).unwrap_or_default()
}

/// The events from which on the receiver has a message.
fn taken(events: &[Event]) -> impl Iterator<Item = &Event> {
    events.iter().filter(|event| event.step == Step::Dot)
}

fn places(
    events: &[Event],
    interrupted_at: Instant,
    listed: &BTreeSet<String>,
) -> BTreeMap<Place, usize> {
    let mut last: [Option<&Event>; CONNECTIONS] = [None; CONNECTIONS];
    for event in events.iter().filter(|event| event.at <= interrupted_at) {
        if let Some(slot) = last.get_mut(event.connection) {
            *slot = Some(event);
        }
    }
    let mut places = BTreeMap::new();
    for event in last {
        let place = match event {
            None => Place::Idle,
            Some(Event { step: Step::Envelope, .. }) => Place::BeforeTheDot,
            Some(Event { step: Step::Dot, .. }) => Place::AfterTheDot,
            Some(Event { recipient, .. }) if listed.contains(recipient) => Place::InTheCommit,
            Some(_) => Place::AfterThe250,
        };
        *places.entry(place).or_default() += 1;
    }
    places
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = match self.step {
            Step::Envelope => "envelope",
            Step::Dot => "dot",
            Step::Answered => "250",
        };
        write!(f, "{} us after {step} {}", self.then.as_micros(), self.messages)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BeforeTheDot => "before the dot",
            Self::AfterTheDot => "after the dot",
            Self::InTheCommit => "in the commit",
            Self::AfterThe250 => "after the 250",
            Self::Idle => "idle",
        })
    }
}
