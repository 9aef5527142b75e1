//! The fields by which site generators keep a post from being published, or from being
//! listed.
//!
//! In: the value of such a field. Out: whether the issue is a draft, or nothing if the
//! value is not understood; then nobody should send it.

use serde_json::Value;

/// Every field that may say so, in the spelling of [`normalised_key`](super::front_matter).
pub(super) const KEYS: [(&str, DraftField); 10] = [
    // Hugo, Zola, Docusaurus, Astro, Quarto, MkDocs Material.
    ("draft", DraftField::IfTrue),
    // Jekyll, `docs/_docs/front-matter.md`.
    ("published", DraftField::IfFalse),
    // Notes that are published from an editor.
    ("publish", DraftField::IfFalse),
    // Pelican, `docs/content.rst`; other programs add words of their own.
    ("status", DraftField::Status),
    // Docusaurus, `packages/docusaurus-utils/src/contentVisibilityUtils.ts`: only who has the
    // link finds the page.
    ("unlisted", DraftField::IfTrue),
    ("hidden", DraftField::IfTrue),
    // Hugo: the page is in no list and has no address.
    ("headless", DraftField::IfTrue),
    ("private", DraftField::IfTrue),
    // Eleventy: the page is written nowhere, or in no list.
    ("permalink", DraftField::Permalink),
    ("eleventyexcludefromcollections", DraftField::IfTrue),
];

/// What a field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DraftField {
    /// `true` means a draft.
    IfTrue,
    /// `false` means a draft. A date says when it was published.
    IfFalse,
    /// A word.
    Status,
    /// Only `false` means a draft.
    Permalink,
}

const TRUE: [&str; 5] = ["true", "yes", "on", "1", "y"];
const FALSE: [&str; 5] = ["false", "no", "off", "0", "n"];
const PUBLISHED: [&str; 9] =
    ["published", "publish", "public", "live", "final", "ready", "done", "sent", "listed"];
const NOT_PUBLISHED: [&str; 12] = [
    "draft",
    "drafts",
    "hidden",
    "skip",
    "private",
    "unpublished",
    "unlisted",
    "pending",
    "wip",
    "in progress",
    "archived",
    "idea",
];

impl DraftField {
    /// Whether a value says that the issue is a draft.
    pub(super) fn of_value(self, value: &Value) -> Option<bool> {
        let text = match value {
            Value::Null => return Some(false),
            Value::Bool(truth) => truth.to_string(),
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_lowercase(),
            Value::Array(_) | Value::Object(_) => {
                return (self == Self::Permalink).then_some(false);
            }
        };
        let is_one_of = |words: &[&str]| words.contains(&text.as_str());
        let truth = if is_one_of(&TRUE) {
            Some(true)
        } else if is_one_of(&FALSE) {
            Some(false)
        } else {
            None
        };
        if text.is_empty() {
            return Some(false);
        }
        match self {
            Self::IfTrue => truth,
            Self::IfFalse => {
                truth.map(|truth| !truth).or_else(|| begins_with_a_day(&text).then_some(false))
            }
            Self::Permalink => Some(truth == Some(false)),
            Self::Status if is_one_of(&PUBLISHED) => Some(false),
            Self::Status => is_one_of(&NOT_PUBLISHED).then_some(true),
        }
    }

    pub(super) fn advice(self, key: &str) -> String {
        match self {
            Self::Status => {
                format!("Write `{key}: published` or `{key}: draft`, or leave the line out.")
            }
            _ => format!("Write `{key}: true` or `{key}: false`, or leave the line out."),
        }
    }
}

/// Whether a text begins as `2026-11-25` or `2026/11/25` does.
fn begins_with_a_day(text: &str) -> bool {
    let year = text.bytes().take_while(u8::is_ascii_digit).count();
    year == 4 && text[year..].starts_with(['-', '/', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_draft_is_understood_in_every_spelling_or_asked_about() {
        let of = |key: &str, value: Value| {
            let (_, field) = KEYS.into_iter().find(|(known, _)| *known == key).unwrap();
            field.of_value(&value)
        };
        for (key, value, expected) in [
            ("draft", json!(true), Some(true)),
            ("draft", json!("Yes"), Some(true)),
            ("draft", json!(1), Some(true)),
            ("draft", json!("off"), Some(false)),
            ("draft", json!(null), Some(false)),
            ("draft", json!("perhaps"), None),
            ("draft", json!([true]), None),
            ("published", json!(false), Some(true)),
            ("published", json!("true"), Some(false)),
            ("published", json!("2026-11-25T10:00:00Z"), Some(false)),
            ("published", json!("soon"), None),
            ("status", json!("Draft"), Some(true)),
            ("status", json!("hidden"), Some(true)),
            ("status", json!("skip"), Some(true)),
            ("status", json!("published"), Some(false)),
            ("status", json!("in review"), None),
            ("unlisted", json!(true), Some(true)),
            ("permalink", json!(false), Some(true)),
            ("permalink", json!("/2026/12/"), Some(false)),
            ("permalink", json!({"build": "x"}), Some(false)),
            ("eleventyexcludefromcollections", json!(true), Some(true)),
        ] {
            assert_eq!(of(key, value.clone()), expected, "{key}: {value}");
        }
    }
}
