//! The parts that every mail must have, and how large it may be.

mod budget;
mod pixels;

pub use budget::{GMAIL_CLIP, Limits, Links, MAX_STYLE_BYTES, REFUSED_HTML_BYTES};

use crate::render::{Measures, Rendered, Slot};
use crate::source::Findings;
use crate::source::rules::{PIXEL, POSTAL_ADDRESS, TOP_LINKS, UNSUBSCRIBE};

/// Readers look for these links at the top first, and a mail program that cuts a
/// mail keeps at least this much.
const TOP_BYTES: usize = 5 * 1024;

/// Checks the mail that was rendered from an issue.
pub fn discover(
    rendered: &Rendered,
    measures: &Measures,
    limits: &Limits,
    findings: &mut Findings<'_>,
) {
    let parts = [
        ("HTML", "layout.mjml.hbs", &rendered.html),
        ("text", "footer of the text", &rendered.text),
    ];
    for (part, place, template) in parts {
        if !template.has_slot(|slot| matches!(slot, Slot::UnsubscribeUrl)) {
            findings.overall(
                UNSUBSCRIBE,
                format!("the {part} part has no link to unsubscribe"),
                format!("Put the slot `unsubscribe_url` into the theme ({place})."),
            );
        }
        let is_address = |slot: &Slot| matches!(slot, Slot::PostalAddress { default } if !default.trim().is_empty());
        if !template.has_slot(is_address) {
            findings.overall(
                POSTAL_ADDRESS,
                format!("the {part} part has no postal address"),
                format!("Put the slot `postal_address` into the theme ({place}), and set `postal_address` in the configuration."),
            );
        }
    }
    for source in pixels::unseen_images(&rendered.html) {
        findings.overall(
            PIXEL,
            format!("the image `{source}` is too small to be seen"),
            "Remove it: it would only report to its server who reads the mail, and when.",
        );
    }
    // A mail without any link to unsubscribe breaks another rule.
    if measures.first_unsubscribe.is_some() {
        report_if_low("link to unsubscribe", measures.first_unsubscribe, findings);
    }
    if rendered.web_url.is_some() {
        report_if_low("link to the mail's page on the web", measures.web_view, findings);
    }
    budget::discover(measures, limits, findings);
}

/// Reports a link that is missing in the first [`TOP_BYTES`] of the HTML part.
fn report_if_low(link: &str, place: Option<usize>, findings: &mut Findings<'_>) {
    let message = match place {
        Some(at) if at < TOP_BYTES => return,
        Some(at) => format!("the first {link} stands at byte {at} of the HTML part"),
        None => format!("the HTML part has no {link}"),
    };
    let advice = format!("Let the theme show one within the first {TOP_BYTES} bytes.");
    findings.overall(TOP_LINKS, message, advice);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::HeaderText;
    use crate::render::{EscapeContext, Piece, Template};
    use crate::source::{Finding, Severity, SourceText};

    fn template(slots: &[Slot]) -> Template {
        let hole =
            |slot: &Slot| Piece::Hole { slot: slot.clone(), context: EscapeContext::PlainText };
        Template { pieces: slots.iter().map(hole).collect() }
    }

    fn mail(html: &[Slot], text: &[Slot]) -> Rendered {
        Rendered {
            subject: HeaderText::parse("Weekly").unwrap(),
            preheader: String::new(),
            html: template(html),
            text: template(text),
            sections: Vec::new(),
            web_url: None,
            images: Vec::new(),
        }
    }

    fn found(rendered: &Rendered, measures: &Measures) -> Vec<Finding> {
        let source = SourceText::new("a.md", b"").unwrap();
        let mut findings = Findings::about(&source);
        discover(rendered, measures, &Limits::default(), &mut findings);
        findings.into_sorted()
    }

    fn broken_rules(html: &[Slot], text: &[Slot]) -> Vec<(&'static str, Severity)> {
        let found = found(&mail(html, text), &Measures::default());
        found.iter().map(|found| (found.rule.0, found.severity)).collect()
    }

    #[test]
    fn each_part_needs_a_way_out_and_an_address() {
        let address = |default: &str| Slot::PostalAddress { default: default.into() };
        let whole = [Slot::UnsubscribeUrl, address("1 Example Road")];
        assert_eq!(broken_rules(&whole, &whole), []);
        let error = |name| (name, Severity::Error);
        assert_eq!(
            broken_rules(&whole, &[Slot::UnsubscribeUrl, address(" ")]),
            [error("postal-address")]
        );
        assert_eq!(broken_rules(&whole[1..], &whole), [error("unsubscribe")]);
        assert_eq!(broken_rules(&[], &[]).len(), 4);
    }

    #[test]
    fn the_links_of_the_top_stand_there() {
        let whole = [Slot::UnsubscribeUrl, Slot::PostalAddress { default: "x".into() }];
        let cases = [
            (Some(5_119), None, None, 0),
            (Some(5_120), None, None, 1),
            (Some(1), Some(5_119), Some("https://example.org/"), 0),
            (Some(1), Some(5_120), Some("https://example.org/"), 1),
            (Some(9_000), None, Some("https://example.org/"), 2),
        ];
        for (first_unsubscribe, web_view, web_url, expected) in cases {
            let mut rendered = mail(&whole, &whole);
            rendered.web_url = web_url.map(str::to_owned);
            let measures = Measures { first_unsubscribe, web_view, ..Measures::default() };
            let found = found(&rendered, &measures);
            assert!(found.iter().all(|found| found.rule == TOP_LINKS.id));
            assert_eq!(found.len(), expected, "{first_unsubscribe:?} {web_view:?} {web_url:?}");
        }
    }
}
