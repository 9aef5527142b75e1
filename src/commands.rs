//! One command, one file. Here rooms meet that do not know each other: a store
//! and a transport, a theme and a folder.
//!
//! In: arguments and a [`Context`]. Out: an [`Exit`](crate::error::Exit), or
//! the [`Failure`](crate::error::Failure) that ended the run.

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::Environment;
use crate::domain::{Clock, Random};
use crate::ui::Ui;

pub mod check;
pub mod due;
pub mod new;
pub mod preview;
pub mod proof;
pub mod send;
pub mod serve;
pub mod status;
pub mod subscribers;
pub mod theme;

mod approval;
mod campaigns;
mod host;
mod identity;
mod newsletter;
mod order;
mod plan;
mod provider;
mod relay;

/// What a command may know of the world.
pub struct Context {
    /// Where it speaks.
    pub ui: Ui,
    /// What the process was started with.
    pub environment: Environment,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Unguessable bytes.
    pub random: Arc<dyn Random>,
    /// The newsletter's folder, if one was named.
    pub root: Option<PathBuf>,
    /// Whom the results are for.
    pub form: Form,
}

/// Whom results are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// People.
    Human,
    /// Scripts.
    Json,
}

/// Refuses a rule that `--allow` does not know.
fn known_rules(allowed: &[String]) -> Result<(), crate::error::Failure> {
    for name in allowed {
        if crate::check::rule(name).is_none() {
            let known: Vec<&str> = crate::check::RULES.iter().map(|rule| rule.id.0).collect();
            return Err(crate::error::Failure::new(
                crate::error::Exit::Usage,
                format!("`--allow {name}`: there is no such rule"),
            )
            .hint(format!("The rules are {}.", known.join(", "))));
        }
    }
    Ok(())
}
