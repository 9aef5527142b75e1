//! The text part around the article.
//!
//! In: what a theme's template writes, and the values in it. Out: values in
//! lines as wide as those of the article, and never more than two blank lines
//! in a row, whatever an issue leaves out. Absent on purpose: the article,
//! which is so already, and the template's own lines, which are its author's.

use crate::render::wrap::{Room, width, wrap};

/// A value in lines, as it continues `before`. A line that holds a URL is never broken.
pub(super) fn value_after(before: &str, value: &str) -> String {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let column = width(line);
    if column + width(value) <= Room::WHOLE.width || line.contains("://") || value.contains("://") {
        return value.to_owned();
    }
    // No-break spaces hold the place of the text before the value.
    let place = "\u{a0}".repeat(column.min(Room::WHOLE.width));
    let lines = wrap(&format!("{place}{}", value.trim_start()), Room::WHOLE).join("\n");
    lines.strip_prefix(&place).map_or_else(|| value.to_owned(), str::to_owned)
}

/// A text without gaps.
pub(super) fn without_gaps(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut breaks = 0;
    for c in text.chars() {
        breaks = if c == '\n' { breaks + 1 } else { 0 };
        if breaks <= MOST_BREAKS {
            out.push(c);
        }
    }
    out
}

/// Two blank lines.
const MOST_BREAKS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_wrapped_where_it_stands() {
        let title = "word ".repeat(20);
        let title = title.trim();
        let shown = value_after("x\nIssue 12: ", title);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines, ["word ".repeat(12).trim(), "word ".repeat(8).trim()]);
        assert_eq!(value_after("x\nRead: <", "https://example.org/ a"), "https://example.org/ a");
        assert_eq!(value_after("", "short"), "short");
        assert_eq!(value_after(&"x".repeat(200), "short words"), "short\nwords");
        let wide = value_after("", &"字".repeat(50));
        assert!(wide.lines().all(|line| width(line) <= Room::WHOLE.most), "{wide}");
    }

    #[test]
    fn gaps_are_closed() {
        assert_eq!(without_gaps("a\n\n\n\n\n\nb\n\nc\n"), "a\n\n\nb\n\nc\n");
    }
}
