//! The size of a mail, and the sections to shorten.

use crate::domain::grouped;
use crate::render::{Measures, SectionWeight, TRACKED_TARGET};
use crate::source::Findings;
use crate::source::rules::BUDGET;

/// The limits of the encoded HTML part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From this many bytes on there is a warning.
    pub warn: usize,
    /// From this many bytes on the issue is refused.
    pub refuse: usize,
    /// Whether the route changes the links.
    pub links: Links,
}

/// Whether a route changes the links of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// It does not.
    Kept,
    /// A provider puts longer ones in their place, to count clicks.
    Rewritten,
}

/// Gmail cuts a mail near 102 KB, and with it the link to unsubscribe. No
/// figure is published; senders measured between 100,000 and 105,000 bytes.
pub const GMAIL_CLIP: usize = 102_400;
/// The default of [`Limits::refuse`].
pub const REFUSED_HTML_BYTES: usize = 100_000;
/// Gmail drops style sheets beyond 16 KB in total.
pub const MAX_STYLE_BYTES: usize = 16_000;

impl Limits {
    /// The default of [`Limits::warn`]: above it, there is little room for a longer
    /// footer or a provider's links.
    pub const fn warn_before(refuse: usize) -> usize {
        refuse / 10 * 9
    }
}

impl Default for Limits {
    fn default() -> Self {
        let refuse = REFUSED_HTML_BYTES;
        Self { warn: Self::warn_before(refuse), refuse, links: Links::Kept }
    }
}

pub(super) fn discover(measures: &Measures, limits: &Limits, findings: &mut Findings<'_>) {
    report_if_too_large(measures, limits, findings);
    if measures.styles > MAX_STYLE_BYTES {
        findings.overall(
            BUDGET.as_warning(),
            format!(
                "the style sheets have {} bytes; Gmail drops what is beyond {}",
                grouped(measures.styles),
                grouped(MAX_STYLE_BYTES)
            ),
            "Shorten the theme's style sheets.",
        );
    }
}

fn report_if_too_large(measures: &Measures, limits: &Limits, findings: &mut Findings<'_>) {
    let (bytes, way_out, how) = match limits.links {
        Links::Kept => {
            (measures.html_encoded, measures.last_unsubscribe_encoded, "when encoded".to_owned())
        }
        Links::Rewritten => (
            measures.html_encoded_tracked,
            measures.last_unsubscribe_tracked,
            format!(
                "when encoded, with each link replaced by the provider's of {TRACKED_TARGET} bytes"
            ),
        ),
    };
    let (rule, limit) = match bytes {
        _ if bytes >= limits.refuse => {
            (BUDGET, format!("{} are the limit", grouped(limits.refuse)))
        }
        _ if bytes >= limits.warn => (
            BUDGET.as_warning(),
            format!(
                "warnings begin at {}, and {} are the limit",
                grouped(limits.warn),
                grouped(limits.refuse)
            ),
        ),
        _ => return,
    };
    let cut_off = way_out.filter(|at| *at >= GMAIL_CLIP).map_or_else(String::new, |at| {
        let (at, clip) = (grouped(at), grouped(GMAIL_CLIP));
        format!("; the last link to unsubscribe stands at byte {at}, and Gmail cuts near {clip}")
    });
    let heaviest: Vec<_> = measures.heaviest_sections.iter().map(in_words).collect();
    let advice = if heaviest.is_empty() {
        "Shorten the issue.".to_owned()
    } else {
        format!("Shorten the issue; its heaviest sections are {}.", heaviest.join(", "))
    };
    let message = format!("the HTML part has {} bytes {how}; {limit}{cut_off}", grouped(bytes));
    match measures.heaviest_sections.first() {
        Some(section) => findings.at(&section.span, rule, message, advice),
        None => findings.overall(rule, message, advice),
    }
}

fn in_words(section: &SectionWeight) -> String {
    let SectionWeight { title, line, bytes, percent, .. } = section;
    format!("`{title}` (line {line}, {} bytes, {percent}%)", grouped(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Finding, Severity, SourceText};

    fn measures(html_encoded: usize, html_encoded_tracked: usize, styles: usize) -> Measures {
        let section = |title: &str, line: usize, bytes, percent| SectionWeight {
            title: title.into(),
            line,
            bytes,
            percent,
            span: line * 10..line * 10 + 1,
        };
        Measures {
            html_encoded,
            html_encoded_tracked,
            styles,
            last_unsubscribe_encoded: Some(html_encoded.saturating_sub(100)),
            last_unsubscribe_tracked: Some(html_encoded_tracked.saturating_sub(100)),
            heaviest_sections: vec![section("Links", 7, 50_000, 45), section("Jobs", 9, 1_000, 0)],
            ..Measures::default()
        }
    }

    fn discover(measures: &Measures, limits: &Limits) -> Vec<Finding> {
        let source = SourceText::new("a.md", &[b'x'; 100]).unwrap();
        let mut findings = Findings::about(&source);
        super::discover(measures, limits, &mut findings);
        findings.into_sorted()
    }

    #[test]
    fn the_budget_warns_before_it_refuses() {
        let (kept, rewritten) = (Links::Kept, Links::Rewritten);
        let (warning, error) = (Some(Severity::Warning), Some(Severity::Error));
        let cases = [
            (89_999, 120_000, 16_000, kept, None),
            (90_000, 0, 0, kept, warning),
            (100_000, 0, 0, kept, error),
            (0, 0, 16_001, kept, warning),
            (0, 89_999, 0, rewritten, None),
            (0, 90_000, 0, rewritten, warning),
            (0, 100_000, 0, rewritten, error),
        ];
        for (encoded, tracked, styles, links, expected) in cases {
            let limits = Limits { links, ..Limits::default() };
            let found = discover(&measures(encoded, tracked, styles), &limits);
            let severity = found.first().map(|found| found.severity);
            assert_eq!(severity, expected, "{encoded} {tracked} {styles}");
            assert!(found.iter().all(|found| found.rule == BUDGET.id));
        }
        let limits = Limits { warn: 10, refuse: 20, links: kept };
        assert_eq!(discover(&measures(15, 0, 0), &limits)[0].severity, Severity::Warning);
    }

    #[test]
    fn a_finding_says_what_to_shorten_and_what_is_lost() {
        let found = discover(&measures(110_000, 0, 0), &Limits::default()).remove(0);
        assert_eq!(found.place.unwrap().column, 71);
        assert_eq!(
            found.message,
            "the HTML part has 110,000 bytes when encoded; 100,000 are the limit; the last link \
             to unsubscribe stands at byte 109,900, and Gmail cuts near 102,400"
        );
        assert_eq!(
            found.advice,
            "Shorten the issue; its heaviest sections are `Links` (line 7, 50,000 bytes, 45%), \
             `Jobs` (line 9, 1,000 bytes, 0%)."
        );
        let rewritten = Limits { links: Links::Rewritten, ..Limits::default() };
        let found = discover(&measures(60_000, 95_000, 0), &rewritten).remove(0);
        assert_eq!(
            found.message,
            "the HTML part has 95,000 bytes when encoded, with each link replaced by the \
             provider's of 114 bytes; warnings begin at 90,000, and 100,000 are the limit"
        );
    }
}
