//! What every mail must hold, and how large it may be.

mod budget;
mod pixels;

pub use budget::{GMAIL_CLIP, Limits, Links, MAX_STYLE_BYTES, REFUSED_HTML_BYTES};

use super::Discovery;
use crate::render::{Measures, Rendered, Slot};
use crate::source::rules::{PIXEL, POSTAL_ADDRESS, TOP_LINKS, UNSUBSCRIBE};

/// Readers look for these links at the top first, and a mail program that cuts
/// a mail keeps this much of it.
const TOP_BYTES: usize = 5 * 1024;

pub(super) fn discover(
    rendered: &Rendered,
    measures: &Measures,
    limits: &Limits,
) -> Vec<Discovery> {
    let parts = [
        ("HTML", "layout.mjml.hbs", &rendered.html),
        ("text", "footer of the text", &rendered.text),
    ];
    let mut discoveries = Vec::new();
    for (part, place, template) in parts {
        if !template.has_slot(|slot| matches!(slot, Slot::UnsubscribeUrl)) {
            discoveries.push(Discovery::overall(
                UNSUBSCRIBE,
                format!("the {part} part has no link to unsubscribe"),
                format!("Put the slot `unsubscribe_url` into the theme ({place})."),
            ));
        }
        let is_address = |slot: &Slot| matches!(slot, Slot::PostalAddress { default } if !default.trim().is_empty());
        if !template.has_slot(is_address) {
            discoveries.push(Discovery::overall(
                POSTAL_ADDRESS,
                format!("the {part} part has no postal address"),
                format!("Put the slot `postal_address` into the theme ({place}), and set `postal_address` in the configuration."),
            ));
        }
    }
    for source in pixels::unseen_images(&rendered.html) {
        discoveries.push(Discovery::overall(
            PIXEL,
            format!("the image `{source}` is too small to be seen"),
            "Take it out: it would only tell its server who reads the mail, and when.",
        ));
    }
    discoveries.extend(far_from_the_top(rendered, measures));
    discoveries.extend(budget::discover(measures, limits));
    discoveries
}

/// That there is a link to unsubscribe at all is another rule.
fn far_from_the_top(rendered: &Rendered, measures: &Measures) -> Vec<Discovery> {
    let way_out = measures.first_unsubscribe.map(Some);
    let web_view = rendered.web_url.as_ref().map(|_| measures.web_view);
    let links =
        [("link to unsubscribe", way_out), ("link to the mail's page on the web", web_view)];
    let told = |(what, place): (&str, Option<Option<usize>>)| {
        let message = match place? {
            Some(at) if at < TOP_BYTES => return None,
            Some(at) => format!("the first {what} stands at byte {at} of the HTML part"),
            None => format!("the HTML part has no {what}"),
        };
        let advice = format!("Let the theme show one within the first {TOP_BYTES} bytes.");
        Some(Discovery::overall(TOP_LINKS, message, advice))
    };
    links.into_iter().filter_map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::HeaderText;
    use crate::render::{EscapeContext, Piece, Template};
    use crate::source::Severity;

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

    fn broken_rules(html: &[Slot], text: &[Slot]) -> Vec<(&'static str, Severity)> {
        let found = discover(&mail(html, text), &Measures::default(), &Limits::default());
        found.iter().map(|d| (d.rule.id.0, d.rule.severity)).collect()
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
            let found = discover(&rendered, &measures, &Limits::default());
            assert!(found.iter().all(|found| found.rule.id == TOP_LINKS.id));
            assert_eq!(found.len(), expected, "{first_unsubscribe:?} {web_view:?} {web_url:?}");
        }
    }
}
