//! What this product promises, feature by feature, through its public face.

mod check;
mod render;
mod render_judge;
mod support;
