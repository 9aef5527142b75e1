//! Images that nobody can see, which is how mail tells on its readers.

use std::borrow::Cow;

use crate::render::{Piece, SlotValues, Template};

/// The source of every image in a mail that is at most one pixel wide or
/// high, or is not displayed.
pub(super) fn unseen_images(html: &Template) -> Vec<String> {
    tags(html).iter().filter_map(|tag| unseen(tag)).collect()
}

/// The tag of every image. A hole in a tag shows its example.
fn tags(html: &Template) -> Vec<Cow<'_, str>> {
    let mut found = Vec::new();
    for (index, piece) in html.pieces.iter().enumerate() {
        let Piece::Literal(text) = piece else { continue };
        for at in memchr::memchr_iter(b'<', text.as_bytes()) {
            let name = text.as_bytes().get(at + 1..at + 4);
            if !name.is_some_and(|name| name.eq_ignore_ascii_case(b"img")) {
                continue;
            }
            let tag = match whole_tag(&text[at..]) {
                Some(tag) => Cow::Borrowed(tag),
                None => Cow::Owned(tag_over_holes(&text[at..], &html.pieces[index + 1..])),
            };
            found.push(tag);
        }
    }
    found
}

/// A tag that goes on in the pieces that follow.
fn tag_over_holes(begun: &str, following: &[Piece]) -> String {
    let mut tag = begun.to_owned();
    let mut scratch = String::new();
    for piece in following {
        tag.push_str(piece.filled(&SlotValues::EXAMPLE, &mut scratch));
        if let Some(whole) = whole_tag(&tag) {
            return whole.to_owned();
        }
    }
    tag
}

/// The image's source, if nobody can see the image.
fn unseen(tag: &str) -> Option<String> {
    let attributes = attributes(tag);
    let value = |name: &str| attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let is_tiny = |length: &str| {
        let digits = length.trim().trim_end_matches("px");
        matches!(digits.parse::<f32>(), Ok(pixels) if pixels <= 1.0)
    };
    let style = value("style").unwrap_or_default().to_ascii_lowercase();
    let is_unseen_by_style =
        style.split(';').filter_map(|rule| rule.split_once(':')).any(|(property, value)| {
            match property.trim() {
                "width" | "height" | "max-width" | "max-height" => is_tiny(value),
                "display" => value.trim().starts_with("none"),
                "visibility" => value.trim().starts_with("hidden"),
                "opacity" => is_tiny(value) && value.trim().parse() == Ok(0.0_f32),
                _ => false,
            }
        });
    let is_tiny_image = ["width", "height"].iter().any(|name| value(name).is_some_and(is_tiny));
    (is_tiny_image || is_unseen_by_style).then(|| value("src").unwrap_or_default().to_owned())
}

/// The tag that begins the text, with its quoted attributes whole, if it ends there.
fn whole_tag(html: &str) -> Option<&str> {
    let mut quote = None;
    for (at, c) in html.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(&html[..at]),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

/// Names in lower case, and values without quotes.
fn attributes(tag: &str) -> Vec<(String, String)> {
    let mut rest = tag.trim_start_matches(|c: char| !c.is_whitespace()).trim_start();
    let mut attributes = Vec::new();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let after = after.trim_start();
        let (value, left) = match after.strip_prefix('=').map(str::trim_start) {
            None => ("", after),
            Some(value) => match value.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    value[1..].split_once(quote).unwrap_or((&value[1..], ""))
                }
                _ => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
            },
        };
        attributes.push((name.to_ascii_lowercase(), value.to_owned()));
        // A lone `=` has no name, and must not be met for ever.
        rest = if name.is_empty() && left.len() == rest.len() { "" } else { left.trim_start() };
    }
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Context, Slot};

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
        let hole = Piece::Hole { slot, context: Context::HtmlAttribute };
        let literal = |text: &str| Piece::Literal(text.to_owned());
        let open = literal("<p><img src=\"https://example.org/?");
        let pieces = vec![open, hole.clone(), literal("\" width=\"1\"><p>")];
        assert_eq!(super::unseen_images(&Template { pieces }), ["https://example.org/?r&gt;"]);
        let never_closed = vec![literal("<img width=1 src=a"), hole];
        assert_eq!(super::unseen_images(&Template { pieces: never_closed }), ["ar&gt;"]);
    }

    #[test]
    fn images_and_odd_html_are_let_through() {
        for html in [
            r#"<img src="a.png" width="600" style="max-width:100%;height:auto">"#,
            r#"<img src="a.png" alt="width=1">"#,
            "<img",
            "<img =",
            "<img = = =",
            "<img src",
            "<p>&lt;img width=1&gt;</p>",
        ] {
            assert_eq!(unseen_images(html), Vec::<String>::new(), "{html}");
        }
    }
}
