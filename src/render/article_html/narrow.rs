//! Tables on a phone.
//!
//! In: a table, and the words of its cells as they are written.
//! Out: the same words; in a table that is too wide for a phone, the end of a
//! long one may break. A table is as wide as its longest words, and one that
//! is wider than the phone makes all text of the mail small. Where the longest
//! words of all columns fit beside each other nothing is done; elsewhere the
//! type is smaller, and only what is too long even so may break.
//! Absent on purpose: how a theme sets a table.

use crate::render::node::{Element, ElementKind, Node};
use crate::render::wrap::width;
use crate::source::html::escape_text;

/// What a phone's column holds, in half pixels, as all that follows: 343 pixels, less
/// a letter that is wider than most.
const PHONE: usize = 2 * 335;
/// A letter and the gap beside a column, as the themes set a table. The letters
/// are rather wide, for bold heads; a word breaks only where no room is left.
const USUAL: (usize, usize) = (17, 16);
/// The same in a table that is too wide.
const SMALL: (usize, usize) = (15, 16);
/// What a list or a quote around the table takes.
const MARGIN: usize = 48;
/// Less than that of a word is not left whole.
const NARROWEST: usize = 3;

const MAY_BREAK: &str = "<span style=\"word-break:break-word\">";

/// A table that is being written.
#[derive(Debug, Default)]
pub(super) struct Narrow {
    /// Whether the table needs smaller type on a phone.
    pub(super) is_wide: bool,
    /// How much of a word stays whole in each column; nothing if all fits.
    caps: Vec<usize>,
    /// How many cells of the row have begun.
    pub(super) column: usize,
    /// The columns of the word that is being written.
    pub(super) word: usize,
}

impl Narrow {
    /// Measures a table that is inside so many lists and quotes.
    pub(super) fn for_table(table: &Element<'_>, margins: usize) -> Self {
        let mut longest = LongestWords::default();
        longest.read(&table.children);
        let longest = longest.columns;
        let room = |(letter, gap): (usize, usize)| {
            PHONE.saturating_sub(longest.len() * gap + margins * MARGIN) / letter
        };
        let needed = |cap: usize| longest.iter().map(|word| cap.min(*word)).sum::<usize>();
        if needed(usize::MAX) <= room(USUAL) {
            return Self::default();
        }
        let room = room(SMALL);
        if needed(usize::MAX) <= room {
            return Self { is_wide: true, ..Self::default() };
        }
        let widest = longest.iter().copied().max().unwrap_or(0);
        let fits = (NARROWEST..widest.min(room)).rev().find(|cap| needed(*cap) <= room);
        let cap = fits.unwrap_or(NARROWEST);
        // What the short columns leave goes to those that are cut.
        let mut spare = room.saturating_sub(needed(cap));
        let with_spare = |word: &usize| {
            let more = word.saturating_sub(cap).min(spare);
            spare -= more;
            if *word > cap + more { cap + more } else { usize::MAX }
        };
        let caps = longest.iter().map(with_spare).collect();
        Self { is_wide: true, caps, column: 0, word: 0 }
    }

    /// Writes a text of the cell. What one text begins, such as a name with an
    /// underscore, the next may continue.
    pub(super) fn write(&mut self, text: &str, out: &mut String) {
        let cap = self.column.checked_sub(1).and_then(|column| self.caps.get(column));
        let Some(&cap) = cap.filter(|cap| **cap < usize::MAX) else {
            return escape_text(text, out);
        };
        for piece in text.split_inclusive(ends_word) {
            let before = self.word;
            self.word += width(piece);
            // The first letter that may break stays with the one before it.
            let whole = if self.word > cap {
                at_width(piece, (cap - 1).saturating_sub(before))
            } else {
                piece.len()
            };
            escape_text(&piece[..whole], out);
            if whole < piece.len() {
                out.push_str(MAY_BREAK);
                escape_text(&piece[whole..], out);
                out.push_str("</span>");
            }
            if piece.ends_with(ends_word) {
                self.word = 0;
            }
        }
    }
}

/// Where every mail program may begin a new line.
fn ends_word(c: char) -> bool {
    matches!(c, ' ' | '\n' | '\t' | '-' | '\u{1100}'..='\u{11FF}' | '\u{2E80}'..='\u{FFDC}')
}

/// The byte at which a text has so many columns.
fn at_width(text: &str, columns: usize) -> usize {
    let mut used = 0;
    let mut at = 0;
    for c in text.chars() {
        let c_width = width(c.encode_utf8(&mut [0; 4]));
        // A mark belongs to the letter before it.
        if used >= columns && c_width > 0 {
            break;
        }
        used += c_width;
        at += c.len_utf8();
    }
    at
}

/// The longest words of a table's columns.
#[derive(Default)]
struct LongestWords {
    columns: Vec<usize>,
    /// How many cells of the row have begun.
    column: usize,
    /// The columns of the word that is being read.
    word: usize,
}

impl LongestWords {
    fn read(&mut self, nodes: &[Node<'_>]) {
        for node in nodes {
            match node {
                Node::Element(Element { kind, children, .. }) => {
                    match kind {
                        ElementKind::TableHead | ElementKind::TableRow => self.column = 0,
                        ElementKind::Cell { .. } => {
                            self.column += 1;
                            self.word = 0;
                            self.columns.resize(self.columns.len().max(self.column), 0);
                        }
                        _ => {}
                    }
                    self.read(children);
                }
                Node::Text(text) | Node::Code(text) => self.text(text),
                _ => self.word = 0,
            }
        }
    }

    fn text(&mut self, text: &str) {
        for piece in text.split_inclusive(ends_word) {
            self.word += width(piece.trim_end());
            let longest = self.column.checked_sub(1).and_then(|at| self.columns.get_mut(at));
            if let Some(longest) = longest {
                *longest = self.word.max(*longest);
            }
            if piece.ends_with(ends_word) {
                self.word = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    /// A table's html, with `~` where a word may break.
    fn table(markdown: &str) -> String {
        shown(markdown).replace(super::MAY_BREAK, "~").replace("</span>", "")
    }

    #[test]
    fn a_table_that_fits_stays_as_it_is() {
        for cells in
            ["|a|b|\n|-|-|\n|c|d|", "|Name|Address|\n|-|-|\n|Ada|ada.of.the.hills@example.org|"]
        {
            assert!(!table(cells).contains('~'), "{cells}");
        }
    }

    #[test]
    fn only_long_words_break_in_a_table_that_is_too_wide() {
        let cases = [
            // One column that is wider than the phone by itself.
            ("https://example.org/a/very/long/path/that/goes/on/and/on", "short", 1),
            // Words that could not stand beside each other.
            ("Verkehrsinfrastrukturgesellschaft", "Grundstücksverkehrsverordnung", 2),
            // The words of a sentence are short.
            ("one two three four five six seven eight nine ten eleven twelve", "thirteen", 0),
            ("`std::collections::hash_map::DefaultHasher::finish_with_seed`", "x", 1),
            (
                "とても甘いりんごで、冬にしか手に入らない、とても甘いりんごで、冬にしか手に入らない",
                "x",
                0,
            ),
        ];
        for (one, other, breaks) in cases {
            let shown = table(&format!("|A|B|\n|-|-|\n|{one}|{other}|"));
            assert_eq!(shown.matches('~').count(), breaks, "{shown}");
            let whole = shown.replace('~', "");
            assert!(whole.contains(one.trim_matches('`')) && whole.contains(other), "{shown}");
        }
    }

    #[test]
    fn a_word_of_several_texts_is_one_word() {
        let long = "unbreakable_word_\\*of\\*_many_texts_that_is_longer_than_any_phone_is_wide";
        let shown = table(&format!("|A|\n|-|\n|{long}|"));
        let (whole, _) = shown.split_once('~').unwrap();
        assert!(whole.ends_with("<td>unbreakable_word_*of*_many_texts_that_is_l"), "{shown}");
    }

    #[test]
    fn many_columns_share_the_phone() {
        let head = "|alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|\n";
        let shown = table(&format!("{head}{}|\n", "|-".repeat(10)));
        assert!(shown.contains("ep~silon") && shown.contains(">eta<"), "{shown}");
    }
}
