//! The article as plain text.
//!
//! In: [`Node`]s. Out: text that reads well as it is. Lines of words end at 72
//! columns, and none has more than 78, whatever the input, unless it holds a
//! URL; headings are underlined; lists, quotes, code and tables keep their
//! shape, as far as the lines have room for it. A target is whole,
//! between `<` and `>` (RFC 3986 appendix C), on a line of its own below the
//! paragraph, item or table that links to it; where there are several, they
//! are numbered, and the numbers begin anew in each section. A button is its
//! label, and its target below. The author of a quote comes right below it.
//! Footnotes come last, as `[^1]`, so that no reader takes them for a target.
//!
//! Absent on purpose: `format=flowed`, and marks for emphasis. The text is
//! read, also aloud, by people who did not ask for Markdown; in a letter full
//! of names, stars are noise, and no word is lost without them. What was
//! struck out keeps its `~~`, as it would say the opposite otherwise.

mod page;

use self::page::TextPage;
use super::node::{Element, ElementKind, Node};
use super::notes::Notes;
use super::text_table::{self, Cell};
use super::wrap::{width, wrap, wrap_code};
use pulldown_cmark::Alignment;

/// The margin of code.
const CODE_MARGIN: &str = "    ";
/// A line break in a run. No text holds this character, as the flow drops
/// control characters.
const BREAK: char = '\u{2}';

/// Writes the article. Lines end in LF and have no space at their end.
pub(crate) fn write(nodes: &[Node<'_>]) -> String {
    let mut writer = TextWriter::default();
    writer.nodes(nodes);
    writer.flush();
    writer.page.out
}

#[derive(Default)]
struct TextWriter {
    page: TextPage,
    /// The text that is being gathered.
    run: String,
    notes: Notes,
    /// The rows of the table that is being written.
    table: Option<Vec<Vec<Cell>>>,
    /// The lists that are open.
    lists: Vec<List>,
    in_link: bool,
    /// Whether text here is in an item of a list without paragraphs.
    in_tight_item: bool,
}

struct List {
    /// The number of the next item, if items are numbered.
    next: Option<u64>,
    tight: bool,
}

impl TextWriter {
    fn nodes(&mut self, nodes: &[Node<'_>]) {
        nodes.iter().for_each(|node| self.node(node));
    }

    fn node(&mut self, node: &Node<'_>) {
        match node {
            Node::Element(Element { kind, children, .. }) => self.element(kind, children),
            Node::Text(text) => self.run.push_str(text),
            Node::Code(code) => {
                self.run.push('`');
                self.run.push_str(code);
                self.run.push('`');
            }
            Node::Image { source, alternative, attributes, .. } => {
                self.run.push_str(alternative);
                // Decoration says nothing in a text.
                let is_decoration = attributes.iter().any(|(name, _)| *name == "role");
                if !is_decoration && !self.in_link {
                    self.note(source);
                }
            }
            Node::SoftBreak => self.run.push(' '),
            Node::HardBreak => self.run.push(BREAK),
            Node::FootnoteMark(number) => self.run.push_str(&format!("[^{number}]")),
            Node::Rule => self.rule(),
        }
    }

    fn element(&mut self, kind: &ElementKind<'_>, children: &[Node<'_>]) {
        match kind {
            ElementKind::Emphasis | ElementKind::Strong => self.nodes(children),
            ElementKind::Strikethrough => self.struck_out(children),
            ElementKind::Link { target, .. } => self.link(target, children),
            ElementKind::Raw { name, .. } => self.raw(name, children),
            ElementKind::Paragraph | ElementKind::Button | ElementKind::Summary => {
                self.block(children);
            }
            ElementKind::Attribution => {
                self.flush();
                self.page.blank_due = false;
                self.block(children);
            }
            ElementKind::ButtonLink { target, .. } => self.button_label(target, children),
            ElementKind::Heading { level, .. } => self.heading(*level, children),
            ElementKind::Quote => self.behind_margin("> ", "> ", false, children),
            ElementKind::CodeBlock => self.code(children),
            ElementKind::List { start, tight } => {
                self.list(List { next: *start, tight: *tight }, children);
            }
            ElementKind::Item => self.item(children),
            ElementKind::Table => self.table(children),
            ElementKind::TableHead | ElementKind::TableRow => {
                if let Some(rows) = &mut self.table {
                    rows.push(Vec::new());
                }
                self.nodes(children);
            }
            ElementKind::Cell { alignment, .. } => self.cell(*alignment, children),
            ElementKind::Footnotes => {
                self.rule();
                self.notes.begin_section();
                self.block(children);
            }
            ElementKind::Footnote(number) => {
                let marker = format!("[^{number}] ");
                self.behind_margin(&marker, &" ".repeat(marker.len()), false, children);
            }
        }
    }

    /// The author's own HTML, by what it is to a text.
    fn raw(&mut self, name: &str, children: &[Node<'_>]) {
        match name {
            "blockquote" => self.behind_margin("> ", "> ", false, children),
            "li" => self.item(children),
            "pre" => self.code(children),
            "ul" => self.list(List { next: None, tight: true }, children),
            "ol" => self.list(List { next: Some(1), tight: true }, children),
            "s" | "del" | "strike" => self.struck_out(children),
            "sup" => self.raised(children),
            "td" | "th" => {
                self.run.push_str("  ");
                self.nodes(children);
            }
            "p" | "div" | "center" | "table" | "thead" | "tbody" | "tfoot" | "tr" | "caption"
            | "details" | "summary" | "dl" | "dt" | "dd" | "figure" | "figcaption" => {
                self.block(children);
            }
            _ => self.nodes(children),
        }
    }

    fn struck_out(&mut self, children: &[Node<'_>]) {
        self.run.push_str("~~");
        self.nodes(children);
        self.run.push_str("~~");
    }

    fn block(&mut self, children: &[Node<'_>]) {
        self.flush();
        self.nodes_in_item(false, children);
        self.flush();
        self.page.blank_due = !self.in_tight_item;
    }

    /// Writes nodes that are in a tight item or in another block.
    fn nodes_in_item(&mut self, is_tight: bool, nodes: &[Node<'_>]) {
        let outside = std::mem::replace(&mut self.in_tight_item, is_tight);
        self.nodes(nodes);
        self.in_tight_item = outside;
    }

    fn list(&mut self, list: List, children: &[Node<'_>]) {
        self.flush();
        self.lists.push(list);
        self.nodes(children);
        self.lists.pop();
        self.flush();
        self.page.blank_due = !self.in_tight_item;
    }

    fn item(&mut self, children: &[Node<'_>]) {
        self.flush();
        let (marker, tight) = match self.lists.last_mut() {
            Some(List { next: Some(number), tight }) => {
                let marker = format!("{number}. ");
                *number = number.saturating_add(1);
                (marker, *tight)
            }
            Some(List { next: None, tight }) => ("* ".to_owned(), *tight),
            None => ("* ".to_owned(), true),
        };
        self.behind_margin(&marker, &" ".repeat(marker.len()), tight, children);
    }

    /// Writes nodes whose first line begins with `first`, and each other with `rest`.
    fn behind_margin(&mut self, first: &str, rest: &str, tight: bool, children: &[Node<'_>]) {
        self.flush();
        if !self.page.open_margin(first, rest) {
            self.run.push_str(first);
        }
        self.nodes_in_item(tight, children);
        self.flush_with(tight);
        self.page.close_margin();
        self.page.blank_due = !tight;
    }

    fn button_label(&mut self, target: &str, children: &[Node<'_>]) {
        self.nodes(children);
        self.run.truncate(self.run.trim_end().len());
        if !self.run.ends_with([':', '.', '!', '?', '…']) {
            self.run.push(':');
        }
        self.run.push_str(&format!("{BREAK}<{target}>"));
    }

    fn cell(&mut self, alignment: Alignment, children: &[Node<'_>]) {
        self.run.clear();
        self.nodes(children);
        let text = std::mem::take(&mut self.run);
        match self.table.as_mut().and_then(|rows| rows.last_mut()) {
            Some(row) => row.push(Cell { text, alignment }),
            None => self.run = text + "  ",
        }
    }

    /// Writes raised text. A raised number after a word gets a `^`: otherwise it
    /// reads as a part of the word.
    fn raised(&mut self, children: &[Node<'_>]) {
        let start = self.run.len();
        self.nodes(children);
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

    fn link(&mut self, target: &str, children: &[Node<'_>]) {
        let start = self.run.len();
        let is_inner = std::mem::replace(&mut self.in_link, true);
        self.nodes(children);
        self.in_link = is_inner;
        let text = self.run.get(start..).unwrap_or_default().trim();
        if text == target && target.contains("://") {
            self.run.truncate(start);
            self.run.push_str(&format!("<{target}>"));
            return;
        }
        let is_shown = text == target || target.strip_prefix("mailto:") == Some(text);
        // A word that nearly fills a line may be cut, together with its neighbours.
        let may_be_cut = width(text) * 4 > self.page.room().most * 3;
        if !is_shown || may_be_cut {
            self.note(target);
        }
    }

    /// Marks this place of the run with a target. The text has no places to
    /// link to, and no attached images, so their targets get no mark.
    fn note(&mut self, target: &str) {
        if !target.is_empty() && !target.starts_with('#') && !target.starts_with("cid:") {
            self.run.push_str(&self.notes.mark(target));
        }
    }

    fn heading(&mut self, level: u8, children: &[Node<'_>]) {
        self.flush();
        self.nodes_in_item(false, children);
        self.notes.begin_section();
        let (text, notes) = self.take_run();
        let lines: Vec<String> = self.wrapped(&text);
        if lines.is_empty() {
            // An image without words has a target all the same.
            if !notes.is_empty() {
                self.lines(notes);
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
        self.lines(lines.into_iter().chain([underline]).chain(notes));
    }

    fn code(&mut self, children: &[Node<'_>]) {
        self.flush();
        self.nodes_in_item(false, children);
        // A link in code comes from the author's own HTML.
        let (code, notes) = self.take_run();
        let code = code.replace(BREAK, "\n");
        let most = self.page.room().less(CODE_MARGIN.len()).most;
        let lines = code.trim_matches('\n').lines().flat_map(|line| wrap_code(line, most));
        self.lines(lines.map(|line| format!("{CODE_MARGIN}{line}")).chain(notes));
    }

    fn table(&mut self, children: &[Node<'_>]) {
        self.flush();
        self.table = Some(Vec::new());
        self.nodes(children);
        let Some(mut rows) = self.table.take() else { return };
        // Even a single target gets a number, as a table has many cells.
        let numbered = self.notes.take(1);
        let notes = numbered.lines();
        for cell in rows.iter_mut().flatten() {
            let text = numbered.in_text(&cell.text);
            let lines = text.split(BREAK).map(|line| line.split_whitespace());
            let lines: Vec<String> =
                lines.map(|words| words.collect::<Vec<_>>().join(" ")).collect();
            cell.text = lines.join("\n");
        }
        let lines = text_table::lines(&rows, self.page.room());
        if !lines.is_empty() {
            // After rows written as records, a blank line keeps the notes from reading
            // as part of the last record.
            let has_records = lines.iter().any(String::is_empty);
            let gap = (has_records && !notes.is_empty()).then(String::new);
            self.lines(lines.into_iter().chain(gap).chain(notes));
        }
    }

    fn rule(&mut self) {
        self.flush();
        self.lines(["-".repeat(20)]);
    }

    /// Writes lines that belong together.
    fn lines(&mut self, lines: impl IntoIterator<Item = String>) {
        self.page.begin_block();
        lines.into_iter().for_each(|line| self.page.line(&line));
        self.page.blank_due = true;
    }

    /// Writes what was gathered as a paragraph of its own.
    fn flush(&mut self) {
        self.flush_with(self.in_tight_item);
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
        self.lines(lines.into_iter().chain(notes));
        self.page.blank_due = !tight;
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
