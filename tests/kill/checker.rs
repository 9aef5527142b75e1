//! Judges a campaign that was interrupted once.
//!
//! In: the messages that the receiver took in three runs, the audience, and the
//! addresses that the sender listed as in doubt. Out: every [`Violation`] of "no
//! unnoticed loss, no unnoticed repeat". One pure function judges the real
//! sender and those with a deliberate fault. Absent on purpose: the ledger,
//! because it is under test.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What is known about a campaign without its ledger. A receiver has a message
/// from the moment when its final dot arrived, also if its reply got lost.
#[derive(Debug, Default, Clone)]
pub(crate) struct Evidence {
    /// The recipients, each of whom should get one message.
    pub audience: BTreeSet<String>,
    /// The recipients of the messages that arrived before the interruption.
    pub until_interrupted: Vec<String>,
    /// The same, in the resumed run, which must not send rows in doubt.
    pub resumed: Vec<String>,
    /// The same, in the run that was told to send rows in doubt again.
    pub resent: Vec<String>,
    /// The recipients that the sender listed as in doubt after the resumed run.
    pub listed: BTreeSet<String>,
    /// The number of connections that the sender was allowed.
    pub connections: usize,
}

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Violation {
    /// They got nothing, although the campaign ended.
    Lost(String),
    /// They got it more than once, and were not listed as in doubt.
    RepeatedInSilence(String, usize),
    /// They were listed, and got it again before a person had decided.
    DoubtNotHeld(String),
    /// They were listed, got it again as decided, and then once more.
    RepeatedTwice(String, usize),
    /// They are not in the audience.
    Stranger(String),
    /// More rows are listed than connections were open.
    TooMuchDoubt(usize),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(who) => write!(f, "{who} was lost"),
            Self::RepeatedInSilence(who, times) => {
                write!(f, "{who} got {times} copies and was not listed as in doubt")
            }
            Self::DoubtNotHeld(who) => {
                write!(f, "{who} was in doubt and was mailed before anybody decided")
            }
            Self::RepeatedTwice(who, times) => {
                write!(f, "{who} was in doubt and got {times} copies")
            }
            Self::Stranger(who) => write!(f, "{who} is not in the audience"),
            Self::TooMuchDoubt(rows) => write!(f, "{rows} rows in doubt are more than connections"),
        }
    }
}

/// Every promise that was broken, sorted.
pub(crate) fn violations(evidence: &Evidence) -> Vec<Violation> {
    let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
    let runs = [&evidence.until_interrupted, &evidence.resumed, &evidence.resent];
    for who in runs.into_iter().flatten() {
        *copies.entry(who).or_default() += 1;
    }
    let mut found = Vec::new();
    for who in &evidence.audience {
        let is_listed = evidence.listed.contains(who);
        match (copies.get(who.as_str()).copied().unwrap_or(0), is_listed) {
            (0, _) => found.push(Violation::Lost(who.clone())),
            (1, _) | (2, true) => {}
            (times, false) => found.push(Violation::RepeatedInSilence(who.clone(), times)),
            (times, true) => found.push(Violation::RepeatedTwice(who.clone(), times)),
        }
    }
    for who in copies.keys().filter(|who| !evidence.audience.contains(**who)) {
        found.push(Violation::Stranger((*who).to_owned()));
    }
    let resumed: BTreeSet<&String> = evidence.resumed.iter().collect();
    for who in evidence.listed.iter().filter(|who| resumed.contains(who)) {
        found.push(Violation::DoubtNotHeld(who.clone()));
    }
    if evidence.listed.len() > evidence.connections {
        found.push(Violation::TooMuchDoubt(evidence.listed.len()));
    }
    found.sort();
    found
}

/// The number of copies beyond one for each recipient.
pub(crate) fn repeats(evidence: &Evidence) -> usize {
    let runs = [&evidence.until_interrupted, &evidence.resumed, &evidence.resent];
    let all: Vec<&String> = runs.into_iter().flatten().collect();
    all.len() - all.iter().collect::<BTreeSet<_>>().len()
}

/// Proves on invented evidence that each violation is found, and none where
/// there is none.
pub(crate) fn check_itself() {
    let names = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let judge = |interrupted: &str, resumed: &str, resent: &str, listed: &str| {
        violations(&Evidence {
            audience: names("a b c d").into_iter().collect(),
            until_interrupted: names(interrupted),
            resumed: names(resumed),
            resent: names(resent),
            listed: names(listed).into_iter().collect(),
            connections: 2,
        })
    };
    let a = || "a".to_owned();
    assert_eq!(judge("a b", "c d", "", ""), [], "an interruption between two messages");
    assert_eq!(judge("a b", "c d", "b", "b"), [], "a listed repeat");
    assert_eq!(judge("a", "c d", "b", "b"), [], "doubt about what never arrived");
    assert_eq!(judge("b", "c d", "", ""), [Violation::Lost(a())]);
    assert_eq!(judge("b", "c d", "b", "a b"), [Violation::Lost(a())], "doubt is no excuse");
    assert_eq!(judge("a b", "a c d", "", ""), [Violation::RepeatedInSilence(a(), 2)]);
    assert_eq!(judge("a b", "a c d", "", "b"), [Violation::RepeatedInSilence(a(), 2)]);
    assert_eq!(judge("a b", "a c d", "", "a"), [Violation::DoubtNotHeld(a())]);
    assert_eq!(judge("a b", "c d", "a a", "a"), [Violation::RepeatedTwice(a(), 3)]);
    assert_eq!(judge("a b c d", "e", "", ""), [Violation::Stranger("e".into())]);
    assert_eq!(judge("a b c", "d", "", "a b c"), [Violation::TooMuchDoubt(3)]);
}
