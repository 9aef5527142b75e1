//! From an issue and a theme to the two parts of a mail.
//!
//! In: a parsed [`Issue`](crate::issue::Issue), a
//! [`Theme`](crate::theme::Theme) and the newsletter's own words. Out: a
//! [`Rendered`]: subject, preheader, html and text, in which everything that
//! differs from reader to reader is a typed [`Slot`]. Absent on purpose: the
//! reader. Nothing here runs once per recipient.

mod slots;

pub use slots::{Context, Piece, Slot, SlotValues, Template};

/// An issue as every reader will get it, but for the slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The `Subject`, one line.
    pub subject: crate::domain::HeaderText,
    /// The line that mail programs show after the subject; may be empty.
    pub preheader: String,
    /// The `text/html` part.
    pub html: Template,
    /// The `text/plain` part, lines ending in LF.
    pub text: Template,
}
