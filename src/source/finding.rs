//! Findings: a rule, a severity, a place, a message and advice.

use std::collections::BTreeMap;
use std::fmt;

use super::rules::Rule;
use super::{Place, SourceText, Span};

/// The identifier of a rule, as `--allow` takes it: `mojibake`, `empty-link`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct RuleId(pub &'static str);

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It stops nothing.
    Warning,
    /// `send` and `due` refuse the issue.
    Error,
}

/// One thing that a check reports.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The broken rule.
    pub rule: RuleId,
    /// By the rule, or lower where the case harms few readers.
    pub severity: Severity,
    /// The place in the source; `None` when the finding is about the whole mail.
    pub place: Option<Place>,
    /// The problem.
    pub message: String,
    /// The advice, in whole sentences.
    pub advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, message, advice, .. } = self;
        let Some(Place { file, line, column, text, .. }) = place else {
            return write!(f, "{message}\n{advice}");
        };
        write!(f, "{file}:{line}:{column}: {message}\n  {}\n{advice}", text.trim_end())
    }
}

impl Finding {
    /// A finding about a rule, as severe as the rule says.
    pub fn new(
        rule: Rule,
        place: Option<Place>,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        let Rule { id, severity, .. } = rule;
        Self { rule: id, severity, place, message: message.into(), advice: advice.into() }
    }

    /// Its position among others: by place, those about the whole last.
    pub fn position(&self) -> (usize, usize) {
        self.place.as_ref().map_or((usize::MAX, 0), |place| (place.line, place.column))
    }

    /// Puts findings into the order in which people read them: by place, then by rule.
    pub fn sort(findings: &mut [Self]) {
        findings.sort_by(|a, b| a.position().cmp(&b.position()).then(a.rule.cmp(&b.rule)));
    }
}

/// The most places of one rule and severity that are listed. More of them have
/// one cause, and each place holds its whole line.
pub(crate) const MOST_PLACES: usize = 50;

/// Collects all findings about one source, and not only the first.
#[derive(Debug)]
pub struct Findings<'s> {
    source: &'s SourceText,
    found: Vec<Finding>,
    /// The number of places of each rule and severity, listed or not.
    places: BTreeMap<(RuleId, Severity), (Rule, usize)>,
}

impl<'s> Findings<'s> {
    /// An empty collection about `source`.
    pub fn about(source: &'s SourceText) -> Self {
        Self { source, found: Vec::new(), places: BTreeMap::new() }
    }

    /// Adds a finding with a place in the source. Past [`MOST_PLACES`] of one
    /// rule and severity it is only counted, so that errors never hide behind
    /// warnings.
    pub fn at(
        &mut self,
        span: &Span,
        rule: Rule,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let (_, places) = self.places.entry((rule.id, rule.severity)).or_insert((rule, 0));
        *places += 1;
        if *places <= MOST_PLACES {
            let place = Some(self.source.place(span));
            self.found.push(Finding::new(rule, place, message, advice));
        }
    }

    /// Adds a finding about the mail as a whole.
    pub fn overall(&mut self, rule: Rule, message: impl Into<String>, advice: impl Into<String>) {
        self.found.push(Finding::new(rule, None, message, advice));
    }

    /// All of them, by place, those about the whole mail last; and for each
    /// rule how many more places there are than listed.
    pub fn into_sorted(mut self) -> Vec<Finding> {
        for (rule, places) in std::mem::take(&mut self.places).into_values() {
            if let more @ 1.. = places.saturating_sub(MOST_PLACES) {
                let message = format!("{more} more places of this kind are not listed");
                self.overall(rule, message, "Fix the first ones, and check again.");
            }
        }
        Finding::sort(&mut self.found);
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::{IMAGE_FORMAT, PIXEL};
    use super::*;

    #[test]
    fn the_first_places_of_each_rule_and_severity_are_listed_and_the_others_counted() {
        let source = SourceText::new("a.md", b"text").unwrap();
        let mut findings = Findings::about(&source);
        for _ in 0..MOST_PLACES + 2 {
            findings.at(&(0..1), IMAGE_FORMAT.as_warning(), "w", "");
        }
        findings.at(&(0..1), IMAGE_FORMAT, "e", "");
        findings.at(&(0..1), PIXEL, "p", "");
        let found = findings.into_sorted();
        assert_eq!(found.len(), MOST_PLACES + 3);
        let last = found.last().unwrap();
        assert_eq!(last.message, "2 more places of this kind are not listed");
        assert_eq!((last.rule, last.severity), (IMAGE_FORMAT.id, Severity::Warning));
    }
}
