//! The promises of the program, a file for each feature.

mod render;
mod render_judge;
mod support;
