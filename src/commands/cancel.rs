//! `postrider cancel`: calls an issue off, also while another process sends it.

use std::path::PathBuf;

use clap::Args;

use crate::config::{Config, Root};
use crate::error::{Exit, Failure};
use crate::host::{Context, block_on};
use crate::publish::cancel;
use crate::publish::store_access::with_store;
use crate::store::OpenMode;

/// Call an issue off: nobody else gets it, also if it is being sent now
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The issue file, or its slug
    #[arg(value_name = "ISSUE")]
    issue: PathBuf,
    /// Take it back: `send` and `due` may send the issue again to those who do not have it
    #[arg(long)]
    undo: bool,
}

/// Calls one issue off, or takes that back. It does not ask, because nobody is mailed.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let root = Root::find(context.root.as_deref(), &context.environment)?;
    let config = Config::load(&root, &context.environment, None)?;
    block_on(with_store(context, &config, OpenMode::MustExist, async |store| {
        let report = if arguments.undo {
            cancel::undo(&config, store, &arguments.issue).await?
        } else {
            cancel::cancel(context, &config, store, &arguments.issue).await?
        };
        report.write(context)
    }))
}
