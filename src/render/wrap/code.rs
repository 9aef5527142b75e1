//! Lines of code, cut only where they are too long.

use super::{holds_url, units, width};

/// How many columns a tab takes.
const TAB: &str = "    ";

/// How many columns a continued line is indented more than the one it continues.
const CONTINUED: usize = 2;

/// Wraps a line of code. It ends at a space of its last third, or else where
/// there is no more room; what follows is indented a little more.
pub(crate) fn wrap_code(line: &str, most: usize) -> Vec<String> {
    let line = line.replace('\t', TAB);
    let mut line = line.trim_end();
    if width(line) <= most {
        return vec![line.to_owned()];
    }
    let mut indent = line.len() - line.trim_start_matches(' ').len();
    // Code that is indented further than that has no room left.
    line = &line[indent.saturating_sub(most / 2)..];
    indent = indent.min(most / 2);
    let margin = " ".repeat(indent.min(most / 3) + CONTINUED);
    let mut cutter = Cutter { line, at: 0, word: 0..0, word_holds_url: false };
    let mut lines = vec![cutter.next(most, indent).unwrap_or_default().to_owned()];
    let beside_margin = most.saturating_sub(margin.len()).max(1);
    while let Some(piece) = cutter.next(beside_margin, 0) {
        lines.push(format!("{margin}{piece}"));
    }
    lines
}

struct Cutter<'l> {
    line: &'l str,
    /// The text before this byte was returned already.
    at: usize,
    /// The word that was looked at last, so that a long one is measured once.
    word: std::ops::Range<usize>,
    word_holds_url: bool,
}

impl<'l> Cutter<'l> {
    /// The next piece of at most so many columns. `indent` spaces at its start
    /// are no place to cut.
    fn next(&mut self, most: usize, indent: usize) -> Option<&'l str> {
        let rest = &self.line[self.at..];
        if rest.is_empty() {
            return None;
        }
        let Some(full) = full_at(rest, most) else {
            self.at = self.line.len();
            return Some(rest);
        };
        let end = match self.url_around(self.at + full) {
            // Where nothing but white space comes before it, a URL is alone.
            Some(url) if url.start <= self.at + indent => url.end,
            Some(url) => url.start,
            None => self.at + last_space(rest, full, most).unwrap_or(full),
        };
        let piece = &self.line[self.at..end];
        let spaces = self.line[end..].bytes().take_while(|byte| *byte == b' ').count();
        self.at = end + spaces;
        Some(piece.trim_end())
    }

    /// The word with a URL that a cut at `at` would go through, or touch the end of.
    fn url_around(&mut self, at: usize) -> Option<std::ops::Range<usize>> {
        if !(self.word.start < at && at < self.word.end) {
            let start =
                self.line[self.at..at].rfind(' ').map_or(self.at, |space| self.at + space + 1);
            let length = self.line[at..].find(' ').unwrap_or(self.line.len() - at);
            self.word = start..at + length;
            self.word_holds_url = holds_url(&self.line[self.word.clone()]);
        }
        let is_cut = self.word.start < at && at < self.word.end;
        (is_cut && self.word_holds_url).then(|| self.word.start.max(self.at)..self.word.end)
    }
}

/// Where a text is wider than so many columns.
fn full_at(text: &str, most: usize) -> Option<usize> {
    let mut used = 0;
    for (at, unit) in units(text) {
        used += width(unit);
        if used > most && at > 0 {
            return Some(at);
        }
    }
    None
}

/// The last space before `full`, if it is in the last third of a line.
fn last_space(text: &str, full: usize, most: usize) -> Option<usize> {
    if text[full..].starts_with(' ') {
        return Some(full);
    }
    text[..full].rfind(' ').filter(|space| width(&text[..*space]) * 3 >= most * 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_at_a_space_or_where_it_is_full() {
        let cases: [(&str, &[&str]); 9] = [
            ("let a = b;", &["let a = b;"]),
            ("", &[""]),
            ("let a = call(b, c);", &["let a = call", "  (b, c);"]),
            ("abcdefghijklmnopqrst", &["abcdefghijkl", "  mnopqrst"]),
            ("    if a == bcdef { g }", &["    if a ==", "      bcdef", "      { g }"]),
            ("\tlet x;", &["    let x;"]),
            ("a https://x.example/y b", &["a", "  https://x.example/y", "  b"]),
            ("  https://x.example/y b", &["  https://x.example/y", "    b"]),
            ("ab   ", &["ab"]),
        ];
        for (line, expected) in cases {
            assert_eq!(wrap_code(line, 12), expected, "{line}");
        }
    }

    #[test]
    fn a_url_of_a_megabyte_stays_whole() {
        let url = format!("https://x.example/{}", "é".repeat(500_000));
        assert_eq!(wrap_code(&format!("a {url} b"), 12), ["a", &format!("  {url}"), "  b"]);
        assert!(wrap_code(&"a://b ".repeat(200_000), 12).len() > 100_000);
    }
}
