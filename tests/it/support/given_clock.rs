//! The program in another process, by a given clock: this test binary runs the
//! one test below, which is the program's `main` with another clock.

use std::ffi::OsString;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use postrider::cli::{self, Environment};
use postrider::domain::{Clock, Random};

const NOW: &str = "GIVEN_NOW";
const ARGUMENTS: &str = "GIVEN_ARGUMENTS";

/// What the test harness prints before the test begins.
const PREFACE: &str = "\nrunning 1 test\n";

/// The program, begun at that time. Give it no arguments and no other `PATH`.
pub fn program(now: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let test = "support::given_clock::the_program_runs_by_a_given_clock";
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    command.env_clear().env(NOW, now);
    command.env(ARGUMENTS, serde_json::to_string(arguments).unwrap());
    command
}

/// The standard output of the program alone.
pub fn output(stdout: &str) -> String {
    stdout.strip_prefix(PREFACE).unwrap_or(stdout).to_owned()
}

#[test]
#[ignore = "it is the program of other tests, and needs what they set"]
#[expect(clippy::exit, reason = "this process is the program, and ends with its exit code")]
fn the_program_runs_by_a_given_clock() {
    let (Ok(now), Ok(arguments)) = (std::env::var(NOW), std::env::var(ARGUMENTS)) else { return };
    let arguments: Vec<OsString> = serde_json::from_str::<Vec<String>>(&arguments)
        .unwrap()
        .into_iter()
        .map(OsString::from)
        .collect();
    let arguments = [vec![OsString::from("postrider")], arguments].concat();
    let clock = Given { begun: Instant::now(), at: now.parse().unwrap() };
    let exit = cli::run(arguments, Environment::capture(), Arc::new(clock), Arc::new(Chance));
    std::process::exit(i32::from(exit.code()));
}

/// A clock that said `at` when the program began, and goes as fast as any other.
struct Given {
    begun: Instant,
    at: Timestamp,
}

impl Clock for Given {
    fn now(&self) -> Timestamp {
        self.at.saturating_add(self.begun.elapsed()).unwrap()
    }

    fn uptime(&self) -> Duration {
        self.begun.elapsed()
    }
}

struct Chance;

impl Random for Chance {
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).unwrap();
    }
}
