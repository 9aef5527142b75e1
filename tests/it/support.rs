//! What several features need to be tried.

pub mod rendering;
