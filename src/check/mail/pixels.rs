//! Images that no reader can see, such as the pixels that count who opens a mail.

use crate::render::{SlotValues, Template};
use crate::source::html::{HtmlToken, OpenTag, token_at};

/// The source of every image in a mail that is at most one pixel wide or
/// high, or is not displayed. The slots of the mail hold example values.
pub(super) fn unseen_images(html: &Template) -> Vec<String> {
    let html = html.fill(&SlotValues::EXAMPLE);
    let is_image = |at: &usize| {
        html.as_bytes().get(at + 1..at + 4).is_some_and(|name| name.eq_ignore_ascii_case(b"img"))
    };
    memchr::memchr_iter(b'<', html.as_bytes())
        .filter(is_image)
        .filter_map(|at| match token_at(&html, at)? {
            (HtmlToken::Open(tag), _) => unseen(&tag),
            _ => None,
        })
        .collect()
}

/// The source of an image, if no reader can see the image.
fn unseen(image: &OpenTag<'_>) -> Option<String> {
    let is_tiny = |length: &str| {
        let digits = length.trim().trim_end_matches("px");
        matches!(digits.parse::<f32>(), Ok(pixels) if pixels <= 1.0)
    };
    let style = image.value("style").unwrap_or_default().to_ascii_lowercase();
    let is_hidden_by_style =
        style.split(';').filter_map(|rule| rule.split_once(':')).any(|(property, value)| {
            match property.trim() {
                "width" | "height" | "max-width" | "max-height" => is_tiny(value),
                "display" => value.trim().starts_with("none"),
                "visibility" => value.trim().starts_with("hidden"),
                "opacity" => is_tiny(value) && value.trim().parse() == Ok(0.0_f32),
                _ => false,
            }
        });
    let is_tiny_image =
        ["width", "height"].iter().any(|name| image.value(name).is_some_and(is_tiny));
    (is_tiny_image || is_hidden_by_style).then(|| image.value("src").unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{EscapeContext, Piece, Slot};

    fn unseen_images(html: &str) -> Vec<String> {
        super::unseen_images(&Template { pieces: vec![Piece::Literal(html.to_owned())] })
    }

    #[test]
    fn an_image_too_small_to_see_is_found_however_it_is_written() {
        for html in [
            r#"<img src="p.gif" width="1" height="1" alt="">"#,
            "<IMG SRC='p.gif' WIDTH=1 />",
            r#"<img src="p.gif" style="border:0; height: 1px">"#,
            r#"<img src="p.gif" style="display:none">"#,
            r#"<img alt="a > b" src="p.gif" height=0>"#,
        ] {
            assert_eq!(unseen_images(html), ["p.gif"], "{html}");
        }
    }

    #[test]
    fn an_image_with_a_hole_in_its_tag_is_found() {
        let slot = Slot::FirstName { default: "r>".into() };
        let hole = Piece::Hole { slot, context: EscapeContext::HtmlAttribute };
        let literal = |text: &str| Piece::Literal(text.to_owned());
        let open = literal("<p><img src=\"https://example.org/?");
        let pieces = vec![open, hole, literal("\" width=\"1\"><p>")];
        assert_eq!(super::unseen_images(&Template { pieces }), ["https://example.org/?r>"]);
    }

    #[test]
    fn images_and_odd_html_are_let_through() {
        for html in [
            r#"<img src="a.png" width="600" style="max-width:100%;height:auto">"#,
            r#"<img src="a.png" alt="width=1">"#,
            "<img",
            "<img width=1 src=a",
            "<img =",
            "<img = = =",
            "<img src",
            "<p>&lt;img width=1&gt;</p>",
        ] {
            assert_eq!(unseen_images(html), Vec::<String>::new(), "{html}");
        }
    }
}
