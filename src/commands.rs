//! One command, one file: each parses its arguments, asks, calls a room, and
//! prints.
//!
//! In: arguments and a [`Context`](crate::host::Context). Out: an
//! [`Exit`], or the [`Failure`] that
//! ended the run. Deliberately absent: the rules of sending, which are in
//! [`publish`](crate::publish).

pub(crate) mod adopt;
pub(crate) mod cancel;
pub(crate) mod check;
pub(crate) mod due;
pub(crate) mod new;
pub(crate) mod preview;
pub(crate) mod proof;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod status;
pub(crate) mod subscribers;
pub(crate) mod theme;

use crate::error::{Exit, Failure};
use crate::source::Rule;
use crate::source::rules::Subject;

/// Refuses a rule that `--allow` does not take.
fn known_rules(allowed: &[String]) -> Result<(), Failure> {
    match allowed.iter().find(|id| Rule::allowable(id).is_none()) {
        None => Ok(()),
        Some(id) => {
            let known: Vec<&str> = Rule::about(Subject::Issue).map(|rule| rule.id.0).collect();
            Err(Failure::new(Exit::Usage, format!("`--allow {id}`: there is no such rule"))
                .hint(format!("The rules are {}.", known.join(", "))))
        }
    }
}
