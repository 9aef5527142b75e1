//! Footnotes: collected wherever they are defined, numbered in the order of
//! their references, and put at the end.

use std::collections::HashMap;

use super::Flow;
use crate::render::node::{Element, ElementKind, Node, walk_mut};
use crate::source::Span;
use crate::source::rules::UNUSED_FOOTNOTE;

/// The footnotes so far, each with an index in the order of their first mention.
#[derive(Default)]
pub(super) struct Footnotes<'d> {
    /// Labels in lower case, as they are the same in any case.
    indices: HashMap<String, usize>,
    notes: Vec<Footnote<'d>>,
    /// The definitions that are being read.
    reading: Vec<usize>,
}

#[derive(Default)]
struct Footnote<'d> {
    label: String,
    /// Where it is defined.
    defined: Option<Span>,
    nodes: Vec<Node<'d>>,
    number: Option<usize>,
}

impl<'d> Footnotes<'d> {
    /// The index of the footnote that a reference means.
    pub(super) fn referred_to(&mut self, label: &str) -> usize {
        let notes = &mut self.notes;
        *self.indices.entry(label.to_lowercase()).or_insert_with(|| {
            notes.push(Footnote { label: label.to_owned(), ..Footnote::default() });
            notes.len() - 1
        })
    }

    pub(super) fn begin(&mut self, label: &str, span: &Span) {
        let mut index = self.referred_to(label);
        if self.notes[index].defined.is_some() {
            // The first definition of a label counts; no reference means this one.
            self.notes.push(Footnote { label: label.to_owned(), ..Footnote::default() });
            index = self.notes.len() - 1;
        }
        self.notes[index].defined = Some(span.clone());
        self.reading.push(index);
    }

    /// The definition that began last ends. `nodes` are what it holds.
    pub(super) fn end(&mut self, nodes: Vec<Node<'d>>) {
        if let Some(index) = self.reading.pop() {
            self.notes[index].nodes = nodes;
        }
    }
}

impl Flow<'_, '_, '_> {
    /// Numbers all footnotes and puts them at the end. Footnotes without a
    /// reference come last: the author may have forgotten the reference.
    pub(super) fn add_footnotes(&mut self) {
        let mut notes = std::mem::take(&mut self.footnotes.notes);
        if notes.is_empty() {
            return;
        }
        let mut order = Vec::new();
        number_marks(&mut self.nodes, &mut notes, &mut order);
        let mut written = 0;
        let mut all_before_are_numbered = 0;
        let mut footnotes = Vec::new();
        loop {
            while let Some(&index) = order.get(written) {
                let mut nodes = std::mem::take(&mut notes[index].nodes);
                number_marks(&mut nodes, &mut notes, &mut order);
                written += 1;
                let footnote = Element::new(ElementKind::Footnote(written), nodes);
                footnotes.push(Node::Element(footnote));
            }
            let rest = &notes[all_before_are_numbered..];
            let Some(next) = rest.iter().position(|note| note.number.is_none()) else { break };
            let index = all_before_are_numbered + next;
            all_before_are_numbered = index + 1;
            order.push(index);
            notes[index].number = Some(order.len());
            self.report_unused(&notes[index]);
        }
        self.nodes.push(Node::Element(Element::new(ElementKind::Footnotes, footnotes)));
    }

    fn report_unused(&mut self, note: &Footnote<'_>) {
        let label = &note.label;
        self.findings.at(
            &note.defined.clone().unwrap_or_default(),
            UNUSED_FOOTNOTE,
            format!("no text refers to the footnote `[^{label}]`; it is shown last"),
            format!(
                "Write `[^{label}]` where it belongs, or delete the footnote. A label counts once."
            ),
        );
    }
}

/// Puts numbers in place of indices. A footnote gets the next number at its
/// first mark.
fn number_marks(nodes: &mut [Node<'_>], notes: &mut [Footnote<'_>], order: &mut Vec<usize>) {
    walk_mut(nodes, &mut |node| {
        let Node::FootnoteMark(mark) = node else { return };
        let Some(note) = notes.get_mut(*mark) else { return };
        *mark = *note.number.get_or_insert_with(|| {
            order.push(*mark);
            order.len()
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::Document;
    use crate::render::flow::flow;
    use crate::render::node::walk;
    use crate::source::{Findings, SourceText};

    /// The text with numbers as `^1`, footnotes in braces, and the findings.
    fn shown(markdown: &str) -> (String, Vec<String>) {
        let source = SourceText::new("a.md", markdown.as_bytes()).unwrap();
        let document = Document::parse(&source, 0).unwrap();
        let mut findings = Findings::about(&source);
        let mut out = String::new();
        walk(&flow(&document, &mut findings), &mut |node| match node {
            Node::Text(text) => out.push_str(text),
            Node::FootnoteMark(number) => out.push_str(&format!("^{number}")),
            Node::Element(Element { kind: ElementKind::Footnote(number), .. }) => {
                out.push_str(&format!(" {number}="));
            }
            _ => {}
        });
        (out, findings.into_sorted().iter().map(|f| f.message.clone()).collect())
    }

    #[test]
    fn footnotes_are_numbered_as_they_are_met_and_stand_at_the_end() {
        let unused =
            |label: &str| format!("no text refers to the footnote `[^{label}]`; it is shown last");
        let cases = [
            ("a[^x] b[^y] c[^X]\n\n[^y]: Y\n[^x]: X", "a^1 b^2 c^1 1=X 2=Y", vec![]),
            ("[^x]: X[^y]\n[^y]: Y\n\na[^x]", "a^1 1=X^2 2=Y", vec![]),
            ("a[^x]\n\n[^x]: X\n[^z]: Z", "a^1 1=X 2=Z", vec![unused("z")]),
            ("a\n\n[^x]: X[^y]\n[^y]: Y[^x]", "a 1=X^2 2=Y^1", vec![unused("x")]),
            ("a[^x]\n\n[^x]: X\n\n[^x]: again", "a^1 1=X 2=again", vec![unused("x")]),
            ("a[^x]\n\n> [^x]: X\n>\n> b", "a^1b 1=X", vec![]),
            ("a[^1]", "a[^1]", vec![]),
            ("a[^x]\n\n[^x]:", "a^1 1=", vec![]),
        ];
        for (markdown, expected, findings) in cases {
            let (out, found) = shown(markdown);
            assert_eq!(out, expected, "{markdown}");
            assert_eq!(found, findings, "{markdown}");
        }
    }
}
