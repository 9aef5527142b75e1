//! What the author wrote: front matter and a Markdown document.
//!
//! In: a [`SourceText`] and the slug that its file name suggests. Out: an
//! [`Issue`] in which every part knows its place, or located reasons why the
//! file is not an issue. Absent on purpose: reading files, and judging what
//! was written, which [`check`](crate::check) does.

mod document;

pub use document::{Document, UndefinedReference};

use std::collections::BTreeMap;

use crate::domain::{HeaderText, Slug};
use crate::source::{SourceText, Span};

/// Something, and where it stands in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The thing.
    pub value: T,
    /// Its bytes in the source.
    pub span: Span,
}

/// One issue of a newsletter.
#[derive(Debug, Clone)]
pub struct Issue<'s> {
    /// The file it came from.
    pub source: &'s SourceText,
    /// The title, which is the subject too. A missing one is a finding, so that
    /// `preview` works before the author has thought of one.
    pub title: Option<Located<HeaderText>>,
    /// The issue's number.
    pub number: Option<Located<u64>>,
    /// The day it is dated.
    pub date: Option<Located<jiff::civil::Date>>,
    /// When it is due, if the front matter overrides the schedule.
    pub send_at: Option<Located<String>>,
    /// `draft: true`: `due` passes it over.
    pub draft: bool,
    /// What names it for good.
    pub slug: Slug,
    /// What mail programs show after the subject.
    pub preheader: String,
    /// A category, for the theme.
    pub category: Option<String>,
    /// Tags, for the theme.
    pub tags: Vec<String>,
    /// The language (BCP 47), when it differs from the newsletter's.
    pub language: Option<Located<String>>,
    /// Every other key of the front matter, for the theme.
    pub extra: BTreeMap<String, serde_json::Value>,
    /// The Markdown that follows the front matter.
    pub document: Document<'s>,
}
