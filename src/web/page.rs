//! The few pages there are, as HTML that needs nothing else.

use std::sync::LazyLock;

use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Masthead;
use super::words::PageWords;
use crate::domain::Digest;
use crate::render::EscapeContext;

/// What a page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WebPage {
    /// Asks whether the reader wants to unsubscribe; the one page with a button.
    Ask,
    Unsubscribed,
    /// The link stood in a proof.
    Proof,
    /// The link is none of ours, or it was changed or cut.
    BadLink,
    /// The list could not be written.
    TryAgain,
    /// The request's body was too long, too slow, or broke off.
    BadRequest,
    NotFound,
}

/// System fonts and system colours, so that a dark screen stays dark and
/// forced colours are obeyed. The button is 44 pixels high for thumbs.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{margin:0 auto;max-width:34rem;padding:3rem 1.25rem;font:1.125rem/1.6 system-ui,sans-serif;\
background:#fff;color:#1d1d1f}\
h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem;overflow-wrap:anywhere}\
p{margin:0 0 1rem;overflow-wrap:anywhere}\
button{font:inherit;font-weight:600;min-height:44px;padding:.5rem 1.5rem;border:2px solid #1d4ed8;\
border-radius:.4rem;background:#1d4ed8;color:#fff;cursor:pointer}\
button:focus-visible{outline:3px solid #b45309;outline-offset:3px}\
@media(prefers-color-scheme:dark){body{background:#16181d;color:#e8e8ea}\
button{background:#93b4ff;border-color:#93b4ff;color:#10131a}}";

/// Allows the style above by its hash, and the form to come back to us.
static CONTENT_SECURITY_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(Digest::new(STYLE.as_bytes()).bytes());
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("base64 and ASCII words are a header value")
});

impl WebPage {
    /// The page in the first of these languages that has words.
    pub(super) fn response(self, masthead: &Masthead, languages: &[&str]) -> Response {
        let policy = [(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY.clone())];
        (policy, Html(self.html(masthead, languages))).into_response()
    }

    fn html(self, masthead: &Masthead, languages: &[&str]) -> String {
        let words = PageWords::in_first_of(languages.iter().copied());
        // The tag of a language may have a region, as in `de-AT`.
        let is_spoken = |tag: &&&str| {
            PageWords::in_language(tag).is_some_and(|it| it.language == words.language)
        };
        let language = languages.iter().find(is_spoken).copied().unwrap_or(words.language);
        let direction = words.direction();
        let text = words.for_page(self);
        let form = match self {
            Self::Ask => format!(
                "<form method=\"post\">\n\
                 <input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\">\n\
                 <button>{}</button>\n</form>\n",
                plain(words.button)
            ),
            _ => String::new(),
        };
        format!(
            "<!doctype html>\n<html lang=\"{language}\" dir=\"{direction}\">\n<head>\n\
             <meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{heading} · {title}</title>\n<style>{STYLE}</style>\n</head>\n\
             <body>\n<main>\n<h1>{heading}</h1>\n<p>{body}</p>\n{form}</main>\n</body>\n</html>\n",
            language = attribute(language),
            direction = direction.as_str(),
            heading = plain(text.heading),
            title = plain(masthead.name.as_str()),
            body = plain(text.body).replace("{name}", &set_apart(masthead)),
        )
    }
}

fn attribute(text: &str) -> String {
    escaped(EscapeContext::HtmlAttribute, text)
}

fn plain(text: &str) -> String {
    escaped(EscapeContext::HtmlText, text)
}

fn escaped(context: EscapeContext, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    context.escape_into(text, &mut out);
    out
}

/// The newsletter's name, whose direction may differ from that of the page.
fn set_apart(masthead: &Masthead) -> String {
    format!(
        "<bdi lang=\"{}\" dir=\"{}\">{}</bdi>",
        attribute(&masthead.language),
        masthead.direction.as_str(),
        plain(masthead.name.as_str())
    )
}
