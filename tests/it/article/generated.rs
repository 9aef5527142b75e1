//! Generated articles: every construct, nested in any way, with words and targets
//! that occur only once.

use proptest::prelude::*;

/// A part of an article, without its words.
#[derive(Debug, Clone)]
pub enum Block {
    Paragraph(Vec<Inline>),
    Heading(usize, Vec<Inline>),
    Quote(Vec<Block>),
    /// A quote and who said it, after it or at its end.
    Quoted(Vec<Block>, bool),
    List(&'static str, Vec<Vec<Block>>),
    Code(usize),
    Table(usize, Vec<Inline>),
    Details(Vec<Block>),
    Html(Vec<Inline>),
    Button,
    Rule,
}

/// A part of a paragraph, without its words.
#[derive(Debug, Clone)]
pub enum Inline {
    Word,
    Marked(&'static str, Vec<Inline>),
    Tagged(&'static str, Vec<Inline>),
    Code,
    /// A link, and how much longer than usual its target is.
    Link(usize, Vec<Inline>),
    RawLink,
    Autolink(usize),
    Comment,
    Generic,
    HardBreak,
    SoftBreak,
    Footnote,
}

/// A handful of blocks.
pub fn blocks() -> impl Strategy<Value = Vec<Block>> {
    proptest::collection::vec(block(), 1..6)
}

fn block() -> impl Strategy<Value = Block> {
    let leaf = prop_oneof![
        4 => inlines().prop_map(Block::Paragraph),
        1 => (1..6_usize, inlines()).prop_map(|(level, inlines)| Block::Heading(level, inlines)),
        1 => (1..30_usize).prop_map(Block::Code),
        1 => (1..5_usize, inlines()).prop_map(|(columns, cells)| Block::Table(columns, cells)),
        1 => inlines().prop_map(Block::Html),
        1 => Just(Block::Button),
        1 => Just(Block::Rule),
    ];
    leaf.prop_recursive(4, 24, 4, |block| {
        let blocks = proptest::collection::vec(block, 1..4);
        let items = proptest::collection::vec(blocks.clone(), 1..4);
        let marker =
            prop_oneof![Just("* "), Just("- "), Just("7. "), Just("- [ ] "), Just("* [x] ")];
        prop_oneof![
            blocks.clone().prop_map(Block::Quote),
            (blocks.clone(), any::<bool>())
                .prop_map(|(blocks, inside)| Block::Quoted(blocks, inside)),
            blocks.prop_map(Block::Details),
            (marker, items).prop_map(|(marker, items)| Block::List(marker, items)),
        ]
    })
}

fn inlines() -> impl Strategy<Value = Vec<Inline>> {
    let leaf = prop_oneof![
        8 => Just(Inline::Word),
        1 => Just(Inline::Code),
        1 => Just(Inline::RawLink),
        1 => prop_oneof![Just(0), 1..60_usize].prop_map(Inline::Autolink),
        1 => Just(Inline::Comment),
        1 => Just(Inline::Generic),
        1 => Just(Inline::HardBreak),
        1 => Just(Inline::SoftBreak),
        1 => Just(Inline::Footnote),
    ];
    let inline = leaf.prop_recursive(3, 12, 4, |inline| {
        let inlines = proptest::collection::vec(inline, 1..4);
        let mark = prop_oneof![Just("*"), Just("**"), Just("~~"), Just("_")];
        let tag = prop_oneof![Just("small"), Just("sup"), Just("sub"), Just("kbd")];
        prop_oneof![
            (mark, inlines.clone()).prop_map(|(mark, inlines)| Inline::Marked(mark, inlines)),
            (tag, inlines.clone()).prop_map(|(tag, inlines)| Inline::Tagged(tag, inlines)),
            (prop_oneof![Just(0), 1..60_usize], inlines)
                .prop_map(|(longer, inlines)| Inline::Link(longer, inlines)),
        ]
    });
    proptest::collection::vec(inline, 1..12)
}

/// The Markdown of an article, and what a reader must find in it.
#[derive(Default)]
pub struct Source {
    pub markdown: String,
    pub words: Vec<String>,
    pub targets: Vec<String>,
    footnotes: Vec<String>,
    /// No link may stand in another.
    in_link: bool,
    in_footnote: bool,
    in_line: bool,
}

impl Source {
    /// Writes the article as an issue.
    pub fn of(blocks: &[Block]) -> Self {
        let mut source = Self::default();
        let article = source.blocks(blocks);
        let footnotes = source.footnotes.join("\n\n");
        source.markdown = format!("Title: T\n\n{article}\n\n{footnotes}\n");
        source
    }

    fn blocks(&mut self, blocks: &[Block]) -> String {
        let blocks: Vec<String> = blocks.iter().map(|block| self.block(block)).collect();
        blocks.join("\n\n")
    }

    fn block(&mut self, block: &Block) -> String {
        match block {
            Block::Paragraph(inlines) => self.paragraph(inlines),
            Block::Heading(level, inlines) => {
                format!("{} {}", "#".repeat(*level), self.one_line(inlines))
            }
            Block::Quote(blocks) => prefixed(&self.blocks(blocks), "> ", "> "),
            Block::Quoted(blocks, inside) => {
                let said = prefixed(&self.blocks(blocks), "> ", "> ");
                let by = format!("-- {} {}", self.word(), self.word());
                if *inside { format!("{said}\n>\n> {by}") } else { format!("{said}\n\n{by}") }
            }
            Block::List(marker, items) => {
                let bullet = marker.find(' ').unwrap_or(0) + 1;
                let rest = " ".repeat(bullet);
                let items: Vec<String> = items
                    .iter()
                    .map(|blocks| {
                        // A task is a paragraph.
                        let task =
                            if marker.contains('[') { self.word() + "\n\n" } else { String::new() };
                        prefixed(&(task + &self.blocks(blocks)), marker, &rest)
                    })
                    .collect();
                items.join("\n")
            }
            Block::Code(words) => {
                let words: Vec<String> = (0..*words).map(|_| self.word()).collect();
                format!("```rust\n{}\n    {}\n```", words.join(" "), self.word())
            }
            Block::Table(columns, cells) => {
                let head: Vec<String> = (0..*columns).map(|_| self.word()).collect();
                let rule = "|-".repeat(*columns);
                let rows: Vec<String> = cells
                    .chunks(*columns)
                    .map(|row| {
                        let cells =
                            row.iter().map(|cell| self.one_line(std::slice::from_ref(cell)));
                        format!("|{}|", cells.collect::<Vec<_>>().join("|"))
                    })
                    .collect();
                format!("|{}|\n{rule}|\n{}", head.join("|"), rows.join("\n"))
            }
            Block::Details(blocks) => {
                let summary = self.word();
                let content = self.blocks(blocks);
                format!("<details>\n<summary>{summary}</summary>\n\n{content}\n\n</details>")
            }
            // In a block of HTML, Markdown is only text.
            Block::Html(inlines) => {
                let words: Vec<String> = inlines.iter().map(|_| self.word()).collect();
                format!("<div align=\"center\"><p>{}<br>{}</div>", words.join(" "), self.word())
            }
            Block::Button => {
                let (first, second, target) = (self.word(), self.word(), self.target(0));
                format!("[{first} {second}]({target} \"button\")")
            }
            // Stars would make one rule of it with the marker of an item.
            Block::Rule => "___".to_owned(),
        }
    }

    /// A paragraph begins with a word, so that it is nothing else.
    fn paragraph(&mut self, inlines: &[Inline]) -> String {
        format!("{} {}", self.word(), self.inlines(inlines))
    }

    fn one_line(&mut self, inlines: &[Inline]) -> String {
        let before = std::mem::replace(&mut self.in_line, true);
        let written = self.inlines(inlines);
        self.in_line = before;
        written
    }

    fn inlines(&mut self, inlines: &[Inline]) -> String {
        let written: Vec<String> = inlines.iter().map(|inline| self.inline(inline)).collect();
        written.join(" ")
    }

    fn inline(&mut self, inline: &Inline) -> String {
        match inline {
            Inline::Word => self.word(),
            Inline::Marked(mark, inlines) => {
                format!("{mark}{} {} {}{mark}", self.word(), self.inlines(inlines), self.word())
            }
            Inline::Tagged(tag, inlines) => format!("<{tag}>{}</{tag}>", self.inlines(inlines)),
            Inline::Code => format!("`{}`", self.word()),
            Inline::Link(_, inlines) if self.in_link => self.inlines(inlines),
            Inline::Link(longer, inlines) => {
                self.in_link = true;
                let text = format!("{} {}", self.word(), self.inlines(inlines));
                self.in_link = false;
                format!("[{text}]({})", self.target(*longer))
            }
            Inline::RawLink | Inline::Autolink(_) if self.in_link => self.word(),
            Inline::RawLink => {
                let target = self.target(0).replace('&', "&amp;");
                format!("<a href='{target}'>{}</a>", self.word())
            }
            Inline::Autolink(longer) => format!("<{}>", self.target(*longer)),
            Inline::Comment => "<!-- unseen -->".to_owned(),
            Inline::Generic => format!("{}<T>", self.word()),
            Inline::HardBreak | Inline::SoftBreak if self.in_line => self.word(),
            Inline::HardBreak => format!("{}\\\n{}", self.word(), self.word()),
            Inline::SoftBreak => format!("{}\n{}", self.word(), self.word()),
            Inline::Footnote if self.in_footnote || self.in_link => self.word(),
            Inline::Footnote => self.footnote(),
        }
    }

    fn footnote(&mut self) -> String {
        self.in_footnote = true;
        let (word, link, target) = (self.word(), self.word(), self.target(0));
        let more = self.word();
        self.in_footnote = false;
        let label = self.footnotes.len();
        self.footnotes.push(format!("[^n{label}]: {word} [{link}]({target})\n\n    {more}"));
        format!("{}[^n{label}]", self.word())
    }

    fn word(&mut self) -> String {
        let word = format!("w{}x", self.words.len());
        self.words.push(word.clone());
        word
    }

    fn target(&mut self, longer: usize) -> String {
        let number = self.targets.len();
        let target = format!("https://example.org/t{number}?a=1&b={}", "-b_c".repeat(longer));
        self.targets.push(target.clone());
        target
    }
}

fn prefixed(text: &str, first: &str, rest: &str) -> String {
    let lines = text.lines().enumerate().map(|(index, line)| match (index, line) {
        (0, line) => format!("{first}{line}"),
        (_, "") => rest.trim_end().to_owned(),
        (_, line) => format!("{rest}{line}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}
