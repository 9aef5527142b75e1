//! The line of a place in a source, with carets under the place.

use unicode_width::UnicodeWidthStr;

use super::image;
use crate::source::Place;

/// How many characters of a long line are shown.
const SHOWN: usize = 100;

/// How many of them are before the place.
const SHOWN_BEFORE: usize = 40;

/// The line of a place with its number, and carets below the place. A tab has four
/// columns, a wide character two, and control characters are replaced by visible
/// ones, so that the carets are in the right columns on any terminal.
pub(super) fn excerpt(place: &Place) -> String {
    let at = place.column.saturating_sub(1);
    let is_long = place.text.chars().nth(SHOWN).is_some();
    let from = if is_long { at.saturating_sub(SHOWN_BEFORE) } else { 0 };
    let before = columns(place.text.chars().skip(from).take(at - from));
    let room = SHOWN - (at - from).min(SHOWN - 1);
    let meant = columns(place.text.chars().skip(at).take(place.width.min(room)));
    let after = columns(
        place.text.chars().skip(at + place.width.min(room)).take(room - place.width.min(room)),
    );
    let head = if from > 0 { "…" } else { "" };
    let tail = if place.text.chars().nth(from + SHOWN).is_some() { "…" } else { "" };
    let gutter = gutter(place);
    format!(
        "{:gutter$} | {head}{before}{meant}{after}{tail}\n{:gutter$} | {:indent$}{}\n",
        place.line,
        "",
        "",
        "^".repeat(meant.width().max(1)),
        indent = head.width() + before.width(),
    )
}

/// The width of the line number.
pub(super) fn gutter(place: &Place) -> usize {
    place.line.to_string().len().max(3)
}

fn columns(characters: impl Iterator<Item = char>) -> String {
    let mut shown = String::new();
    for c in characters {
        match c {
            '\t' => shown.push_str("    "),
            c => shown.push(image(c)),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceText;

    fn shown(text: &str, meant: &str) -> String {
        let source = SourceText::new("a", text.as_bytes()).unwrap();
        let at = source.text().find(meant).unwrap();
        excerpt(&source.place(&(at..at + meant.len())))
    }

    #[test]
    fn carets_stand_under_what_is_meant() {
        assert_eq!(shown("a b c", "b"), "  1 | a b c\n    |   ^\n");
        assert_eq!(shown("\t名 = 1 # one", "= 1"), "  1 |     名 = 1 # one\n    |        ^^^\n");
        assert_eq!(shown("\tb", "b"), "  1 |     b\n    |     ^\n");
        assert_eq!(shown("日本 b", "本"), "  1 | 日本 b\n    |   ^^\n");
        assert_eq!(shown("e\u{301}x", "x"), "  1 | e\u{301}x\n    |  ^\n");
        assert_eq!(shown("👩‍🚀 x", "x"), "  1 | 👩‍🚀 x\n    |    ^\n");
        assert_eq!(shown("a\u{1b}[2Jb", "b"), "  1 | a␛[2Jb\n    |      ^\n");
    }

    #[test]
    fn a_place_past_the_end_of_the_line_has_one_caret() {
        let source = SourceText::new("a", b"ab").unwrap();
        assert_eq!(excerpt(&source.place(&(9..9))), "  1 | ab\n    |   ^\n");
    }

    #[test]
    fn a_long_line_is_shown_around_its_place() {
        let text = format!("{}HERE{}", "x".repeat(5_000), "y".repeat(5_000));
        let excerpt = shown(&text, "HERE");
        let (line, carets) = excerpt.trim_end().split_once('\n').unwrap();
        assert_eq!(line.chars().count(), "  1 | ".len() + SHOWN + 2);
        assert_eq!(carets, format!("    | {}^^^^", " ".repeat(SHOWN_BEFORE + 1)));
        let all = "z".repeat(5_000);
        assert!(shown(&all, &all).lines().all(|line| line.chars().count() < 120));
    }

    proptest::proptest! {
        #[test]
        fn any_place_can_be_shown(text in "\\PC{0,300}|[\t\u{0}-\u{1f}é日👩‍🚀]{0,200}", from in 0..400_usize, length in 0..400_usize) {
            let source = SourceText::new("a", text.as_bytes()).unwrap();
            let shown = excerpt(&source.place(&(from..from + length)));
            proptest::prop_assert_eq!(shown.lines().count(), 2);
            proptest::prop_assert!(shown.contains('^'));
        }
    }
}
