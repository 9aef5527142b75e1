//! The fields before the Markdown, in three forms.
//!
//! In: a source text. Out: its fields in the order in which they were written, each
//! with its place, and the offset at which the Markdown begins. Absent on purpose:
//! the meaning of the fields, which [`fields`](super::fields) knows.

mod key_value;
mod toml;
mod yaml;

use std::collections::HashMap;

use serde_json::Value;

use crate::source::rules::FRONT_MATTER;
use crate::source::{Findings, SourceText, Span};

/// The keys that Postrider understands. The theme gets all others.
pub(crate) const KNOWN_KEYS: [&str; 12] = [
    "title",
    "number",
    "date",
    "slug",
    "summary",
    "preheader",
    "category",
    "tags",
    "language",
    "lang",
    "draft",
    "send_at",
];

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// The name in lower case, with `_` for `-` and spaces.
    pub key: String,
    pub key_span: Span,
    /// `Key: value` lines only give strings.
    pub value: Value,
    pub span: Span,
}

#[derive(Debug, Default)]
pub(crate) struct FrontMatter {
    /// The fields, each key once.
    pub fields: Vec<Field>,
    /// The offset of the first byte after the front matter.
    pub body_start: usize,
}

impl FrontMatter {
    /// Reads the front matter. The first line that is not blank decides the
    /// form: `---` begins YAML, `+++` begins TOML, and a block of `Key: value`
    /// lines, of which at least one key is known, ends at the first blank line.
    pub(super) fn read(source: &SourceText, findings: &mut Findings<'_>) -> Self {
        let text = source.text();
        let start = text.len() - text.trim_start_matches([' ', '\t', '\n']).len();
        let start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let mut front_matter = match first_line(&text[start..]).trim_end() {
            "---" => fenced(text, start, &["---", "..."], findings, yaml::read),
            "+++" => fenced(text, start, &["+++"], findings, toml::read),
            _ => key_value::read(text, start, findings),
        };
        refuse_repeated_keys(&mut front_matter.fields, source, findings);
        front_matter
    }
}

/// The spelling of a key for comparison: `Send-At` and `send_at` are the same.
fn normalised_key(key: &str) -> String {
    key.trim().to_lowercase().replace(['-', ' '], "_")
}

fn first_line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default()
}

/// Finds the closing fence and calls `read` with the text before it.
fn fenced(
    text: &str,
    start: usize,
    closings: &[&str],
    findings: &mut Findings<'_>,
    read: fn(&str, usize, &mut Findings<'_>) -> Vec<Field>,
) -> FrontMatter {
    let fence = first_line(&text[start..]);
    let inner_start = (start + fence.len() + 1).min(text.len());
    let mut line_start = inner_start;
    for line in text[inner_start..].split('\n') {
        if closings.contains(&line.trim_end()) {
            let fields = read(&text[inner_start..line_start], inner_start, findings);
            return FrontMatter { fields, body_start: line_start + line.len() };
        }
        line_start += line.len() + 1;
    }
    let fence_name = fence.trim_end();
    findings.at(
        &(start..start + fence.len()),
        FRONT_MATTER,
        format!("the front matter that begins with `{fence_name}` is never closed"),
        format!("Put a line `{fence_name}` after its last field."),
    );
    // So that the text is checked as well.
    let body_start = text[start..].find("\n\n").map_or(text.len(), |at| start + at + 1);
    FrontMatter { fields: Vec::new(), body_start }
}

/// Keeps the first of each key and reports the others.
fn refuse_repeated_keys(fields: &mut Vec<Field>, source: &SourceText, findings: &mut Findings<'_>) {
    let mut first_spans = HashMap::new();
    fields.retain(|field| {
        let first_span = first_spans.entry(field.key.clone()).or_insert(field.key_span.clone());
        let is_first = *first_span == field.key_span;
        if !is_first {
            let first_line = source.place(first_span).line;
            findings.at(
                &field.key_span,
                FRONT_MATTER,
                format!("`{}` was already given in line {first_line}", field.key),
                "Keep one of the two.",
            );
        }
        is_first
    });
}
