//! TOML between two lines of `+++`.

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::{Field, normalised_key};
use crate::source::rules::FRONT_MATTER;
use crate::source::{Findings, Span};

/// The most errors that are reported at once.
const MOST_ERRORS: usize = 5;

/// Reads the TOML `text`, which begins at `offset` in the source. The fields are in
/// the order of the text.
pub(super) fn read(text: &str, offset: usize, findings: &mut Findings<'_>) -> Vec<Field> {
    let moved = |span: Span| span.start + offset..span.end + offset;
    let (table, errors) = DeTable::parse_recoverable(text);
    // One value that nests too deep is reported once for each of its brackets.
    for error in errors.into_iter().take(MOST_ERRORS) {
        let span = error.span().unwrap_or(0..text.len());
        findings.at(
            &moved(span),
            FRONT_MATTER,
            format!("the front matter is not TOML: {}", error.message().trim()),
            "Correct this line; text values stand in double quotes.",
        );
    }
    let mut fields: Vec<_> = table
        .into_inner()
        .into_iter()
        .map(|(key, value)| Field {
            key: normalised_key(key.get_ref()),
            key_span: moved(key.span()),
            span: moved(value.span()),
            value: to_json(value.get_ref()),
        })
        .collect();
    fields.sort_by_key(|field| field.key_span.start);
    fields
}

/// Converts a value; dates become text. The parser limits how deep values nest.
fn to_json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Null, Value::from)
        }
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(truth) => Value::Bool(*truth),
        DeValue::Datetime(datetime) => Value::String(datetime.to_string()),
        DeValue::Array(items) => items.iter().map(|item| to_json(item.get_ref())).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), to_json(value.get_ref())))
            .collect(),
    }
}
