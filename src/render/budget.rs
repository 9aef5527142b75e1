//! How large a mail is, in the ways that decide whether it is read.
//!
//! Gmail cuts a message near 102,400 bytes, and whether it counts before or
//! after the transfer encoding is disputed; so both are measured, and once
//! more as a provider would send it that replaces every target by its own
//! for counting clicks. Absent on purpose: the limits; `check` has them.

use memchr::memmem;

use super::quoted_printable::{Encoder, Length};
use super::{EscapeContext, Piece, Rendered, RenderedSection, Slot, SlotValues, Template};
use crate::source::Span;

/// The sizes of a mail, in bytes. The slots hold example values.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Measures {
    /// The html as it is.
    pub html: usize,
    /// The html in quoted-printable, as a message holds it (RFC 2045).
    pub html_encoded: usize,
    /// The same after a provider has replaced every link by one of [`TRACKED_TARGET`] bytes.
    pub html_encoded_tracked: usize,
    /// The content of `<style>` elements. Gmail drops them past 16 KB.
    pub styles: usize,
    /// The text as it is.
    pub text: usize,
    /// Where in the html the link to the page on the web is.
    pub web_view: Option<usize>,
    /// The images that the mail carries, in base64.
    pub attachments: usize,
    /// Both parts and the images, encoded. The headers, about 2 KB, are not counted.
    pub message: usize,
    /// Where in the html the first link to unsubscribe is.
    pub first_unsubscribe: Option<usize>,
    /// Where in the html the last link to unsubscribe is.
    pub last_unsubscribe: Option<usize>,
    /// Where in the encoded html that is.
    pub last_unsubscribe_encoded: Option<usize>,
    /// And where, once a provider has replaced every link.
    pub last_unsubscribe_tracked: Option<usize>,
    /// The sections with the most bytes, the heaviest first, at most [`HEAVIEST`].
    pub heaviest_sections: Vec<SectionWeight>,
}

/// How much of the encoded html a section takes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SectionWeight {
    pub title: String,
    /// The line of the heading in the issue.
    pub line: usize,
    /// From the heading to the next one, encoded.
    pub bytes: usize,
    /// How much of the encoded html that is.
    pub percent: usize,
    #[serde(skip)]
    pub span: Span,
}

/// The length of a provider's click-counting link, in bytes.
pub(crate) const TRACKED_TARGET: usize = 114;

/// How many sections are listed.
pub(crate) const HEAVIEST: usize = 3;

impl Measures {
    /// Measures both parts of a mail.
    pub fn from_rendered(rendered: &Rendered) -> Self {
        let mut measures = Self::default();
        measures.weigh(rendered);
        measures.weigh_tracked(&rendered.html);
        let mut scratch = String::new();
        let mut encoded_text = Length::default();
        for piece in &rendered.text.pieces {
            let text = piece.filled(&SlotValues::EXAMPLE, &mut scratch);
            measures.text += text.len();
            Encoder::at_line_start(&mut encoded_text).text(text);
        }
        let attached = rendered.attachments().map(|file| base64_length(file.bytes.len()));
        measures.attachments = attached.sum();
        measures.message = measures.html_encoded + encoded_text.0 + measures.attachments;
        measures
    }

    /// Counts the html as it is sent. A message begins a line with each piece.
    fn weigh(&mut self, Rendered { html, sections, web_url, .. }: &Rendered) {
        let mut link = "href=\"".to_owned();
        let before = link.len();
        EscapeContext::HtmlAttribute.escape_into(web_url.as_deref().unwrap_or_default(), &mut link);
        link.push('"');
        let web_view = web_url.as_ref().map(|_| memmem::Finder::new(&link));
        let mut length = Length::default();
        let mut scratch = String::new();
        let starts = sections.iter().map(|section| section.bytes.start);
        let mut cuts = starts.chain(sections.last().map(|last| last.bytes.end)).peekable();
        let mut length_at_cuts = Vec::with_capacity(sections.len() + 1);
        let mut at = 0;
        for (index, piece) in html.pieces.iter().enumerate() {
            if matches!(piece, Piece::Hole { slot: Slot::UnsubscribeUrl, .. }) {
                self.first_unsubscribe.get_or_insert(at);
                self.last_unsubscribe = Some(at);
                self.last_unsubscribe_encoded = Some(length.0);
            }
            let text = piece.filled(&SlotValues::EXAMPLE, &mut scratch);
            if let Piece::Literal(text) = piece {
                self.styles += style_bytes(text);
                if let (Some(link), None) = (&web_view, self.web_view) {
                    let found = link.find(text.as_bytes());
                    self.web_view = found.map(|found| at + found + before);
                }
            }
            let mut encoder = Encoder::at_line_start(&mut length);
            let mut done = 0;
            while let Some(cut) = cuts.next_if(|cut| *cut <= at + text.len()) {
                let cut = text.floor_char_boundary(cut.saturating_sub(at)).max(done);
                encoder.text(&text[done..cut]);
                length_at_cuts.push(encoder.body().0);
                done = cut;
            }
            encoder.text(&text[done..]);
            if index + 1 < html.pieces.len() {
                encoder.break_softly();
            }
            at += text.len();
        }
        self.html = at;
        self.html_encoded = length.0;
        let weights = length_at_cuts.windows(2).map(|around| around[1] - around[0]);
        let mut heaviest: Vec<_> = sections.iter().zip(weights).collect();
        heaviest.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        heaviest.truncate(HEAVIEST);
        let weight = |(section, bytes): (&RenderedSection, usize)| SectionWeight {
            title: section.title.trim().to_owned(),
            line: section.line,
            bytes,
            percent: bytes * 100 / length.0.max(1),
            span: section.span.clone(),
        };
        self.heaviest_sections = heaviest.into_iter().map(weight).collect();
    }

    /// Counts the html once more, with each `http` target, and the link to
    /// unsubscribe, replaced by one of [`TRACKED_TARGET`] bytes.
    fn weigh_tracked(&mut self, html: &Template) {
        const TARGET: [u8; TRACKED_TARGET] = [b'a'; TRACKED_TARGET];
        const BEGINNING: &str = "href=\"http";
        let target = std::str::from_utf8(&TARGET).unwrap_or_default();
        let finder = memmem::Finder::new(BEGINNING);
        let mut length = Length::default();
        let mut scratch = String::new();
        for (index, piece) in html.pieces.iter().enumerate() {
            let mut rest = match piece {
                Piece::Hole {
                    slot: Slot::UnsubscribeUrl,
                    context: EscapeContext::HtmlAttribute,
                } => {
                    self.last_unsubscribe_tracked = Some(length.0);
                    target
                }
                piece => piece.filled(&SlotValues::EXAMPLE, &mut scratch),
            };
            let mut encoder = Encoder::at_line_start(&mut length);
            while let Some(at) = finder.find(rest.as_bytes()) {
                let start = at + "href=\"".len();
                let Some(end) = memchr::memchr(b'"', &rest.as_bytes()[start..]) else { break };
                encoder.text(&rest[..start]);
                encoder.text(target);
                rest = &rest[start + end..];
            }
            encoder.text(rest);
            if index + 1 < html.pieces.len() {
                encoder.break_softly();
            }
        }
        self.html_encoded_tracked = length.0;
    }
}

/// The length of so many bytes in base64, in lines of 76 characters that end
/// in CRLF (RFC 2045 section 6.8).
pub(crate) fn base64_length(bytes: usize) -> usize {
    let characters = bytes.div_ceil(3) * 4;
    characters + characters.div_ceil(76) * 2
}

/// The length of the content of style elements.
fn style_bytes(html: &str) -> usize {
    let finder = memmem::Finder::new("<style");
    let mut total = 0;
    let mut rest = html;
    while let Some(at) = finder.find(rest.as_bytes()) {
        rest = &rest[at..];
        let start = rest.find('>').map_or(rest.len(), |at| at + 1);
        let end = rest.find("</style").unwrap_or(rest.len());
        total += end.saturating_sub(start);
        rest = &rest[end.max(1)..];
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::HeaderText;

    fn mail(html: Vec<Piece>, sections: Vec<RenderedSection>) -> Rendered {
        Rendered {
            subject: HeaderText::parse("Weekly").unwrap(),
            preheader: String::new(),
            html: Template { pieces: html },
            text: Template { pieces: vec![Piece::Literal("é\n".into()), way_out()] },
            sections,
            images: Vec::new(),
            web_url: Some("https://example.org/?a=1&b=2".into()),
        }
    }

    fn way_out() -> Piece {
        Piece::Hole { slot: Slot::UnsubscribeUrl, context: EscapeContext::HtmlAttribute }
    }

    fn literal(text: &str) -> Piece {
        Piece::Literal(text.to_owned())
    }

    #[test]
    fn a_mail_is_measured_in_every_way() {
        let example = SlotValues::EXAMPLE.unsubscribe_url.len();
        let top =
            "<style>ab</style><STYLE><a href=\"https://example.org/?a=1&amp;b=2\">w</a><a href=\"";
        let bottom = "\">é</a><a href=\"mailto:x\">y</a><a href=\"http";
        let measures = Measures::from_rendered(&mail(
            vec![literal(top), way_out(), literal(bottom), way_out()],
            vec![],
        ));
        assert_eq!(measures.html, top.len() + bottom.len() + 2 * example);
        assert_eq!((measures.styles, measures.text), (2, 3 + example));
        assert_eq!(measures.web_view, Some("<style>ab</style><STYLE><a href=\"".len()));
        assert_eq!(measures.first_unsubscribe, Some(top.len()));
        assert_eq!(measures.last_unsubscribe, Some(measures.html - example));
        // Each `=` takes three bytes, `é` six, each soft line break three.
        let encoded = [(top, 4), (bottom, 2)].map(|(text, equals)| text.len() + 2 * equals);
        let encoded = [encoded[0] + 3 + 3, encoded[1] + 4 + 3];
        assert_eq!(measures.html_encoded, encoded[0] + encoded[1] + 2 * example + 3);
        assert_eq!(measures.last_unsubscribe_encoded, Some(measures.html_encoded - example));
        assert!(measures.html_encoded_tracked > measures.html_encoded + 3 * (TRACKED_TARGET - 45));
    }

    #[test]
    fn the_heaviest_sections_come_first() {
        let section = |title: &str, line, bytes| RenderedSection {
            title: title.into(),
            span: line..line + 1,
            line,
            bytes,
        };
        let sections = vec![
            section("a", 1, 4..5),
            section("b", 2, 5..8),
            section("c", 3, 8..10),
            section("d", 4, 10..11),
        ];
        let measures = Measures::from_rendered(&mail(vec![way_out(), literal("x")], Vec::new()));
        assert_eq!(measures.heaviest_sections, []);
        let shell = vec![literal("abcde===é-"), way_out()];
        let heaviest = Measures::from_rendered(&mail(shell, sections)).heaviest_sections;
        let heaviest: Vec<_> = heaviest.iter().map(|s| (&*s.title, s.line, s.bytes)).collect();
        assert_eq!(heaviest, [("b", 2, 9), ("c", 3, 6), ("a", 1, 1)]);
    }
}
