//! What mrml would spoil, drop or misplace without a word.
//!
//! In: filled-in MJML. Out: the first fault at the template's own line: a
//! value that mrml prints in the manner of Rust, a tag without its end, an
//! element or an attribute that mrml does not have, an image without `alt`, or
//! an included file that the theme does not have. Absent on purpose: what mrml
//! refuses by itself, which `engine` places.

use std::ops::Range;

use super::{fault, filled_in_place};
use crate::domain::nearest;
use crate::render::raw_html;
use crate::render::target;
use crate::source::html::{self, Attribute, HtmlToken, OpenTag};
use crate::source::{Place, SourceText};
use crate::theme::{Cut, Theme, ThemeFault, Token};

/// The elements of MJML that mrml has.
const COMPONENTS: &str = "mj-accordion mj-accordion-element mj-accordion-text mj-accordion-title mj-all \
    mj-attributes mj-body mj-breakpoint mj-button mj-carousel mj-carousel-image mj-class \
    mj-column mj-divider mj-font mj-group mj-head mj-hero mj-image mj-include mj-navbar \
    mj-navbar-link mj-preview mj-raw mj-section mj-social mj-social-element mj-spacer \
    mj-style mj-table mj-text mj-title mj-wrapper mjml";

/// Elements that cannot hold an article.
const NO_PLACE: [&str; 9] = ["a", "h1", "h2", "h3", "h4", "h5", "h6", "mj-button", "p"];

/// Attributes of MJML that mrml reads and forgets.
const FORGOTTEN: [(&str, &str); 4] =
    [("mj-wrapper", "gap"), ("mj-section", "gutter"), ("mj-image", "sizes"), ("mj-table", "role")];

/// Elements that show an image, of which mrml says nothing to those who cannot see it.
const IMAGES: [&str; 4] = ["img", "mj-image", "mj-carousel-image", "mj-social-element"];

/// More files than this are put in by files that put each other in.
const MOST_INCLUDED: usize = 200;

/// mrml goes down into elements by recursion, and the stack is finite.
const DEEPEST: usize = 200;

/// Looks at a filled-in layout, and at every file that it includes.
pub(super) fn lint(theme: &Theme, expanded: &SourceText) -> Result<(), ThemeFault> {
    let here = |range: &Range<usize>| {
        let written = &expanded.text()[range.clone()];
        theme.find(written).unwrap_or_else(|| filled_in_place(theme, expanded, range))
    };
    let mut linter =
        Linter { theme, including: Vec::new(), included: 0, outside: 0, alt_is_set: Vec::new() };
    linter.text(expanded.text(), &here)
}

struct Linter<'t> {
    theme: &'t Theme,
    /// The files that are open, from the outermost.
    including: Vec<String>,
    included: usize,
    /// How many elements are open in the files around this one.
    outside: usize,
    /// The elements that get an `alt` from mj-attributes.
    alt_is_set: Vec<String>,
}

type Here<'h> = &'h dyn Fn(&Range<usize>) -> Place;

impl Linter<'_> {
    fn text(&mut self, text: &str, here: Here<'_>) -> Result<(), ThemeFault> {
        let mut open: Vec<(&str, Range<usize>)> = Vec::new();
        for (token, range) in html::tokens(text) {
            match token {
                HtmlToken::Open(tag) => {
                    let within = open.last().map(|(name, _)| *name);
                    self.outside += open.len();
                    self.tag(&tag, &text[range.clone()], within, &|| here(&range))?;
                    self.outside -= open.len();
                    if !raw_html::is_void(tag.name) && !text[range.clone()].ends_with("/>") {
                        if self.outside + open.len() >= DEEPEST {
                            let message = format!("more than {DEEPEST} elements are nested");
                            let advice = "Remove some of the elements around it.";
                            return Err(fault(self.theme, Some(here(&range)), message, advice));
                        }
                        open.push((tag.name, range));
                    }
                }
                HtmlToken::Close { name } if !raw_html::is_void(name) => match open.pop() {
                    Some((opened, _)) if opened == name => {}
                    opened => {
                        let open = opened.map_or_else(
                            || "nothing is open".to_owned(),
                            |(opened, _)| format!("<{opened}> is open"),
                        );
                        let message = format!("</{name}> closes nothing: {open}");
                        let advice = "Close every tag in the order in which it was opened.";
                        return Err(fault(self.theme, Some(here(&range)), message, advice));
                    }
                },
                HtmlToken::Text(_) if self.holds_article(&text[range.clone()]) => {
                    let bad = open.iter().find(|(name, _)| NO_PLACE.contains(name));
                    if let Some((name, _)) = bad {
                        let message = format!(
                            "the article is in <{name}>, which ends where the article's first block begins"
                        );
                        let advice = "Put {{article}} into a <div>, or directly into an mj-text.";
                        return Err(fault(self.theme, Some(here(&range)), message, advice));
                    }
                }
                HtmlToken::Text(_) if open.last().is_some_and(|(name, _)| *name == "mj-title") => {
                    // mrml repeats the title in an attribute.
                    self.can_be_written(&text[range.clone()], "the title", &|| here(&range))?;
                }
                _ => {}
            }
        }
        let Some((name, range)) = open.pop() else { return Ok(()) };
        let message = format!("<{name}> is opened here and never closed");
        Err(fault(self.theme, Some(here(&range)), message, "Add the end tag."))
    }

    fn holds_article(&self, text: &str) -> bool {
        let is_article = |cut| matches!(cut, Cut::Token(Token::Article));
        self.theme.tokens().cut(text).into_iter().any(is_article)
    }

    fn tag(
        &mut self,
        tag: &OpenTag<'_>,
        written: &str,
        within: Option<&str>,
        here: &dyn Fn() -> Place,
    ) -> Result<(), ThemeFault> {
        let name = tag.name;
        for Attribute { name: attribute, value, .. } in &tag.attributes {
            // A character reference is written unchanged.
            let literally: String = value.chars().filter(|c| holds(written, *c)).collect();
            let what = format!("the attribute {attribute} of <{name}>");
            self.can_be_written(&literally, &what, here)?;
            let carries_program = matches!(
                target::scheme(value).as_deref(),
                Some("javascript" | "vbscript" | "livescript")
            );
            if attribute.starts_with("on") || carries_program {
                let message = format!("{what} is a script, and no mail program runs scripts");
                return Err(fault(self.theme, Some(here()), message, "Remove it."));
            }
            if FORGOTTEN.contains(&(name, attribute.as_str())) {
                let message = format!("mrml has no attribute {attribute} for <{name}>");
                let advice = "Use padding, or a rule in an mj-style.";
                return Err(fault(self.theme, Some(here()), message, advice));
            }
        }
        if name.starts_with("mj") && !COMPONENTS.split(' ').any(|known| known == name) {
            let advice = nearest(name, COMPONENTS.split(' ')).map_or_else(
                || "Use another; mrml has the elements of MJML but for mj-html-attributes.".into(),
                |near| format!("Is <{near}> meant?"),
            );
            let message = format!("mrml does not know the element <{name}>");
            return Err(fault(self.theme, Some(here()), message, &advice));
        }
        let has_alt = tag.attribute("alt").is_some();
        if within == Some("mj-attributes") {
            if has_alt {
                self.alt_is_set.push(name.to_owned());
            }
            return Ok(());
        }
        let is_set = has_alt || self.alt_is_set.iter().any(|set| set == name || set == "mj-all");
        if IMAGES.contains(&name) && !is_set {
            let message = format!("<{name}> has no alt");
            let advice = "Say in alt what the image shows, or write alt=\"\" if it is an ornament.";
            return Err(fault(self.theme, Some(here()), message, advice));
        }
        match name {
            "mj-include" => self.include(tag, here),
            _ => Ok(()),
        }
    }

    fn include(&mut self, tag: &OpenTag<'_>, here: &dyn Fn() -> Place) -> Result<(), ThemeFault> {
        // mrml reports an include without a path.
        let Some(path) = tag.value("path") else { return Ok(()) };
        let includes = &self.theme.includes;
        let Some(file) = includes.get(path) else {
            let message = format!("the theme has no file `{path}` to include");
            let advice = match nearest(path, includes.keys().map(String::as_str)) {
                Some(near) => format!("Is `{near}` meant?"),
                None => {
                    "A path begins at the theme's folder, and names a .mjml, .html or .css file; \
                         a .hbs file is put in with {{> name}}."
                        .to_owned()
                }
            };
            return Err(fault(self.theme, Some(here()), message, &advice));
        };
        self.included += 1;
        if self.including.iter().any(|open| open == path) || self.included > MOST_INCLUDED {
            let message = format!("`{path}` is included again and again");
            let advice = "A file cannot include itself, and a theme at most 200.";
            return Err(fault(self.theme, Some(here()), message, advice));
        }
        if let Some(at) = file.text().find("{{") {
            let message = "nothing fills this in: an included file is not a template".to_owned();
            let advice = "Handlebars is read in .hbs files alone; put those in with {{> name}}.";
            return Err(fault(self.theme, Some(file.place(&(at..at + 2))), message, advice));
        }
        if tag.value("type") == Some("css") {
            return Ok(());
        }
        self.including.push(path.to_owned());
        self.text(file.text(), &|range| file.place(range))?;
        self.including.pop();
        Ok(())
    }

    /// mrml prints attribute values with Rust's `Debug`.
    fn can_be_written(
        &self,
        value: &str,
        what: &str,
        here: &dyn Fn() -> Place,
    ) -> Result<(), ThemeFault> {
        let spoilt = |c: &char| *c != '\'' && c.escape_debug().len() > 1;
        let Some(c) = value.chars().find(spoilt) else { return Ok(()) };
        let message = format!("{what} holds {c:?}, which mrml cannot write");
        let advice = "Write the value on one line, without double quotes, backslashes or invisible \
                      characters.";
        Err(fault(self.theme, Some(here()), message, advice))
    }
}

/// Whether a value in a tag holds this character itself; a double quote can
/// only be between single ones.
fn holds(tag: &str, c: char) -> bool {
    let between_single =
        |rest: &str| rest.split('\'').next().is_some_and(|value| value.contains(c));
    match c {
        '"' => tag.split("='").skip(1).any(between_single),
        c => tag.contains(c),
    }
}
