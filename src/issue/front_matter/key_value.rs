//! `Key: value` lines that end at the first blank line.

use serde_json::Value;

use super::{Field, FrontMatter, KNOWN_KEYS, normalised_key};
use crate::source::Findings;
use crate::source::rules::FRONT_MATTER;

/// Reads the block of lines that begins at `start`. A block without any known key
/// is the beginning of the article, because a sentence may begin with `Note:`.
pub(super) fn read(text: &str, start: usize, findings: &mut Findings<'_>) -> FrontMatter {
    let mut fields: Vec<Field> = Vec::new();
    let mut strays = Vec::new();
    let mut line_start = start;
    for line in text[start..].split('\n') {
        let line_end = line_start + line.len();
        if line.trim().is_empty() {
            break;
        }
        match (field(line, line_start), fields.last_mut()) {
            (Some(field), _) => fields.push(field),
            (None, Some(last)) if line.starts_with([' ', '\t']) => {
                continue_value(last, line, line_end);
            }
            (None, None) => break,
            (None, Some(_)) => strays.push(line_start..line_end),
        }
        line_start = line_end + 1;
    }
    if !fields.iter().any(|field| KNOWN_KEYS.contains(&field.key.as_str())) {
        return FrontMatter { fields: Vec::new(), body_start: start };
    }
    for stray in strays {
        findings.at(
            &stray,
            FRONT_MATTER,
            "this line of the front matter is not a `Key: value` line",
            "If the article begins here, put an empty line before it.",
        );
    }
    FrontMatter { fields, body_start: line_start.min(text.len()) }
}

fn field(line: &str, line_start: usize) -> Option<Field> {
    let (key, value) = line.split_once(':')?;
    let well_formed = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let separated = value.is_empty() || value.starts_with([' ', '\t']);
    if !well_formed || !separated {
        return None;
    }
    let trimmed = value.trim();
    let value_start = line_start + key.len() + 1 + (value.len() - value.trim_start().len());
    Some(Field {
        key: normalised_key(key),
        key_span: line_start..line_start + key.len(),
        value: Value::String(trimmed.to_owned()),
        span: value_start..value_start + trimmed.len(),
    })
}

/// Adds an indented line to the value of the line before it.
fn continue_value(field: &mut Field, line: &str, line_end: usize) {
    if let Value::String(value) = &mut field.value {
        if !value.is_empty() {
            value.push(' ');
        }
        value.push_str(line.trim());
    }
    field.span.end = line_end;
}
