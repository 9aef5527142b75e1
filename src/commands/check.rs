//! `postrider check`: the findings about issues, for people and for CI.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::domain::Slug;
use crate::error::{Exit, Failure};
use crate::render::Measures;
use crate::source::rules::SHARED_SLUG;
use crate::source::{Finding, Severity};

use crate::host::{Context, OutputFormat};
use crate::publish::issue_file::issue_files;
use crate::publish::newsletter::{CheckedIssue, Newsletter};
use crate::ui::counted;

/// Check issues, and report findings with file, line and column
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The issue files, or folders of them
    #[arg(required = true, value_name = "ISSUE")]
    issues: Vec<PathBuf>,
    /// The format of the findings
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Do not count errors of this rule (may be repeated)
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One object with all findings
    Json,
    /// Annotations of a GitHub workflow
    Github,
}

#[derive(Serialize)]
struct CheckReport {
    issues: usize,
    /// How many of them could not be read or rendered.
    unreadable: usize,
    errors: usize,
    warnings: usize,
    findings: Vec<Finding>,
    /// How large each mail would be.
    mails: Vec<Mail>,
}

#[derive(Serialize)]
struct Mail {
    issue: String,
    measures: Measures,
}

/// Checks every named issue, and prints the findings and their number.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    super::known_rules(&arguments.allow)?;
    let newsletter = Newsletter::open(context, None)?;
    let mut findings = Vec::new();
    let mut reported = HashSet::new();
    let mut slugs = BTreeMap::new();
    let mut unreadable = 0;
    let mut mails = Vec::new();
    let issues = all_issues(&newsletter, &arguments.issues)?;
    for path in &issues {
        let of_the_issue = newsletter.issue_path(path).display().to_string();
        let found = match newsletter.check(path) {
            Ok(CheckedIssue::Ready(prepared)) => {
                let key = prepared.campaign.key();
                let file = &prepared.provenance.source_file;
                let first = slugs.entry(key.issue.clone()).or_insert_with(|| file.clone());
                if first != file {
                    let shared = shared_slug(&key.issue, first, file);
                    findings.push(shared.in_file(&of_the_issue));
                }
                mails.push(Mail { issue: file.clone(), measures: prepared.measures });
                prepared.findings
            }
            Ok(CheckedIssue::Refused(findings)) => {
                unreadable += 1;
                findings
            }
            // The others are still worth checking.
            Err(failure) => {
                unreadable += 1;
                if failure.findings().is_empty() {
                    context.ui.failure(&failure);
                }
                failure.findings().to_vec()
            }
        };
        // What is wrong with the theme or a setting is the same for every issue.
        findings.extend(found.into_iter().filter(|finding| {
            finding.file.as_ref() == Some(&of_the_issue)
                || reported.insert((finding.rule, finding.place.clone(), finding.message.clone()))
        }));
    }
    let is_error = |finding: &&Finding| {
        finding.severity == Severity::Error
            && !arguments.allow.iter().any(|rule| rule == finding.rule.0)
    };
    let report = CheckReport {
        issues: issues.len(),
        unreadable,
        errors: findings.iter().filter(is_error).count(),
        warnings: findings.iter().filter(|f| f.severity == Severity::Warning).count(),
        findings,
        mails,
    };
    let format = arguments.format.unwrap_or(match context.format {
        OutputFormat::Json => Format::Json,
        OutputFormat::Human => Format::Human,
    });
    match format {
        Format::Human => context.ui.data_findings(&report.findings)?,
        Format::Json => context.ui.data_json(&report)?,
        Format::Github => {
            for finding in &report.findings {
                context.ui.data_line(&annotation(finding))?;
            }
        }
    }
    if report.issues > 1 || report.findings.len() > MOST_AT_A_GLANCE {
        for (rule, count) in counts_by_rule(&report.findings) {
            context.ui.status(&format!("{count:>6}  {rule}"));
        }
    }
    let unreadable = match report.unreadable {
        0 => String::new(),
        number => format!(", {number} unreadable"),
    };
    let is_warning = |finding: &&Finding| finding.severity == Severity::Warning;
    context.ui.status(&format!(
        "{} checked: {}, {}{unreadable}",
        counted(report.issues, "issue"),
        with_places("error", report.findings.iter().filter(is_error)),
        with_places("warning", report.findings.iter().filter(is_warning)),
    ));
    Ok(match (report.unreadable, report.errors) {
        (1.., _) => Exit::InputUnreadable,
        (0, 0) => Exit::Done,
        (0, _) => Exit::ChecksRefused,
    })
}

/// The number of findings, and of their places where these are more.
fn with_places<'f>(noun: &str, findings: impl Iterator<Item = &'f Finding>) -> String {
    let (number, places) = findings
        .fold((0, 0), |(number, places), finding| (number + 1, places + finding.places.max(1)));
    match places {
        _ if places == number => counted(number, noun),
        _ => format!("{} in {places} places", counted(number, noun)),
    }
}

/// With more findings than this, the counts by rule are printed too.
const MOST_AT_A_GLANCE: usize = 20;

/// How many findings each rule has, the most frequent rule first.
fn counts_by_rule(findings: &[Finding]) -> Vec<(&'static str, usize)> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.rule.0).or_insert(0) += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

/// A finding about two files; no rule for one issue can find it.
fn shared_slug(slug: &Slug, first: &str, second: &str) -> Finding {
    Finding::new(
        SHARED_SLUG,
        None,
        format!("{first} and {second} have the same slug, `{slug}`"),
        "Only one of them can be sent: give the other a `slug` of its own.",
    )
}

/// The named issues, and those in the named folders.
fn all_issues(newsletter: &Newsletter, named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut issues = Vec::new();
    for path in named {
        match newsletter.issue_path(path) {
            folder if folder.is_dir() => {
                let found = issue_files(&folder)?;
                if found.is_empty() {
                    let what = format!("no issue is in the folder {}", folder.display());
                    return Err(Failure::new(Exit::InputUnreadable, what)
                        .hint("Issues are Markdown files in it or below it, but no README."));
                }
                issues.extend(found);
            }
            file => issues.push(file),
        }
    }
    Ok(issues)
}

/// A finding as a workflow command: `::error file=…,line=…,col=…::message`.
fn annotation(finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let file = finding.file.as_ref().map_or_else(String::new, |file| {
        format!("file={},", escaped(file).replace(':', "%3A").replace(',', "%2C"))
    });
    let place = finding
        .place
        .as_ref()
        .map_or_else(String::new, |place| format!("line={},col={},", place.line, place.column));
    let elsewhere = finding.elsewhere().map_or_else(String::new, |lines| format!(" ({lines})"));
    let message = escaped(&format!("{}{elsewhere} {}", finding.message, finding.advice));
    format!("::{level} {file}{place}title={}::{message}", finding.rule.0)
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}
