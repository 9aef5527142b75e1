//! What every mail must hold, and how large it may be.

mod pixels;

use super::{BUDGET, Discovery, PIXEL, POSTAL_ADDRESS, Rule, UNSUBSCRIBE};
use crate::render::{Measures, Rendered, Slot, SlotValues};
use crate::source::Severity;

/// Gmail cuts a mail near 102 KB, and with it the link to unsubscribe. No
/// figure is published; senders measured between 100,000 and 105,000 bytes.
pub const MAX_HTML_BYTES: usize = 100_000;
/// From here on there is little room for a longer footer or a provider's links.
pub const WARN_HTML_BYTES: usize = 90_000;
/// Gmail drops style sheets beyond 16 KB in total.
pub const MAX_STYLE_BYTES: usize = 16_000;

/// `budget`, where there is still room.
static NEAR_BUDGET: Rule = Rule { severity: Severity::Warning, ..BUDGET };

pub(super) fn discover(rendered: &Rendered, measures: &Measures) -> Vec<Discovery> {
    let parts = [
        ("HTML", "layout.mjml.hbs", &rendered.html),
        ("text", "footer of the text", &rendered.text),
    ];
    let mut discoveries = Vec::new();
    for (part, place, template) in parts {
        if !template.has_slot(|slot| matches!(slot, Slot::UnsubscribeUrl)) {
            discoveries.push(Discovery::overall(
                &UNSUBSCRIBE,
                format!("the {part} part has no link to unsubscribe"),
                format!("Put the slot `unsubscribe_url` into the theme ({place})."),
            ));
        }
        let is_address = |slot: &Slot| matches!(slot, Slot::PostalAddress { default } if !default.trim().is_empty());
        if !template.has_slot(is_address) {
            discoveries.push(Discovery::overall(
                &POSTAL_ADDRESS,
                format!("the {part} part has no postal address"),
                format!("Put the slot `postal_address` into the theme ({place}), and set `postal_address` in the configuration."),
            ));
        }
    }
    for source in pixels::unseen_images(&rendered.html.fill(&SlotValues::EXAMPLE)) {
        discoveries.push(Discovery::overall(
            &PIXEL,
            format!("the image `{source}` is too small to be seen"),
            "Take it out: it would only tell its server who reads the mail, and when.",
        ));
    }
    discoveries.extend(over_budget(measures));
    discoveries
}

fn over_budget(measures: &Measures) -> Vec<Discovery> {
    let Measures { html_encoded: html, styles: style, .. } = *measures;
    let mut discoveries = Vec::new();
    if html >= WARN_HTML_BYTES {
        let rule = match html >= MAX_HTML_BYTES {
            true => &BUDGET,
            false => &NEAR_BUDGET,
        };
        discoveries.push(Discovery::overall(
            rule,
            format!(
                "the HTML part has {html} bytes when encoded; Gmail cuts a mail off near 102,000"
            ),
            format!("Shorten the issue; {MAX_HTML_BYTES} bytes are the limit here."),
        ));
    }
    if style > MAX_STYLE_BYTES {
        discoveries.push(Discovery::overall(
            &NEAR_BUDGET,
            format!("the style sheets have {style} bytes; Gmail drops what is beyond 16,000"),
            "Shorten the theme's style sheets.",
        ));
    }
    discoveries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::HeaderText;
    use crate::render::{Context, Piece, Template};

    fn template(slots: &[Slot]) -> Template {
        let hole = |slot: &Slot| Piece::Hole { slot: slot.clone(), context: Context::PlainText };
        Template { pieces: slots.iter().map(hole).collect() }
    }

    fn sizes(html_encoded: usize, styles: usize) -> Measures {
        Measures {
            html: 0,
            html_encoded,
            html_encoded_tracked: 0,
            styles,
            text: 0,
            attachments: 0,
            message: 0,
            first_unsubscribe: None,
            last_unsubscribe: None,
        }
    }

    fn broken_rules(
        html: &[Slot],
        text: &[Slot],
        measures: Measures,
    ) -> Vec<(&'static str, Severity)> {
        let rendered = Rendered {
            subject: HeaderText::parse("Weekly").unwrap(),
            preheader: String::new(),
            html: template(html),
            text: template(text),
            pictures: Vec::new(),
        };
        let found = discover(&rendered, &measures);
        found.iter().map(|d| (d.rule.id.0, d.rule.severity)).collect()
    }

    #[test]
    fn each_part_needs_a_way_out_and_an_address() {
        let address = |default: &str| Slot::PostalAddress { default: default.into() };
        let whole = [Slot::UnsubscribeUrl, address("1 Example Road")];
        let small = sizes(1, 1);
        assert_eq!(broken_rules(&whole, &whole, small), []);
        let error = |name| (name, Severity::Error);
        assert_eq!(
            broken_rules(&whole, &[Slot::UnsubscribeUrl, address(" ")], small),
            [error("postal-address")]
        );
        assert_eq!(broken_rules(&whole[1..], &whole, small), [error("unsubscribe")]);
        assert_eq!(broken_rules(&[], &[], small).len(), 4);
    }

    #[test]
    fn the_budget_warns_before_it_refuses() {
        let whole = [Slot::UnsubscribeUrl, Slot::PostalAddress { default: "x".into() }];
        let cases = [
            (89_999, 16_000, vec![]),
            (90_000, 0, vec![("budget", Severity::Warning)]),
            (100_000, 0, vec![("budget", Severity::Error)]),
            (0, 16_001, vec![("budget", Severity::Warning)]),
        ];
        for (html_encoded, styles, expected) in cases {
            let measures = sizes(html_encoded, styles);
            assert_eq!(broken_rules(&whole, &whole, measures), expected);
        }
    }
}
