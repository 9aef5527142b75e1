//! What bodies may hold, and what answers look like.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Call, LIST};

/// Stricter: the real one does not mind unknown keys, which hides misspellings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CampaignBody {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(deserialize_with = "recipients")]
    pub(super) recipients: Value,
    #[serde(deserialize_with = "settings")]
    pub(super) settings: Value,
    #[serde(rename = "tracking")]
    _tracking: Tracking,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tracking {
    #[serde(rename = "opens")]
    _opens: bool,
    #[serde(rename = "html_clicks")]
    _html_clicks: bool,
    #[serde(rename = "text_clicks")]
    _text_clicks: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContentBody {
    pub(super) html: String,
    pub(super) plain_text: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TestBody {
    pub(super) test_emails: Vec<String>,
    pub(super) send_type: String,
}

/// spec: the fields of settings and their types.
fn settings<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Value, D::Error> {
    const TEXTS: [&str; 5] = ["subject_line", "preview_text", "title", "from_name", "reply_to"];
    fields(input, |name, value| match name {
        name if TEXTS.contains(&name) => value.is_string(),
        "inline_css" | "auto_footer" => value.is_boolean(),
        _ => false,
    })
}

fn recipients<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Value, D::Error> {
    fields(input, |name, value| name == "list_id" && value == LIST)
}

fn fields<'de, D: serde::Deserializer<'de>>(
    input: D,
    is_right: impl Fn(&str, &Value) -> bool,
) -> Result<Value, D::Error> {
    let value = Value::deserialize(input)?;
    let object = value.as_object().ok_or_else(|| serde::de::Error::custom("not an object"))?;
    if object.iter().all(|(name, value)| is_right(name, value)) {
        Ok(value)
    } else {
        Err(serde::de::Error::custom("an unknown key or a wrong type"))
    }
}

pub(super) const JSON: &str = "Content-Type: application/json\r\n";

pub(super) fn ok(call: &Call, body: Value) -> Answer {
    // spec: `fields` names what is wanted, parts of parts after a dot.
    let wanted = call.query("fields").map(|text| text.split(',').collect::<BTreeSet<_>>());
    let body = match wanted {
        Some(wanted) => only(&body, "", &wanted).unwrap_or(json!({})),
        None => body,
    };
    Answer { status: 200, headers: JSON, body: body.to_string().into_bytes() }
}

fn only(value: &Value, path: &str, wanted: &BTreeSet<&str>) -> Option<Value> {
    if wanted.contains(path) {
        return Some(value.clone());
    }
    match value {
        Value::Object(fields) => {
            let inner = |name: &str| match path {
                "" => name.to_owned(),
                path => format!("{path}.{name}"),
            };
            let kept = fields.iter().filter_map(|(name, value)| {
                Some((name.clone(), only(value, &inner(name), wanted)?))
            });
            let kept: serde_json::Map<_, _> = kept.collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(items) => {
            Some(items.iter().filter_map(|item| only(item, path, wanted)).collect())
        }
        _ => None,
    }
}

pub(super) fn no_content() -> Answer {
    Answer { status: 204, headers: "", body: Vec::new() }
}

pub(super) fn problem(status: u16, title: &str, detail: &str) -> Answer {
    // docs: problem+json with these five members, and errors when fields are at fault.
    let body = json!({
        "type": "https://mailchimp.com/developer/marketing/docs/errors/", "title": title,
        "status": status, "detail": detail, "instance": "00000000-0000-0000-0000-000000000000",
    });
    let headers = "Content-Type: application/problem+json; charset=utf-8\r\n";
    Answer { status, headers, body: body.to_string().into_bytes() }
}

pub(super) fn from_base64(text: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut out) = (0_u32, 0, Vec::new());
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let digit = ALPHABET.iter().position(|known| *known == byte).unwrap();
        bits = (bits << 6) | u32::try_from(digit).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from((bits >> held) & 0xff).unwrap());
        }
    }
    String::from_utf8(out).unwrap()
}
