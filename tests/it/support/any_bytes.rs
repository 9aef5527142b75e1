//! Renders arbitrary bytes as an issue. The fuzzer calls this, and the tests call it
//! with inputs that the fuzzer found.

use std::sync::LazyLock;

use postrider::domain::{Direction, HeaderText, LanguageTag};
use postrider::issue::Issue;
use postrider::render::{Illustration, Letterhead, SlotValues, render};
use postrider::source::{Findings, SourceText};
use postrider::theme::{Theme, embedded};

use super::mail_rules;

/// The article alone is the text part: how long a title may be is the theme's affair.
static THEME: LazyLock<Theme> = LazyLock::new(|| {
    let mut files = embedded("weekly").expect("the theme is embedded");
    files.insert("text.txt.hbs".into(), "{{article}}\n".into());
    Theme::from_files("weekly", &files).expect("the theme is sound")
});

/// Renders what can be rendered, and looks at it.
///
/// # Errors
/// A rule is broken. That these bytes are no issue is none.
pub fn try_as_an_issue(bytes: &[u8]) -> Result<(), String> {
    let Ok(source) = SourceText::new("any.md", bytes) else { return Ok(()) };
    let Ok(issue) = Issue::parse(&source, "any") else { return Ok(()) };
    let letterhead = Letterhead {
        name: HeaderText::parse("Any").map_err(|error| error.to_string())?,
        postal_address: "1 Example Street".into(),
        language: LanguageTag::english(),
        direction: Direction::LeftToRight,
        web_url: Some("https://example.org/any".into()),
        home_url: None,
    };
    let (mail, _) = render(&issue, &THEME, &letterhead, &Illustration::NONE)
        .map_err(|fault| fault.to_string())?;
    postrider::check::issue(&issue, &mut Findings::about(&source));
    let html = mail.html.fill(&SlotValues::EXAMPLE);
    mail_rules::balanced(&html).map_err(|fault| format!("{fault}\n{html}"))?;
    let text = mail.text.fill(&SlotValues::EXAMPLE);
    mail_rules::readable(&text).map_err(|fault| format!("{fault}\n{text}"))
}
