//! The Handlebars templates of a theme, compiled once.
//!
//! Handlebars runs in strict mode: a name that nothing declares is a fault.
//! Three helpers exist: `slot` makes a template slot, `format_date` writes a date
//! in the language or in a format of strftime, and `underline` writes a
//! line as wide as its text. Values are inserted as [`Tokens`], so no value is
//! read as a template, and none is escaped here.

use std::collections::BTreeMap;

use handlebars::{
    Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderError,
    RenderErrorReason, Template, TemplateError, TemplateErrorReason,
};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::dates::DateStyle;
use super::description::source;
use super::{HTML_LAYOUT, TEXT_LAYOUT, ThemeFault, Token, Tokens, theme_fault};
use crate::domain::nearest;
use crate::source::{Place, SourceText, Span};

/// The compiled templates, and their texts for showing a place.
#[derive(Debug)]
pub(crate) struct Templates {
    handlebars: Handlebars<'static>,
    pub(super) sources: BTreeMap<String, SourceText>,
    pub(super) tokens: Tokens,
}

/// What a template may call; `if`, `unless`, `each`, `with`, `lookup` and the
/// comparisons are Handlebars' own.
pub(super) const HELPERS: [(&str, HelperValue); 3] =
    [("format_date", format_date), ("slot", slot), ("underline", underline)];

type HelperValue = fn(&Helper<'_>, &Context, &Tokens) -> Result<String, RenderError>;

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
            let source = source(theme, path, text)?;
            let name = template_name(path);
            handlebars
                .register_template_string(name, source.text())
                .map_err(|error| syntax_fault(&source, &error))?;
            sources.insert(name.to_owned(), source);
        }
        Ok(Self { handlebars, sources, tokens })
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

    /// The names of the templates that others include.
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
                (format!("nothing declares `{name}`"), known_instead(name, &known()))
            }
            RenderErrorReason::PartialNotFound(name) => (
                format!("there is no partial `{name}`"),
                format!("Add partials/{name}.mjml.hbs, or fix the name."),
            ),
            reason => {
                let message = reason.to_string();
                // The date format may be a field of the issue or of the newsletter.
                let advice = if message.starts_with("the date format `")
                    || message.starts_with("there is no date format `")
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

/// Advice about a name that nothing declares.
pub(super) fn known_instead(name: &str, known: &[String]) -> String {
    let near = nearest(name, known.iter().map(String::as_str));
    let near = near.map_or(String::new(), |near| format!("Did you mean `{near}`? "));
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
    format!("{near}The known names are {}; declare others {home}.", listed.join(", "))
}

/// The name by which Handlebars knows a file.
fn template_name(path: &str) -> &str {
    match path.strip_prefix("partials/") {
        Some(partial) => partial.split('.').next().unwrap_or(partial),
        None => path,
    }
}

fn syntax_fault(source: &SourceText, error: &TemplateError) -> ThemeFault {
    let place = error.pos().map(|(line, column)| place_of_line(source, line, column));
    let (place, message, advice) = match (error.reason(), unclosed_block(source.text())) {
        // Handlebars reports the end of the file, and lists its grammar.
        (TemplateErrorReason::InvalidSyntax(_), Some((name, span))) => (
            Some(source.place(&span)),
            format!("{{{{#{name}}}}} is never closed"),
            "Write its {{/...}} where the block ends.",
        ),
        (TemplateErrorReason::InvalidSyntax(_), None) => (
            place,
            "Handlebars cannot parse the template from here on".to_owned(),
            "Every {{ needs its }}, and every {{#block}} its {{/block}}.",
        ),
        (reason, _) => (
            place,
            reason.to_string().lines().collect::<Vec<_>>().join(" "),
            "Every {{#block}} needs its {{/block}}, in the order of opening.",
        ),
    };
    theme_fault(source.name(), place, message, advice)
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
    for (name, value) in HELPERS {
        let tokens = tokens.clone();
        let helper = move |helper: &Helper<'_>,
                           _: &Handlebars<'_>,
                           context: &Context,
                           _: &mut RenderContext<'_, '_>,
                           out: &mut dyn Output|
              -> HelperResult {
            out.write(&value(helper, context, &tokens)?)?;
            Ok(())
        };
        handlebars.register_helper(name, Box::new(helper));
    }
}

fn slot(helper: &Helper<'_>, _: &Context, tokens: &Tokens) -> Result<String, RenderError> {
    let name = text_parameter(helper, 0)?;
    if !SLOT_NAMES.contains(&name) {
        let known = SLOT_NAMES.join(", ");
        return Err(fault(format!("there is no slot `{name}`; the slots are {known}")));
    }
    let default = helper.hash_get("default").and_then(|value| value.value().as_str());
    if default.is_none() && name.ends_with("_name") {
        return Err(fault(format!("the slot `{name}` needs a default=\"...\"")));
    }
    let default = tokens.resolve(default.unwrap_or_default());
    Ok(tokens.write(&Token::Slot { name: name.to_owned(), default }))
}

fn format_date(
    helper: &Helper<'_>,
    context: &Context,
    tokens: &Tokens,
) -> Result<String, RenderError> {
    let date = tokens.resolve(text_parameter(helper, 0)?);
    let format = tokens.resolve(text_parameter(helper, 1)?);
    let date: jiff::civil::Date =
        date.parse().map_err(|_| fault(format!("`{date}` is not a date like 2026-08-12")))?;
    let language = context.data().get("language").and_then(Value::as_str).unwrap_or_default();
    let shown = match DateStyle::parse(&format) {
        Some(style) => style.write(date, &tokens.resolve(language)),
        None if format.contains('%') => {
            jiff::fmt::strtime::format(&format, date).map_err(|error| {
                fault(format!("the date format `{format}` cannot be used: {error}"))
            })?
        }
        None => {
            let known = DateStyle::WORDS.map(|(word, _)| word).join(", ");
            return Err(fault(format!(
                "there is no date format `{format}`; there are {known}, and formats of strftime \
                 such as `%-d %B %Y`"
            )));
        }
    };
    Ok(tokens.write(&Token::Value(shown)))
}

fn underline(helper: &Helper<'_>, _: &Context, tokens: &Tokens) -> Result<String, RenderError> {
    let width = tokens.resolve(text_parameter(helper, 0)?).width();
    Ok(text_parameter(helper, 1)?.repeat(width.clamp(1, 72)))
}

fn text_parameter<'h>(helper: &'h Helper<'_>, index: usize) -> Result<&'h str, RenderError> {
    let value = helper.param(index).and_then(|value| value.value().as_str());
    value.ok_or_else(|| {
        fault(format!("`{}` needs a text as its parameter {}", helper.name(), index + 1))
    })
}

fn fault(message: String) -> RenderError {
    RenderErrorReason::Other(message).into()
}
