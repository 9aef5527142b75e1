//! Findings: a rule, a severity, a place, a message and advice.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::rules::Rule;
use super::{Place, SourceText, Span};

/// The identifier of a rule, as `--allow` takes it: `mojibake`, `empty-link`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct RuleId(pub &'static str);

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It stops nothing.
    Warning,
    /// `send` and `due` refuse the issue.
    Error,
}

/// One thing that a check reports: one cause, at one place or at many.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The broken rule.
    pub rule: RuleId,
    /// By the rule, or lower where the case harms few readers.
    pub severity: Severity,
    /// The file, as it was named; `None` when the finding is about no file, as one
    /// about an environment variable is.
    pub file: Option<String>,
    /// The place in the file, of many the first; `None` when the finding is about the
    /// whole mail.
    pub place: Option<Place>,
    /// The number of places with this cause, the first one included; 0 without a place.
    pub places: usize,
    /// The next places that are listed, in order.
    pub other_places: Vec<Place>,
    /// The problem.
    pub message: String,
    /// The advice, in whole sentences.
    pub advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, place, message, advice, .. } = self;
        match (place, file) {
            (Some(Place { file, line, column, text, .. }), _) => {
                write!(f, "{file}:{line}:{column}: {message}\n  {}\n", text.trim_end())?;
            }
            (None, Some(file)) => writeln!(f, "{file}: {message}")?,
            (None, None) => writeln!(f, "{message}")?,
        }
        if let Some(elsewhere) = self.elsewhere() {
            writeln!(f, "{elsewhere}")?;
        }
        f.write_str(advice)
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
        Self {
            rule: id,
            severity,
            file: place.as_ref().map(|place| place.file.clone()),
            places: usize::from(place.is_some()),
            place,
            other_places: Vec::new(),
            message: message.into(),
            advice: advice.into(),
        }
    }

    /// The same finding, about a file as a whole, unless it names its file already.
    #[must_use]
    pub fn in_file(mut self, file: &str) -> Self {
        self.file.get_or_insert_with(|| file.to_owned());
        self
    }

    /// The number of places, and the lines of the others, if there is more than one.
    pub fn elsewhere(&self) -> Option<String> {
        const MOST_LINES: usize = 20;
        let mut lines: Vec<_> = self.other_places.iter().map(|place| place.line).collect();
        lines.dedup();
        lines.retain(|line| self.place.as_ref().is_none_or(|place| place.line != *line));
        if self.places < 2 {
            return None;
        }
        let places = self.places;
        let listed = lines.len().min(MOST_LINES);
        if listed == 0 {
            let this_line = if self.other_places.is_empty() { "" } else { ", also in this line" };
            return Some(format!("{places} places{this_line}"));
        }
        let last_line = lines.get(listed - 1).copied();
        let covered = self.other_places.iter().filter(|place| Some(place.line) <= last_line);
        let more = (places - 1).saturating_sub(covered.count());
        let mut names: Vec<_> = lines[..listed].iter().map(ToString::to_string).collect();
        if more > 0 {
            names.push(format!("{more} more places"));
        }
        let noun = if listed == 1 { "line" } else { "lines" };
        let listed = match names.as_slice() {
            [only] => only.clone(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
            [] => return None,
        };
        Some(format!("{places} places: also in {noun} {listed}"))
    }

    /// Its position among others: by place, those about the whole last.
    pub fn position(&self) -> (usize, usize) {
        self.place.as_ref().map_or((usize::MAX, 0), Place::position)
    }

    /// Every place that it lists.
    pub fn listed_places(&self) -> impl Iterator<Item = &Place> {
        self.place.iter().chain(&self.other_places)
    }

    /// The same finding without the places that `is_reported` knows from another
    /// one, or `None` if no place is left.
    pub(crate) fn without(mut self, is_reported: impl Fn(&Place) -> bool) -> Option<Self> {
        let listed = 1 + self.other_places.len();
        let kept = self.place.iter().chain(&self.other_places).filter(|place| !is_reported(place));
        let mut kept: Vec<_> = kept.cloned().collect();
        self.places -= listed - kept.len();
        self.other_places = kept.split_off(kept.len().min(1));
        self.place = Some(kept.pop()?);
        Some(self)
    }

    /// Puts findings into the order in which people read them: by place, then by rule.
    pub fn sort(findings: &mut [Self]) {
        findings.sort_by(|a, b| a.position().cmp(&b.position()).then(a.rule.cmp(&b.rule)));
    }
}

/// The most findings of one rule and severity that are listed, and with the first of
/// them the most places.
pub(crate) const MOST_PLACES: usize = 50;

/// Collects all findings about one source, and not only the first.
#[derive(Debug)]
pub struct Findings<'s> {
    source: &'s SourceText,
    found: Vec<Finding>,
    /// Where each cause stands in `found`.
    causes: HashMap<(RuleId, Severity, String), usize>,
    listed: BTreeMap<(RuleId, Severity), Listed>,
}

/// What is listed of one rule and severity. A place holds its whole line, which may be
/// the whole file, so all places together are limited.
#[derive(Debug)]
struct Listed {
    rule: Rule,
    findings: usize,
    other_places: usize,
    /// Places whose findings are not listed.
    further: usize,
}

impl<'s> Findings<'s> {
    /// An empty collection about `source`.
    pub fn about(source: &'s SourceText) -> Self {
        Self { source, found: Vec::new(), causes: HashMap::new(), listed: BTreeMap::new() }
    }

    /// Adds a finding with a place in the source. The same message about the same rule
    /// has the same cause, so it adds a place to the finding that is there. Past
    /// [`MOST_PLACES`] findings of one rule and severity it is only counted, so that
    /// errors never hide behind warnings.
    pub fn at(
        &mut self,
        span: &Span,
        rule: Rule,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let cause = (rule.id, rule.severity, message.into());
        let none = Listed { rule, findings: 0, other_places: 0, further: 0 };
        let listed = self.listed.entry((rule.id, rule.severity)).or_insert(none);
        if let Some(&at) = self.causes.get(&cause) {
            let finding = &mut self.found[at];
            finding.places += 1;
            if listed.other_places < MOST_PLACES - 1 {
                listed.other_places += 1;
                finding.other_places.push(self.source.place(span));
            }
            return;
        }
        if listed.findings == MOST_PLACES {
            listed.further += 1;
            return;
        }
        listed.findings += 1;
        let place = Some(self.source.place(span));
        let message = cause.2.clone();
        self.causes.insert(cause, self.found.len());
        self.found.push(Finding::new(rule, place, message, advice));
    }

    /// Adds a finding about the mail as a whole.
    pub fn overall(&mut self, rule: Rule, message: impl Into<String>, advice: impl Into<String>) {
        let finding = Finding::new(rule, None, message, advice);
        self.found.push(finding.in_file(self.source.name()));
    }

    /// Adds a finding about the newsletter's settings, which every issue has.
    pub(crate) fn in_settings(
        &mut self,
        rule: Rule,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.found.push(Finding::new(rule, None, message, advice));
    }

    /// All of them, by place, those about the whole mail last; and for each
    /// rule how many more places there are than listed.
    pub fn into_sorted(mut self) -> Vec<Finding> {
        for Listed { rule, further, .. } in std::mem::take(&mut self.listed).into_values() {
            if further > 0 {
                let message = format!("{further} more places of this kind are not listed");
                self.overall(rule, message, "Fix the first ones, and check again.");
            }
        }
        for finding in self.found.iter_mut().filter(|finding| finding.places > 1) {
            // Two passes over the source may add to one finding.
            finding.other_places.extend(finding.place.take());
            finding.other_places.sort();
            finding.place = Some(finding.other_places.remove(0));
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
    fn one_cause_is_one_finding_that_knows_its_places() {
        let source = SourceText::new("a.md", b"one\ntwo\nthree\nfour").unwrap();
        let mut findings = Findings::about(&source);
        for at in [4, 14, 0, 5] {
            findings.at(&(at..at + 1), PIXEL, "p", "");
        }
        findings.at(&(8..9), PIXEL, "another", "");
        let found = findings.into_sorted();
        let lines: Vec<_> = found[0].listed_places().map(|place| place.line).collect();
        assert_eq!((found.len(), found[0].places, lines), (2, 4, vec![1, 2, 2, 4]));
        assert_eq!(found[0].elsewhere().unwrap(), "4 places: also in lines 2 and 4");
        assert_eq!(found[1].elsewhere(), None);
        findings_on_one_line(&source);
        let rest = found[0].clone().without(|place| place.line < 4).unwrap();
        assert_eq!((rest.position(), rest.places, rest.elsewhere()), ((4, 1), 1, None));
        assert_eq!(rest.without(|_| true), None);
    }

    fn findings_on_one_line(source: &SourceText) {
        let mut findings = Findings::about(source);
        findings.at(&(0..1), PIXEL, "p", "");
        findings.at(&(1..2), PIXEL, "p", "");
        let found = findings.into_sorted();
        assert_eq!(found[0].elsewhere().unwrap(), "2 places, also in this line");
    }

    #[test]
    fn many_places_of_one_cause_are_counted_and_the_first_ones_listed() {
        let source = SourceText::new("a.md", "x\n".repeat(200).as_bytes()).unwrap();
        let mut findings = Findings::about(&source);
        (0..200).for_each(|line| findings.at(&(line * 2..line * 2 + 1), PIXEL, "p", ""));
        (0..9).for_each(|line| findings.at(&(line * 2..line * 2 + 1), PIXEL, "another", ""));
        let found = findings.into_sorted();
        assert_eq!((found.len(), found[0].places, found[1].places), (2, 200, 9));
        assert_eq!(found[1].elsewhere().unwrap(), "9 places", "the lines of the first are enough");
        assert_eq!(found[0].listed_places().count(), MOST_PLACES);
        assert!(found[0].elsewhere().unwrap().ends_with(", 20, 21 and 179 more places"));
    }

    #[test]
    fn the_first_findings_of_each_rule_and_severity_are_listed_and_the_others_counted() {
        let source = SourceText::new("a.md", b"text").unwrap();
        let mut findings = Findings::about(&source);
        for number in 0..MOST_PLACES + 2 {
            findings.at(&(0..1), IMAGE_FORMAT.as_warning(), number.to_string(), "");
        }
        findings.at(&(0..1), IMAGE_FORMAT, "e", "");
        findings.at(&(0..1), PIXEL, "p", "");
        let found = findings.into_sorted();
        assert_eq!(found.len(), MOST_PLACES + 3);
        let last = found.last().unwrap();
        assert_eq!(last.message, "2 more places of this kind are not listed");
        assert_eq!((last.rule, last.severity), (IMAGE_FORMAT.id, Severity::Warning));
        assert_eq!((last.file.as_deref(), &last.place), (Some("a.md"), &None));
    }
}
