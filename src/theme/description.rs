//! `theme.toml` and the files of words, parsed into what a theme is made of.
//!
//! In: their texts. Out: a palette, font stacks, fields and words that are
//! checked, or the first fault and its line.

use std::collections::BTreeMap;

use toml::Spanned;

use super::palette::{REQUIRED, SetBy};
use super::strings::{LAST_LANGUAGE, unknown_placeholder};
use super::{
    Colour, DESCRIPTION, Field, FieldKind, FontStack, OWN_VALUES, Palette, Shade, Strings, Swatch,
    ThemeFault, theme_fault,
};
use crate::domain::{LanguageTag, nearest};
use crate::source::{SourceText, Span};

/// What `theme.toml` says.
#[derive(Debug)]
pub(super) struct Description {
    pub(super) description: String,
    pub(super) palette: Palette,
    pub(super) fonts: BTreeMap<String, FontStack>,
    pub(super) fields: BTreeMap<String, Field>,
}

type Named<T> = BTreeMap<Spanned<String>, T>;

/// `theme.toml` before it is checked.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    description: String,
    #[serde(default)]
    palette: Named<WrittenSwatch>,
    #[serde(default)]
    fonts: Named<Spanned<String>>,
    #[serde(default)]
    fields: Named<WrittenField>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSwatch {
    light: Spanned<String>,
    dark: Spanned<String>,
    #[expect(dead_code, reason = "an author of a theme must write what each colour is for")]
    doc: String,
    #[serde(default)]
    on: Vec<Spanned<String>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenField {
    #[serde(rename = "type")]
    kind: FieldKind,
    default: Spanned<serde_json::Value>,
    doc: String,
}

/// One file of a theme that is read, for showing places in it.
struct DescriptionReader<'t> {
    source: &'t SourceText,
}

pub(super) fn describe(theme: &str, text: &str) -> Result<Description, ThemeFault> {
    let source = source(theme, DESCRIPTION, text)?;
    let reading = DescriptionReader { source: &source };
    let written: Written = reading.toml(
        "A colour has light, dark and doc, and a field type, default and doc; see the weekly theme.",
    )?;
    let palette = reading.palette(&written.palette)?;
    let mut fonts = BTreeMap::new();
    for (name, stack) in &written.fonts {
        reading.name(name)?;
        let parsed = FontStack::parse(stack.get_ref()).map_err(|why| {
            let message = format!("the font stack `{}` {why}", name.get_ref());
            reading.fault(
                &stack.span(),
                message,
                "Write it as \"Georgia, 'Times New Roman', serif\".",
            )
        })?;
        fonts.insert(name.get_ref().clone(), parsed);
    }
    let mut fields = BTreeMap::new();
    for (name, field) in written.fields {
        let field = reading.field(&name, field)?;
        fields.insert(name.into_inner(), field);
    }
    Ok(Description { description: written.description, palette, fonts, fields })
}

/// Reads every `strings/LANGUAGE.toml`.
pub(super) fn strings(
    theme: &str,
    files: &BTreeMap<String, String>,
) -> Result<Strings, ThemeFault> {
    let file_of = |language: &str| format!("strings/{language}.toml");
    let language_of =
        |path: &str| path.strip_prefix("strings/")?.strip_suffix(".toml").map(str::to_owned);
    let mut strings = Strings::default();
    let mut languages: Vec<String> = files.keys().filter_map(|path| language_of(path)).collect();
    if languages.is_empty() {
        return Ok(strings);
    }
    // English comes first, as the others have no keys but its own.
    languages.sort_by_key(|language| language != LAST_LANGUAGE);
    if languages[0] != LAST_LANGUAGE {
        return Err(super::missing(theme, &file_of(LAST_LANGUAGE)));
    }
    for language in languages {
        let path = file_of(&language);
        let source = source(theme, &path, &files[&path])?;
        let reading = DescriptionReader { source: &source };
        if LanguageTag::parse(&language).is_err() {
            let message = format!("`{language}` is not a language tag");
            return Err(reading.fault(
                &(0..0),
                message,
                "Name the file as `de.toml` or `pt-BR.toml`.",
            ));
        }
        let written: Named<Spanned<String>> =
            reading.toml("Write each word as `key = \"text\"`.")?;
        let mut words = BTreeMap::new();
        for (key, text) in written {
            reading.name(&key)?;
            if language != LAST_LANGUAGE && strings.keys().all(|known| known != key.get_ref()) {
                let near = nearest(key.get_ref(), strings.keys());
                let message = format!("the English words have no `{}`", key.get_ref());
                let advice = near.map_or_else(
                    || format!("Add it to {} also, or remove it.", file_of(LAST_LANGUAGE)),
                    |near| format!("Did you mean `{near}`?"),
                );
                return Err(reading.fault(&key.span(), message, &advice));
            }
            if let Some((message, advice)) = unknown_placeholder(text.get_ref()) {
                return Err(reading.fault(&text.span(), message, &advice));
            }
            words.insert(key.into_inner(), text.into_inner());
        }
        strings.add(&language, words);
    }
    Ok(strings)
}

impl DescriptionReader<'_> {
    fn toml<T: serde::de::DeserializeOwned>(&self, advice: &str) -> Result<T, ThemeFault> {
        toml::from_str(self.source.text()).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join(" ");
            self.fault(&error.span().unwrap_or(0..0), message, advice)
        })
    }

    fn palette(&self, written: &Named<WrittenSwatch>) -> Result<Palette, ThemeFault> {
        if let Some(lacking) = REQUIRED.iter().find(|name| !written.contains_key(**name)) {
            return Err(theme_fault(
                self.source.name(),
                None,
                format!("the palette has no `{lacking}`"),
                format!("Every theme has the colours {}.", REQUIRED.join(", ")),
            ));
        }
        let shade = |name: &str, written: &Spanned<String>| -> Result<Shade, ThemeFault> {
            let place = self.source.place(&written.span());
            let colour = Colour::parse(written.get_ref()).ok_or_else(|| {
                let message = format!("`{}` is not a colour for `{name}`", written.get_ref());
                self.fault(&written.span(), message, "Write it as \"#1a5fb4\".")
            })?;
            Ok(Shade { colour, place, set_by: SetBy::Theme })
        };
        let mut swatches = BTreeMap::new();
        for (name, swatch) in written {
            self.name(name)?;
            if let Some(on) =
                swatch.on.iter().find(|on| !written.contains_key(on.get_ref().as_str()))
            {
                let names = written.keys().map(|name| name.get_ref().as_str());
                let advice = nearest(on.get_ref(), names)
                    .map_or_else(|| "Add it.".to_owned(), |near| format!("Did you mean `{near}`?"));
                let message = format!("the palette has no `{}`", on.get_ref());
                return Err(self.fault(&on.span(), message, &advice));
            }
            let name = name.get_ref();
            let swatch = Swatch {
                light: shade(name, &swatch.light)?,
                dark: shade(name, &swatch.dark)?,
                on: swatch.on.iter().map(|on| on.get_ref().clone()).collect(),
            };
            swatches.insert(name.clone(), swatch);
        }
        Ok(Palette(swatches))
    }

    fn field(&self, name: &Spanned<String>, written: WrittenField) -> Result<Field, ThemeFault> {
        self.name(name)?;
        let WrittenField { kind, default, doc } = written;
        let at = name.span();
        let name = name.get_ref();
        if OWN_VALUES.contains(&name.as_str()) {
            let message = format!("every theme has a value `{name}` already");
            return Err(self.fault(&at, message, "Give the field another name."));
        }
        if !kind.takes(default.get_ref()) {
            let message = format!("the default of `{name}` is not {}", kind.in_words());
            let advice = "Write a default of the field's type.";
            return Err(self.fault(&default.span(), message, advice));
        }
        let place = self.source.place(&at);
        Ok(Field { kind, default: default.into_inner(), doc, place })
    }

    /// Refuses what a template could not name.
    fn name(&self, name: &Spanned<String>) -> Result<(), ThemeFault> {
        if is_name(name.get_ref()) {
            return Ok(());
        }
        let message = format!("a template cannot name `{}`", name.get_ref());
        let advice = "Begin the name with a small letter, and use small letters, digits and `_`.";
        Err(self.fault(&name.span(), message, advice))
    }

    fn fault(&self, span: &Span, message: String, advice: &str) -> ThemeFault {
        theme_fault(self.source.name(), Some(self.source.place(span)), message, advice)
    }
}

pub(super) fn source(theme: &str, file: &str, text: &str) -> Result<SourceText, ThemeFault> {
    let file = format!("{theme}/{file}");
    SourceText::new(file.as_str(), text.as_bytes())
        .map_err(|error| theme_fault(&file, None, error.to_string(), "Make the file smaller."))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::super::{Theme, fixture};
    use super::*;

    /// The fault of the theme with one text of a file replaced.
    fn fault(file: &str, old: &str, new: &str) -> String {
        let files = fixture::changed(&[(file, old, new)]);
        Theme::from_files("w", &files).unwrap_err().to_string()
    }

    #[test]
    fn what_a_theme_declares_is_checked_at_its_line() {
        let field = |name: &str| {
            format!(
                "[fields.{name}]\ntype = \"number\"\ndefault = \"\"\ndoc = \"\"\n\n[fields.reason]"
            )
        };
        for (old, new, expected) in [
            (
                "\"#ffffff\"",
                "\"white\"",
                "w/theme.toml:8:9: `white` is not a colour for `background`",
            ),
            ("\"#ffffff\"", "\"#fff\"", "`#fff` is not a colour for `background`"),
            ("[palette.line]", "[palette.lime]", "w/theme.toml: the palette has no `line`"),
            (
                "[palette.line]",
                "[palette.Line-2]\nlight=\"#000000\"\ndark=\"#000000\"\ndoc=\"\"\n[palette.line]",
                "a template cannot name `Line-2`",
            ),
            (
                "[\"background\", \"panel\"]",
                "[\"backgruond\"]",
                "w/theme.toml:15:7: the palette has no `backgruond`",
            ),
            ("'Segoe UI'", "Roboto", "the font stack `body` names Roboto"),
            ("[fields.reason]", &field("title"), "every theme has a value `title` already"),
            ("[fields.reason]", &field("light"), "every theme has a value `light` already"),
            ("[fields.reason]", &field("a"), "the default of `a` is not a number"),
            ("doc = \"Behind everything.\"", "", "missing field `doc`"),
        ] {
            let fault = fault(DESCRIPTION, old, new);
            assert!(fault.contains(expected), "{new}: {fault}");
            assert!(fault.starts_with("w/theme.toml:"), "{new}: {fault}");
        }
    }

    #[test]
    fn words_are_checked_at_their_line() {
        for (file, old, new, expected) in [
            (
                "strings/de.toml",
                "unsubscribe",
                "unsubscribed",
                "w/strings/de.toml:2:1: the English words have no `unsubscribed`",
            ),
            (
                "strings/de.toml",
                "{number}",
                "{nummer}",
                "w/strings/de.toml:4:9: nothing fills `{nummer}`",
            ),
            ("strings/en.toml", "{newsletter}", "{{newsletter}}", "nothing fills `{{newsletter}`"),
            ("strings/de.toml", "\"Abbestellen\"", "7", "w/strings/de.toml:2:15: invalid type"),
            ("strings/german!.toml", "", "", "`german!` is not a language tag"),
        ] {
            let fault = fault(file, old, new);
            assert!(fault.contains(expected), "{new}: {fault}");
        }
        let mut files = fixture::files();
        files.remove("strings/en.toml");
        let fault = Theme::from_files("w", &files).unwrap_err().to_string();
        assert!(fault.starts_with("w/strings/en.toml: the theme has no such file"), "{fault}");
        files.retain(|path, _| !path.starts_with("strings/"));
        assert!(Theme::from_files("w", &files).is_ok(), "a theme may have no words");
    }
}
