//! What a reader of the source should know: a rule, a severity, a place, advice.

use super::{Place, SourceText, Span};

/// The name of a rule, as `--allow` takes it: `mojibake`, `empty-link`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct RuleId(pub &'static str);

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look.
    Warning,
    /// `send` and `due` refuse the issue.
    Error,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// Which rule it breaks.
    pub rule: RuleId,
    /// How bad that is.
    pub severity: Severity,
    /// Where it stands in the source; `None` when it is about the whole mail.
    pub place: Option<Place>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it, in one sentence.
    pub advice: String,
}

impl Finding {
    /// Where it comes among others: by place, those about the whole last.
    pub fn position(&self) -> (usize, usize) {
        self.place.as_ref().map_or((usize::MAX, 0), |place| (place.line, place.column))
    }

    /// Puts findings into the order in which people read them: by place, then by rule.
    pub fn sort(findings: &mut [Self]) {
        findings.sort_by(|a, b| a.position().cmp(&b.position()).then(a.rule.cmp(&b.rule)));
    }
}

/// Collects all findings about one source, and not only the first.
#[derive(Debug)]
pub struct Findings<'s> {
    source: &'s SourceText,
    found: Vec<Finding>,
}

impl<'s> Findings<'s> {
    /// An empty collection about `source`.
    pub fn about(source: &'s SourceText) -> Self {
        Self { source, found: Vec::new() }
    }

    /// Adds a finding with a place in the source.
    pub fn at(
        &mut self,
        span: &Span,
        (rule, severity): (RuleId, Severity),
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let place = Some(self.source.place(span));
        let (message, advice) = (message.into(), advice.into());
        self.found.push(Finding { rule, severity, place, message, advice });
    }

    /// Adds a finding about the mail as a whole.
    pub fn overall(
        &mut self,
        (rule, severity): (RuleId, Severity),
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let (message, advice) = (message.into(), advice.into());
        self.found.push(Finding { rule, severity, place: None, message, advice });
    }

    /// All of them, by place, those about the whole mail last.
    pub fn into_sorted(mut self) -> Vec<Finding> {
        Finding::sort(&mut self.found);
        self.found
    }
}
