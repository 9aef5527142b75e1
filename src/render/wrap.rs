//! Lines of text that are as wide as they look.
//!
//! In: text with spaces. Out: lines of at most so many columns, by display
//! width (UAX #11). A word is never cut, as it may be an address, unless it
//! has wide letters: languages written with those need no spaces.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Wraps one paragraph.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    // A no-break space does not break.
    for word in text.split([' ', '\n', '\t']).filter(|word| !word.is_empty()) {
        let space = usize::from(!line.is_empty());
        let needed = word.width();
        if used + space + needed <= width {
            if space == 1 {
                line.push(' ');
            }
            line.push_str(word);
            used += space + needed;
            continue;
        }
        let cuttable = !word.contains("://") && word.chars().any(is_wide);
        let begins_here = cuttable && used + space + 2 <= width;
        if !line.is_empty() && !begins_here {
            lines.push(std::mem::take(&mut line));
            used = 0;
        } else if space == 1 {
            line.push(' ');
            used += 1;
        }
        if !cuttable {
            line.push_str(word);
            used += needed;
            continue;
        }
        let mut before_is_wide = false;
        for c in word.chars() {
            let columns = c.width().unwrap_or(0);
            let may_break = before_is_wide || is_wide(c);
            if used + columns > width && may_break && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += columns;
            before_is_wide = is_wide(c);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

fn is_wide(c: char) -> bool {
    c.width() == Some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_wide_as_they_look() {
        assert_eq!(wrap("a bb  ccc\ndddd", 4), ["a bb", "ccc", "dddd"]);
        assert_eq!(
            wrap("a <https://example.org/long> b", 6),
            ["a", "<https://example.org/long>", "b"]
        );
        assert_eq!(wrap("🦀🦀 ab", 5), ["🦀🦀", "ab"]);
        assert_eq!(wrap("x 日本語日本語", 6), ["x 日本", "語日本", "語"]);
        assert_eq!(wrap("a\u{a0}b c", 3), ["a\u{a0}b", "c"]);
        assert!(wrap("  ", 3).is_empty());
    }
}
