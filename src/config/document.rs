//! Reads the text of `postrider.toml` into values of known keys.
//!
//! Absent on purpose: the meaning of a value. Here only its kind is checked:
//! text, number, list, and so on.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{DefaultValue, Key, ValueKind, keys_of, sections};
use super::secrets::SecretName;
use crate::domain::nearest;
use crate::source::rules::{NOT_BUILT, SECRET_IN_FILE, SYNTAX, UNKNOWN_KEY, WRONG_TYPE};
use crate::source::{Finding, Place, Rule, SourceText, Span};

#[derive(Debug, Default)]
pub(super) struct ConfigDocument {
    pub(super) given: BTreeMap<&'static str, (Given, Origin)>,
    /// The headings of the sections that the file opens.
    pub(super) sections: BTreeMap<String, Place>,
    /// Keys whose values have a problem already.
    pub(super) refused: BTreeSet<&'static str>,
    pub(super) findings: Vec<Finding>,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Default,
    File(Place),
    /// A variable of this name set it.
    Environment(String),
    /// A flag of this name set it.
    Flag(&'static str),
}

/// A value as it was given; its kind is the one that the key takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Given {
    Text(String),
    Integer(i64),
    Boolean(bool),
    TextList(Vec<String>),
    Table(Vec<Leaf>),
}

/// One value of a table, with the names that lead to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    /// Never empty; the last one is its own.
    pub(super) names: Vec<(String, Place)>,
    pub(super) value: serde_json::Value,
    pub(super) place: Place,
}

impl Leaf {
    /// Its names with dots between them.
    pub(super) fn path(&self) -> String {
        let names: Vec<&str> = self.names.iter().map(|(name, _)| name.as_str()).collect();
        names.join(".")
    }
}

/// Reads the file.
///
/// # Errors
/// The file is not TOML. The findings are the places of its syntax errors.
pub(super) fn read(source: &SourceText) -> Result<ConfigDocument, Vec<Finding>> {
    let mut reader = Reader { source, document: ConfigDocument::default() };
    let (root, errors) = DeTable::parse_recoverable(source.text());
    if errors.is_empty() {
        reader.sections(root.get_ref());
        return Ok(reader.document);
    }
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let message = format!("this is not TOML: {}", error.message().replace('\n', "; "));
        reader.report(SYNTAX, &span, message, "Write it as https://toml.io describes.");
    }
    Err(reader.document.findings)
}

struct Reader<'s> {
    source: &'s SourceText,
    document: ConfigDocument,
}

type NameInFile<'i> = Spanned<std::borrow::Cow<'i, str>>;

impl Reader<'_> {
    fn sections(&mut self, root: &DeTable<'_>) {
        for (key, value) in root {
            let name: &str = key.get_ref();
            let DeValue::Table(table) = value.get_ref() else {
                self.outside_sections(key);
                continue;
            };
            if name == "dkim" {
                self.report(
                    NOT_BUILT,
                    &key.span(),
                    "`[dkim]`: signing is not built yet",
                    "Take the section out, and let the relay sign.",
                );
                continue;
            }
            if sections().all(|section| section != name) {
                self.unknown_section(key);
                continue;
            }
            let place = self.place(&key.span());
            self.document.sections.insert(name.to_owned(), place);
            for (key, value) in table {
                self.setting(name, key, value);
            }
        }
    }

    fn setting(&mut self, section: &str, key: &NameInFile<'_>, value: &Spanned<DeValue<'_>>) {
        let full = format!("{section}.{}", key.get_ref());
        let Some(known) = Key::find(&full) else {
            return self.unknown_key(section, key);
        };
        if let (ValueKind::Table, DeValue::Table(table)) = (known.kind, value.get_ref()) {
            let mut leaves = Vec::new();
            self.leaves(table, &mut Vec::new(), &mut leaves);
            let origin = Origin::File(self.place(&key.span()));
            self.document.given.insert(known.name, (Given::Table(leaves), origin));
            return;
        }
        match given(known.kind, value.get_ref()) {
            Ok(given) => {
                let origin = Origin::File(self.place(&value.span()));
                self.document.given.insert(known.name, (given, origin));
            }
            Err(expected) => {
                let found = in_words(value.get_ref());
                let message = format!("`{full}` takes {expected}, and this is {found}");
                self.document.refused.insert(known.name);
                self.report(WRONG_TYPE, &value.span(), message, example(known));
            }
        }
    }

    /// Collects every value below a table. `above` holds the names that lead to it.
    fn leaves(
        &mut self,
        table: &DeTable<'_>,
        above: &mut Vec<(String, Place)>,
        leaves: &mut Vec<Leaf>,
    ) {
        for (key, value) in table {
            above.push((key.get_ref().to_string(), self.place(&key.span())));
            match (value.get_ref(), json(value.get_ref())) {
                (DeValue::Table(table), _) => self.leaves(table, above, leaves),
                (_, Some(json)) => {
                    let place = self.place(&value.span());
                    leaves.push(Leaf { names: above.clone(), value: json, place });
                }
                (other, None) => {
                    let message = format!("{} is not a value that a theme takes", in_words(other));
                    let advice = "Write a text, a number, true, false, or a list of those.";
                    self.report(WRONG_TYPE, &value.span(), message, advice);
                }
            }
            above.pop();
        }
    }

    fn outside_sections(&mut self, key: &NameInFile<'_>) {
        let name: &str = key.get_ref();
        let home = sections().find(|section| keys_of(section).any(|known| known == name));
        let is_section = sections().any(|section| section == name);
        let (message, advice) = match home {
            _ if is_section => (
                format!("`{name}` is a section"),
                format!("Open it with `[{name}]` on its own line."),
            ),
            Some(home) => {
                (format!("`{name}` is outside the sections"), format!("Put it below `[{home}]`."))
            }
            None => (
                format!("there is no key `{name}` outside the sections"),
                "Take it out.".to_owned(),
            ),
        };
        self.report(UNKNOWN_KEY, &key.span(), message, advice);
    }

    fn unknown_section(&mut self, key: &NameInFile<'_>) {
        let name = key.get_ref();
        let all: Vec<String> = sections().map(|section| format!("[{section}]")).collect();
        let advice = nearest(name, sections()).map_or_else(
            || format!("The sections are {}.", all.join(", ")),
            |near| format!("Did you mean `[{near}]`?"),
        );
        self.report(UNKNOWN_KEY, &key.span(), format!("there is no section `[{name}]`"), advice);
    }

    fn unknown_key(&mut self, section: &str, key: &NameInFile<'_>) {
        let name: &str = key.get_ref();
        if let Some(variable) = secret_variable(section, name) {
            let message =
                format!("`{section}.{name}` is a secret, and this file is no place for one");
            let advice = format!(
                "Change it, as others may have read it. Then set the new one in {variable}, in a \
                 file that {variable}_FILE names, or as a systemd credential."
            );
            return self.report(SECRET_IN_FILE, &key.span(), message, advice);
        }
        let elsewhere = sections().find(|other| keys_of(other).any(|known| known == name));
        let advice = match (nearest(name, keys_of(section)), elsewhere) {
            (Some(near), _) => format!("Did you mean `{near}`?"),
            (None, Some(other)) => format!("`[{other}]` has one of that name."),
            (None, None) => {
                let keys: Vec<&str> = keys_of(section).collect();
                format!("Its keys are {}.", keys.join(", "))
            }
        };
        let message = format!("`[{section}]` has no key `{name}`");
        self.report(UNKNOWN_KEY, &key.span(), message, advice);
    }

    fn report(
        &mut self,
        rule: Rule,
        span: &Span,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let place = Some(self.place(span));
        self.document.findings.push(Finding::new(rule, place, message, advice));
    }

    fn place(&self, span: &Span) -> Place {
        let mut place = self.source.place(span);
        place.text = without_secrets(&place.text);
        place
    }
}

fn given(kind: ValueKind, value: &DeValue<'_>) -> Result<Given, &'static str> {
    match (kind, value) {
        (ValueKind::Text, DeValue::String(text)) => Ok(Given::Text(text.to_string())),
        (ValueKind::Boolean, DeValue::Boolean(value)) => Ok(Given::Boolean(*value)),
        (ValueKind::Integer(..), DeValue::Integer(number)) => {
            // A number too large for any range is out of every range.
            let number = i64::from_str_radix(number.as_str(), number.radix()).unwrap_or(i64::MAX);
            Ok(Given::Integer(number))
        }
        (ValueKind::TextList, DeValue::Array(values)) => {
            let texts = values.iter().map(|value| value.get_ref().as_str().map(str::to_owned));
            texts.collect::<Option<_>>().map(Given::TextList).ok_or("a list of texts alone")
        }
        (ValueKind::Text, _) => Err("a text"),
        (ValueKind::Boolean, _) => Err("true or false"),
        (ValueKind::Integer(..), _) => Err("a whole number"),
        (ValueKind::TextList, _) => Err("a list of texts"),
        (ValueKind::Table, _) => Err("a table"),
    }
}

fn in_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

fn example(key: &Key) -> String {
    let advice = match (key.kind, key.default) {
        // The default shows the form, such as the unit of a length of time.
        (ValueKind::Text, DefaultValue::Text(default)) => {
            return format!("Write a text in quotes, as in `\"{default}\"`.");
        }
        (ValueKind::Text, _) => "Put it in quotes, as in `\"text\"`.",
        (ValueKind::Boolean, _) => "Write `true` or `false`, without quotes.",
        (ValueKind::Integer(..), _) => "Write it without quotes, as in `4`.",
        (ValueKind::TextList, _) => "Write it as `[\"one\", \"two\"]`.",
        (ValueKind::Table, _) => "Open it with a section of its own, as in `[theme.palette]`.",
    };
    advice.to_owned()
}

/// The value for a theme; `None` for a date, a time or a table.
fn json(value: &DeValue<'_>) -> Option<serde_json::Value> {
    Some(match value {
        DeValue::String(text) => text.to_string().into(),
        DeValue::Boolean(value) => (*value).into(),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok()?.into()
        }
        DeValue::Float(number) => number.as_str().parse::<f64>().ok()?.into(),
        DeValue::Array(items) => {
            items.iter().map(|item| json(item.get_ref())).collect::<Option<Vec<_>>>()?.into()
        }
        DeValue::Datetime(_) | DeValue::Table(_) => return None,
    })
}

const SECRET_WORDS: [&str; 6] = ["password", "passwd", "api_key", "apikey", "secret", "token"];

/// The variable for the secret that the file gives with this key.
fn secret_variable(section: &str, key: &str) -> Option<&'static str> {
    let is_secret = SECRET_WORDS.iter().any(|word| key.to_lowercase().contains(word));
    let mut secrets = SecretName::ALL.into_iter().filter(|_| is_secret);
    secrets.find(|name| name.section() == section).map(SecretName::variable)
}

/// A line of the file without secrets, because messages end up in logs. After the
/// key of a secret, `…` replaces the rest of the line. Where a word holds an `@`,
/// `…` replaces the user and the password before it, whether or not the word is
/// a whole URL; an email address alone stays.
pub(super) fn without_secrets(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let key = SECRET_WORDS.iter().filter_map(|word| lower.find(word)).min();
    if let Some(end) = key.and_then(|key| line[key..].find(['=', ':']).map(|at| key + at + 1)) {
        return format!("{} …", &line[..end]);
    }
    let ends_a_word = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ',');
    line.split_inclusive(ends_a_word).map(without_user).collect()
}

fn without_user(word: &str) -> String {
    let start = word.find("://").map_or(0, |at| at + 3);
    match word[start..].rfind('@') {
        Some(at) if start > 0 || word[..at].contains(':') => {
            format!("{}…{}", &word[..start], &word[start + at..])
        }
        _ => word.to_owned(),
    }
}
