//! `kill -9` at random moments of a send to 1,000 recipients, with resume: no
//! message is lost, and only rows that were listed as in doubt are repeated.
//!
//! ```text
//! cargo test --test kill                                  ten kills and a SIGTERM
//! cargo test --test kill -- --kills 200 --seed 7          more, and the same again
//! cargo test --test kill -- --kills 200 --throttle        with a server that throttles
//! cargo test --test kill -- --cancel 50 --seed 7          issues that are called off
//! ```
//!
//! The real program sends each campaign to a sink in this process. It is
//! interrupted once, resumed without a decision about doubt, and then told to
//! send the rows in doubt again. [`checker`] judges what the sink took. An
//! interruption counts only between the first and the last message at the sink.
//! Then two senders with a deliberate fault are interrupted, and the same judge
//! must find their faults. Otherwise a clean result would prove nothing.
//!
//! With `--cancel`, somebody calls each issue off, marks it as a draft or removes its
//! file, and one of the processes is killed ([`called_off`]).
//!
//! This is a separate program and no part of the integration tests, because it
//! starts itself again as a faulty sender: a sender that dies with `kill -9`
//! cannot be a thread of the harness, which must survive.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "this is a program: it reads its arguments, measures real time and reports"
)]

mod called_off;
mod chance;
mod checker;
mod faulty_sender;
mod interruption;
mod options;
mod sink;
mod site;
mod waybill;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use chance::Chance;
use faulty_sender::Fault;
use interruption::{Account, Attempt, Moment, Place, Sender, Signal, interrupt};
use options::{Options, Task};
use sink::Temper;
use site::Site;

/// Any error, for a program that only reports it.
type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// How often an interruption may come too late before something is wrong.
const TOO_LATE_AT_MOST: usize = 20;

fn main() -> ExitCode {
    let outcome = match Options::parse(std::env::args().skip(1)) {
        Task::List => {
            println!("kill: test");
            Ok(())
        }
        Task::Nothing => Ok(()),
        Task::SendFaultily(fault, root, server) => faulty_sender::send(fault, &root, &server),
        Task::Run(options) if options.cancels > 0 => call_off_all(&options),
        Task::Run(options) => run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            println!("kill harness: {trouble}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Trouble> {
    let began = Instant::now();
    checker::check_itself();
    println!("kill harness: seed {} (the same again: --seed {0})", options.seed);
    let template = Site::with_a_list()?;
    let mut chance = Chance::new(options.seed);
    let mut record = Record::default();
    for number in 1..=options.kills {
        let account = hit(
            &template,
            Sender::Postrider,
            (Signal::Kill, Moment::any),
            options.temper,
            &mut chance,
        )?;
        record.add(&format!("kill {number}"), &account);
    }
    let account = hit(
        &template,
        Sender::Postrider,
        (Signal::Terminate, Moment::any),
        options.temper,
        &mut chance,
    )?;
    record.add("SIGTERM", &account);
    if account.in_doubt + account.repeats > 0 {
        record.broken.push("SIGTERM left doubt though it had time to drain".into());
    }
    record.print(options.kills);
    for fault in Fault::ALL {
        let sender = Sender::Faulty(fault);
        let account = hit(
            &template,
            sender,
            (Signal::Kill, Moment::past_a_dot),
            Temper::Patient,
            &mut chance,
        )?;
        match account.violations.first() {
            Some(violation) => println!("fault, {fault}: caught ({violation})"),
            None => record.broken.push(format!("the fault \"{fault}\" was not caught")),
        }
    }
    println!("kill harness: {:.1} s", began.elapsed().as_secs_f64());
    if record.broken.is_empty() { Ok(()) } else { Err(record.broken.join("\n").into()) }
}

/// Calls issues off, one after another.
fn call_off_all(options: &Options) -> Result<(), Trouble> {
    let began = Instant::now();
    println!(
        "kill harness: seed {} (the same again: --cancel {} --seed {0})",
        options.seed, options.cancels
    );
    let template = Site::with_a_list()?;
    template.switch_on()?;
    let mut chance = Chance::new(options.seed);
    let mut broken = Vec::new();
    let (mut most, mut after_return, mut in_doubt) = (0, 0, 0);
    let (mut last, mut longest) = (Duration::ZERO, Duration::ZERO);
    for number in 0..options.cancels {
        let account = called_off::call_off(&template, number, &mut chance)?;
        println!("round {}: {account}", number + 1);
        account.broken.iter().for_each(|what| println!("    {what}"));
        most = most.max(account.after_word);
        after_return = after_return.max(account.after_return);
        in_doubt += account.in_doubt;
        last = last.max(account.last_after);
        longest = longest.max(account.ended_after.unwrap_or_default());
        broken.extend(account.broken.iter().map(|what| format!("round {}: {what}", number + 1)));
    }
    println!(
        "{} issues called off, with a kill in each: at most {most} messages after the word, the last \
         {} ms after it; at most {after_return} after `cancel` had ended; runs ended at most {} ms \
         after the word; {in_doubt} rows in doubt; {} promises broken",
        options.cancels,
        last.as_millis(),
        longest.as_millis(),
        broken.len()
    );
    println!("kill harness: {:.1} s", began.elapsed().as_secs_f64());
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n").into()) }
}

/// Interrupts campaigns until one interruption counts.
fn hit(
    template: &Site,
    sender: Sender,
    (signal, moment): (Signal, fn(&mut Chance) -> Moment),
    temper: Temper,
    chance: &mut Chance,
) -> Result<Account, Trouble> {
    for _ in 0..TOO_LATE_AT_MOST {
        let moment = moment(chance);
        let pauses = Chance::new(chance.within(0, u64::MAX));
        match interrupt(template, sender, signal, moment, (&pauses, temper))? {
            Attempt::Hit(account) => return Ok(account),
            Attempt::TooLate => println!("(came too late, does not count: {moment})"),
        }
    }
    Err("every interruption came after the last message".into())
}

/// The results of all interruptions.
#[derive(Default)]
struct Record {
    places: BTreeMap<Place, usize>,
    throttled: usize,
    in_doubt: usize,
    repeats: usize,
    broken: Vec<String>,
}

impl Record {
    fn add(&mut self, name: &str, account: &Account) {
        let Account { moment, messages, places, in_doubt, throttled, repeats, violations } =
            account;
        println!(
            "{name}: {moment}, {messages} messages at the sink; connections: {}; \
             {throttled} throttled, {in_doubt} in doubt, {repeats} repeated, {} promises broken",
            listed(places),
            violations.len()
        );
        for (place, count) in places {
            *self.places.entry(*place).or_default() += count;
        }
        self.throttled += throttled;
        self.in_doubt += in_doubt;
        self.repeats += repeats;
        self.broken.extend(violations.iter().map(|violation| format!("{name}: {violation}")));
    }

    fn print(&self, kills: usize) {
        println!(
            "{kills} kills and a SIGTERM: connections {}; {} messages throttled; {} rows in doubt, {} \
             of them repeated when told to, {} promises broken",
            listed(&self.places),
            self.throttled,
            self.in_doubt,
            self.repeats,
            self.broken.len()
        );
    }
}

fn listed(places: &BTreeMap<Place, usize>) -> String {
    let words: Vec<String> =
        places.iter().map(|(place, count)| format!("{count} {place}")).collect();
    words.join(", ")
}
