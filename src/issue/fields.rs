//! The meaning of the fields of the front matter.
//!
//! In: fields as they were written. Out: typed values with their places, and a
//! finding for each value that is not of the kind of its key.

use jiff::{Timestamp, Zoned, civil};
use serde_json::Value;

use super::front_matter::Field;
use super::{Located, SendTime, drafts, template_field};
use crate::domain::{HeaderText, HeaderTextError, LanguageTag, LanguageTagError, Slug};
use crate::source::rules::{
    FRONT_MATTER, FRONT_MATTER_DATE, FRONT_MATTER_LANGUAGE, FRONT_MATTER_NUMBER, FRONT_MATTER_SLUG,
    FRONT_MATTER_TITLE,
};
use crate::source::{Findings, SourceText};

/// The fields that are not taken yet. The ones left at the end are for the theme.
pub(super) struct Fields<'f, 's> {
    pub(super) source: &'s SourceText,
    pub(super) fields: Vec<Field>,
    pub(super) findings: &'f mut Findings<'s>,
}

impl Fields<'_, '_> {
    /// The title. A blank one counts as missing.
    pub(super) fn title(&mut self) -> Option<Located<HeaderText>> {
        let Located { value, span } = self.text(&["title"])?;
        let (code, what) = match HeaderText::parse(&value) {
            Ok(value) => return Some(Located { value, span }),
            Err(HeaderTextError::Empty) => return None,
            Err(HeaderTextError::Control(code)) => (code, "a control character"),
            Err(HeaderTextError::Turning(code)) => {
                (code, "an invisible character that turns text around")
            }
        };
        // An escape such as `\u202E` does not hold the character itself.
        let written = &self.source.text()[span.clone()];
        let at = written.char_indices().find(|(_, c)| u32::from(*c) == code);
        let span = at.map_or(span.clone(), |(at, c)| {
            let start = span.start + at;
            start..start + c.len_utf8()
        });
        self.findings.at(
            &span,
            FRONT_MATTER_TITLE,
            format!("the title holds {what} (U+{code:04X})"),
            "Delete it; the title becomes the subject, which is one line of plain text.",
        );
        None
    }

    pub(super) fn number(&mut self) -> Option<Located<u64>> {
        let Located { value, span } = self.text(&["number"])?;
        let number = value.trim_start_matches('#').parse().ok();
        if number.is_none() {
            self.findings.at(
                &span,
                FRONT_MATTER_NUMBER,
                not_a("the number of an issue", &value),
                "Write a whole number such as `664`, or leave the line out.",
            );
        }
        number.map(|value| Located { value, span })
    }

    /// The day, and the instant if one was written. A time after the day, as
    /// Pelican allows, is checked and dropped. Only a time with an offset, as Hugo
    /// writes it, makes an instant.
    pub(super) fn date(&mut self) -> Option<(Located<civil::Date>, Option<Timestamp>)> {
        let Located { value, span } = self.text(&["date"])?;
        let (day, time) = value.split_once(['T', ' ']).unwrap_or((&value, "00:00"));
        // Jekyll writes a space before the offset: `2026-08-26 09:30:00 +0200`.
        let time = time.trim().replace(" +", "+").replace(" -", "-");
        let moment = format!("{day} {time}");
        let zoned = || moment.parse().ok().map(|zoned: Zoned| zoned.timestamp());
        let instant = moment.parse().ok().or_else(zoned);
        let exists = instant.is_some() || moment.parse::<civil::DateTime>().is_ok();
        let Some(day) = day.parse().ok().filter(|_| exists) else {
            let message = if looks_like_a_day(day) {
                format!("`{}` is not a day or time that exists", shortened(&value))
            } else {
                not_a("a date", &value)
            };
            let advice = "Write it as year, month and day: `2026-08-26`.";
            self.findings.at(&span, FRONT_MATTER_DATE, message, advice);
            return None;
        };
        Some((Located { value: day, span }, instant))
    }

    pub(super) fn send_at(&mut self) -> Option<SendTime> {
        let Located { value, span } = self.text(&["send_at"])?;
        let time = SendTime::parse(&value);
        if time.is_none() {
            self.findings.at(
                &span,
                FRONT_MATTER_DATE,
                format!("`{}` is not a day and a time", shortened(&value)),
                "Write `2026-08-26 17:00`, in the time zone of `[schedule]`, or \
                 `2026-08-26T17:00:00+02:00`.",
            );
        }
        time
    }

    /// Whether any field says that the issue is not to be published, as [`drafts`] reads it.
    pub(super) fn draft(&mut self) -> bool {
        let mut is_draft = false;
        for (key, meaning) in drafts::KEYS {
            let Some(field) = self.fields.iter().find(|field| field.key == key) else { continue };
            match meaning.of_value(&field.value) {
                Some(says_draft) => is_draft |= says_draft,
                None => self.findings.at(
                    &field.span,
                    FRONT_MATTER,
                    format!(
                        "`{key}` may say that this is a draft, and its value is not understood"
                    ),
                    meaning.advice(key),
                ),
            }
            // A permalink is for the theme, too.
            if key != "permalink" {
                self.take(key);
            }
        }
        is_draft
    }

    pub(super) fn slug(&mut self) -> Option<Slug> {
        let Located { value, span } = self.text(&["slug"])?;
        match Slug::parse(&value) {
            Ok(slug) => Some(slug),
            Err(error) => {
                let advice = match Slug::from_text(&value) {
                    Some(proposed) => format!("Write `{proposed}`, or leave the line out."),
                    None => "Leave the line out, and the file name is used.".to_owned(),
                };
                let message = format!("`{}` is not a slug: {error}", shortened(&value));
                self.findings.at(&span, FRONT_MATTER_SLUG, message, advice);
                None
            }
        }
    }

    pub(super) fn language(&mut self) -> Option<Located<LanguageTag>> {
        let Located { value, span } = self.text(&["language", "lang"])?;
        match LanguageTag::parse(&value) {
            Ok(value) => Some(Located { value, span }),
            Err(error) => {
                let message = format!("`{}` {error}", shortened(&value));
                self.findings.at(&span, FRONT_MATTER_LANGUAGE, message, LanguageTagError::ADVICE);
                None
            }
        }
    }

    /// The tags: a list, or text with commas.
    pub(super) fn tags(&mut self) -> Vec<String> {
        let Some(field) = self.take("tags") else { return Vec::new() };
        let tags: Vec<String> = match &field.value {
            Value::Array(items)
                if items.iter().all(|item| item.is_string() || item.is_number()) =>
            {
                items
                    .iter()
                    .map(|item| item.as_str().map_or(item.to_string(), str::to_owned))
                    .collect()
            }
            _ => {
                let text = self.text_of(field).map(|text| text.value).unwrap_or_default();
                text.split(',').map(str::to_owned).collect()
            }
        };
        tags.iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect()
    }

    /// The text of the first of `keys` that is given, if it is not blank.
    pub(super) fn text(&mut self, keys: &[&str]) -> Option<Located<String>> {
        let field = keys.iter().find_map(|key| self.take(key))?;
        self.text_of(field).filter(|text| !text.value.is_empty())
    }

    /// The fields that were not taken.
    pub(super) fn rest(self) -> std::collections::BTreeMap<String, Located<Value>> {
        let located = |field: Field| Located { value: field.value, span: field.key_span };
        self.fields.into_iter().map(|field| (field.key.clone(), located(field))).collect()
    }

    fn take(&mut self, key: &str) -> Option<Field> {
        let at = self.fields.iter().position(|field| field.key == key)?;
        Some(self.fields.remove(at))
    }

    /// A number keeps the digits that were written: the title `1.10` is not `1.1`.
    fn text_of(&mut self, field: Field) -> Option<Located<String>> {
        let Field { key, value, span, .. } = field;
        let value = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Null => return None,
            Value::Number(_)
                if self.source.text()[span.clone()].starts_with(|c: char| c.is_ascii_digit()) =>
            {
                self.source.text()[span.clone()].trim().to_owned()
            }
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Array(_) | Value::Object(_) => {
                self.findings.at(
                    &span,
                    FRONT_MATTER,
                    format!("`{key}` holds a list or a table, and one value is expected"),
                    "Write one value on the line of its key.",
                );
                return None;
            }
        };
        Some(Located { value, span })
    }
}

/// Whether a text is written as `2026-08-26` is, be there such a day or not.
pub(super) fn looks_like_a_day(text: &str) -> bool {
    let digits =
        |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<_> = text.split('-').collect();
    matches!(parts[..], [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2))
}

fn not_a(wanted: &str, value: &str) -> String {
    match template_field(value) {
        Some(field) => format!("`{field}` is left of a template, and not {wanted}"),
        None => format!("`{}` is not {wanted}", shortened(value)),
    }
}

/// A value as a message shows it: one line of at most 60 characters.
fn shortened(value: &str) -> String {
    let mut shown: String =
        value.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).take(60).collect();
    if value.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}
