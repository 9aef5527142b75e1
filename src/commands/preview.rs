//! `postrider preview`: the mail as files, and a page that shows both parts.
//! email.html links to copies of the newsletter's images in the same folder, so
//! that it shows them without a network; email.eml is the message that is sent.

mod local_images;
mod page;

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::campaign::{CopyRecipient, MessageForm, MessagePurpose};
use crate::check::GMAIL_CLIP;
use crate::domain::{EmailAddress, SubscriberId, Timestamp};
use crate::error::{Exit, Failure};
use crate::host::{Context, OutputFormat};
use crate::issue::issue_name;
use crate::publish::newsletter::{Newsletter, ReadyIssue};
use crate::render::{Measures, SlotValues};
use crate::source::Finding;

/// Write email.html, email.txt, email.eml, report.json and index.html to a folder
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The issue file
    #[arg(value_name = "ISSUE")]
    issue: PathBuf,
    /// The folder to write to [default: preview/ISSUE in the newsletter's folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct PreviewReport<'p> {
    issue: &'p str,
    campaign: String,
    subject: &'p str,
    preheader: &'p str,
    digest: String,
    source_hash: &'p str,
    theme_hash: &'p str,
    measures: &'p Measures,
    /// The size in bytes at which Gmail cuts a mail.
    gmail_clip: usize,
    findings: &'p [Finding],
}

/// Renders the issue with example values in its slots.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let newsletter = Newsletter::open(context, None)?;
    let prepared = newsletter.prepare(&arguments.issue)?;
    let folder = match &arguments.out {
        Some(folder) => folder.clone(),
        None => newsletter.config.root.join("preview").join(issue_name(&arguments.issue)),
    };
    let report = PreviewReport {
        issue: &prepared.provenance.source_file,
        campaign: prepared.campaign.key().to_string(),
        subject: prepared.subject().as_str(),
        preheader: &prepared.rendered.preheader,
        digest: prepared.campaign.digest().to_string(),
        source_hash: &prepared.provenance.source_hash,
        theme_hash: &prepared.provenance.theme_hash,
        measures: &prepared.measures,
        gmail_clip: GMAIL_CLIP,
        findings: &prepared.findings,
    };
    let html = prepared.rendered.html.fill(&SlotValues::EXAMPLE);
    let text = prepared.rendered.text.fill(&SlotValues::EXAMPLE);
    let json = serde_json::to_string_pretty(&report)
        .map_err(|error| Failure::from_error(Exit::Internal, "cannot write the report", &error))?;
    let html = local_images::in_place(html, &prepared, |name, bytes| {
        write(&folder, &format!("{}/{name}", local_images::FOLDER), bytes)
    })?;
    write(&folder, "email.html", html.as_bytes())?;
    write(&folder, "email.txt", text.as_bytes())?;
    write(&folder, "email.eml", &message(&prepared)?)?;
    write(&folder, "report.json", format!("{json}\n").as_bytes())?;
    write(&folder, "index.html", page::page(&prepared, &text).as_bytes())?;
    prepared.findings.iter().for_each(|finding| context.ui.finding(finding));
    match context.format {
        OutputFormat::Json => context.ui.data_line(&json)?,
        OutputFormat::Human => {
            context.ui.data_line(&folder.join("index.html").display().to_string())?;
        }
    }
    Ok(Exit::Done)
}

/// The message as a reader would get it. Its date is the epoch, so that the same
/// issue gives the same file.
fn message(prepared: &ReadyIssue) -> Result<Vec<u8>, Failure> {
    let form = MessageForm::compile(
        &prepared.campaign,
        MessagePurpose::Campaign,
        Timestamp::UNIX_EPOCH,
    )
    .map_err(|error| Failure::from_error(Exit::Internal, "cannot build the message", &error))?;
    let to = EmailAddress::parse("reader@example.org")
        .map_err(|error| Failure::from_error(Exit::Internal, "cannot build the message", &error))?;
    let mut message = Vec::new();
    let SlotValues { unsubscribe_url, first_name, last_name } = SlotValues::EXAMPLE;
    let to = CopyRecipient { subscriber: SubscriberId(0), address: &to, first_name, last_name };
    form.splice(&to, unsubscribe_url, &mut message);
    Ok(message)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let path = folder.join(name);
    let parent = path.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&path, bytes)).map_err(|error| {
        Failure::from_error(
            Exit::InputUnreadable,
            format!("cannot write {}", path.display()),
            &error,
        )
        .hint("Choose a folder that can be written with `--out`.")
    })
}
