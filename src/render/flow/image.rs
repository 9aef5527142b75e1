//! The URLs of images and of relative links.
//!
//! In: the tree with targets as the author wrote them. Out: the same tree with
//! targets that work in a mail, and images that have a width. An image that
//! cannot be shown becomes its alternative text, because a broken image says
//! nothing to a reader.

use std::borrow::Cow;

use url::Url;

use super::super::images::{COLUMN, Gallery, Placed, Size, Start};
use super::super::node::{ElementKind, Node};
use super::super::target;
use crate::source::rules::{MISSING_ALT, RELATIVE_TARGET};
use crate::source::{Findings, Span};

/// Narrower images fit onto any phone as they are.
const FITS_ANYWHERE: u32 = 240;

/// What a list or a quote takes at the side, in pixels, where style sheets are dropped.
const MARGIN: u32 = 40;

/// Marks a decoration, so that a screen reader passes over the image.
const DECORATION: (&str, &str) = ("role", "presentation");

/// Gives every image its URL and size, and resolves every relative link
/// against the issue's URL on the web.
pub(crate) fn resolve(
    nodes: &mut [Node<'_>],
    page: Option<&Url>,
    gallery: &mut Gallery<'_>,
    findings: &mut Findings<'_>,
) {
    let mut resolver = Resolver { page, gallery, findings };
    resolver.nodes(nodes, Around { margins: 0, holds_alone: true });
}

/// What is around some nodes.
#[derive(Clone, Copy)]
struct Around {
    /// How many elements take room at the side.
    margins: u32,
    /// Whether an image without anything beside it is alone here.
    holds_alone: bool,
}

impl Around {
    /// What is around the children of an element.
    fn inside(self, kind: &ElementKind<'_>, is_only_child: bool) -> Self {
        let takes_a_margin = match kind {
            ElementKind::List { .. } | ElementKind::Quote | ElementKind::Footnotes => true,
            ElementKind::Raw { name, .. } => {
                matches!(*name, "ul" | "ol" | "blockquote" | "figure" | "dd")
            }
            _ => false,
        };
        let holds_alone = match kind {
            ElementKind::Paragraph => true,
            ElementKind::Raw { name, .. } => matches!(*name, "p" | "div" | "center" | "figure"),
            ElementKind::Link { .. } => self.holds_alone && is_only_child,
            _ => false,
        };
        Self { margins: self.margins + u32::from(takes_a_margin), holds_alone }
    }

    /// The width that the elements around leave, in pixels.
    fn room(self) -> u32 {
        COLUMN.saturating_sub(MARGIN * self.margins).max(FITS_ANYWHERE)
    }
}

struct Resolver<'r, 'p, 's> {
    page: Option<&'r Url>,
    gallery: &'r mut Gallery<'p>,
    findings: &'r mut Findings<'s>,
}

impl Resolver<'_, '_, '_> {
    fn nodes(&mut self, nodes: &mut [Node<'_>], around: Around) {
        // Counted before an image is replaced by its text, which may be empty.
        let is_only_child = nodes.iter().filter(|node| !node.is_blank()).nth(1).is_none();
        for node in nodes {
            match node {
                Node::Element(element) => {
                    if let ElementKind::Link { target, span, .. }
                    | ElementKind::ButtonLink { target, span } = &mut element.kind
                    {
                        self.link(target, span);
                    }
                    let inside = around.inside(&element.kind, is_only_child);
                    self.nodes(&mut element.children, inside);
                }
                Node::Image { .. } => {
                    let is_alone = around.holds_alone && is_only_child;
                    image(node, is_alone, around.room(), self.gallery, self.findings);
                }
                _ => {}
            }
        }
    }

    fn link(&mut self, target: &mut String, span: &Span) {
        if target.starts_with('#') || !target::leads_from_here(target) {
            return;
        }
        let Some(page) = self.page else {
            // Without the target: one setting is the cause, whatever the targets are.
            self.findings.at(
                span,
                RELATIVE_TARGET,
                "this link is relative, and the issue has no URL on the web",
                "Set `[newsletter] web_url`, to which relative links belong, or write the \
                 whole URL.",
            );
            return;
        };
        match joined(page, target) {
            Some(whole) => *target = whole,
            None => self.findings.at(
                span,
                RELATIVE_TARGET,
                format!("the link to `{target}` leads to no URL from {page}"),
                "Write the whole URL.",
            ),
        }
    }
}

fn joined(page: &Url, target: &str) -> Option<String> {
    let whole = page.join(target).ok()?;
    // A host may be written with escapes that the URL standard resolves.
    target::written(whole.as_str()).map(Cow::into_owned)
}

fn image(
    node: &mut Node<'_>,
    is_alone: bool,
    room: u32,
    gallery: &mut Gallery<'_>,
    findings: &mut Findings<'_>,
) {
    let Node::Image { source, alternative, attributes, span } = node else { return };
    let Placed { source: found, size, faults } = gallery.place(Start::Issue, source);
    for fault in faults {
        let (rule, message, advice) = fault.report();
        findings.at(span, rule, message, advice);
    }
    if alternative.is_empty() {
        findings.at(
            span,
            MISSING_ALT,
            "the image has no alternative text".to_owned(),
            "Write what it shows between the square brackets; `![ ](...)` marks a decoration.",
        );
    } else if alternative.trim().is_empty() {
        alternative.clear();
        attributes.push((DECORATION.0, DECORATION.1.to_owned()));
    }
    let Some(found) = found else {
        *node = Node::Text(Cow::Owned(std::mem::take(alternative)));
        return;
    };
    *source = found;
    keep_sizes(attributes);
    fit_into(room, attributes);
    let is_sized = attributes.iter().any(|(name, _)| matches!(*name, "width" | "height"));
    let width = match size {
        Some(size) if !is_sized => {
            let Size { width, height } = size.within(room);
            attributes.push(("width", width.to_string()));
            // A small image in a line keeps room for its line from the start.
            if !is_alone && width <= FITS_ANYWHERE {
                attributes.push(("height", height.to_string()));
            }
            Some(width)
        }
        _ => None,
    };
    if is_alone || width.is_none_or(|width| width > FITS_ANYWHERE) {
        // Inline, because some mail programs drop style sheets. Yahoo drops a
        // height that is `auto`, so it is set only beside another height.
        let has_height = attributes.iter().any(|(name, _)| *name == "height");
        let style = if has_height { "max-width:100%;height:auto" } else { "max-width:100%" };
        attributes.push(("style", style.to_owned()));
    }
}

/// Removes attributes for sizes whose value is no size.
fn keep_sizes(attributes: &mut Vec<(&'static str, String)>) {
    attributes.retain_mut(|(name, value)| {
        let pixels = value.trim().trim_end_matches("px").parse::<u32>().ok().filter(|n| *n > 0);
        match (*name, pixels) {
            ("width" | "height", Some(pixels)) => {
                *value = pixels.to_string();
                true
            }
            ("width", None) => {
                let part = value.trim().strip_suffix('%').and_then(|part| part.parse().ok());
                matches!(part, Some(1..=100_u8))
            }
            ("height", None) => false,
            _ => true,
        }
    });
}

/// Makes an image to which the author's HTML gave a size no wider than there
/// is room: Outlook on Windows obeys `width` and no `max-width`.
fn fit_into(room: u32, attributes: &mut [(&'static str, String)]) {
    let pixels = |name: &str| {
        let written = attributes.iter().find(|(wanted, _)| *wanted == name);
        written.and_then(|(_, value)| value.parse::<u32>().ok())
    };
    let Some(width) = pixels("width").filter(|width| *width > room) else { return };
    let height = pixels("height").map(|height| Size { width, height }.within(room).height);
    for (name, value) in attributes.iter_mut() {
        match (*name, height) {
            ("width", _) => *value = room.to_string(),
            ("height", Some(height)) => *value = height.to_string(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
