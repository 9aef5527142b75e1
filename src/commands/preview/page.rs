//! The page that shows both parts of a mail, its findings and its sizes.
//!
//! In: a prepared issue and its text part. Out: HTML. The page shows the mail in
//! an iframe without scripts, as a web mail would.

use crate::check::{GMAIL_CLIP, MAX_STYLE_BYTES};
use crate::domain::grouped;
use crate::publish::newsletter::ReadyIssue;
use crate::render::{Measures, SectionWeight, TRACKED_TARGET};
use crate::source::Finding;
use crate::source::html::escape_attribute;

/// The page, with both parts side by side where there is room.
pub(super) fn page(prepared: &ReadyIssue, text: &str) -> String {
    let subject = escaped(prepared.subject().as_str());
    let findings: String = prepared.findings.iter().map(line_of).collect();
    let findings = if findings.is_empty() {
        "<p>There are no findings.</p>".to_owned()
    } else {
        format!("<ul>\n{findings}</ul>")
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>Preview: {subject}</title>\n\
         <style>\nbody {{ font: 1rem/1.5 system-ui, sans-serif; margin: 1rem; }}\n\
         main {{ display: flex; flex-wrap: wrap; gap: 1rem; }}\n\
         section {{ flex: 1 1 30rem; min-width: 0; }}\n\
         iframe {{ width: 100%; height: 80vh; border: 1px solid #888; }}\n\
         pre {{ height: 80vh; overflow: auto; margin: 0; border: 1px solid #888; padding: .5rem; }}\n\
         table {{ border-collapse: collapse; }}\n\
         th, td {{ border-bottom: 1px solid #888; padding: .2rem 1rem .2rem 0; }}\n\
         th {{ text-align: start; font-weight: normal; }}\n\
         td {{ text-align: end; font-variant-numeric: tabular-nums; }}\n\
         td + td {{ text-align: start; }}\n\
         </style>\n<h1>{subject}</h1>\n<p>{}</p>\n<p>Digest <code>{}</code></p>\n\
         <h2>Findings</h2>\n{findings}\n<h2>Size</h2>\n{}\n<main>\n\
         <section>\n<h2>HTML</h2>\n\
         <iframe title=\"The HTML part\" src=\"email.html\" sandbox=\"allow-same-origin\"></iframe>\n</section>\n\
         <section>\n<h2>Text</h2>\n<pre tabindex=\"0\">{}</pre>\n</section>\n</main>\n</html>\n",
        escaped(&prepared.rendered.preheader),
        prepared.campaign.digest(),
        sizes(&prepared.measures),
        escaped(text),
    )
}

fn line_of(finding: &Finding) -> String {
    let place = finding
        .place
        .as_ref()
        .map_or_else(String::new, |place| format!("{}:{}: ", place.line, place.column));
    format!(
        "<li><code>{}</code> {}{} {}</li>\n",
        finding.rule.0,
        escaped(&place),
        escaped(&finding.message),
        escaped(&finding.advice)
    )
}

/// A table with a row for each size: its name, the bytes, and a note.
fn sizes(measures: &Measures) -> String {
    let of_clip = |bytes: usize| {
        let percent = bytes * 100 / GMAIL_CLIP;
        format!("{percent}% of the {} at which Gmail cuts", grouped(GMAIL_CLIP))
    };
    let tracked = format!("with a provider's links of {TRACKED_TARGET} bytes");
    let mut rows = vec![
        row("HTML, encoded", measures.html_encoded, &of_clip(measures.html_encoded)),
        row(
            &format!("HTML, encoded, {tracked}"),
            measures.html_encoded_tracked,
            &of_clip(measures.html_encoded_tracked),
        ),
        row("HTML", measures.html, "as in email.html"),
        row(
            "style sheets",
            measures.styles,
            &format!("Gmail drops what is beyond {}", grouped(MAX_STYLE_BYTES)),
        ),
        row("text", measures.text, "as in email.txt"),
    ];
    let offsets = [
        ("link to the page on the web", measures.web_view),
        ("first link to unsubscribe", measures.first_unsubscribe),
        ("last link to unsubscribe", measures.last_unsubscribe),
        ("last link to unsubscribe, encoded", measures.last_unsubscribe_encoded),
        (
            "last link to unsubscribe, encoded, with a provider's links",
            measures.last_unsubscribe_tracked,
        ),
    ];
    rows.extend(offsets.into_iter().filter_map(|(what, at)| Some(row(what, at?, "from the top"))));
    rows.extend(measures.heaviest_sections.iter().map(section_row));
    format!(
        "<table>\n<thead><tr><th scope=\"col\">what</th><td>bytes</td><td></td></tr></thead>\n{}</table>",
        rows.concat()
    )
}

fn section_row(section: &SectionWeight) -> String {
    let note = format!("line {}, {}% of the HTML", section.line, section.percent);
    row(&format!("section “{}”, encoded", section.title), section.bytes, &note)
}

fn row(what: &str, bytes: usize, note: &str) -> String {
    let (what, bytes, note) = (escaped(what), grouped(bytes), escaped(note));
    format!("<tr><th scope=\"row\">{what}</th><td>{bytes}</td><td>{note}</td></tr>\n")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    escape_attribute(text, &mut out);
    out
}
