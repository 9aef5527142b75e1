//! From an issue and a theme to the two parts of a mail.
//!
//! In: a parsed [`Issue`], a [`Theme`] and the newsletter's own words, its
//! [`Letterhead`]. Out: a [`Rendered`]: subject, preheader, html and text, in
//! which everything that differs from recipient to recipient is a typed
//! [`Slot`]; and findings about what could not be kept as it was written. Absent on
//! purpose: the reader. Nothing here runs once per recipient.
//!
//! The article does not pass through the template engine: the events of the
//! Markdown become one tree (`flow`), which two writers turn into
//! html and text. The theme's shell goes through Handlebars and mrml once,
//! and the article is put into it afterwards.

mod anchors;
mod article;
mod article_html;
mod article_text;
mod budget;
mod flow;
mod headings;
mod headline;
mod images;
mod logo;
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
pub use budget::Measures;
#[cfg(test)]
pub(crate) use budget::base64_length;
pub(crate) use budget::{SectionWeight, TRACKED_TARGET};
pub use images::Illustration;
#[cfg(test)]
pub(crate) use images::ImageFormat;
pub(crate) use images::{
    Attachment, Image, ImageContent, ImageFault, ImageFile, ImageFinder, ImageMode, Logo,
    MAX_IMAGE_BYTES, Start,
};
pub(crate) use raw_html::{Treatment, treatment};
pub(crate) use sections::RenderedSection;
pub use slots::{EscapeContext, Piece, Slot, SlotValues, Template};

use serde_json::{Map, Value, json};
use url::Url;

use self::article_html::Look;
use self::headings::Heading;
use self::images::Gallery;
use crate::domain::{Direction, HeaderText, LanguageTag};
use crate::issue::{Issue, KNOWN_KEYS};
use crate::source::rules::{FIELD_KIND, MISSING_STRING, UNKNOWN_FIELD};
use crate::source::{Finding, Findings};
use crate::theme::{Scheme, Theme, ThemeFault, Token, Words, fill};

/// An issue as every reader will get it, but for the slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The `Subject`, one line.
    pub subject: HeaderText,
    /// The line that mail programs show after the subject. It may be empty.
    pub preheader: String,
    /// The `text/html` part.
    pub html: Template,
    /// The `text/plain` part, lines ending in LF.
    pub text: Template,
    /// The sections of the article, in order.
    pub sections: Vec<RenderedSection>,
    /// The issue's URL on the web, if it has one.
    pub web_url: Option<String>,
    /// The images that are files of the newsletter.
    pub images: Vec<Image>,
}

impl Rendered {
    /// The files that the mail carries.
    pub fn attachments(&self) -> impl Iterator<Item = &Attachment> {
        self.images.iter().filter_map(|image| match &image.content {
            ImageContent::Attached(attachment) => Some(attachment),
            ImageContent::Linked { .. } => None,
        })
    }
}

/// The newsletter's own words, the same in every issue.
#[derive(Debug, Clone)]
pub struct Letterhead {
    /// What the newsletter is called. It is the subject of an issue without a title.
    pub name: HeaderText,
    /// The sender's postal address, which the law of many countries asks for.
    pub postal_address: String,
    /// The language (BCP 47) of issues that name no other.
    pub language: LanguageTag,
    /// Which way the script runs.
    pub direction: Direction,
    /// The issue's URL on the web, if it has one.
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
    illustration: &Illustration<'_>,
) -> Result<(Rendered, Vec<Finding>), ThemeFault> {
    let mut findings = Findings::about(issue.source);
    let mut nodes = flow::flow(&issue.document, &mut findings);
    let mut gallery = Gallery::new(*illustration);
    let page = letterhead.web_url.as_deref().and_then(|url| Url::parse(url).ok());
    flow::resolve(&mut nodes, page.as_ref(), &mut gallery, &mut findings);
    let headings = headings::find(&nodes);
    let linked_inside = anchors::settle(&mut nodes, &headings, &mut findings);
    let mut values = values(issue, theme, letterhead, &headings, &mut findings);
    values["logo"] = logo::value(illustration.logo, theme, &mut gallery, &mut findings);
    let address = one_line(&letterhead.postal_address);
    let look = look(theme, letterhead.direction);
    let article = |linked_by_shell: &[usize]| {
        let mut linked = [linked_by_shell, &linked_inside].concat();
        linked.sort_unstable();
        article_html::write(&nodes, &look, &linked)
    };
    let html = shell::html(theme, &values, article, &address)?;
    let text = shell::text(theme, &values, article_text::write(&nodes), &address)?;
    let mut images = gallery.images;
    // A theme need not show the logo, and the mail carries no image that it does not show.
    images.retain(|Image { source, content }| {
        matches!(content, ImageContent::Linked { .. }) || html.template.mentions(source)
    });
    let rendered = Rendered {
        subject: subject(issue, letterhead).clone(),
        preheader: issue.preheader.clone(),
        html: html.template,
        text,
        images,
        sections: sections::located(headings, &html.headings, html.article, issue.source),
        web_url: letterhead.web_url.clone(),
    };
    Ok((rendered, findings.into_sorted()))
}

/// What the article takes from the theme's palette.
fn look(theme: &Theme, direction: Direction) -> Look {
    let colour = |name| {
        let colour = theme.palette.colour(name, Scheme::Light);
        colour.map(|colour| colour.to_string()).unwrap_or_default()
    };
    Look { button: colour("button"), button_text: colour("button_text"), direction }
}

fn subject<'a>(issue: &'a Issue<'_>, letterhead: &'a Letterhead) -> &'a HeaderText {
    issue.title.as_ref().map_or(&letterhead.name, |title| &title.value)
}

/// Everything that a template may name, with each text as a token.
fn values(
    issue: &Issue<'_>,
    theme: &Theme,
    letterhead: &Letterhead,
    headings: &[Heading],
    findings: &mut Findings<'_>,
) -> Value {
    let language = issue.language.as_ref().map_or(&letterhead.language, |tag| &tag.value);
    let (direction, start_side, end_side) = match letterhead.direction {
        Direction::LeftToRight => ("ltr", "left", "right"),
        Direction::RightToLeft => ("rtl", "right", "left"),
    };
    let own = json!({
        "category": issue.category.as_deref().unwrap_or_default(),
        "date": issue.date.as_ref().map_or(String::new(), |date| date.value.to_string()),
        "headline": headline::in_title(
            subject(issue, letterhead).as_str(),
            letterhead.name.as_str(),
            issue.number.as_ref().map(|number| number.value),
        ),
        "home_url": letterhead.home_url.as_deref().unwrap_or_default(),
        "language": language.as_str(),
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
    values.insert("strings".into(), strings(issue, theme, letterhead, &values, findings));
    values.extend(fields(issue, theme, findings));
    let mut values = tokenised(Value::Object(values), theme);
    // These are names, not texts: a template may compare them or build styles with them.
    values["direction"] = direction.into();
    values["start_side"] = start_side.into();
    values["end_side"] = end_side.into();
    values["article"] = theme.tokens().write(&Token::Article).into();
    values["sections"] = sections(headings, theme);
    // These were checked, and may be in styles.
    if let Value::Object(values) = &mut values {
        values.extend(theme.constants());
    }
    values
}

/// The headings that have words, for a list of contents.
fn sections(headings: &[Heading], theme: &Theme) -> Value {
    let section = |heading: &Heading| {
        json!({
            "title": theme.tokens().write(&Token::Value(heading.title.clone())),
            "href": theme.tokens().write(&Token::Anchor(heading.index)),
            "level": heading.level,
        })
    };
    let with_words = headings.iter().filter(|heading| !heading.title.is_empty());
    with_words.map(section).collect::<Vec<_>>().into()
}

/// The theme's fixed words in the issue's language, and one finding for those
/// that have to be in English.
fn strings(
    issue: &Issue<'_>,
    theme: &Theme,
    letterhead: &Letterhead,
    values: &Map<String, Value>,
    findings: &mut Findings<'_>,
) -> Value {
    let language = issue.language.as_ref().map_or(&letterhead.language, |tag| &tag.value);
    let Words { words, lacking } = theme.strings.in_language(language.as_str());
    if !lacking.is_empty() {
        let how = MISSING_STRING;
        let message = format!(
            "the theme {} has no words in `{language}` for {}; they are in English",
            theme.name,
            lacking.join(", ")
        );
        let advice = format!(
            "Set them under `[theme.strings.{language}]` in postrider.toml, or add them to \
             strings/{language}.toml in the theme."
        );
        match &issue.language {
            Some(set) => findings.at(&set.span, how, message, advice),
            // The same for every issue of the newsletter.
            None => findings.in_settings(how, message, advice),
        }
    }
    let value = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
    let word = |(key, word): (&str, &str)| (key.to_owned(), fill(word, value).into());
    Value::Object(words.into_iter().map(word).collect())
}

/// The fields that the theme declares: as the issue sets them, or by default.
fn fields(issue: &Issue<'_>, theme: &Theme, findings: &mut Findings<'_>) -> Map<String, Value> {
    let declared = &theme.fields;
    for (key, value) in issue.extra.iter().filter(|(key, _)| !declared.contains_key(*key)) {
        // Site generators have fields of their own; only a misspelling is a mistake.
        let known = KNOWN_KEYS.into_iter().chain(declared.keys().map(String::as_str));
        if let Some(near) = crate::domain::misspelled(key, known) {
            findings.at(
                &value.span,
                UNKNOWN_FIELD,
                format!("the theme {} has no field `{key}`; nothing shows it", theme.name),
                format!("Is `{near}` meant?"),
            );
        }
    }
    let value = |(name, field): (&String, &crate::theme::Field)| {
        let set = issue.extra.get(name);
        let value = set.and_then(|set| field.kind.read(&set.value));
        if let (Some(set), None) = (set, &value) {
            findings.at(
                &set.span,
                FIELD_KIND,
                format!("the field `{name}` is not {}", field.kind.in_words()),
                format!("The theme describes the field as: {}", field.doc),
            );
        }
        let value = value.unwrap_or_else(|| field.default.clone());
        (name.clone(), value)
    };
    declared.iter().map(value).collect()
}

/// Turns every text that is not empty into a token. An empty one stays, so
/// that `{{#if}}` sees that it is empty.
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
