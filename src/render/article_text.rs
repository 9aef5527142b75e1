//! The article as plain text.
//!
//! In: [`Node`]s. Out: text that reads well as it is. Lines are wrapped at 72
//! columns; headings are underlined; lists, quotes, code and tables keep
//! their shape. A target stands whole, between `<` and `>` (RFC 3986
//! appendix C), on a line of its own below the paragraph, item or table that
//! links to it; where there are several, they are numbered, and the numbers
//! begin anew in each section. Absent on purpose: `format=flowed`, and marks
//! for emphasis.

use pulldown_cmark::Alignment;
use unicode_width::UnicodeWidthStr;

use super::node::{Element, Node};
use super::notes::Notes;
use super::text_table::{self, Cell};
use super::wrap::wrap;

/// The widest line, in columns.
pub(crate) const WIDTH: usize = 72;
/// However deep a list is, its lines get this many columns.
const NARROWEST: usize = 30;
/// Stands for a line break in a run. The flow lets no control character through.
const BREAK: char = '\u{2}';

/// Writes the article. Lines end in LF and have no space at their end.
pub(crate) fn write(nodes: &[Node<'_>]) -> String {
    let mut writer = Writer::default();
    for node in nodes {
        writer.node(node);
    }
    writer.flush();
    writer.out
}

#[derive(Default)]
struct Writer {
    out: String,
    /// The elements that are open.
    open: Vec<Place>,
    /// What each line begins with.
    margins: Vec<Margin>,
    /// A blank line comes before the next block.
    blank_due: bool,
    /// The text that is being gathered.
    run: String,
    notes: Notes,
    table: Option<Table>,
}

/// What an open element is to a text.
enum Place {
    Inline,
    Link { start: usize, target: String },
    Strikethrough,
    Block,
    Heading(u8),
    Code,
    Margin { tight: bool },
    List { next: Option<u64>, tight: bool },
    Table,
    Cell(Alignment),
}

struct Margin {
    /// Only for the next line.
    first: Option<String>,
    rest: String,
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
            Node::Image { source, alternative, attributes } => {
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
            Node::Rule => {
                self.flush();
                self.line_of_block("-".repeat(20));
            }
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
            Element::Paragraph => Place::Block,
            Element::Heading(level) => Place::Heading(*level),
            Element::CodeBlock => Place::Code,
            Element::Quote => return self.start_margin("> ".into(), "> ".into(), false),
            Element::List { start, tight } => Place::List { next: *start, tight: *tight },
            Element::Item => return self.start_item(),
        };
        self.enter(place);
    }

    /// The author's own HTML, by what it is to a text.
    fn start_raw(&mut self, name: &str) {
        match name {
            "blockquote" => self.start_margin("> ".into(), "> ".into(), false),
            "li" => self.start_item(),
            "pre" => self.enter(Place::Code),
            "ul" => self.enter(Place::List { next: None, tight: true }),
            "ol" => self.enter(Place::List { next: Some(1), tight: true }),
            "s" | "del" | "strike" => {
                self.run.push_str("~~");
                self.enter(Place::Strikethrough);
            }
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
            Place::Inline | Place::Link { .. } | Place::Strikethrough | Place::Cell(_)
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
        self.start_margin(marker, rest, tight);
    }

    fn start_margin(&mut self, first: String, rest: String, tight: bool) {
        self.flush();
        self.begin_block();
        self.margins.push(Margin { first: Some(first), rest });
        self.open.push(Place::Margin { tight });
    }

    fn end(&mut self) {
        let Some(place) = self.open.pop() else { return };
        match place {
            Place::Inline => {}
            Place::Strikethrough => self.run.push_str("~~"),
            Place::Link { start, target } => self.end_link(start, target),
            Place::Block => {
                self.flush();
                self.blank_due = !self.run_is_in_tight_item();
            }
            Place::Heading(level) => self.end_heading(level),
            Place::Code => self.end_code(),
            Place::Margin { tight } => {
                self.flush_with(tight);
                if self.margins.last().is_some_and(|margin| margin.first.is_some()) {
                    self.line("");
                }
                self.margins.pop();
                self.blank_due = !tight;
            }
            Place::List { .. } => {
                self.flush();
                self.blank_due = !self.run_is_in_tight_item();
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

    fn end_link(&mut self, start: usize, target: String) {
        let text = self.run.get(start..).unwrap_or_default().trim();
        if text == target && target.contains("://") {
            self.run.truncate(start);
            self.run.push_str(&format!("<{target}>"));
            return;
        }
        if target.strip_prefix("mailto:").is_none_or(|address| address != text) && text != target {
            self.note(target);
        }
    }

    /// Marks this place of the run with a target. A place in the mail itself
    /// is nowhere in its text, and neither is a picture that the mail carries.
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
            return;
        }
        let mark = match level {
            0..=2 => "=",
            3 => "-",
            _ => "~",
        };
        let width = lines.iter().map(|line| line.width()).max().unwrap_or(0);
        self.begin_block();
        lines.iter().for_each(|line| self.line(line));
        self.line(&mark.repeat(width.min(WIDTH)));
        notes.iter().for_each(|note| self.line(note));
        self.blank_due = true;
    }

    fn end_code(&mut self) {
        // Links in code come from the author's own HTML.
        let (code, notes) = self.take_run();
        let code = code.replace(BREAK, "\n");
        self.begin_block();
        for line in code.trim_matches('\n').lines() {
            self.line(&format!("    {line}"));
        }
        notes.iter().for_each(|note| self.line(note));
        self.blank_due = true;
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
        let lines = text_table::lines(&table.rows, self.room());
        if lines.is_empty() {
            return;
        }
        self.begin_block();
        lines.iter().for_each(|line| self.line(line));
        notes.iter().for_each(|note| self.line(note));
        self.blank_due = true;
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
        self.begin_block();
        lines.iter().for_each(|line| self.line(line));
        notes.iter().for_each(|note| self.line(note));
        self.blank_due = !tight;
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
        let room = self.room();
        text.split(BREAK).flat_map(|line| wrap(line, room)).collect()
    }

    /// The columns that the margins leave.
    fn room(&self) -> usize {
        let margins: usize = self.margins.iter().map(|margin| margin.rest.len()).sum();
        WIDTH.saturating_sub(margins).max(NARROWEST)
    }

    fn line_of_block(&mut self, line: String) {
        self.begin_block();
        self.line(&line);
        self.blank_due = true;
    }

    fn begin_block(&mut self) {
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

    fn line(&mut self, text: &str) {
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
        self.out.truncate(self.out.trim_end_matches([' ', '\t']).len());
        self.out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::Document;
    use crate::render::flow::flow;
    use crate::source::{Findings, SourceText};

    fn text(markdown: &str) -> String {
        let source = SourceText::new("a.md", markdown.as_bytes()).unwrap();
        let document = Document::parse(&source, 0).unwrap();
        write(&flow(&document, &mut Findings::about(&source)))
    }

    #[test]
    fn constructs_keep_their_shape() {
        let cases = [
            ("# A\n\nb *c* **d** `e`\nf", "A\n=\n\nb c d `e` f\n"),
            ("- a\n- b\n  - c\n- d\n\ne", "* a\n* b\n  * c\n* d\n\ne\n"),
            ("- a\n\n- b\n\n  c", "* a\n\n* b\n\n  c\n"),
            ("9. a\n10. b", "9. a\n10. b\n"),
            ("> a\n>\n> b\n\n-- c", "> a\n>\n> b\n\n-- c\n"),
            ("[a](https://x.example)", "a\n<https://x.example>\n"),
            ("- [a](https://x.example)\n- b", "* a\n  <https://x.example>\n* b\n"),
            (
                "[a](https://x.example), [b](https://y.example) and [c](https://x.example).",
                "a [1], b [2] and c [1].\n[1] <https://x.example>\n[2] <https://y.example>\n",
            ),
            ("<https://x.example> <a@example.org>", "<https://x.example> a@example.org\n"),
            ("![alt](https://x.example/i.png)", "alt\n<https://x.example/i.png>\n"),
            ("[![alt](https://x.example/i.png)](https://y.example)", "alt\n<https://y.example>\n"),
            (
                "a  \nb\n\n***\n\n```\nlet  x;\n\n  y\n```",
                "a\nb\n\n--------------------\n\n    let  x;\n\n      y\n",
            ),
            ("a<!-- no --> <small>b</small> Vec<T>", "a b Vec<T>\n"),
            ("[a](#part) [b]()", "a b\n"),
            ("-\n- b", "*\n* b\n"),
            ("- > a\n  > b\n- ```\n  c\n  ```", "* > a b\n*     c\n"),
            ("<div>a</div><p>b</p>\n<ol><li>c<li>d</ol>", "a\n\nb\n\n1. c\n2. d\n"),
        ];
        for (markdown, expected) in cases {
            assert_eq!(text(markdown), expected, "{markdown}");
        }
    }

    #[test]
    fn numbers_begin_anew_in_each_section() {
        let two = "[a](https://a.example) [b](https://b.example)\n\n";
        let shown = text(&format!("{two}{two}# B\n\n{two}"));
        assert_eq!(shown.matches("[4]").count(), 2);
        assert_eq!(shown.matches("a [1] b [2]").count(), 2);
    }

    #[test]
    fn lines_are_short_unless_they_are_a_target() {
        let long = format!("https://x.example/{}", "a".repeat(100));
        let shown = text(&format!("> * {} [link]({long})", "word ".repeat(60)));
        assert!(shown.contains("> * word") && shown.contains(&format!(">   <{long}>\n")));
        for line in shown.lines().filter(|line| !line.contains("://")) {
            assert!(line.width() <= WIDTH && line.trim_end() == line, "{line:?}");
        }
    }
}
