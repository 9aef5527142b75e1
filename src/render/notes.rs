//! The targets of a text, as notes below it.
//!
//! In: targets in the order of the text. Out: marks that hold their places, and
//! when the text is complete, numbers in place of the marks and a line for each
//! target. A target that comes twice in a text is one note.

use std::collections::HashMap;

/// The character before and after the index of a target. No text holds it, as
/// the flow drops control characters.
const MARK: char = '\u{1}';

/// The notes of a section.
#[derive(Default)]
pub(crate) struct Notes {
    /// Those of the text that is being gathered.
    targets: Vec<String>,
    /// The index of each of them: a list of links may have tens of thousands.
    indices: HashMap<String, usize>,
    /// How many numbers the section has used.
    used: usize,
}

/// The notes of one text.
pub(crate) struct Numbered {
    targets: Vec<String>,
    /// The number of the first target, if they are numbered.
    first: Option<usize>,
}

impl Notes {
    /// Numbers begin at 1 again.
    pub(crate) fn begin_section(&mut self) {
        self.used = 0;
    }

    /// Takes a target, and gives the mark for its place in the text.
    pub(crate) fn mark(&mut self, target: &str) -> String {
        let index = *self.indices.entry(target.to_owned()).or_insert_with(|| {
            self.targets.push(target.to_owned());
            self.targets.len() - 1
        });
        format!("{MARK}{index}{MARK}")
    }

    /// Ends the text. Fewer targets than `fewest` get no numbers.
    pub(crate) fn take(&mut self, fewest: usize) -> Numbered {
        let targets = std::mem::take(&mut self.targets);
        self.indices.clear();
        if targets.len() < fewest {
            return Numbered { targets, first: None };
        }
        let first = self.used + 1;
        self.used += targets.len();
        Numbered { targets, first: Some(first) }
    }
}

impl Numbered {
    /// A line for each target.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |(index, target): (usize, &String)| match self.first {
            Some(first) => format!("[{}] <{target}>", first + index),
            None => format!("<{target}>"),
        };
        self.targets.iter().enumerate().map(line).collect()
    }

    /// The text with numbers instead of marks.
    pub(crate) fn in_text(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for (index, part) in text.split(MARK).enumerate() {
            if index % 2 == 0 {
                out.push_str(part);
                continue;
            }
            let (Some(first), Ok(index)) = (self.first, part.parse::<usize>()) else { continue };
            if out.chars().next_back().is_some_and(|c| !c.is_whitespace() && !c.is_control()) {
                out.push(' ');
            }
            out.push_str(&format!("[{}]", first + index));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_comes_twice_in_a_text_is_one_note() {
        let mut notes = Notes::default();
        let marks = ["a", "b", "a"].map(|target| notes.mark(target));
        let first = notes.take(1);
        assert_eq!(first.in_text(&marks.join(" ")), "[1] [2] [1]");
        assert_eq!(first.lines(), ["[1] <a>", "[2] <b>"]);
        let again = notes.mark("a");
        assert_eq!(notes.take(1).in_text(&again), "[3]");
    }

    /// Were each target compared with all before it, this would take minutes.
    #[test]
    fn two_hundred_thousand_targets_are_no_burden() {
        let mut notes = Notes::default();
        let text: String =
            (0..200_000).map(|n| notes.mark(&format!("https://example.org/{n}"))).collect();
        let numbered = notes.take(1);
        assert!(numbered.in_text(&text).ends_with("[200000]"));
        assert_eq!(numbered.lines().len(), 200_000);
    }
}
