//! The checks of a theme, before a newsletter uses it.
//!
//! In: a [`Theme`] and the fixed words of a newsletter. Out: findings about the theme
//! itself, and about each of its samples, rendered and checked like an issue. A
//! finding has its line in the theme, where there is one.

use super::Limits;
use crate::issue::Issue;
use crate::render::{Illustration, Letterhead, Measures, render};
use crate::source::rules::{LATE_UNSUBSCRIBE, NO_SAMPLE, STYLE_BYTES, THEME_FAULT};
use crate::source::{Finding, Findings, Severity, SourceText};
use crate::theme::Theme;

/// The most bytes of rules in `<style>`. Gmail drops all beyond 16,000, and the
/// rules of a theme stand in every mail.
const MAX_THEME_STYLE_BYTES: usize = 4_096;

/// The first unsubscribe link must stand within these bytes of the HTML part.
const FIRST_UNSUBSCRIBE_BY: usize = 5_000;

/// An issue without optional parts, so that the templates also take their other
/// branches.
const BARE: &str = "Text.\n";

/// Checks a theme and its samples.
pub(crate) fn discover(theme: &Theme, letterhead: &Letterhead) -> Vec<Finding> {
    let mut findings = theme.audit();
    if theme.samples.is_empty() {
        let message = format!("the theme {} has no samples", theme.name);
        let advice = "Write an issue with every construct into samples/NAME.md.";
        findings.push(Finding::new(NO_SAMPLE, None, message, advice).in_file(&theme.name));
    }
    for (name, text) in &theme.samples {
        findings.extend(sample(theme, letterhead, &format!("{}/{name}", theme.name), text));
    }
    let bare = Letterhead { web_url: None, home_url: None, ..letterhead.clone() };
    let of_the_theme = |finding: &Finding| finding.rule == THEME_FAULT.id;
    let bare_issue = sample(theme, &bare, "an issue without a date and a number", BARE);
    findings.extend(bare_issue.into_iter().filter(of_the_theme));
    // By file and place. A fault is found in each sample, and may be in the audit too.
    findings.sort_by_cached_key(|found| {
        (found.place.is_none(), found.file.clone(), found.position(), found.rule)
    });
    findings.dedup_by(|a, b| a.place == b.place && a.message == b.message);
    findings
}

fn sample(theme: &Theme, letterhead: &Letterhead, name: &str, text: &str) -> Vec<Finding> {
    let unreadable = |message: String| {
        let advice = "Fix the sample.";
        vec![Finding {
            severity: Severity::Error,
            ..Finding::new(NO_SAMPLE, None, message, advice).in_file(name)
        }]
    };
    let source = match SourceText::new(name, text.as_bytes()) {
        Ok(source) => source,
        Err(error) => return unreadable(error.to_string()),
    };
    let stem = name.rsplit('/').next().unwrap_or(name).trim_end_matches(".md");
    let issue = match Issue::parse(&source, stem) {
        Ok(issue) => issue,
        Err(refusal) => return refusal.findings,
    };
    let direction = issue.language.as_ref().map(|tag| tag.value.direction());
    let letterhead =
        Letterhead { direction: direction.unwrap_or(letterhead.direction), ..letterhead.clone() };
    let (rendered, mut findings) = match render(&issue, theme, &letterhead, &Illustration::NONE) {
        Ok(rendered) => rendered,
        Err(fault) => return vec![*fault],
    };
    let measures = Measures::from_rendered(&rendered);
    let mut judged = Findings::about(&source);
    super::issue(&issue, &mut judged);
    super::mail(&rendered, &measures, &Limits::default(), &mut judged);
    findings.extend(judged.into_sorted());
    Finding::sort(&mut findings);
    findings.extend(budget(theme, &measures));
    findings
}

fn budget(theme: &Theme, measures: &Measures) -> Vec<Finding> {
    let mut findings = Vec::new();
    if measures.styles > MAX_THEME_STYLE_BYTES {
        let message = format!(
            "the rules in <style> have {} bytes; {MAX_THEME_STYLE_BYTES} are enough",
            measures.styles
        );
        let advice = "Let rules be inherited, and take out those that nothing uses.";
        findings.push(Finding::new(STYLE_BYTES, None, message, advice).in_file(&theme.name));
    }
    if measures.first_unsubscribe.is_some_and(|at| at > FIRST_UNSUBSCRIBE_BY) {
        let message = format!(
            "the first link to unsubscribe stands after byte {FIRST_UNSUBSCRIBE_BY} of the HTML part"
        );
        let advice = "Put one above the title: a mail program may cut a long mail.";
        findings.push(Finding::new(LATE_UNSUBSCRIBE, None, message, advice).in_file(&theme.name));
    }
    findings
}
