//! What a mail must not hold, and what it must, whatever the theme says.

use super::fault;
use crate::theme::{Theme, ThemeFault};

/// A text that may not be there, why, and what to do.
const UNWANTED: [(&str, &str, &str); 12] = [
    ("<mj-", "mrml does not know this element", "Fix its name, or use another element."),
    ("\\u{", "mrml has spoilt a character", "Write it as text and not in an attribute."),
    (
        "fonts.googleapis.com",
        "a font would be fetched when the mail is opened",
        "Name no web font: in font-family, leave out Roboto, Open Sans, Lato, Ubuntu \
         and Droid Sans, and set font-family in mj-all.",
    ),
    (
        "www.mailjet.com",
        "an icon would be fetched from a third party when the mail is opened",
        "Give the mj-social-element a src of your own.",
    ),
    (
        "@import",
        "a style sheet would be fetched when the mail is opened",
        "Write the rules into the theme.",
    ),
    (
        "<link",
        "a file would be fetched when the mail is opened",
        "Write what it holds into the theme.",
    ),
    (
        "@font-face",
        "a font would be fetched when the mail is opened",
        "Name fonts that readers have.",
    ),
    ("<iframe", "no mail program shows it", "Link to the page instead."),
    ("<object", "no mail program shows it", "Link to the page instead."),
    ("<embed", "no mail program shows it", "Link to the page instead."),
    ("<script", "no mail program runs scripts", "Remove it."),
    ("{{", "nothing fills this in", "Handlebars is read in .hbs files, and not in included ones."),
];

/// What mrml writes where the theme says nothing, what is lacking, and what to do.
const UNSAID: [(&str, &str, &str); 3] = [
    (
        "<html lang=\"und\"",
        "the html does not say its language",
        "Write <mjml lang=\"{{language}}\" dir=\"{{direction}}\">.",
    ),
    (
        "dir=\"auto\" xmlns",
        "the html does not say which way it runs",
        "Write <mjml lang=\"{{language}}\" dir=\"{{direction}}\">.",
    ),
    (
        "<title></title>",
        "the html has no title",
        "Write <mj-title>{{title}}</mj-title> into the mj-head.",
    ),
];

/// Looks at the HTML in which values are tokens still.
pub(super) fn inspect(theme: &Theme, shell: &str) -> Result<(), ThemeFault> {
    for (text, why, advice) in UNWANTED {
        if let Some(at) = shell.find(text) {
            let end = shell[at..].find('>').map_or(shell.len(), |end| at + end + 1);
            let shown: String = shell[at..end].chars().take(80).collect();
            let message = format!("the html holds `{shown}`: {why}");
            return Err(fault(theme, theme.find(text), message, advice));
        }
    }
    match UNSAID.iter().find(|(text, ..)| shell.contains(text)) {
        Some((_, lacking, advice)) => {
            Err(fault(theme, theme.find("<mjml"), lacking.to_string(), advice))
        }
        None => Ok(()),
    }
}
