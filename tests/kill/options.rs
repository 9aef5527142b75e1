//! The command line of the harness: its own options, and those that `cargo test`
//! passes to every test program.

use std::path::PathBuf;

use crate::faulty_sender::Fault;
use crate::sink::Temper;

/// What to do.
pub(crate) enum Task {
    /// List the tests.
    List,
    /// Do nothing: the filter selects other tests.
    Nothing,
    /// Run as a sender with a fault, for the newsletter in that folder, to that server.
    SendFaultily(Fault, PathBuf, String),
    /// Interrupt campaigns.
    Run(Options),
}

/// How to interrupt campaigns.
pub(crate) struct Options {
    /// The number of kills.
    pub kills: usize,
    /// The number of issues that are called off, instead of kills.
    pub cancels: usize,
    /// How much the server takes while campaigns are killed.
    pub temper: Temper,
    /// The seed of the random numbers.
    pub seed: u64,
}

impl Options {
    /// Reads the arguments that follow the program's name.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Task {
        let mut options =
            Self { kills: 10, cancels: 0, temper: Temper::Patient, seed: fresh_seed() };
        let (mut filters, mut is_exact) = (Vec::new(), false);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().unwrap_or_default();
            match argument.as_str() {
                "--as-sender" => {
                    let fault = Fault::parse(&value()).expect("a known fault");
                    return Task::SendFaultily(fault, PathBuf::from(value()), value());
                }
                "--kills" => options.kills = value().parse().expect("--kills takes a number"),
                "--cancel" => {
                    options.cancels = value().parse().expect("--cancel takes a number");
                }
                "--throttle" => options.temper = Temper::Throttling,
                "--seed" => options.seed = value().parse().expect("--seed takes a number"),
                "--list" => return Task::List,
                // Nothing here is marked as ignored.
                "--ignored" => return Task::Nothing,
                "--exact" => is_exact = true,
                "--skip" if "kill".contains(&value()) => return Task::Nothing,
                "--skip" => {}
                "--test-threads" | "--color" | "--format" | "--logfile" | "-Z" => drop(value()),
                option if option.starts_with('-') => {}
                filter => filters.push(filter.to_owned()),
            }
        }
        let is_meant = |filter: &String| {
            if is_exact { filter == "kill" } else { "kill".contains(filter.as_str()) }
        };
        if filters.is_empty() || filters.iter().any(is_meant) {
            Task::Run(options)
        } else {
            Task::Nothing
        }
    }
}

fn fresh_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(1, |since| since.as_micros() as u64 % 1_000_000)
}
