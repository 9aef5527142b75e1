//! Links from one place of an article to another.
//!
//! In: the tree, and its headings. Out: which headings the article links to,
//! with each link pointing to the id that its heading gets; and a finding for a
//! link that leads nowhere. A heading is named as git hosts name it: in lower
//! case, without punctuation, with `-` for each space. Absent on purpose: the
//! theme's own links to headings; the shell knows those.

use std::collections::{HashMap, HashSet};

use super::headings::{Heading, heading_id};
use super::node::{Element, ElementKind, Node, walk, walk_mut};
use super::target;
use crate::source::Findings;
use crate::source::rules::DEAD_ANCHOR;

/// Points the links to the ids of their headings, and gives the indices of
/// these headings in ascending order.
pub(crate) fn settle(
    nodes: &mut [Node<'_>],
    headings: &[Heading],
    findings: &mut Findings<'_>,
) -> Vec<usize> {
    let mut has_anchors = false;
    walk(nodes, &mut |node| has_anchors |= anchor(node).is_some());
    if !has_anchors {
        return Vec::new();
    }
    let names = names(headings);
    let mut loose_names = None;
    let mut own = HashSet::new();
    walk(nodes, &mut |node| own.extend(own_ids(node)));
    let mut linked = Vec::new();
    walk_mut(nodes, &mut |node| {
        let Node::Element(Element {
            kind: ElementKind::Link { target, span, .. } | ElementKind::ButtonLink { target, span },
            ..
        }) = node
        else {
            return;
        };
        if target.len() < 2 || !target.starts_with('#') || own.contains(target.as_str()) {
            return;
        }
        let heading = names.get(target.to_lowercase().as_str()).or_else(|| {
            loose_names.get_or_insert_with(|| loosely(headings)).get(&letters(&decoded(target)))
        });
        if let Some(heading) = heading {
            *target = format!("#{}", heading_id(*heading));
            return linked.push(*heading);
        }
        findings.at(
            span,
            DEAD_ANCHOR,
            format!("the link to `{target}` has no target in this mail"),
            "Write the words of a heading, as in `#the-first-part` for \"The first part\".",
        );
    });
    linked.sort_unstable();
    linked.dedup();
    linked
}

fn anchor<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    match node.kind()? {
        ElementKind::Link { target, .. } | ElementKind::ButtonLink { target, .. } => {
            Some(target.as_str()).filter(|target| target.starts_with('#'))
        }
        _ => None,
    }
}

/// The ids that the author's HTML gives, as targets.
fn own_ids(node: &Node<'_>) -> Vec<String> {
    let Some(ElementKind::Raw { attributes, .. }) = node.kind() else { return Vec::new() };
    let ids = attributes.iter().filter(|(name, _)| matches!(*name, "id" | "name"));
    ids.filter_map(|(_, id)| as_target(id)).collect()
}

/// Each heading by its target. The second of two that are alike has a `-1`.
fn names(headings: &[Heading]) -> HashMap<String, usize> {
    let mut uses: HashMap<String, usize> = HashMap::new();
    let mut names = HashMap::new();
    for heading in headings {
        let name = name(&heading.title);
        let before = uses.entry(name.clone()).or_default();
        let whole = match *before {
            0 => name,
            count => format!("{name}-{count}"),
        };
        *before += 1;
        if let Some(target) = as_target(&whole).filter(|target| target.len() > 1) {
            names.entry(target.to_lowercase()).or_insert(heading.index);
        }
    }
    names
}

/// Each heading by its letters and digits. Site generators make
/// other names than git hosts of anything else: of `A & B`, Zola and Hugo make `a-b` or
/// `a--b`, and kramdown drops the number before `1. First`.
fn loosely(headings: &[Heading]) -> HashMap<String, usize> {
    let mut names = HashMap::new();
    for heading in headings {
        let title = heading.title.as_str();
        for part in [title, title.trim_start_matches(|c: char| !c.is_alphabetic())] {
            names.entry(letters(part)).or_insert(heading.index);
        }
    }
    names.remove("");
    names
}

/// A target without its escapes.
fn decoded(target: &str) -> std::borrow::Cow<'_, str> {
    percent_encoding::percent_decode_str(target).decode_utf8_lossy()
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn name(title: &str) -> String {
    let kept = |c: char| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || matches!(c, '-' | '_') => Some(c),
        _ => None,
    };
    title.to_lowercase().chars().filter_map(kept).collect()
}

fn as_target(id: &str) -> Option<String> {
    target::written(&format!("#{id}")).map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::Document;
    use crate::render::flow::flow;
    use crate::render::headings;
    use crate::source::SourceText;

    /// The links' targets, the headings that are linked to, and the findings.
    fn settled(markdown: &str) -> (Vec<String>, Vec<usize>, Vec<String>) {
        let source = SourceText::new("a.md", markdown.as_bytes()).unwrap();
        let document = Document::parse(&source, 0).unwrap();
        let mut findings = Findings::about(&source);
        let mut nodes = flow(&document, &mut findings);
        let headings = headings::find(&nodes);
        let linked = settle(&mut nodes, &headings, &mut findings);
        let mut targets = Vec::new();
        walk(&nodes, &mut |node| targets.extend(anchor(node).map(str::to_owned)));
        let place = |f: crate::source::Finding| {
            let place = f.place.unwrap();
            format!("{}:{} {}", place.line, place.column, f.rule.0)
        };
        (targets, linked, findings.into_sorted().into_iter().map(place).collect())
    }

    #[test]
    fn a_link_finds_its_heading_or_is_reported() {
        let text = "[a](#the-second-part) [b](#The-First-Part) [c](#über-uns) [d](#nowhere)\n\
                    [e](#x) [f](#the-first-part-1) [g](https://e.example/#nowhere)\n\n\
                    # The first part\n\n# The *second* `part`!\n\n# Über uns\n\n# The first part\n\n\
                    <div id=\"x\">y</div>\n";
        let (targets, linked, found) = settled(text);
        assert_eq!(targets, ["#s2", "#s1", "#s3", "#nowhere", "#x", "#s4"]);
        assert_eq!(linked, [0, 1, 2, 3]);
        assert_eq!(found, ["1:59 dead-anchor"]);
    }

    #[test]
    fn the_names_that_site_generators_make_of_a_heading_find_it_too() {
        let text = "[a](#library-tooling-updates) [b](#whats-new) [c](#first) [d](#-jobs) [e](#nowhere)\n\n\
                    # Library & Tooling Updates\n\n# What's new?\n\n# 1. First\n\n# 💼 Jobs\n";
        let (targets, _, found) = settled(text);
        assert_eq!(targets, ["#s1", "#s2", "#s3", "#s4", "#nowhere"]);
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn an_article_without_such_links_has_no_ids() {
        assert_eq!(settled("# A\n\n[b](https://e.example)\n"), (vec![], vec![], vec![]));
        assert_eq!(settled("[a](#)\n").2, Vec::<String>::new());
    }
}
