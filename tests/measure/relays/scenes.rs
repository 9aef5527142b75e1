//! The relays, and the figures that are wanted of each.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use crate::Trouble;
use crate::chance::Chance;
use crate::relay::{Answer, Command, Record, Relay, Temper};
use crate::site::Site;

/// One relay and what is measured with it.
pub(crate) struct Scene {
    pub name: &'static str,
    pub meaning: &'static str,
    pub play: fn(&Path, u64) -> Result<Vec<Figure>, Trouble>,
}

pub(crate) const SCENES: &[Scene] = &[
    Scene { name: "rate", meaning: "14 messages a second to 600 readers", play: rate },
    Scene { name: "busy", meaning: "451 4.7.500 to each MAIL of a minute", play: busy },
    Scene { name: "breaks", meaning: "421 and the end to one command in ten", play: breaks },
    Scene { name: "single", meaning: "the end after each message", play: single },
    Scene { name: "outage", meaning: "451 4.7.1 for a minute after 200 of 3,000", play: outage },
];

/// One result.
pub(crate) struct Figure {
    what: String,
    value: f64,
    goal: Goal,
}

enum Goal {
    AtMost(f64),
    AtLeast(f64),
    None,
}

impl Figure {
    fn new(what: impl Into<String>, value: f64, goal: Goal) -> Self {
        Self { what: what.into(), value, goal }
    }

    pub(crate) fn is_reached(&self) -> bool {
        match self.goal {
            Goal::AtMost(most) => self.value <= most,
            Goal::AtLeast(least) => self.value >= least,
            Goal::None => true,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:.3}", self.what, self.value)?;
        match self.goal {
            Goal::AtMost(most) => write!(f, ", at most {most} wanted")?,
            Goal::AtLeast(least) => write!(f, ", at least {least} wanted")?,
            Goal::None => {}
        }
        if self.is_reached() { Ok(()) } else { write!(f, ": MISSED") }
    }
}

/// Fails unless each of so many readers has the mail once.
fn expect_everybody_once(record: &Record, readers: usize) -> Result<(), Trouble> {
    let repeats = record.recipients.values().filter(|times| **times > 1).count();
    let have = record.recipients.len();
    if (have, repeats) == (readers, 0) {
        return Ok(());
    }
    Err(format!("{have} of {readers} have the mail, {repeats} of them more than once").into())
}

fn span(record: &Record) -> f64 {
    let ends = record.accepted.first().zip(record.accepted.last());
    ends.map_or(0.0, |(first, last)| (*last - *first).as_secs_f64())
}

/// A relay that takes no time for a message.
const AT_ONCE: Duration = Duration::ZERO;

fn healthy() -> Temper {
    Box::new(|_, _| Answer::Yes)
}

/// Amazon SES: a rate of maximum sends, with a burst of one second or none.
fn rate(program: &Path, _seed: u64) -> Result<Vec<Figure>, Trouble> {
    const READERS: usize = 600;
    const RATE: f64 = 14.0;
    let site = Site::with_readers(program, READERS)?;
    let mut figures = Vec::new();
    for (name, burst) in [("burst of 14", 14.0), ("strictly spaced", 1.0)] {
        let relay = Relay::open(AT_ONCE, bucket(RATE, burst))?;
        site.send(&relay, 4)?;
        let record = relay.record();
        expect_everybody_once(&record, READERS)?;
        let least = (READERS as f64 - burst) / RATE;
        let refused = record.refused.len() as f64;
        let share = 100.0 * refused / (refused + READERS as f64);
        figures.push(Figure::new(
            format!("{name}, time as a ratio to the least"),
            span(&record) / least,
            Goal::AtMost(1.3),
        ));
        figures.push(Figure::new(
            format!("{name}, tries refused, in percent"),
            share,
            Goal::AtMost(3.0),
        ));
    }
    Ok(figures)
}

/// A bucket of so many tokens, into which `rate` fall in a second.
fn bucket(rate: f64, burst: f64) -> Temper {
    let (mut tokens, mut last) = (burst, Duration::ZERO);
    Box::new(move |command, at| {
        if command != Command::Dot {
            return Answer::Yes;
        }
        let passed = at.saturating_sub(last).as_secs_f64();
        tokens = (tokens + passed * rate).min(burst);
        last = at;
        if tokens < 1.0 {
            return Answer::No("454 Throttling failure: Maximum sending rate exceeded.");
        }
        tokens -= 1.0;
        Answer::Yes
    })
}

fn busy(program: &Path, _seed: u64) -> Result<Vec<Figure>, Trouble> {
    const MINUTE: Duration = Duration::from_secs(60);
    let site = Site::with_readers(program, 1500)?;
    let mut runs = Vec::new();
    for connections in [1, 4, 8] {
        let relay = Relay::open(
            AT_ONCE,
            Box::new(|command, _| match command {
                Command::Mail => Answer::No("451 4.7.500 Server busy. Please try again later"),
                _ => Answer::Yes,
            }),
        )?;
        let sending = site.start(&relay, connections)?;
        runs.push((connections, relay, sending));
    }
    std::thread::sleep(MINUTE + Duration::from_secs(5));
    let figures = runs.into_iter().map(|(connections, relay, _sending)| {
        let refused = relay.record().refused;
        let first = refused.first().copied().unwrap_or_default();
        let tries = refused.iter().filter(|at| **at < first + MINUTE).count();
        let what = format!("{connections} connections, tries in the first minute");
        let goal = if tries == 0 { Goal::AtLeast(1.0) } else { Goal::AtMost(10.0) };
        Figure::new(what, tries as f64, goal)
    });
    Ok(figures.collect())
}

fn breaks(program: &Path, seed: u64) -> Result<Vec<Figure>, Trouble> {
    let mut figures = Vec::new();
    // The second relay does what real ones do before they say yes: it takes its time.
    for (readers, pairs, pause) in
        [(2_000, 5, AT_ONCE), (2_000, 3, Duration::from_millis(5)), (20_000, 3, AT_ONCE)]
    {
        let site = Site::with_readers(program, readers)?;
        let faulty = |number| {
            let mut chance = Chance::new(seed).branch(number);
            let temper: Temper = Box::new(move |_, _| match chance.within(0, 10) {
                0 => Answer::NoAndClose("421 4.3.2 Service not available, closing"),
                _ => Answer::Yes,
            });
            temper
        };
        let (speed, sessions) = compare(&site, readers, pairs, pause, faulty)?;
        let what = format!(
            "{readers} readers, {pause:?} for a message, speed as a ratio to that without a fault"
        );
        figures.push(Figure::new(what, speed, Goal::AtLeast(0.8)));
        figures.push(Figure::new(
            format!("{readers} readers, messages for each connection"),
            readers as f64 / sessions,
            Goal::None,
        ));
    }
    Ok(figures)
}

fn single(program: &Path, _seed: u64) -> Result<Vec<Figure>, Trouble> {
    const READERS: usize = 2_000;
    let site = Site::with_readers(program, READERS)?;
    let closing = |_| {
        let temper: Temper = Box::new(|command, _| match command {
            Command::Dot => Answer::YesAndClose,
            _ => Answer::Yes,
        });
        temper
    };
    let (speed, sessions) = compare(&site, READERS, 5, AT_ONCE, closing)?;
    Ok(vec![
        Figure::new("speed as a ratio to that without a fault", speed, Goal::None),
        // Who is put off for five minutes would show in the speed.
        Figure::new("connections for each message", sessions / READERS as f64, Goal::AtMost(1.05)),
    ])
}

/// Sends in turn to a healthy relay and to a faulty one. Returns the median ratio
/// of their speeds, and how many connections the last faulty run opened.
fn compare(
    site: &Site,
    readers: usize,
    pairs: u64,
    pause: Duration,
    faulty: impl Fn(u64) -> Temper,
) -> Result<(f64, f64), Trouble> {
    let (mut ratios, mut sessions) = (Vec::new(), 0.0);
    let mut times = (Vec::new(), Vec::new());
    for number in 0..pairs {
        let relays = (Relay::open(pause, healthy())?, Relay::open(pause, faulty(number))?);
        let (with, without);
        if number % 2 == 0 {
            without = site.send(&relays.0, 4)?;
            with = site.send(&relays.1, 4)?;
        } else {
            with = site.send(&relays.1, 4)?;
            without = site.send(&relays.0, 4)?;
        }
        for relay in [&relays.0, &relays.1] {
            expect_everybody_once(&relay.record(), readers)?;
        }
        sessions = relays.1.record().sessions as f64;
        ratios.push(without.as_secs_f64() / with.as_secs_f64());
        times.0.push(without.as_secs_f64());
        times.1.push(with.as_secs_f64());
    }
    println!(
        "  {readers} readers, seconds without {:.2?} and with the fault {:.2?}",
        times.0, times.1
    );
    ratios.sort_by(f64::total_cmp);
    Ok((ratios[ratios.len() / 2], sessions))
}

fn outage(program: &Path, _seed: u64) -> Result<Vec<Figure>, Trouble> {
    const READERS: usize = 3_000;
    const OUTAGE: Duration = Duration::from_secs(60);
    let site = Site::with_readers(program, READERS)?;
    let mut accepted = 0;
    let mut over_at = None;
    let relay = Relay::open(
        AT_ONCE,
        Box::new(move |command, at| {
            if command != Command::Dot {
                return Answer::Yes;
            }
            if accepted < 200 {
                accepted += 1;
            } else if at < *over_at.get_or_insert(at + OUTAGE) {
                return Answer::No("451 4.7.1 rate limit");
            }
            Answer::Yes
        }),
    )?;
    let took = site.send(&relay, 4)?;
    let record = relay.record();
    expect_everybody_once(&record, READERS)?;
    let without = site.send(&Relay::open(AT_ONCE, healthy())?, 4)?;
    Ok(vec![
        Figure::new("tries during the outage", record.refused.len() as f64, Goal::AtMost(20.0)),
        Figure::new("seconds in all", took.as_secs_f64(), Goal::None),
        Figure::new(
            "seconds to the same relay without the outage",
            without.as_secs_f64(),
            Goal::None,
        ),
    ])
}
