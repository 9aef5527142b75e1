//! One issue that somebody calls off, marks as a draft or removes: before it is
//! frozen, while it is sent, or after it stopped, with a kill in between.
//!
//! In: a newsletter, a number of a round, chance. Out: a [`CallOffAccount`]: what
//! the sink took after the word, how long the sender went on, and what was broken.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::Trouble;
use crate::chance::Chance;
use crate::interruption::Signal;
use crate::sink::{Event, Sink, Step, Temper};
use crate::site::{self, AUDIENCE, CONNECTIONS, Site};

/// How the issue stood when the word came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    BeforeFreeze,
    DuringSend,
    /// The server refused everybody, and the breaker stopped the run.
    AfterTrip,
}

/// What somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Cancel,
    Draft,
    Remove,
}

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    /// The sender, right after the word.
    Sender,
    /// The first `cancel`; a second one follows.
    Canceller,
    /// The next run of `send` or `due`.
    Follower,
}

/// What happened in one round.
pub(crate) struct CallOffAccount {
    standing: Standing,
    word: Word,
    victim: Victim,
    /// Messages that had arrived before the word.
    pub before: usize,
    /// Messages after the word was given.
    pub after_word: usize,
    /// Messages after `cancel` had ended, which must be none.
    pub after_return: usize,
    /// How long after the word the last message arrived.
    pub last_after: Duration,
    /// How long after the word the run ended, unless it was killed.
    pub ended_after: Option<Duration>,
    /// How many rows were listed as in doubt.
    pub in_doubt: usize,
    /// The promises that were broken.
    pub broken: Vec<String>,
}

/// The rounds come in this order, again and again.
const ROUNDS: [(Standing, Word, Victim); 10] = [
    (Standing::DuringSend, Word::Cancel, Victim::Sender),
    (Standing::DuringSend, Word::Cancel, Victim::Canceller),
    (Standing::DuringSend, Word::Cancel, Victim::Follower),
    (Standing::DuringSend, Word::Draft, Victim::Sender),
    (Standing::DuringSend, Word::Draft, Victim::Follower),
    (Standing::DuringSend, Word::Remove, Victim::Follower),
    (Standing::AfterTrip, Word::Cancel, Victim::Canceller),
    (Standing::AfterTrip, Word::Draft, Victim::Follower),
    (Standing::BeforeFreeze, Word::Cancel, Victim::Canceller),
    (Standing::BeforeFreeze, Word::Draft, Victim::Follower),
];

/// After the word, a message may arrive for so long: the program looks five times
/// a second, and a second longer for a file that has gone. The rest is for the
/// messages under way, and for a machine that is busy.
fn patience(word: Word) -> Duration {
    Duration::from_millis(match word {
        Word::Cancel | Word::Draft => 1_000,
        Word::Remove => 2_500,
    })
}

/// Plays the round of that number.
pub(crate) fn call_off(
    template: &Site,
    number: usize,
    chance: &mut Chance,
) -> Result<CallOffAccount, Trouble> {
    let (standing, word, victim) = ROUNDS[number % ROUNDS.len()];
    let sink = Sink::open(&Chance::new(chance.within(0, u64::MAX)), Temper::Patient)?;
    let site = template.copy(&sink.url())?;
    let mut sender = prepare(&site, &sink, standing, chance)?;
    let mut broken = Vec::new();
    let mut word_at = Instant::now();
    let mut returned_at = None;
    match word {
        Word::Draft => site.mark_as_draft(true)?,
        Word::Remove => site.remove_issue()?,
        Word::Cancel => {
            let mut canceller = quietly(site.postrider().args(["cancel", site::ISSUE]))?;
            if victim == Victim::Canceller {
                pause(chance, 0, 40_000);
                Signal::Kill.give(&mut canceller)?;
                word_at = Instant::now();
                canceller = quietly(site.postrider().args(["cancel", site::ISSUE]))?;
            }
            if victim == Victim::Sender {
                kill(&mut sender, chance)?;
            }
            let status = canceller.wait()?;
            if !matches!(status.code(), Some(0 | 10)) {
                broken.push(format!("`cancel` ended with {status}"));
            }
            returned_at = Some(Instant::now());
        }
    }
    if victim == Victim::Sender && word != Word::Cancel {
        kill(&mut sender, chance)?;
    }
    let mut ended_after = None;
    if let Some(mut sender) = sender {
        let status = sender.wait()?;
        if victim != Victim::Sender {
            ended_after = Some(word_at.elapsed());
            // 10, if a connection was given up; 0, if the word came with the last message.
            if !matches!(status.code(), Some(0 | 8 | 10)) {
                broken.push(format!("the sender ended with {status}"));
            }
        }
    }
    if victim == Victim::Follower {
        let mut follower = quietly(&mut follow(&site, chance))?;
        pause(chance, 0, 100_000);
        Signal::Kill.give(&mut follower)?;
    }
    broken.extend(aftermath(&site, word)?);
    let events = sink.settled();
    let dots: Vec<&Event> = events.iter().filter(|event| event.step == Step::Dot).collect();
    let after = |at: Instant| dots.iter().filter(|event| event.at > at).count();
    let last = dots.iter().map(|event| event.at).max().unwrap_or(word_at);
    let report = site.ledger_report();
    let in_doubt =
        report.as_ref().map_or_else(|_| BTreeSet::new(), |report| report.in_doubt.clone());
    let account = CallOffAccount {
        standing,
        word,
        victim,
        before: dots.len() - after(word_at),
        after_word: after(word_at),
        after_return: returned_at.map_or(0, after),
        last_after: last.saturating_duration_since(word_at),
        ended_after,
        in_doubt: in_doubt.len(),
        broken,
    };
    account.judged(&site, &sink, &in_doubt)
}

impl CallOffAccount {
    /// Adds what is broken, and plays the campaign to its end, in which everybody
    /// gets it once, and those in doubt at most once.
    fn judged(
        mut self,
        site: &Site,
        sink: &Sink,
        in_doubt: &BTreeSet<String>,
    ) -> Result<Self, Trouble> {
        if self.after_return > 0 {
            self.broken.push(format!("{} messages after `cancel` had ended", self.after_return));
        }
        if self.last_after > patience(self.word) {
            self.broken.push(format!("a message {:?} after the word", self.last_after));
        }
        if in_doubt.len() > CONNECTIONS {
            self.broken.push(format!("{} rows in doubt", in_doubt.len()));
        }
        sink.hurry();
        match self.word {
            Word::Cancel => {
                let undo = site.postrider().args(["cancel", site::ISSUE, "--undo"]).output()?;
                site::expect_exit(&undo, &[0], "undoing `cancel`")?;
            }
            Word::Draft | Word::Remove => site.mark_as_draft(false)?,
        }
        if self.standing == Standing::AfterTrip && self.word != Word::Cancel {
            // Those at whom it was stopped are tried again only minutes later.
            return Ok(self);
        }
        let code = if in_doubt.is_empty() { 0 } else { 10 };
        site::expect_exit(&site.send(&[]).output()?, &[code], "sending to the others")?;
        let mut copies: BTreeMap<String, usize> = BTreeMap::new();
        for event in sink.settled().into_iter().filter(|event| event.step == Step::Dot) {
            *copies.entry(event.recipient).or_default() += 1;
        }
        for who in site::audience() {
            match copies.get(&who).copied().unwrap_or(0) {
                0 if !in_doubt.contains(&who) => self.broken.push(format!("{who} was lost")),
                0 | 1 => {}
                times => self.broken.push(format!("{who} got {times} copies")),
            }
        }
        Ok(self)
    }
}

/// Brings the issue to where the word finds it. Returns the sender that runs.
fn prepare(
    site: &Site,
    sink: &Sink,
    standing: Standing,
    chance: &mut Chance,
) -> Result<Option<Child>, Trouble> {
    if standing == Standing::BeforeFreeze {
        return Ok(None);
    }
    let mut sender = quietly(&mut follow(site, chance))?;
    let messages = chance.within(1, AUDIENCE as u64 / 3) as usize;
    let step = [Step::Envelope, Step::Dot, Step::Answered][chance.within(0, 3) as usize];
    let is_over = |sender: &mut Child| !matches!(sender.try_wait(), Ok(None));
    if !sink.wait_for(step, messages, || is_over(&mut sender)) {
        return Err("the sender ended before its time".into());
    }
    if standing == Standing::DuringSend {
        return Ok(Some(sender));
    }
    sink.refuse(true);
    let status = sender.wait()?;
    sink.refuse(false);
    match status.code() {
        Some(7 | 8) => Ok(None),
        _ => Err(format!("the breaker did not stop it: {status}").into()),
    }
}

/// After the word, neither `send` nor `due` mails anybody. A person may still send
/// what was frozen from a file that has gone.
fn aftermath(site: &Site, word: Word) -> Result<Vec<String>, Trouble> {
    let mut broken = Vec::new();
    if word == Word::Cancel {
        let again = site.postrider().args(["cancel", site::ISSUE, "--json"]).output()?;
        site::expect_exit(&again, &[0, 10], "calling off again")?;
    }
    if word != Word::Remove {
        let refused = site.send(&[]).output()?;
        if refused.status.code() != Some(11) {
            broken.push(format!("`send` ended with {} instead of 11", refused.status));
        }
    }
    let due = site.postrider().arg("due").output()?;
    if !matches!(due.status.code(), Some(0 | 10 | 11)) {
        broken.push(format!("`due` ended with {}", due.status));
    }
    Ok(broken)
}

/// A sender: a person, or the timer.
fn follow(site: &Site, chance: &mut Chance) -> std::process::Command {
    if chance.within(0, 2) == 0 {
        return site.send(&[]);
    }
    let mut due = site.postrider();
    due.arg("due");
    due
}

fn quietly(command: &mut std::process::Command) -> Result<Child, Trouble> {
    Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

fn pause(chance: &mut Chance, low: u64, high: u64) {
    std::thread::sleep(Duration::from_micros(chance.within(low, high)));
}

fn kill(sender: &mut Option<Child>, chance: &mut Chance) -> Result<(), Trouble> {
    pause(chance, 0, 200_000);
    if let Some(sender) = sender {
        Signal::Kill.give(sender)?;
    }
    Ok(())
}

impl fmt::Display for CallOffAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let standing = match self.standing {
            Standing::BeforeFreeze => "before the freeze",
            Standing::DuringSend => "during the send",
            Standing::AfterTrip => "after a trip",
        };
        let word = match self.word {
            Word::Cancel => "cancel",
            Word::Draft => "draft",
            Word::Remove => "file removed",
        };
        let victim = match self.victim {
            Victim::Sender => "sender",
            Victim::Canceller => "first `cancel`",
            Victim::Follower => "next sender",
        };
        write!(
            f,
            "{word} {standing}, {victim} killed: {} messages before, {} after the word (the last {} \
             ms after it)",
            self.before,
            self.after_word,
            self.last_after.as_millis()
        )?;
        if let Some(ended_after) = self.ended_after {
            write!(f, ", the run ended {} ms after it", ended_after.as_millis())?;
        }
        write!(f, "; {} in doubt, {} promises broken", self.in_doubt, self.broken.len())
    }
}
