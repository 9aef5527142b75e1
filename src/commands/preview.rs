//! `postrider preview`: the mail as files, and a page that shows both parts.
//! email.html names copies of the newsletter's pictures beside it, so that it
//! shows them without a network; email.eml is what is sent.

mod local_pictures;

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::campaign::{Copy, MessageForm, Purpose};
use crate::domain::{EmailAddress, SubscriberId, Timestamp};
use crate::error::{Exit, Failure};
use crate::render::{Measures, SlotValues};
use crate::source::Finding;

use super::newsletter::{Newsletter, Prepared, stem};
use super::{Context, Form};

/// Write the mail to a folder: email.html, email.txt, email.eml, report.json, index.html,
/// and images/.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The issue file
    #[arg(value_name = "ISSUE")]
    issue: PathBuf,
    /// The folder to write to [default: preview/ISSUE in the newsletter's folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report<'p> {
    issue: &'p str,
    campaign: String,
    subject: &'p str,
    preheader: &'p str,
    digest: String,
    source_hash: &'p str,
    theme_hash: &'p str,
    measures: &'p Measures,
    findings: &'p [Finding],
}

/// Renders the issue with example values in its slots.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let newsletter = Newsletter::open(context, &[])?;
    let prepared = newsletter.prepare(&arguments.issue)?;
    let folder = match &arguments.out {
        Some(folder) => folder.clone(),
        None => newsletter.config.root.join("preview").join(stem(&arguments.issue)),
    };
    let report = Report {
        issue: &prepared.provenance.source_file,
        campaign: prepared.campaign.key().to_string(),
        subject: prepared.subject().as_str(),
        preheader: &prepared.rendered.preheader,
        digest: prepared.campaign.digest().to_string(),
        source_hash: &prepared.provenance.source_hash,
        theme_hash: &prepared.provenance.theme_hash,
        measures: &prepared.measures,
        findings: &prepared.findings,
    };
    let html = prepared.rendered.html.fill(&SlotValues::EXAMPLE);
    let text = prepared.rendered.text.fill(&SlotValues::EXAMPLE);
    let json = serde_json::to_string_pretty(&report)
        .map_err(|error| Failure::of(Exit::Internal, "cannot write the report", &error))?;
    let html = local_pictures::in_place(html, &prepared, |name, bytes| {
        write(&folder, &format!("{}/{name}", local_pictures::FOLDER), bytes)
    })?;
    write(&folder, "email.html", html.as_bytes())?;
    write(&folder, "email.txt", text.as_bytes())?;
    write(&folder, "email.eml", &message(&prepared)?)?;
    write(&folder, "report.json", format!("{json}\n").as_bytes())?;
    write(&folder, "index.html", page(&prepared, &text).as_bytes())?;
    prepared.findings.iter().for_each(|finding| context.ui.finding(finding));
    match context.form {
        Form::Json => context.ui.data_line(&json)?,
        Form::Human => context.ui.data_line(&folder.join("index.html").display().to_string())?,
    }
    Ok(Exit::Done)
}

/// The message as a mail program would get it, dated at the epoch, so that the
/// same issue gives the same file.
fn message(prepared: &Prepared) -> Result<Vec<u8>, Failure> {
    let form = MessageForm::compile(&prepared.campaign, Purpose::Campaign, Timestamp::UNIX_EPOCH)
        .map_err(|error| Failure::of(Exit::Internal, "cannot build the message", &error))?;
    let to = EmailAddress::parse("reader@example.org")
        .map_err(|error| Failure::of(Exit::Internal, "cannot build the message", &error))?;
    let mut message = Vec::new();
    let copy = Copy { subscriber: SubscriberId(0), to: &to, values: SlotValues::EXAMPLE };
    form.splice(&copy, &mut message);
    Ok(message)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let path = folder.join(name);
    let parent = path.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&path, bytes)).map_err(|error| {
        Failure::of(Exit::InputUnreadable, format!("cannot write {}", path.display()), &error)
            .hint("Choose a folder that can be written with --out.")
    })
}

/// A page of both parts, side by side where there is room. The mail stands in
/// a frame without scripts, as a web mail would show it.
fn page(prepared: &Prepared, text: &str) -> String {
    let subject = escaped(prepared.subject().as_str());
    let findings: String = prepared
        .findings
        .iter()
        .map(|finding| {
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
        })
        .collect();
    let findings = match findings.is_empty() {
        true => "<p>Nothing was found.</p>".to_owned(),
        false => format!("<ul>\n{findings}</ul>"),
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
         </style>\n<h1>{subject}</h1>\n<p>{}</p>\n<p>Digest <code>{}</code></p>\n\
         <h2>Findings</h2>\n{findings}\n<main>\n\
         <section>\n<h2>HTML</h2>\n\
         <iframe title=\"The HTML part\" src=\"email.html\" sandbox></iframe>\n</section>\n\
         <section>\n<h2>Text</h2>\n<pre tabindex=\"0\">{}</pre>\n</section>\n</main>\n</html>\n",
        escaped(&prepared.rendered.preheader),
        prepared.campaign.digest(),
        escaped(text),
    )
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => "&quot;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out
}
