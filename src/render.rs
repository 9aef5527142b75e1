//! From an issue and a theme to the two parts of a mail.
//!
//! In: a parsed [`Issue`], a [`Theme`] and the newsletter's own words, its
//! [`Letterhead`]. Out: a [`Rendered`]: subject, preheader, html and text, in
//! which everything that differs from reader to reader is a typed [`Slot`];
//! and findings about what could not be kept as it was written. Absent on
//! purpose: the reader. Nothing here runs once per recipient.
//!
//! The article goes its own way past the template engine: the events of the
//! Markdown become one list of nodes (`flow`), which two writers turn into
//! html and text. The theme's shell goes through Handlebars and mrml once,
//! and the article is put into it afterwards.

mod article;
mod article_html;
mod article_text;
mod budget;
mod flow;
mod node;
mod notes;
pub(crate) mod quoted_printable;
mod raw_html;
mod sections;
mod shell;
mod slots;
mod target;
mod text_table;
mod wrap;

pub use article::Article;
pub use budget::{HEAVIEST, Measures, SectionWeight, TRACKED_TARGET};
pub use flow::{DEEP_NESTING, PSEUDO_TAG, RAW_HTML, REFUSED_TARGET};
pub use sections::{RenderedSection, SourceHeading};
pub use slots::{Context, Piece, Slot, SlotValues, Template};

use serde_json::{Map, Value, json};

use crate::domain::{Direction, HeaderText};
use crate::issue::Issue;
use crate::source::{Finding, Findings, RuleId, Severity};
use crate::theme::{Theme, ThemeFault, Token};

/// A key of the front matter that neither an issue nor the theme has.
pub const UNKNOWN_FIELD: RuleId = RuleId("unknown-field");
/// A value of the front matter that is not of the kind that the theme declares.
pub const FIELD_KIND: RuleId = RuleId("field-kind");

/// An issue as every reader will get it, but for the slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The `Subject`, one line.
    pub subject: HeaderText,
    /// The line that mail programs show after the subject; may be empty.
    pub preheader: String,
    /// The `text/html` part.
    pub html: Template,
    /// The `text/plain` part, lines ending in LF.
    pub text: Template,
    /// The sections of the article, in order.
    pub sections: Vec<RenderedSection>,
    /// Where this issue stands on the web, if it does.
    pub web_url: Option<String>,
}

/// The newsletter's own words, the same in every issue.
#[derive(Debug, Clone)]
pub struct Letterhead {
    /// What the newsletter is called. It is the subject of an issue without a title.
    pub name: HeaderText,
    /// The sender's postal address, which the law of many countries asks for.
    pub postal_address: String,
    /// The language (BCP 47) of issues that name no other.
    pub language: String,
    /// Which way the script runs.
    pub direction: Direction,
    /// Where this issue stands on the web, if it does.
    pub web_url: Option<String>,
    /// The newsletter's home on the web, if it has one.
    pub home_url: Option<String>,
}

/// Renders an issue.
///
/// # Errors
/// The theme is at fault: it uses a name that nothing declares, its MJML is
/// not well-formed, or its result could not go into a mail. An author cannot
/// cause an error; what could not be kept is a finding.
pub fn render(
    issue: &Issue<'_>,
    theme: &Theme,
    letterhead: &Letterhead,
) -> Result<(Rendered, Vec<Finding>), ThemeFault> {
    let mut findings = Findings::about(issue.source);
    let nodes = flow::flow(&issue.document, &mut findings);
    let values = values(issue, theme, letterhead, &mut findings);
    let address = one_line(&letterhead.postal_address);
    let article = article_html::write(&nodes);
    let (html, article_at) = shell::html(theme, &values, &article, &address)?;
    let text = shell::text(theme, &values, &article_text::write(&nodes), &address)?;
    let rendered = Rendered {
        subject: subject(issue, letterhead).clone(),
        preheader: issue.preheader.clone(),
        html,
        text,
        sections: sections::located(sections::marks(&article), article_at, issue),
        web_url: letterhead.web_url.clone(),
    };
    Ok((rendered, findings.into_sorted()))
}

fn subject<'a>(issue: &'a Issue<'_>, letterhead: &'a Letterhead) -> &'a HeaderText {
    issue.title.as_ref().map_or(&letterhead.name, |title| &title.value)
}

/// Everything that a template may name, with each text as a token.
fn values(
    issue: &Issue<'_>,
    theme: &Theme,
    letterhead: &Letterhead,
    findings: &mut Findings<'_>,
) -> Value {
    let language = issue.language.as_ref().map_or(&letterhead.language, |tag| &tag.value);
    let (direction, start_side) = match letterhead.direction {
        Direction::LeftToRight => ("ltr", "left"),
        Direction::RightToLeft => ("rtl", "right"),
    };
    let own = json!({
        "category": issue.category.as_deref().unwrap_or_default(),
        "date": issue.date.as_ref().map_or(String::new(), |date| date.value.to_string()),
        "home_url": letterhead.home_url.as_deref().unwrap_or_default(),
        "language": language,
        "newsletter": letterhead.name.as_str(),
        "number": issue.number.as_ref().map_or(String::new(), |number| number.value.to_string()),
        "preheader": one_line(&issue.preheader),
        "tags": issue.tags,
        "title": subject(issue, letterhead).as_str(),
        "web_url": letterhead.web_url.as_deref().unwrap_or_default(),
    });
    let mut values = Map::new();
    if let Value::Object(own) = own {
        values.extend(own);
    }
    values.extend(fields(issue, theme, findings));
    let mut values = tokenised(Value::Object(values), theme);
    // These are names, not texts: a template may compare them or build styles with them.
    values["direction"] = direction.into();
    values["start_side"] = start_side.into();
    values["article"] = theme.tokens().write(&Token::Article).into();
    values
}

/// The fields that the theme declares: as the issue sets them, or by default.
fn fields(issue: &Issue<'_>, theme: &Theme, findings: &mut Findings<'_>) -> Map<String, Value> {
    let declared = theme.fields();
    for (key, value) in issue.extra.iter().filter(|(key, _)| !declared.contains_key(*key)) {
        let near = crate::theme::nearest(key, declared.keys().map(String::as_str));
        findings.at(
            &value.span,
            (UNKNOWN_FIELD, Severity::Warning),
            format!("The theme {} has no field `{key}`; nothing shows it.", theme.name()),
            match near {
                Some(near) => format!("Is `{near}` meant?"),
                None => "Remove it, or declare it in the theme's theme.toml.".to_owned(),
            },
        );
    }
    let value = |(name, field): (&String, &crate::theme::Field)| {
        let set = issue.extra.get(name);
        let value = match set {
            Some(set) if field.kind.takes(&set.value) => set.value.clone(),
            Some(set) => {
                findings.at(
                    &set.span,
                    (FIELD_KIND, Severity::Warning),
                    format!("The field `{name}` is not {}.", field.kind.in_words()),
                    format!("The theme says: {}", field.doc),
                );
                field.default.clone()
            }
            None => field.default.clone(),
        };
        (name.clone(), value)
    };
    declared.iter().map(value).collect()
}

/// Turns every text that is not empty into a token. An empty one stays, so
/// that `{{#if}}` tells.
fn tokenised(value: Value, theme: &Theme) -> Value {
    match value {
        Value::String(text) if !text.is_empty() => theme.tokens().write(&Token::Value(text)).into(),
        Value::Array(items) => {
            items.into_iter().map(|item| tokenised(item, theme)).collect::<Vec<_>>().into()
        }
        Value::Object(entries) => {
            let entries = entries.into_iter();
            entries.map(|(key, value)| (key, tokenised(value, theme))).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

/// The lines of a text, with commas where they broke.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(", ")
}
