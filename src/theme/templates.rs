//! The Handlebars templates of a theme, compiled once.
//!
//! Handlebars runs in strict mode: a name that nothing declares is a fault.
//! Three helpers exist: `slot` makes a hole, `format_date` writes a date in
//! the language or in a form of strftime, and `underline` is a line as wide as its text. Values
//! go in as [`Tokens`], so no value is ever read as a template, and none is
//! escaped here.

use std::collections::BTreeMap;

use handlebars::{
    Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderError,
    RenderErrorReason, Template, TemplateError, TemplateErrorReason,
};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::dates::DateStyle;
use super::{HTML_LAYOUT, TEXT_LAYOUT, ThemeFault, Token, Tokens, theme_fault};
use crate::domain::nearest;
use crate::source::{Place, SourceText, Span};

/// The compiled templates, and their texts for showing a place.
#[derive(Debug)]
pub(crate) struct Templates {
    handlebars: Handlebars<'static>,
    sources: BTreeMap<String, SourceText>,
    tokens: Tokens,
}

/// What a template may call; `if`, `unless`, `each`, `with`, `lookup` and the
/// comparisons are Handlebars' own.
pub(super) const HELPERS: [&str; 3] = ["format_date", "slot", "underline"];

/// What `slot` may be asked for.
pub(crate) const SLOT_NAMES: [&str; 4] =
    ["first_name", "last_name", "postal_address", "unsubscribe_url"];

impl Templates {
    /// Compiles every `.hbs` file. A partial is known by its file name up to
    /// the first dot: `{{> header}}` is `partials/header.mjml.hbs`.
    pub(crate) fn compile(
        theme: &str,
        files: &BTreeMap<String, String>,
    ) -> Result<Self, ThemeFault> {
        let tokens = Tokens::unlike(files.values().map(String::as_str));
        let mut handlebars = Handlebars::new();
        handlebars.set_strict_mode(true);
        handlebars.register_escape_fn(handlebars::no_escape);
        register_helpers(&mut handlebars, &tokens);
        let mut sources = BTreeMap::new();
        for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".hbs")) {
            let file = format!("{theme}/{path}");
            let source = SourceText::new(file.as_str(), text.as_bytes()).map_err(|error| {
                theme_fault(&file, None, error.to_string(), "Make the file smaller.")
            })?;
            let name = template_name(path);
            handlebars
                .register_template_string(name, source.text())
                .map_err(|error| syntax_fault(&source, &error))?;
            sources.insert(name.to_owned(), source);
        }
        Ok(Self { handlebars, sources, tokens })
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Fills in a layout. `known` are all names that may be used.
    pub(crate) fn expand(
        &self,
        layout: &str,
        values: &Value,
        known: impl FnOnce() -> Vec<String>,
    ) -> Result<String, ThemeFault> {
        self.handlebars
            .render(template_name(layout), values)
            .map_err(|error| self.expansion_fault(layout, &error, known))
    }

    /// Every compiled template by its name, in the order of the names.
    pub(super) fn compiled(&self) -> impl Iterator<Item = (&str, &Template)> {
        let names = self.sources.keys().map(String::as_str);
        names.filter_map(|name| Some((name, self.handlebars.get_template(name)?)))
    }

    /// Whether there is a template of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.sources.contains_key(name)
    }

    /// The names of the templates that are put into others.
    pub(super) fn partials(&self) -> Vec<&str> {
        let is_partial = |name: &&str| ![HTML_LAYOUT, TEXT_LAYOUT].contains(name);
        self.sources.keys().map(String::as_str).filter(is_partial).collect()
    }

    /// A place that Handlebars knows by its line.
    pub(super) fn place(&self, template: &str, line: usize, column: usize) -> Option<Place> {
        self.sources.get(template).map(|source| place_of_line(source, line, column))
    }

    /// Where a text stands in the templates, if it stands in one place only.
    pub(crate) fn find(&self, text: &str) -> Option<Place> {
        let mut places = self.sources.values().flat_map(|source| {
            let found = source.text().match_indices(text);
            found.map(move |(at, text)| source.place(&(at..at + text.len())))
        });
        let place = places.next()?;
        places.next().is_none().then_some(place)
    }

    fn expansion_fault(
        &self,
        layout: &str,
        error: &RenderError,
        known: impl FnOnce() -> Vec<String>,
    ) -> ThemeFault {
        let template = error.template_name.as_deref().unwrap_or(template_name(layout));
        let source = self.sources.get(template);
        let place = source.and_then(|source| {
            Some(place_of_line(source, error.line_no?, error.column_no.unwrap_or(1)))
        });
        let (message, advice) = match error.reason() {
            RenderErrorReason::MissingVariable(Some(name)) => {
                (format!("nothing declares `{name}`."), known_instead(name, &known()))
            }
            RenderErrorReason::PartialNotFound(name) => (
                format!("there is no partial `{name}`."),
                format!("Add partials/{name}.mjml.hbs, or fix the name."),
            ),
            reason => {
                let message = reason.to_string();
                // The form of a date may be a field of the issue or of the newsletter.
                let advice = if message.starts_with("the form `")
                    || message.starts_with("there is no form `")
                {
                    "Fix it where it is set: in the issue, under [theme.fields] in postrider.toml, or in the theme."
                } else {
                    "Fix the template."
                };
                (message, advice.to_owned())
            }
        };
        theme_fault(source.map_or(layout, SourceText::name), place, message, advice)
    }
}

/// What may be meant instead of a name that nothing declares.
pub(super) fn known_instead(name: &str, known: &[String]) -> String {
    let near = nearest(name, known.iter().map(String::as_str));
    let near = near.map_or(String::new(), |near| format!("Is `{near}` meant? "));
    let group = name.split_once('.').map(|(group, _)| group);
    let listed = known.iter().map(String::as_str);
    let listed: Vec<&str> =
        listed.filter(|known| known.split_once('.').map(|(group, _)| group) == group).collect();
    let home = match group {
        Some("strings") => "in strings/en.toml",
        Some("fonts") => "under [fonts] in theme.toml",
        Some("light" | "dark") => "under [palette] in theme.toml",
        _ => "under [fields] in theme.toml",
    };
    format!("{near}Known are {}; declare others {home}.", listed.join(", "))
}

/// The name by which Handlebars knows a file.
fn template_name(path: &str) -> &str {
    match path.strip_prefix("partials/") {
        Some(partial) => partial.split('.').next().unwrap_or(partial),
        None => path,
    }
}

fn syntax_fault(source: &SourceText, error: &TemplateError) -> ThemeFault {
    let fault = |place: Option<Place>, message: String, advice: &str| {
        theme_fault(source.name(), place, message, advice)
    };
    let place = error.pos().map(|(line, column)| place_of_line(source, line, column));
    match error.reason() {
        // Handlebars finds the end of the file at fault, and lists its grammar.
        TemplateErrorReason::InvalidSyntax(_) => match unclosed_block(source.text()) {
            Some((name, span)) => {
                let message = format!("{{{{#{name}}}}} is never closed.");
                fault(Some(source.place(&span)), message, "Put its {{/...}} where it ends.")
            }
            None => fault(
                place,
                "Handlebars cannot read on from here.".to_owned(),
                "Every {{ needs its }}, and every {{#block}} its {{/block}}.",
            ),
        },
        reason => {
            let message = reason.to_string().lines().collect::<Vec<_>>().join(" ");
            fault(place, message, "Every {{#block}} needs its {{/block}}, in the order of opening.")
        }
    }
}

/// The innermost block that is open at the end of a template that Handlebars
/// refused: its name, and where it is opened.
fn unclosed_block(text: &str) -> Option<(&str, Span)> {
    let mut open = Vec::new();
    for (start, _) in text.match_indices("{{") {
        let inner = text[start + 2..].trim_start_matches('~');
        let end = start + text[start..].find("}}")? + 2;
        if let Some(block) = inner.strip_prefix('#') {
            let name = block.split(|c: char| c.is_whitespace() || matches!(c, '}' | '~')).next();
            open.push((name.unwrap_or_default(), start..end));
        } else if inner.starts_with('/') {
            open.pop();
        }
    }
    open.pop()
}

/// Handlebars counts lines from 1, and columns from 1 or from 0.
fn place_of_line(source: &SourceText, line: usize, column: usize) -> Place {
    let text = source.text();
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let at = start + column.saturating_sub(1);
    source.place(&(at..at + 1))
}

fn register_helpers(handlebars: &mut Handlebars<'static>, tokens: &Tokens) {
    let own = tokens.clone();
    let slot = move |helper: &Helper<'_>,
                     _: &Handlebars<'_>,
                     _: &Context,
                     _: &mut RenderContext<'_, '_>,
                     out: &mut dyn Output|
          -> HelperResult {
        let name = text_parameter(helper, 0)?;
        if !SLOT_NAMES.contains(&name) {
            let known = SLOT_NAMES.join(", ");
            return Err(fault(format!("there is no slot `{name}`; there are {known}.")));
        }
        let default = helper.hash_get("default").and_then(|value| value.value().as_str());
        if default.is_none() && name.ends_with("_name") {
            return Err(fault(format!("the slot `{name}` needs a default=\"...\".")));
        }
        let default = default.unwrap_or_default();
        let default = own.value_of(default).unwrap_or_else(|| default.to_owned());
        out.write(&own.write(&Token::Slot { name: name.to_owned(), default }))?;
        Ok(())
    };
    handlebars.register_helper("slot", Box::new(slot));

    let own = tokens.clone();
    let format_date = move |helper: &Helper<'_>,
                            _: &Handlebars<'_>,
                            context: &Context,
                            _: &mut RenderContext<'_, '_>,
                            out: &mut dyn Output|
          -> HelperResult {
        let date = text_parameter(helper, 0)?;
        let form = text_parameter(helper, 1)?;
        let form = own.value_of(form).unwrap_or_else(|| form.to_owned());
        let date = own.value_of(date).unwrap_or_else(|| date.to_owned());
        let date: jiff::civil::Date =
            date.parse().map_err(|_| fault(format!("`{date}` is not a date like 2026-08-12.")))?;
        let language = context.data().get("language").and_then(Value::as_str).unwrap_or_default();
        let language = own.value_of(language).unwrap_or_else(|| language.to_owned());
        let shown = match DateStyle::parse(&form) {
            Some(style) => style.write(date, &language),
            None if form.contains('%') => jiff::fmt::strtime::format(&form, date)
                .map_err(|error| fault(format!("the form `{form}` cannot be used: {error}.")))?,
            None => {
                let known = DateStyle::WORDS.map(|(word, _)| word).join(", ");
                let message = format!(
                    "there is no form `{form}` of a date; there are {known}, and forms of \
                     strftime such as `%-d %B %Y`."
                );
                return Err(fault(message));
            }
        };
        out.write(&own.write(&Token::Value(shown)))?;
        Ok(())
    };
    handlebars.register_helper("format_date", Box::new(format_date));

    let own = tokens.clone();
    let underline = move |helper: &Helper<'_>,
                          _: &Handlebars<'_>,
                          _: &Context,
                          _: &mut RenderContext<'_, '_>,
                          out: &mut dyn Output|
          -> HelperResult {
        let text = text_parameter(helper, 0)?;
        let text = own.value_of(text).unwrap_or_else(|| text.to_owned());
        out.write(&text_parameter(helper, 1)?.repeat(text.width().clamp(1, 72)))?;
        Ok(())
    };
    handlebars.register_helper("underline", Box::new(underline));
}

fn text_parameter<'h>(helper: &'h Helper<'_>, index: usize) -> Result<&'h str, RenderError> {
    let value = helper.param(index).and_then(|value| value.value().as_str());
    value.ok_or_else(|| {
        fault(format!("`{}` needs a text as its parameter {}.", helper.name(), index + 1))
    })
}

fn fault(message: String) -> RenderError {
    RenderErrorReason::Other(message).into()
}
