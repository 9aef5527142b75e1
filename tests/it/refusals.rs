//! What bad input gets: one clear message that says what was attempted, where,
//! and what to do next; the documented exit code; and nothing half done.

mod issues;
mod machine;
mod theme;
