//! The targets of a text, as notes below it.
//!
//! In: targets, as they come. Out: marks to stand in the text meanwhile, and
//! when the text is complete, numbers instead of the marks and a line for
//! each target. A target that comes twice in a text is one note.

use std::collections::HashMap;

/// Stands before and after the index of a target. The flow lets no control
/// character of an author through.
const MARK: char = '\u{1}';

/// The notes of a section.
#[derive(Default)]
pub(crate) struct Notes {
    /// Those of the text that is being gathered.
    targets: Vec<String>,
    /// Where each of them stands: a list of links may have tens of thousands.
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
    pub(crate) fn mark(&mut self, target: String) -> String {
        let index = match self.indices.get(&target) {
            Some(index) => *index,
            None => {
                self.targets.push(target.clone());
                self.indices.insert(target, self.targets.len() - 1);
                self.targets.len() - 1
            }
        };
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
