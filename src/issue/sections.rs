//! The headings of a document, and whether readers see anything under them.

use pulldown_cmark::{Event, Tag, TagEnd};

use super::Document;
use crate::source::{Span, html};

/// A heading and what follows it, up to the next heading of the same or a
/// higher level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// From 1, the highest, to 6.
    pub(crate) level: u8,
    /// The heading in the source.
    pub(crate) span: Span,
    /// Whether a reader sees anything in it, headings not counted.
    pub(crate) shows_something: bool,
}

impl Document<'_> {
    /// Every section, in order. A section inside another comes after it.
    pub(crate) fn sections(&self) -> Vec<Section> {
        let mut sections: Vec<Section> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let mut in_heading = false;
        let mut sight = Sight::default();
        for (event, span) in &self.events {
            let is_visible = sight.sees(event);
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    let level = *level as u8;
                    open.retain(|&at| sections[at].level < level);
                    open.push(sections.len());
                    let span = span.clone();
                    sections.push(Section { level, span, shows_something: false });
                    in_heading = true;
                }
                Event::End(TagEnd::Heading(_)) => in_heading = false,
                // A heading that is a link or a picture is content; one that links to
                // itself is not.
                Event::Start(
                    Tag::Link { dest_url: target, .. } | Tag::Image { dest_url: target, .. },
                ) if in_heading && !target.starts_with('#') => {
                    open.drain(..).for_each(|at| sections[at].shows_something = true);
                }
                _ if in_heading || !is_visible => {}
                _ => open.drain(..).for_each(|at| sections[at].shows_something = true),
            }
        }
        sections
    }

    /// Whether a reader sees anything at all, headings included.
    pub(crate) fn shows_something(&self) -> bool {
        let mut sight = Sight::default();
        self.events.iter().any(|(event, _)| sight.sees(event))
    }
}

/// Tells event by event whether readers see something. A block of HTML is looked at
/// as a whole, where it ends.
#[derive(Default)]
struct Sight {
    html: String,
}

impl Sight {
    fn sees(&mut self, event: &Event<'_>) -> bool {
        match event {
            Event::Text(text) | Event::Code(text) => !text.trim().is_empty(),
            Event::Start(Tag::Image { .. }) | Event::Rule => true,
            Event::InlineHtml(html) => html::shows_something(html),
            Event::Html(line) => {
                self.html.push_str(line);
                false
            }
            Event::End(TagEnd::HtmlBlock) => html::shows_something(&std::mem::take(&mut self.html)),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceText;

    #[test]
    fn a_section_reaches_to_the_next_heading_of_its_level() {
        let text = "# A\n\n## B `b`\n\n<!-- c -->\n\n## C\n\nWords.\n\n# D\n\n---\n\n# E\n\n<img src=x>\n\n# F\n\n# [G](g)\n\n# [H](#h)\n\n## ![](i)\n";
        let source = SourceText::new("a.md", text.as_bytes()).unwrap();
        let sections = Document::parse(&source, 0).unwrap().sections();
        let seen: Vec<_> = sections
            .iter()
            .map(|s| (s.level, text[s.span.clone()].trim(), s.shows_something))
            .collect();
        let expected = [
            (1, "# A", true),
            (2, "## B `b`", false),
            (2, "## C", true),
            (1, "# D", true),
            (1, "# E", true),
            (1, "# F", false),
            (1, "# [G](g)", true),
            (1, "# [H](#h)", true),
            (2, "## ![](i)", true),
        ];
        assert_eq!(seen, expected);
    }
}
