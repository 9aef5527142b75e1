//! The findings of `check` for real issues and for faulty ones.

use std::path::{Path, PathBuf};

use postrider::check;
use postrider::issue::Issue;
use postrider::source::{Finding, Findings, Severity, SourceText};

/// Every finding about a file, refusals included.
fn findings(path: &Path) -> Vec<Finding> {
    let bytes = std::fs::read(path).expect("the file is there");
    let source = SourceText::new(path.display().to_string(), &bytes).expect("it is text");
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    match Issue::parse(&source, &stem) {
        Ok(issue) => {
            let mut findings = Findings::about(&source);
            check::issue(&issue, &mut findings);
            findings.into_sorted()
        }
        Err(refusal) => refusal.findings,
    }
}

/// The line of each, 0 for the whole file, and its rule.
fn places(findings: &[Finding], severity: Severity) -> Vec<(usize, &'static str)> {
    let lines = |f: &Finding| match f.place {
        Some(_) => f.listed_places().map(|place| place.line).collect(),
        None => vec![0],
    };
    let places = findings.iter().filter(|f| f.severity == severity);
    places.flat_map(|f| lines(f).into_iter().map(|line| (line, f.rule.0))).collect()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/issues").join(name)
}

/// A file of the corpus, or `None` after saying that the corpus is not there.
fn corpus(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: the corpus of real issues is not beside this repository");
    None
}

#[test]
fn every_fault_is_told_at_its_line() {
    let found = findings(&fixture("faults.md"));
    let errors = [
        (2, "placeholder-link"),
        (6, "control-character"),
        (8, "empty-link"),
        (9, "empty-link"),
        (10, "placeholder-link"),
        (15, "placeholder-link"),
        (24, "mojibake"),
        (0, "mojibake"),
    ];
    let warnings = [
        (11, "malformed-link"),
        (13, "malformed-link"),
        (14, "undefined-reference"),
        (20, "empty-section"),
        (26, "unbalanced-comment"),
    ];
    assert_eq!(places(&found, Severity::Error), errors);
    assert_eq!(places(&found, Severity::Warning), warnings);
}

#[test]
fn a_sound_issue_has_no_finding() {
    assert_eq!(findings(&fixture("sound.md")), []);
}

#[test]
fn a_damaged_draft_is_named_line_by_line_and_its_published_twin_is_not() {
    let (Some(damaged), Some(published)) =
        (corpus("611-draft-mojibake.md"), corpus("2025-08-06-this-week-in-rust.md"))
    else {
        return;
    };
    let found = findings(&damaged);
    let mojibake: Vec<_> = places(&found, Severity::Error)
        .into_iter()
        .filter_map(|(line, rule)| (rule == "mojibake").then_some(line))
        .collect();
    assert_eq!(mojibake, [43, 195, 225, 229, 230, 243, 275, 275, 0]);
    assert!(found.iter().any(|f| f.message.starts_with("`‚Äî` is `—` that was read as MacRoman")));
    assert_eq!(places(&findings(&published), Severity::Error), []);
}

#[test]
fn published_mistakes_are_found_in_real_issues_and_nothing_else_is_an_error() {
    let expected: [(&str, &[(usize, &str)]); 24] = [
        ("2013-06-07-this-week-in-rust.markdown", &[]),
        ("2013-06-22-this-week-in-rust.markdown", &[]),
        ("2014-01-12-the-state-of-rust-0-dot-9.markdown", &[]),
        ("2015-10-26-this-week-in-rust.md", &[]),
        ("2016-06-13-this-week-in-rust.md", &[]),
        ("2017-03-14-this-week-in-rust.md", &[]),
        ("2018-06-12-this-week-in-rust.md", &[]),
        ("2019-11-05-this-week-in-rust.md", &[]),
        ("2020-06-16-this-week-in-rust.md", &[]),
        ("2022-01-19-this-week-in-rust.md", &[(200, "control-character")]),
        ("2022-03-16-this-week-in-rust.md", &[]),
        ("2023-04-26-this-week-in-rust.md", &[(340, "placeholder-link")]),
        ("2023-08-16-this-week-in-rust.md", &[(361, "placeholder-link")]),
        (
            "2024-11-20-this-week-in-rust.md",
            &[(149, "empty-link"), (153, "empty-link"), (506, "empty-link")],
        ),
        ("2025-02-19-this-week-in-rust.md", &[]),
        ("2025-07-30-this-week-in-rust.md", &[]),
        ("2025-08-06-this-week-in-rust.md", &[]),
        ("2025-08-20-this-week-in-rust.md", &[]),
        ("2026-05-27-this-week-in-rust.md", &[]),
        ("2026-07-01-this-week-in-rust.md", &[]),
        ("2026-07-15-this-week-in-rust.md", &[]),
        ("2026-07-29-this-week-in-rust.md", &[]),
        ("2026-08-12-this-week-in-rust.md", &[]),
        ("DRAFT_TEMPLATE.md", &[(2, "front-matter-number"), (3, "front-matter-date")]),
    ];
    for (name, errors) in expected {
        let Some(path) = corpus(name) else { return };
        assert_eq!(places(&findings(&path), Severity::Error), errors, "{name}");
    }
}

#[test]
fn a_link_that_is_written_apart_is_a_warning_in_a_real_issue() {
    let Some(path) = corpus("2025-08-20-this-week-in-rust.md") else { return };
    let found = findings(&path);
    assert!(places(&found, Severity::Warning).contains(&(339, "malformed-link")));
}
