//! YAML between two lines of `---`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_saphyr::{DuplicateKeyPolicy, Location, MessageFormatter, Spanned, UserMessageFormatter};

use super::{Field, normalised_key};
use crate::source::rules::FRONT_MATTER;
use crate::source::{Findings, Span};

/// Reads the YAML `text`, which begins at `offset` in the source. Repeated keys stay,
/// because the caller reports them with the line of the first one.
pub(super) fn read(text: &str, offset: usize, findings: &mut Findings<'_>) -> Vec<Field> {
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Entries>(text, options) {
        Ok(Entries(entries)) => entries
            .into_iter()
            .map(|(key, value)| Field {
                key: normalised_key(&key.value),
                key_span: span_of(&key.referenced, text, offset),
                span: span_of(&value.referenced, text, offset),
                value: value.value,
            })
            .collect(),
        Err(error) => {
            let span = error.location().map_or(offset..offset, |l| span_of(&l, text, offset));
            let message = UserMessageFormatter.format_message(error.without_snippet());
            findings.at(
                &span,
                FRONT_MATTER,
                format!("the front matter is not YAML: {message}"),
                "Correct this line; put a value in quotes if it holds `:`, `#` or a quote mark.",
            );
            Vec::new()
        }
    }
}

/// The fields in their order, with the repeated ones.
struct Entries(Vec<(Spanned<String>, Spanned<Value>)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`key: value` fields")
    }

    fn visit_unit<E>(self) -> Result<Entries, E> {
        Ok(Entries(Vec::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

/// The bytes of a location. Values have byte offsets; errors only a line and a
/// column, both from 1, the column in characters.
fn span_of(location: &Location, text: &str, offset: usize) -> Span {
    let span = location.span();
    let (start, length) = match (span.byte_offset(), span.byte_len()) {
        (Some(start), Some(length)) => (start as usize, length as usize),
        _ => (offset_of(location, text), 0),
    };
    let start = start.min(text.len());
    start + offset..(start + length).min(text.len()) + offset
}

fn offset_of(location: &Location, text: &str) -> usize {
    let lines_before = (location.line() as usize).saturating_sub(1);
    let line_start: usize = text.split_inclusive('\n').take(lines_before).map(str::len).sum();
    let line = text[line_start..].split('\n').next().unwrap_or_default();
    let characters_before = (location.column() as usize).saturating_sub(1);
    let column = line.char_indices().nth(characters_before).map_or(line.len(), |(at, _)| at);
    line_start + column
}
