//! What the core is handed instead of fetching it.

use std::time::Duration;

pub use jiff::Timestamp;

/// The time of day. The process has one, made in `main`; tests bring their own.
pub trait Clock: Send + Sync {
    /// The present moment, in UTC.
    fn now(&self) -> Timestamp;

    /// The time that has passed since some moment before. Nobody sets this
    /// clock, so it measures waits; only [`Self::now`] says what day it is.
    fn uptime(&self) -> Duration;
}

/// A source of unguessable bytes.
pub trait Random: Send + Sync {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}
