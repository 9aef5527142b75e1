//! The command line: its grammar, and which command runs.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::{Layer, layer::SubscriberExt, util::SubscriberInitExt};

use crate::commands;
pub use crate::config::Environment;
use crate::domain::{Clock, Random};
use crate::error::{Exit, Failure};
use crate::host::{Context, OutputFormat};
use crate::ui::{ColourMode, Ui, Volume};

/// Carries a newsletter issue from Markdown in git to the inbox.
#[derive(Debug, Parser)]
#[command(name = "postrider", version, propagate_version = true, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
   0  done, or nothing to do, or already sent
   1  a fault of this program
   2  the command line or the configuration is wrong
   3  an input cannot be read: issue, theme, CSV
   4  the checks refused the issue
   5  proof missing, or of other bytes
   6  held by another sender
   7  server, provider or database unreachable or refused us; resumable
   8  stopped by the breaker, a pause, a signal or `cancel`; resumable
   9  finished with rejections
  10  outcomes unknown
  11  blocked or overdue
  12  local store missing, full, read-only, of a newer version, moved or restored
Where several apply: 10, 12, 7, 8, 9 in that order.";

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
struct Global {
    /// The newsletter's folder [default: the nearest one upwards that holds postrider.toml]
    #[arg(long, global = true, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Write results as JSON to standard output
    #[arg(long, global = true)]
    json: bool,
    /// Print only warnings and errors
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print details
    #[arg(long, short, global = true)]
    verbose: bool,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = ColourMode::Auto, value_name = "WHEN")]
    color: ColourMode,
}

#[derive(Debug, Subcommand)]
enum Command {
    New(commands::new::Arguments),
    Check(commands::check::Arguments),
    Preview(commands::preview::Arguments),
    Proof(commands::proof::Arguments),
    Send(commands::send::Arguments),
    Cancel(commands::cancel::Arguments),
    Adopt(commands::adopt::Arguments),
    Due(commands::due::Arguments),
    Status(commands::status::Arguments),
    /// Import, export, add, show, edit, unsubscribe, suppress or count subscribers
    #[command(subcommand)]
    Subscribers(commands::subscribers::SubscribersCommand),
    /// Check, create and list themes
    #[command(subcommand)]
    Theme(commands::theme::Action),
    Serve(commands::serve::Arguments),
}

/// Runs the program. Everything outside the process comes in as an argument.
pub fn run(
    arguments: Vec<std::ffi::OsString>,
    environment: Environment,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Exit {
    let no_color = environment.get("NO_COLOR").map(str::to_owned);
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no errors.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            // If this cannot be printed, no other message can be printed either.
            let _ = error.print();
            return exit;
        }
    };
    let volume = match (cli.global.quiet, cli.global.verbose) {
        (true, _) => Volume::Quiet,
        (_, true) => Volume::Verbose,
        _ => Volume::Normal,
    };
    log_to_standard_error(volume);
    let ui = Ui::for_process(volume, cli.global.color, no_color.as_deref(), Arc::clone(&clock));
    let format = if cli.global.json { OutputFormat::Json } else { OutputFormat::Human };
    let context = Context { ui, environment, clock, random, root: cli.global.root, format };
    match dispatch(&context, cli.command) {
        Ok(exit) => exit,
        Err(failure) => context.ui.failure(&failure),
    }
}

/// Sets up the log of `serve`: errors always, and a line for each request with
/// `--verbose`. Log lines of libraries are dropped.
fn log_to_standard_error(volume: Volume) {
    let level = match volume {
        Volume::Verbose => LevelFilter::INFO,
        Volume::Normal | Volume::Quiet => LevelFilter::WARN,
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false);
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    // Only a test runs twice in one process; the second run keeps the log of the first.
    let _ = tracing_subscriber::registry().with(lines.with_filter(ours)).try_init();
}

fn dispatch(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::New(arguments) => commands::new::run(context, &arguments),
        Command::Check(arguments) => commands::check::run(context, &arguments),
        Command::Preview(arguments) => commands::preview::run(context, &arguments),
        Command::Proof(arguments) => commands::proof::run(context, &arguments),
        Command::Send(arguments) => commands::send::run(context, &arguments),
        Command::Adopt(arguments) => commands::adopt::run(context, &arguments),
        Command::Cancel(arguments) => commands::cancel::run(context, &arguments),
        Command::Due(arguments) => commands::due::run(context, &arguments),
        Command::Status(arguments) => commands::status::run(context, &arguments),
        Command::Subscribers(action) => commands::subscribers::run(context, &action),
        Command::Theme(action) => commands::theme::run(context, &action),
        Command::Serve(arguments) => commands::serve::run(context, &arguments),
    }
}
