//! Measures `send` to relays that have a bad day: one that allows a rate, one
//! that is busy, one that breaks off, one that takes one message for each
//! connection, and one that takes nothing for a minute.
//!
//! ```text
//! cargo build --release --locked
//! cargo run --locked --example relays -- [--program FILE] [--seed N] [SCENE...]
//! ```
//!
//! Times are told as ratios: to the least time that the relay's rule leaves, or
//! to the same relay without a fault, in interleaved runs. Each scene also checks
//! that everybody has the mail, and once. Fails where a figure misses its goal.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "this is a program: it reads its arguments, measures real time and reports"
)]

#[path = "../../kill/chance.rs"]
mod chance;
mod relay;
mod scenes;
mod site;
#[path = "../../kill/waybill.rs"]
mod waybill;

use std::path::PathBuf;
use std::process::ExitCode;

use scenes::SCENES;

/// Any error, for a program that only reports it.
type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// What to measure.
struct Options {
    program: PathBuf,
    seed: u64,
    scenes: Vec<String>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Trouble> {
        let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let program = repository.join("target/release/postrider");
        let mut options = Self { program, seed: 7, scenes: Vec::new() };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--program" => options.program = PathBuf::from(value()?).canonicalize()?,
                "--seed" => options.seed = value()?.parse()?,
                scene if SCENES.iter().any(|known| known.name == scene) => {
                    options.scenes.push(argument);
                }
                _ => return Err(format!("{argument} is no scene; {}", names()).into()),
            }
        }
        Ok(options)
    }

    fn includes(&self, scene: &str) -> bool {
        self.scenes.is_empty() || self.scenes.iter().any(|wanted| wanted == scene)
    }
}

fn names() -> String {
    let names: Vec<&str> = SCENES.iter().map(|scene| scene.name).collect();
    format!("the scenes are {}", names.join(", "))
}

fn main() -> ExitCode {
    match measure() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(trouble) => {
            println!("relays: {trouble}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether every figure is as it should be.
fn measure() -> Result<bool, Trouble> {
    let options = Options::parse(std::env::args().skip(1))?;
    let mut is_well = true;
    for scene in SCENES.iter().filter(|scene| options.includes(scene.name)) {
        println!("{}: {} (load {})", scene.name, scene.meaning, load()?);
        for figure in (scene.play)(&options.program, options.seed)? {
            println!("  {figure}");
            is_well &= figure.is_reached();
        }
    }
    Ok(is_well)
}

/// The load of the machine in the last minute.
fn load() -> Result<String, Trouble> {
    let load = std::fs::read_to_string("/proc/loadavg")?;
    Ok(load.split(' ').next().unwrap_or_default().to_owned())
}
