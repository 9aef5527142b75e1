//! One command, one file: each parses its arguments, asks, calls a room, and
//! prints.
//!
//! In: arguments and a [`Context`](crate::host::Context). Out: an
//! [`Exit`](crate::error::Exit), or the [`Failure`](crate::error::Failure) that
//! ended the run. Deliberately absent: the rules of sending, which are in
//! [`publish`](crate::publish).

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

/// Refuses an `--allow` of a rule that does not exist.
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
