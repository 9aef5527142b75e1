//! The lines of a text, each behind the margins of the open elements.

use crate::render::wrap::Room;

/// However deep a list is, its lines get this many columns.
const NARROWEST: usize = 30;

/// A text that is being written.
#[derive(Default)]
pub(super) struct TextPage {
    /// The lines so far. Each ends in LF and has no space at its end.
    pub(super) out: String,
    /// What each line begins with.
    margins: Vec<Margin>,
    /// Their columns.
    used: usize,
    /// A blank line comes before the next block.
    pub blank_due: bool,
}

struct Margin {
    /// Only for the next line; as wide as the others.
    first: Option<String>,
    rest: String,
}

impl TextPage {
    /// The columns that the margins leave.
    pub(super) fn room(&self) -> Room {
        let Room { width, most } = Room::WHOLE.less(self.used);
        Room { width: width.max(NARROWEST), most: most.max(NARROWEST) }
    }

    /// Begins a margin with a marker such as `* `. If there is no room for one
    /// more margin, lines get none, and the caller has to write the marker: the
    /// result is then `false`.
    pub(super) fn open_margin(&mut self, first: &str, rest: &str) -> bool {
        self.begin_block();
        let fits = self.used + first.len() <= Room::WHOLE.most - NARROWEST;
        let (first, rest) =
            if fits { (Some(first.to_owned()), rest.to_owned()) } else { (None, String::new()) };
        self.used += rest.len();
        self.margins.push(Margin { first, rest });
        fits
    }

    /// Ends the innermost margin. A marker without text gets a line of its own.
    pub(super) fn close_margin(&mut self) {
        if self.margins.last().is_some_and(|margin| margin.first.is_some()) {
            self.line("");
        }
        if let Some(margin) = self.margins.pop() {
            self.used -= margin.rest.len();
        }
    }

    /// Leaves a blank line, if one is due.
    pub(super) fn begin_block(&mut self) {
        if std::mem::take(&mut self.blank_due) && !self.out.is_empty() {
            // The marker of an item belongs to its text, not to the line above.
            for margin in &self.margins {
                match &margin.first {
                    Some(_) => break,
                    None => self.out.push_str(&margin.rest),
                }
            }
            self.end_line();
        }
    }

    pub(super) fn line(&mut self, text: &str) {
        for margin in &mut self.margins {
            match margin.first.take() {
                Some(first) => self.out.push_str(&first),
                None => self.out.push_str(&margin.rest),
            }
        }
        self.out.push_str(text);
        self.end_line();
    }

    fn end_line(&mut self) {
        let unseen = |c: char| c.is_whitespace() && c != '\n';
        self.out.truncate(self.out.trim_end_matches(unseen).len());
        self.out.push('\n');
    }
}
