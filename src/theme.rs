//! A theme: the MJML and text around every issue of a newsletter.
//!
//! In: the files of a theme, by their names. Out: a [`Theme`] whose templates
//! are compiled and whose fields are declared, or the fault and its line.
//! Deliberately absent: reading files, and the issue; the
//! [`render`](crate::render) room brings the two together.

mod embedded;
mod fault;
mod templates;
mod tokens;

pub use embedded::embedded;
pub use fault::ThemeFault;
pub(crate) use fault::nearest;
pub(crate) use tokens::{Cut, Token, Tokens};

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::Digest;
use crate::source::{Place, SourceText, Span};
use templates::Templates;

/// The description of a theme.
pub const DESCRIPTION: &str = "theme.toml";
/// The template of the `text/html` part.
pub const HTML_LAYOUT: &str = "layout.mjml.hbs";
/// The template of the `text/plain` part.
pub const TEXT_LAYOUT: &str = "text.txt.hbs";

/// A theme that can be used.
#[derive(Debug)]
pub struct Theme {
    name: String,
    description: String,
    fields: BTreeMap<String, Field>,
    samples: BTreeMap<String, String>,
    hash: Digest,
    templates: Templates,
}

/// A value that an issue's front matter may set for the theme.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// What kind of value it is.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// What it is when the issue does not set it.
    pub default: Value,
    /// What it is for, in one sentence.
    pub doc: String,
}

/// The kinds of values that a field can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// A text; numbers are taken as texts too.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A list of any values.
    List,
}

/// `theme.toml`, as it is written.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    description: String,
    #[serde(default)]
    fields: BTreeMap<String, Field>,
}

/// The values that every template has, whatever the theme declares.
pub(crate) const OWN_VALUES: [&str; 14] = [
    "article",
    "category",
    "date",
    "direction",
    "home_url",
    "language",
    "logo",
    "newsletter",
    "number",
    "preheader",
    "start_side",
    "tags",
    "title",
    "web_url",
];

impl Theme {
    /// Makes a theme of its files, whose names are relative to the theme's
    /// folder and use `/`.
    ///
    /// # Errors
    /// A file is missing, `theme.toml` does not parse, a field is declared
    /// twice or with a default of another kind, or a template has a syntax error.
    pub fn from_files(
        name: impl Into<String>,
        files: &BTreeMap<String, String>,
    ) -> Result<Self, ThemeFault> {
        let name = name.into();
        for needed in [DESCRIPTION, HTML_LAYOUT, TEXT_LAYOUT] {
            if !files.contains_key(needed) {
                return Err(missing(&name, needed));
            }
        }
        let Description { description, fields } = describe(&name, &files[DESCRIPTION])?;
        let samples = files
            .iter()
            .filter(|(path, _)| path.starts_with("samples/") && path.ends_with(".md"))
            .map(|(path, text)| (path.clone(), text.clone()))
            .collect();
        let templates = Templates::compile(&name, files)?;
        Ok(Self { description, fields, samples, hash: hash(files), templates, name })
    }

    /// What the theme's folder is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the theme is for, in its author's words.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The fields that an issue may set.
    pub fn fields(&self) -> &BTreeMap<String, Field> {
        &self.fields
    }

    /// Issues that show the theme, by the names of their files.
    pub fn samples(&self) -> &BTreeMap<String, String> {
        &self.samples
    }

    /// The SHA-256 over the names and bytes of all files.
    pub fn hash(&self) -> Digest {
        self.hash
    }

    /// Makes the tokens that this theme's texts do not contain.
    pub(crate) fn tokens(&self) -> &Tokens {
        self.templates.tokens()
    }

    /// Fills in one of the two layouts.
    pub(crate) fn expand(&self, layout: &str, values: &Value) -> Result<String, ThemeFault> {
        self.templates.expand(layout, values, &self.known_values())
    }

    /// Where a piece of text stands in the theme's templates, if in one place only.
    pub(crate) fn find(&self, text: &str) -> Option<Place> {
        self.templates.find(text)
    }

    /// All names that a template may use.
    fn known_values(&self) -> Vec<&str> {
        OWN_VALUES.into_iter().chain(self.fields.keys().map(String::as_str)).collect()
    }
}

impl FieldKind {
    /// Whether `value` is of this kind.
    pub(crate) fn takes(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string() || value.is_number(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::List => value.is_array(),
        }
    }

    /// The kind in words.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::List => "a list",
        }
    }
}

fn missing(theme: &str, file: &str) -> ThemeFault {
    ThemeFault {
        file: format!("{theme}/{file}"),
        place: None,
        message: "the theme has no such file.".to_owned(),
        advice: format!("A theme needs {DESCRIPTION}, {HTML_LAYOUT} and {TEXT_LAYOUT}; add it."),
    }
}

fn describe(theme: &str, text: &str) -> Result<Description, ThemeFault> {
    let file = format!("{theme}/{DESCRIPTION}");
    let fault = |span: Option<Span>, message: String, advice: &str| {
        let source = SourceText::new(file.as_str(), text.as_bytes()).ok();
        let place = span.and_then(|span| source.map(|source| Box::new(source.place(&span))));
        ThemeFault { file: file.clone(), place, message, advice: advice.to_owned() }
    };
    let description: Description = toml::from_str(text).map_err(|error| {
        let message = error.message().lines().collect::<Vec<_>>().join(" ");
        fault(error.span(), message, "A field has type, default and doc; see the weekly theme.")
    })?;
    for (name, field) in &description.fields {
        let at = text.find(name.as_str()).map(|at| at..at + name.len());
        if OWN_VALUES.contains(&name.as_str()) {
            let message = format!("every theme has `{name}` already.");
            return Err(fault(at, message, "Give the field another name."));
        }
        if !field.kind.takes(&field.default) {
            let message = format!("the default of `{name}` is not {}.", field.kind.in_words());
            return Err(fault(at, message, "Make the default of the field's type."));
        }
    }
    Ok(description)
}

/// Lengths stand before names and texts, so that no two sets of files run together.
fn hash(files: &BTreeMap<String, String>) -> Digest {
    let mut all = Vec::new();
    for (path, text) in files {
        for part in [path, text] {
            all.extend_from_slice(&(part.len() as u64).to_be_bytes());
            all.extend_from_slice(part.as_bytes());
        }
    }
    Digest::of(&all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(changes: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut files = embedded("weekly").unwrap();
        files.extend(changes.iter().map(|(path, text)| (path.to_string(), text.to_string())));
        files
    }

    #[test]
    fn the_embedded_theme_is_whole() {
        let theme = Theme::from_files("weekly", &embedded("weekly").unwrap()).unwrap();
        assert_eq!(theme.name(), "weekly");
        assert!(!theme.description().is_empty() && !theme.samples().is_empty());
        assert!(embedded("monthly").is_none());
    }

    #[test]
    fn the_hash_changes_with_every_byte_and_name() {
        let hash = |changes| Theme::from_files("w", &files(changes)).unwrap().hash();
        assert_eq!(hash(&[]), hash(&[]));
        assert_ne!(hash(&[]), hash(&[("samples/other.md", "")]));
        assert_ne!(hash(&[("samples/o.md", "a")]), hash(&[("samples/o.md", "b")]));
    }

    #[test]
    fn a_fault_names_file_line_and_column() {
        let cases = [
            (HTML_LAYOUT, "<mjml>\n  {{#if title}}x{{/each}}\n", "w/layout.mjml.hbs:2:"),
            (TEXT_LAYOUT, "ok\n{{title\n", "w/text.txt.hbs:3:1"),
            (DESCRIPTION, "description = \"d\"\nfilds = 1\n", "w/theme.toml:2:1: unknown field"),
            (
                DESCRIPTION,
                "description = \"d\"\n[fields.title]\ntype = \"text\"\ndefault = \"\"\ndoc = \"\"\n",
                "w/theme.toml:2:9: every theme has `title` already.",
            ),
            (
                DESCRIPTION,
                "description = \"d\"\n[fields.a]\ntype = \"number\"\ndefault = \"\"\ndoc = \"\"\n",
                "the default of `a` is not a number.",
            ),
        ];
        for (file, text, expected) in cases {
            let fault = Theme::from_files("w", &files(&[(file, text)])).unwrap_err();
            assert!(fault.to_string().contains(expected), "{fault}");
        }
        let fault = Theme::from_files("w", &BTreeMap::new()).unwrap_err();
        assert!(fault.to_string().starts_with("w/theme.toml: the theme has no such file."));
    }
}
