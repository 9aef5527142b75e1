//! Lines of text that are as wide as they look.
//!
//! In: text with spaces. Out: lines, by display width (UAX #11). Words stay
//! whole while they fit; longer ones are cut, best after a mark such as `/`
//! or `_`, and never inside of what a reader takes for one character (UAX
//! #29). Letters of languages that are written without spaces may be on
//! either side of a break. What holds a URL is never cut.

mod code;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub(crate) use code::wrap_code;

/// How much a line may hold, in columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// Where a line ends if it can.
    pub width: usize,
    /// What no line exceeds, but for a URL. One word alone may need that much.
    pub most: usize,
}

impl Room {
    /// What a line of the text part holds where no margin comes before it.
    pub(crate) const WHOLE: Self = Self { width: 72, most: 78 };

    /// What remains beside a margin.
    pub(crate) fn less(self, columns: usize) -> Self {
        let remaining = |from: usize| from.saturating_sub(columns).max(1);
        Self { width: remaining(self.width), most: remaining(self.most) }
    }
}

/// A text's columns. unicode-width knows that an emoji of several code points
/// takes two of them.
pub(crate) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

pub(crate) fn wrap(text: &str, room: Room) -> Vec<String> {
    let mut lines = Lines { room, lines: Vec::new(), line: String::new(), used: 0 };
    // A no-break space does not break.
    for word in text.split([' ', '\n', '\t']).filter(|word| !word.is_empty()) {
        lines.word(word);
    }
    lines.end_line();
    lines.lines
}

/// Whether a word must not be cut.
fn holds_url(word: &str) -> bool {
    word.contains("://")
}

struct Lines {
    room: Room,
    lines: Vec<String>,
    line: String,
    used: usize,
}

impl Lines {
    fn word(&mut self, word: &str) {
        let needed = width(word);
        let mut space = usize::from(!self.line.is_empty());
        if self.used + space + needed <= self.room.width {
            return self.append(word, space, needed);
        }
        if holds_url(word) || word.is_ascii() {
            self.end_line();
            return self.long_run(word, needed);
        }
        for run in Runs(word) {
            let needed = width(run);
            let fits = self.used + space + needed <= self.room.width;
            let hangs = is_one_of(CLOSING, run) && self.used + space + needed <= self.room.most;
            if fits || hangs {
                self.append(run, space, needed);
            } else {
                self.end_line();
                self.long_run(run, needed);
            }
            space = 0;
        }
    }

    /// Begins a line with a word that may need more than one.
    fn long_run(&mut self, word: &str, needed: usize) {
        if needed <= self.room.most || holds_url(word) {
            return self.append(word, 0, needed);
        }
        let mut pieces = cut(word, self.room.most);
        let last = pieces.pop().unwrap_or_default();
        self.lines.extend(pieces.into_iter().map(str::to_owned));
        self.append(last, 0, width(last));
    }

    fn append(&mut self, word: &str, space: usize, needed: usize) {
        if space == 1 {
            self.line.push(' ');
        }
        self.line.push_str(word);
        self.used += space + needed;
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            self.lines.push(std::mem::take(&mut self.line));
            self.used = 0;
        }
    }
}

/// The parts of a word between which a line may end: each wide character, and
/// each run of others.
struct Runs<'t>(&'t str);

impl<'t> Iterator for Runs<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let mut clusters = self.0.grapheme_indices(true);
        let (_, first) = clusters.next()?;
        let end = if is_wide(first) {
            first.len()
        } else {
            clusters.find(|(_, c)| is_wide(c)).map_or(self.0.len(), |(at, _)| at)
        };
        let (run, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(run)
    }
}

fn is_wide(cluster: &str) -> bool {
    cluster.chars().next().and_then(UnicodeWidthChar::width) == Some(2)
}

/// Marks with which no line should begin; there is room to let them hang.
const CLOSING: &str = "、。，．）」』】〕》！？：；";

/// Marks after which a long word is best cut.
const PIECE_ENDS: &str = "/_.-:,;=&?|+~@#)]}>\u{a0}\u{200b}\u{2010}\u{3000}";

/// Whether a cluster is one of these marks, and nothing more.
fn is_one_of(marks: &str, cluster: &str) -> bool {
    let mut characters = cluster.chars();
    characters.next().is_some_and(|c| marks.contains(c)) && characters.next().is_none()
}

/// Cuts a long word into pieces of at most so many columns. A piece ends after
/// the last mark in its second half, if there is one.
fn cut(word: &str, most: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut used) = (0, 0);
    let mut mark: Option<(usize, usize)> = None;
    let mut units = units(word).peekable();
    while let Some((at, unit)) = units.next() {
        let needed = width(unit);
        if used + needed > most && at > start {
            let (end, before) =
                mark.filter(|(_, columns)| *columns * 2 >= most).unwrap_or((at, used));
            pieces.push(&word[start..end]);
            (start, used, mark) = (end, used - before, None);
        }
        used += needed;
        let next = units.peek().map(|(_, next)| *next);
        if is_one_of(PIECE_ENDS, unit) && next != Some(unit) {
            mark = Some((at + unit.len(), used));
        }
    }
    pieces.push(&word[start..]);
    pieces
}

/// The characters of a text as readers see them. One that would fill half a
/// line is no real character, and each of its code points counts as one.
fn units(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.grapheme_indices(true).flat_map(|(start, cluster)| {
        let is_endless = cluster.chars().count() > 2 && cluster.width() > 8;
        let step = move |(at, c): (usize, char)| (start + at, &cluster[at..at + c.len_utf8()]);
        let points = is_endless.then(|| cluster.char_indices().map(step)).into_iter().flatten();
        points.chain((!is_endless).then_some((start, cluster)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrow(text: &str, width: usize) -> Vec<String> {
        wrap(text, Room { width, most: width })
    }

    #[test]
    fn lines_are_as_wide_as_they_look() {
        assert_eq!(narrow("a bb  ccc\ndddd", 4), ["a bb", "ccc", "dddd"]);
        assert_eq!(
            narrow("a <https://example.org/long> b", 6),
            ["a", "<https://example.org/long>", "b"]
        );
        assert_eq!(narrow("🦀🦀 ab", 5), ["🦀🦀", "ab"]);
        assert_eq!(narrow("x 日本語日本語", 6), ["x 日本", "語日本", "語"]);
        assert_eq!(narrow("a\u{a0}b c", 3), ["a\u{a0}b", "c"]);
        assert!(narrow("  ", 3).is_empty());
    }

    #[test]
    fn a_word_stays_whole_while_it_fits_and_is_then_cut_after_a_mark() {
        let room = Room { width: 10, most: 12 };
        assert_eq!(wrap("ab abcdefghijkl m", room), ["ab", "abcdefghijkl", "m"]);
        assert_eq!(wrap("abcdefghijklmn", room), ["abcdefghijkl", "mn"]);
        assert_eq!(wrap("abcd_efg_hijklmnop", room), ["abcd_efg_", "hijklmnop"]);
        assert_eq!(wrap("a_bcdefghijklmnop", room), ["a_bcdefghijk", "lmnop"]);
        assert_eq!(wrap("abcdefg::hijk::lmn", room), ["abcdefg::", "hijk::lmn"]);
        assert_eq!(wrap("日本語日本。語", room), ["日本語日本。", "語"]);
        assert_eq!(wrap("日abcdefghijklmnop", room), ["日", "abcdefghijkl", "mnop"]);
        assert_eq!(wrap("x://abcdefghijklmnop-q", room), ["x://abcdefghijklmnop-q"]);
    }

    #[test]
    fn what_looks_like_one_character_is_never_cut() {
        let family = "👩\u{200d}👩\u{200d}👧\u{200d}👦";
        let characters =
            [family, "🇩🇪", "e\u{301}\u{302}", "❤\u{fe0f}", "1\u{fe0f}\u{20e3}", "👍🏽", "नि", "각"];
        for character in characters {
            let columns = width(character);
            assert!((1..=2).contains(&columns), "{character} has {columns} columns");
            for most in [5, 6, 7] {
                for line in narrow(&character.repeat(40), most) {
                    assert!(width(&line) <= most, "{line}");
                    assert_eq!(line.replace(character, ""), "", "{line}");
                }
            }
        }
    }

    #[test]
    fn no_single_character_is_wider_than_a_line() {
        let endless = "🦀\u{200d}".repeat(1_000);
        let lines = narrow(&format!("{endless} x{endless}"), 10);
        assert!(lines.iter().all(|line| width(line) <= 10), "{:?}", lines.first());
    }

    #[test]
    fn a_long_text_without_a_space_is_no_burden() {
        for text in ["a", "日", "🦀\u{200d}", "e\u{301}", "x日"] {
            let text = text.repeat(200_000 / text.len());
            let letters = |text: &str| text.chars().filter(|c| *c != '\n').count();
            assert_eq!(letters(&narrow(&text, 72).join("")), letters(&text));
            assert!(!wrap_code(&text, 72).is_empty());
        }
    }
}
