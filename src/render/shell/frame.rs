//! The lines of the text part around the article.
//!
//! In: what a theme's template wrote, with its values. Out: lines as wide as
//! those of the article, and never more than two blank ones in a row, whatever
//! the issue leaves out. Absent on purpose: the article, which is so already,
//! and lines that hold an address.

use crate::render::wrap::{Room, width, wrap};

/// Brings a text into shape. It may begin and end inside a line.
pub(super) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank_lines = 0;
    for line in text.split_inclusive('\n') {
        let (words, end) = line.strip_suffix('\n').map_or((line, ""), |words| (words, "\n"));
        blank_lines = if words.is_empty() && out.ends_with('\n') { blank_lines + 1 } else { 0 };
        if blank_lines > MOST_BLANK_LINES {
            continue;
        }
        match width(words) > Room::WHOLE.most && !words.contains("://") {
            true => out.push_str(&wrap(words, Room::WHOLE).join("\n")),
            false => out.push_str(words),
        }
        out.push_str(end);
    }
    out
}

const MOST_BLANK_LINES: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_wrapped_and_gaps_are_closed() {
        let title = "word ".repeat(20);
        let wrapped = tidy(&format!("a\n\n\n\n\n{}\nb", title.trim()));
        let lines: Vec<&str> = wrapped.lines().collect();
        assert_eq!(&lines[..4], ["a", "", "", "word ".repeat(14).trim()]);
        assert_eq!(lines.last(), Some(&"b"));
        let address = format!("Read it: <https://example.org/{}>", "x".repeat(100));
        assert_eq!(tidy(&address), address);
        assert_eq!(tidy(": <"), ": <");
    }
}
