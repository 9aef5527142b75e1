//! The program: arguments, environment, clock and randomness in, exit code out.

use std::process::ExitCode;
use std::sync::Arc;

use postrider::cli::Environment;
use postrider::domain::{Clock, Random, Timestamp};

#[expect(clippy::disallowed_methods, reason = "this is where the arguments and the time are read")]
fn main() -> ExitCode {
    let arguments = std::env::args_os().collect();
    let environment = Environment::capture();
    let clock = SystemClock { started: std::time::Instant::now() };
    let exit = postrider::cli::run(arguments, environment, Arc::new(clock), Arc::new(SystemRandom));
    exit.into()
}

struct SystemClock {
    started: std::time::Instant,
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock of the process")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn uptime(&self) -> std::time::Duration {
        self.started.elapsed()
    }
}

struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).expect("the operating system gives random bytes");
    }
}
