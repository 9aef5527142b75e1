//! Bad input gets one clear message (what was attempted, where, and what to do), the
//! documented exit code, and no half-done work.

mod issues;
mod machine;
mod theme;
mod together;
