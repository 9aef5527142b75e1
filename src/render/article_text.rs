//! The article as plain text.
//!
//! In: [`Node`]s. Out: text that reads well as it is. Lines of words end at 72
//! columns, and none has more than 78, whatever the input, unless it holds a
//! URL; headings are underlined; lists, quotes, code and tables keep their
//! shape, as far as the lines have room for it. A target stands whole,
//! between `<` and `>` (RFC 3986 appendix C), on a line of its own below the
//! paragraph, item or table that links to it; where there are several, they
//! are numbered, and the numbers begin anew in each section. A button is its
//! label, and its target below. Who said a quote stands right below it.
//! Footnotes come last, as `[^1]`, so that nobody takes them for a target.
//!
//! Absent on purpose: `format=flowed`, and marks for emphasis. The text is
//! read, also aloud, by people who did not ask for Markdown; in a letter full
//! of names, stars are noise, and no word is lost without them. What was
//! struck out keeps its `~~`, as it would say the opposite otherwise.

mod page;

use self::page::Page;
use super::node::{Element, Node};
use super::notes::Notes;
use super::text_table::{self, Cell};
use super::wrap::{width, wrap, wrap_code};
use pulldown_cmark::Alignment;

/// What code stands behind.
const CODE_MARGIN: &str = "    ";
/// Stands for a line break in a run. The flow lets no control character through.
const BREAK: char = '\u{2}';

/// Writes the article. Lines end in LF and have no space at their end.
pub(crate) fn write(nodes: &[Node<'_>]) -> String {
    let mut writer = Writer::default();
    for node in nodes {
        writer.node(node);
    }
    writer.flush();
    writer.page.into_text()
}

#[derive(Default)]
struct Writer {
    page: Page,
    /// The elements that are open.
    open: Vec<Place>,
    /// The text that is being gathered.
    run: String,
    notes: Notes,
    table: Option<Table>,
}

/// What an open element is to a text.
enum Place {
    Inline,
    Link { start: usize, target: String },
    ButtonLink { target: String },
    Raised { start: usize },
    Strikethrough,
    Block,
    Heading(u8),
    Code,
    Margin { tight: bool },
    List { next: Option<u64>, tight: bool },
    Table,
    Cell(Alignment),
}

#[derive(Default)]
struct Table {
    rows: Vec<Vec<Cell>>,
}

impl Writer {
    fn node(&mut self, node: &Node<'_>) {
        match node {
            Node::Open(element) => self.start(element),
            Node::Close => self.end(),
            Node::Text(text) => self.run.push_str(text),
            Node::Code(code) => {
                self.run.push('`');
                self.run.push_str(code);
                self.run.push('`');
            }
            Node::Image { source, alternative, attributes, .. } => {
                self.run.push_str(alternative);
                // Decoration says nothing in a text.
                if attributes.iter().any(|(name, _)| *name == "role") {
                    return;
                }
                let in_link = self.open.iter().any(|place| matches!(place, Place::Link { .. }));
                if !in_link {
                    self.note(source.clone());
                }
            }
            Node::SoftBreak => self.run.push(' '),
            Node::HardBreak => self.run.push(BREAK),
            Node::FootnoteMark(number) => self.run.push_str(&format!("[^{number}]")),
            Node::Rule => self.rule(),
        }
    }

    fn start(&mut self, element: &Element<'_>) {
        let place = match element {
            Element::Emphasis | Element::Strong => Place::Inline,
            Element::Strikethrough => {
                self.run.push_str("~~");
                Place::Strikethrough
            }
            Element::Link { target, .. } => {
                Place::Link { start: self.run.len(), target: target.clone() }
            }
            Element::Raw { name, .. } => return self.start_raw(name),
            Element::Cell { alignment, .. } => {
                self.run.clear();
                Place::Cell(*alignment)
            }
            Element::TableHead | Element::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
                Place::Inline
            }
            Element::Table => {
                self.flush();
                self.table = Some(Table::default());
                Place::Table
            }
            Element::Paragraph | Element::Button | Element::Summary => Place::Block,
            Element::Attribution => {
                self.flush();
                self.page.blank_due = false;
                Place::Block
            }
            Element::ButtonLink { target, .. } => Place::ButtonLink { target: target.clone() },
            Element::Footnotes => {
                self.rule();
                self.notes.begin_section();
                Place::Block
            }
            Element::Footnote(number) => {
                let marker = format!("[^{number}] ");
                return self.start_margin(&marker, &" ".repeat(marker.len()), false);
            }
            Element::Heading(level) => Place::Heading(*level),
            Element::CodeBlock => Place::Code,
            Element::Quote => return self.start_margin("> ", "> ", false),
            Element::List { start, tight } => Place::List { next: *start, tight: *tight },
            Element::Item => return self.start_item(),
        };
        self.enter(place);
    }

    /// The author's own HTML, by what it is to a text.
    fn start_raw(&mut self, name: &str) {
        match name {
            "blockquote" => self.start_margin("> ", "> ", false),
            "li" => self.start_item(),
            "pre" => self.enter(Place::Code),
            "ul" => self.enter(Place::List { next: None, tight: true }),
            "ol" => self.enter(Place::List { next: Some(1), tight: true }),
            "s" | "del" | "strike" => {
                self.run.push_str("~~");
                self.enter(Place::Strikethrough);
            }
            "sup" => self.enter(Place::Raised { start: self.run.len() }),
            "td" | "th" => {
                self.run.push_str("  ");
                self.enter(Place::Inline);
            }
            "p" | "div" | "center" | "table" | "thead" | "tbody" | "tfoot" | "tr" | "caption"
            | "details" | "summary" | "dl" | "dt" | "dd" | "figure" | "figcaption" => {
                self.enter(Place::Block);
            }
            _ => self.enter(Place::Inline),
        }
    }

    fn enter(&mut self, place: Place) {
        if !matches!(
            place,
            Place::Inline
                | Place::Link { .. }
                | Place::ButtonLink { .. }
                | Place::Raised { .. }
                | Place::Strikethrough
                | Place::Cell(_)
        ) {
            self.flush();
        }
        self.open.push(place);
    }

    fn start_item(&mut self) {
        self.flush();
        let around = self.open.iter_mut().rev().find_map(|place| match place {
            Place::List { next, tight } => Some((next, *tight)),
            _ => None,
        });
        let (marker, tight) = match around {
            Some((Some(number), tight)) => {
                let marker = format!("{number}. ");
                *number = number.saturating_add(1);
                (marker, tight)
            }
            Some((None, tight)) => ("* ".to_owned(), tight),
            None => ("* ".to_owned(), true),
        };
        let rest = " ".repeat(marker.len());
        self.start_margin(&marker, &rest, tight);
    }

    fn start_margin(&mut self, first: &str, rest: &str, tight: bool) {
        self.flush();
        if !self.page.open_margin(first, rest) {
            self.run.push_str(first);
        }
        self.open.push(Place::Margin { tight });
    }

    fn end(&mut self) {
        let Some(place) = self.open.pop() else { return };
        match place {
            Place::Inline => {}
            Place::Strikethrough => self.run.push_str("~~"),
            Place::Link { start, target } => self.end_link(start, target),
            Place::Raised { start } => self.end_raised(start),
            Place::ButtonLink { target } => {
                let label = self.run.trim_end().len();
                self.run.truncate(label);
                if !self.run.ends_with([':', '.', '!', '?', '…']) {
                    self.run.push(':');
                }
                self.run.push_str(&format!("{BREAK}<{target}>"));
            }
            Place::Block => {
                self.flush();
                self.page.blank_due = !self.run_is_in_tight_item();
            }
            Place::Heading(level) => self.end_heading(level),
            Place::Code => self.end_code(),
            Place::Margin { tight } => {
                self.flush_with(tight);
                self.page.close_margin();
                self.page.blank_due = !tight;
            }
            Place::List { .. } => {
                self.flush();
                self.page.blank_due = !self.run_is_in_tight_item();
            }
            Place::Cell(alignment) => {
                let text = std::mem::take(&mut self.run);
                let row = self.table.as_mut().and_then(|table| table.rows.last_mut());
                match row {
                    Some(row) => row.push(Cell { text, alignment }),
                    None => self.run = text + "  ",
                }
            }
            Place::Table => self.end_table(),
        }
    }

    /// A raised number would be read as a part of what stands before it.
    fn end_raised(&mut self, start: usize) {
        let Some((before, raised)) = self.run.split_at_checked(start) else { return };
        let is_number = raised.bytes().any(|byte| byte.is_ascii_digit())
            && raised.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '\u{2212}'));
        if is_number && before.ends_with(|c: char| c.is_alphanumeric() || c == ')') {
            let raised = raised.to_owned();
            self.run.truncate(start);
            self.run.push('^');
            self.run.push_str(&raised);
        }
    }

    fn end_link(&mut self, start: usize, target: String) {
        let text = self.run.get(start..).unwrap_or_default().trim();
        if text == target && target.contains("://") {
            self.run.truncate(start);
            self.run.push_str(&format!("<{target}>"));
            return;
        }
        let is_shown = text == target || target.strip_prefix("mailto:") == Some(text);
        // A word of nearly a line may be cut, with what stands around it.
        let may_be_cut = width(text) * 4 > self.page.room().most * 3;
        if !is_shown || may_be_cut {
            self.note(target);
        }
    }

    /// Marks this place of the run with a target. A place in the mail itself
    /// is nowhere in its text, and neither is an image that the mail carries.
    fn note(&mut self, target: String) {
        if !target.is_empty() && !target.starts_with('#') && !target.starts_with("cid:") {
            self.run.push_str(&self.notes.mark(target));
        }
    }

    fn end_heading(&mut self, level: u8) {
        self.notes.begin_section();
        let (text, notes) = self.take_run();
        let lines: Vec<String> = self.wrapped(&text);
        if lines.is_empty() {
            // An image without words has a target all the same.
            if !notes.is_empty() {
                self.block(notes);
            }
            return;
        }
        let mark = match level {
            0..=2 => "=",
            3 => "-",
            _ => "~",
        };
        let widest = lines.iter().map(|line| width(line)).max().unwrap_or(0);
        let underline = mark.repeat(widest.min(self.page.room().width));
        self.block(lines.into_iter().chain([underline]).chain(notes));
    }

    fn end_code(&mut self) {
        // Links in code come from the author's own HTML.
        let (code, notes) = self.take_run();
        let code = code.replace(BREAK, "\n");
        let most = self.page.room().less(CODE_MARGIN.len()).most;
        let lines = code.trim_matches('\n').lines().flat_map(|line| wrap_code(line, most));
        self.block(lines.map(|line| format!("{CODE_MARGIN}{line}")).chain(notes));
    }

    fn end_table(&mut self) {
        let Some(mut table) = self.table.take() else { return };
        // Even a single target gets a number, as a table has many cells.
        let numbered = self.notes.take(1);
        let notes = numbered.lines();
        for cell in table.rows.iter_mut().flatten() {
            let text = numbered.in_text(&cell.text);
            let lines = text.split(BREAK).map(|line| line.split_whitespace());
            let lines: Vec<String> =
                lines.map(|words| words.collect::<Vec<_>>().join(" ")).collect();
            cell.text = lines.join("\n");
        }
        let lines = text_table::lines(&table.rows, self.page.room());
        if !lines.is_empty() {
            // Below records, what follows without a gap would belong to the last one.
            let has_records = lines.iter().any(String::is_empty);
            let gap = (has_records && !notes.is_empty()).then(String::new);
            self.block(lines.into_iter().chain(gap).chain(notes));
        }
    }

    fn rule(&mut self) {
        self.flush();
        self.block(["-".repeat(20)]);
    }

    /// Writes lines that belong together.
    fn block(&mut self, lines: impl IntoIterator<Item = String>) {
        self.page.begin_block();
        lines.into_iter().for_each(|line| self.page.line(&line));
        self.page.blank_due = true;
    }

    /// Writes what was gathered as a paragraph of its own.
    fn flush(&mut self) {
        let tight = self.run_is_in_tight_item();
        self.flush_with(tight);
    }

    fn flush_with(&mut self, tight: bool) {
        if self.run.trim().is_empty() || self.table.is_some() {
            if self.table.is_none() {
                self.run.clear();
            }
            return;
        }
        let (text, notes) = self.take_run();
        let lines = self.wrapped(&text);
        self.block(lines.into_iter().chain(notes));
        self.page.blank_due = !tight;
    }

    /// Whether text here stands in an item of a list without paragraphs.
    fn run_is_in_tight_item(&self) -> bool {
        let block = |place: &&Place| {
            matches!(place, Place::Margin { .. } | Place::Block | Place::Heading(_) | Place::Code)
        };
        matches!(self.open.iter().rev().find(block), Some(Place::Margin { tight: true }))
    }

    /// The run with its notes numbered, and the lines of the notes. The only
    /// target of a paragraph needs no number.
    fn take_run(&mut self) -> (String, Vec<String>) {
        let numbered = self.notes.take(2);
        (numbered.in_text(&std::mem::take(&mut self.run)), numbered.lines())
    }

    fn wrapped(&self, text: &str) -> Vec<String> {
        let room = self.page.room();
        text.split(BREAK).flat_map(|line| wrap(line, room)).collect()
    }
}

#[cfg(test)]
mod tests;
