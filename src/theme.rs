//! A theme: the MJML and text around every issue of a newsletter.
//!
//! In: the files of a theme, by their names. Out: a [`Theme`] whose templates
//! are compiled and whose fields are declared, or the fault and its line.
//! Deliberately absent: reading files, and the issue; the
//! [`render`](crate::render) room brings the two together.

mod audit;
mod choices;
mod colour;
mod dates;
mod description;
mod embedded;
mod fault;
mod fonts;
mod palette;
mod partials;
mod strings;
mod templates;
mod tokens;

pub(crate) use choices::{Choice, Choices};
pub(crate) use colour::Colour;
pub use embedded::embedded;
pub(crate) use embedded::embedded_names;
pub use fault::ThemeFault;
pub(crate) use fault::theme_fault;
pub(crate) use fonts::FontStack;
pub use palette::REQUIRED;
pub(crate) use palette::{Palette, Scheme, Shade, Swatch};
pub(crate) use strings::{Strings, Words, fill};
pub(crate) use tokens::{Cut, Token, Tokens};

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::domain::Digest;
use crate::source::{Finding, Place, SourceText};
use description::Description;
use templates::Templates;

/// The description of a theme.
pub(crate) const DESCRIPTION: &str = "theme.toml";
/// The template of the `text/html` part.
pub(crate) const HTML_LAYOUT: &str = "layout.mjml.hbs";
/// The template of the `text/plain` part.
pub(crate) const TEXT_LAYOUT: &str = "text.txt.hbs";

/// A theme that can be used.
#[derive(Debug)]
pub struct Theme {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) palette: Palette,
    pub(crate) fonts: BTreeMap<String, FontStack>,
    pub(crate) fields: BTreeMap<String, Field>,
    pub(crate) strings: Strings,
    /// Issues that show the theme, by the names of their files.
    pub samples: BTreeMap<String, String>,
    /// The SHA-256 over the names and bytes of all files.
    pub(crate) hash: Digest,
    templates: Templates,
    pub(crate) includes: Arc<Includes>,
}

/// The files that a layout may put in with `<mj-include>`, by their names.
pub(crate) type Includes = BTreeMap<String, SourceText>;

/// A value that an issue's front matter may set for the theme.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) kind: FieldKind,
    /// The value if the issue does not set it.
    pub(crate) default: Value,
    pub(crate) doc: String,
    pub(crate) place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FieldKind {
    /// A text, or a number that is shown as one.
    Text,
    Number,
    Boolean,
    List,
}

/// The values that every template has without a declaration.
pub(crate) const OWN_VALUES: [&str; 21] = [
    "article",
    "category",
    "dark",
    "date",
    "direction",
    "end_side",
    "fonts",
    "headline",
    "home_url",
    "language",
    "light",
    "logo",
    "newsletter",
    "number",
    "preheader",
    "sections",
    "start_side",
    "strings",
    "tags",
    "title",
    "web_url",
];

impl Theme {
    /// Makes a theme of its files, whose names are relative to the theme's
    /// folder and use `/`.
    ///
    /// # Errors
    /// A file is missing; `theme.toml` or a file of words does not parse, or
    /// holds what a template cannot use; or a template has a syntax error.
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
        let Description { description, palette, fonts, fields } =
            description::describe(&name, &files[DESCRIPTION])?;
        let strings = description::strings(&name, files)?;
        let samples = files
            .iter()
            .filter(|(path, _)| path.starts_with("samples/") && path.ends_with(".md"))
            .map(|(path, text)| (path.clone(), text.clone()))
            .collect();
        let templates = Templates::compile(&name, files)?;
        partials::check(&templates)?;
        let includes = Arc::new(includes(&name, files)?);
        let hash = hash(files);
        Ok(Self {
            name,
            description,
            palette,
            fonts,
            fields,
            strings,
            samples,
            hash,
            templates,
            includes,
        })
    }

    /// Makes the tokens that this theme's texts do not contain.
    pub(crate) fn tokens(&self) -> &Tokens {
        &self.templates.tokens
    }

    /// Findings about the colours of the theme, at the lines of the theme.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        self.palette.troubles().into_iter().map(|(_, finding)| finding).collect()
    }

    /// Fills in one of the two layouts.
    pub(crate) fn expand(&self, layout: &str, values: &Value) -> Result<String, ThemeFault> {
        self.templates.expand(layout, values, || self.known_values())
    }

    /// Where a piece of text stands in the theme's templates, if in one place only.
    pub(crate) fn find(&self, text: &str) -> Option<Place> {
        self.templates.find(text)
    }

    /// The values that are the same in every issue, and were checked, so that
    /// they may stand in a style: colours and font stacks.
    pub(crate) fn constants(&self) -> Map<String, Value> {
        let font = |(name, stack): (&String, &FontStack)| (name.clone(), json!(stack.to_string()));
        let schemes = Scheme::ALL.map(|scheme| (scheme.as_str(), self.palette.values(scheme)));
        let fonts = self.fonts.iter().map(font).collect::<Map<_, _>>();
        let constants = schemes.into_iter().chain([("fonts", Value::Object(fonts))]);
        constants.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// All names that a template may use.
    fn known_values(&self) -> Vec<String> {
        const GROUPS: [&str; 4] = ["dark", "fonts", "light", "strings"];
        let plain = OWN_VALUES.into_iter().filter(|name| !GROUPS.contains(name));
        let plain = plain.chain(self.fields.keys().map(String::as_str)).map(str::to_owned);
        let colours = Scheme::ALL.into_iter().flat_map(|scheme| {
            let names = self.palette.0.keys();
            names.map(move |name| format!("{}.{name}", scheme.as_str()))
        });
        let fonts = self.fonts.keys().map(|name| format!("fonts.{name}"));
        let strings = self.strings.keys().map(|key| format!("strings.{key}"));
        plain.chain(colours).chain(fonts).chain(strings).collect()
    }
}

impl FieldKind {
    /// A value of the front matter as one of this kind, if it can be one.
    /// Lines of the form `Key: value` hold only texts.
    pub(crate) fn read(self, value: &Value) -> Option<Value> {
        if self.takes(value) {
            return Some(value.clone());
        }
        let text = value.as_str()?;
        let read: Value = match self {
            Self::Text => return None,
            Self::Number => text.parse::<i64>().map_or_else(
                |_| text.parse::<f64>().ok().map(Value::from),
                |whole| Some(whole.into()),
            )?,
            Self::Boolean => text.parse::<bool>().ok()?.into(),
            Self::List => text.split(',').map(str::trim).collect::<Vec<_>>().into(),
        };
        self.takes(&read).then_some(read)
    }

    /// Whether `value` is of this kind.
    pub(crate) fn takes(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string() || value.is_number(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::List => value.is_array(),
        }
    }

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
    theme_fault(
        &format!("{theme}/{file}"),
        None,
        "the theme has no such file",
        format!(
            "Add it: a theme needs {DESCRIPTION}, {HTML_LAYOUT} and {TEXT_LAYOUT}, and strings/en.toml \
             if it has words in any language."
        ),
    )
}

fn includes(theme: &str, files: &BTreeMap<String, String>) -> Result<Includes, ThemeFault> {
    let can_be = |path: &str| [".mjml", ".html", ".css"].iter().any(|end| path.ends_with(end));
    let included = files.iter().filter(|(path, _)| can_be(path));
    included
        .map(|(path, text)| Ok((path.clone(), description::source(theme, path, text)?)))
        .collect()
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
    Digest::new(&all)
}

#[cfg(test)]
mod fixture;

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
        assert_eq!(theme.name, "weekly");
        assert!(!theme.description.is_empty() && !theme.samples.is_empty());
        assert!(embedded("monthly").is_none());
    }

    #[test]
    fn the_hash_changes_with_every_byte_and_name() {
        let hash = |changes| Theme::from_files("w", &files(changes)).unwrap().hash;
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
        ];
        for (file, text, expected) in cases {
            let fault = Theme::from_files("w", &files(&[(file, text)])).unwrap_err();
            assert!(fault.to_string().contains(expected), "{fault}");
        }
        let fault = Theme::from_files("w", &BTreeMap::new()).unwrap_err();
        assert!(fault.to_string().starts_with("w/theme.toml: the theme has no such file"));
    }
}
