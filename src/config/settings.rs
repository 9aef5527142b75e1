//! What somebody set, where, and every problem with it.
//!
//! In: the file, the variables, the flags; the later wins. Out: values for
//! the [`sections`](super::sections) to parse, each with its origin. Problems
//! are collected, so that people see all of them at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::document::{self, Section};
use super::known::{KNOWN, Kind, Known, SECRET_VARIABLES, variable_of};
use super::values::Wrong;
use super::{Environment, FlagValue};
use crate::domain::nearest;
use crate::source::rules::{BAD_VALUE, MISSING_KEY, UNKNOWN_VARIABLE};
use crate::source::{Finding, Place, SourceText};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// It stands in the file.
    File(Place),
    /// A variable of this name set it.
    Environment(String),
    /// A flag of this name set it.
    Flag(&'static str),
}

/// One resolved value, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Section and key, as in `smtp.url`.
    pub key: &'static str,
    /// The value. No secret is ever one of these.
    pub shown: String,
    /// Where it came from.
    pub origin: Origin,
}

/// A value as it was given; its kind is the one that the key takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Given {
    Text(String),
    Integer(i64),
    Boolean(bool),
    TextList(Vec<String>),
    Table(Vec<Leaf>),
}

/// One value of a table, with the names that lead to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    /// Never empty; the last one is its own.
    pub(super) names: Vec<(String, Place)>,
    pub(super) value: serde_json::Value,
    pub(super) place: Place,
}

/// All that was given, read key by key.
#[derive(Debug)]
pub(super) struct Settings {
    file: String,
    given: BTreeMap<&'static str, (Given, Origin)>,
    sections: BTreeMap<String, Section>,
    refused: BTreeSet<&'static str>,
    resolved: Vec<Setting>,
    findings: Vec<Finding>,
}

impl Settings {
    pub(super) fn gather(
        source: &SourceText,
        environment: &Environment,
        flags: &[FlagValue],
    ) -> Result<Self, Vec<Finding>> {
        let document = document::read(source)?;
        let mut settings = Self {
            file: source.name().to_owned(),
            given: document.given,
            sections: document.sections,
            refused: document.refused,
            resolved: Vec::new(),
            findings: document.findings,
        };
        settings.take_environment(environment);
        for flag in flags {
            settings.take_text(flag.key, &flag.value, Origin::Flag(flag.flag));
        }
        Ok(settings)
    }

    /// Everything that was resolved, or everything that is wrong.
    pub(super) fn finish(mut self) -> Result<Vec<Setting>, Vec<Finding>> {
        if self.findings.is_empty() {
            return Ok(self.resolved);
        }
        // Those with a place come in its order, the rest behind them.
        self.findings.sort_by_key(Finding::position);
        Err(self.findings)
    }

    /// Whether somebody set anything of a section, or opened it in the file.
    pub(super) fn mentions(&self, section: &str) -> bool {
        let is_of = |key: &&str| key.split_once('.').is_some_and(|(name, _)| name == section);
        self.sections.contains_key(section) || self.given.keys().any(is_of)
    }

    /// Whether somebody set a key, so that it is not its default.
    pub(super) fn is_set(&self, key: &str) -> bool {
        let origin = self.given.get(key).map(|(_, origin)| origin);
        origin.is_some_and(|origin| *origin != Origin::Default)
    }

    /// A text that must be set.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        if !self.given.contains_key(key) && !self.refused.contains(key) {
            self.report_missing(key);
        }
        self.optional(key, parse)
    }

    /// A text that may be left out.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        let (given, origin) = self.given.get(key).cloned()?;
        let Given::Text(text) = given else { return None };
        let parsed = parse(&text);
        self.resolve(key, text, origin, parsed)
    }

    /// A text that stands for itself when it is left out.
    pub(super) fn or_default<T>(
        &mut self,
        key: &'static str,
        default: &str,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        self.given.entry(key).or_insert_with(|| (Given::Text(default.into()), Origin::Default));
        self.optional(key, parse)
    }

    /// A whole number in a range.
    pub(super) fn integer<T>(
        &mut self,
        key: &'static str,
        default: T,
        range: std::ops::RangeInclusive<T>,
    ) -> Option<T>
    where
        T: Copy + PartialOrd + fmt::Display + Into<i64> + TryFrom<i64>,
    {
        let default = (Given::Integer(default.into()), Origin::Default);
        let (given, origin) = self.given.get(key).cloned().unwrap_or(default);
        let Given::Integer(number) = given else { return None };
        let fitting = T::try_from(number).ok().filter(|number| range.contains(number));
        let advice = || format!("it may be {} to {}", range.start(), range.end());
        let parsed = fitting.ok_or_else(|| Wrong::new("is out of range", advice()));
        self.resolve(key, number.to_string(), origin, parsed)
    }

    /// A whole number in a range, if somebody set it.
    pub(super) fn optional_integer(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<u16>,
    ) -> Option<u16> {
        let (given, origin) = self.given.get(key).cloned()?;
        let Given::Integer(number) = given else { return None };
        let fitting = u16::try_from(number).ok().filter(|number| range.contains(number));
        let advice = || format!("it may be {} to {}", range.start(), range.end());
        let parsed = fitting.ok_or_else(|| Wrong::new("is out of range", advice()));
        self.resolve(key, number.to_string(), origin, parsed)
    }

    /// Yes or no, and yes when it is left out.
    pub(super) fn yes_unless_set(&mut self, key: &'static str) -> Option<bool> {
        let default = (Given::Boolean(true), Origin::Default);
        let (given, origin) = self.given.get(key).cloned().unwrap_or(default);
        let Given::Boolean(value) = given else { return None };
        self.resolve(key, value.to_string(), origin, Ok(value))
    }

    /// A list of texts, empty when left out.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Option<Vec<T>> {
        let default = (Given::TextList(Vec::new()), Origin::Default);
        let (given, origin) = self.given.get(key).cloned().unwrap_or(default);
        let Given::TextList(texts) = given else { return None };
        let parsed = texts.iter().map(|text| parse(text)).collect();
        self.resolve(key, texts.join(", "), origin, parsed)
    }

    /// The values of a table, by name.
    pub(super) fn table(&mut self, key: &'static str) -> Vec<Leaf> {
        let Some((Given::Table(leaves), origin)) = self.given.get(key).cloned() else {
            return Vec::new();
        };
        let shown = leaves.iter().map(|leaf| format!("{} = {}", leaf.path(), leaf.value));
        let shown = shown.collect::<Vec<_>>().join(", ");
        self.resolved.push(Setting { key, shown, origin });
        leaves
    }

    /// Reports that one value of a table is wrong.
    pub(super) fn refuse_leaf(&mut self, key: &str, leaf: &Leaf, wrong: &Wrong) {
        let message = format!("`{key}.{}` {}", leaf.path(), wrong.problem);
        self.findings.push(Finding::new(
            BAD_VALUE,
            Some(leaf.place.clone()),
            message,
            &wrong.advice,
        ));
    }

    /// The text of a key, if it was given one.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match self.given.get(key) {
            Some((Given::Text(text), _)) => Some(text),
            _ => None,
        }
    }

    /// Reports that a value is wrong beside another one.
    pub(super) fn refuse(&mut self, key: &'static str, wrong: &Wrong) {
        let origin = self.given.get(key).map_or(Origin::Default, |(_, origin)| origin.clone());
        self.report(key, &origin, wrong);
    }

    fn resolve<T>(
        &mut self,
        key: &'static str,
        shown: String,
        origin: Origin,
        parsed: Result<T, Wrong>,
    ) -> Option<T> {
        match parsed {
            Ok(value) => {
                self.resolved.push(Setting { key, shown, origin });
                Some(value)
            }
            Err(wrong) => {
                self.report(key, &origin, &wrong);
                None
            }
        }
    }

    fn report(&mut self, key: &str, origin: &Origin, wrong: &Wrong) {
        let (place, name) = match origin {
            Origin::File(place) => (Some(place.clone()), format!("`{key}`")),
            Origin::Environment(variable) => (None, variable.clone()),
            Origin::Flag(flag) => (None, (*flag).to_owned()),
            Origin::Default => (None, format!("the default of `{key}` in {}", self.file)),
        };
        let message = format!("{name} {}", wrong.problem);
        self.findings.push(Finding::new(BAD_VALUE, place, message, &wrong.advice));
    }

    fn report_missing(&mut self, key: &'static str) {
        let (section, name) = key.split_once('.').unwrap_or_default();
        let about = KNOWN.iter().find(|known| known.key == key).map_or("", |known| known.about);
        let advice = format!("add `{name} = …`: {about}");
        let place = self.sections.get(section).map(|section| section.place.clone());
        let message = match place {
            Some(_) => format!("`[{section}]` lacks `{name}`"),
            None => format!("{} lacks `{name}` in `[{section}]`", self.file),
        };
        self.findings.push(Finding::new(MISSING_KEY, place, message, advice));
    }

    fn take_environment(&mut self, environment: &Environment) {
        const PREFIX: &str = "POSTRIDER_";
        for variable in environment.not_text(PREFIX) {
            let message = format!("{variable} is not UTF-8");
            self.findings.push(Finding::new(BAD_VALUE, None, message, "set it to a text"));
        }
        for (variable, value) in environment.beginning(PREFIX) {
            if SECRET_VARIABLES.contains(&variable) || value.is_empty() {
                continue;
            }
            match KNOWN.iter().find(|known| variable_of(known.key) == variable) {
                Some(known) => {
                    self.take_text(known.key, value, Origin::Environment(variable.to_owned()));
                }
                None => self.findings.push(unknown_variable(variable)),
            }
        }
    }

    /// Takes a value that came as text, from a variable or a flag.
    fn take_text(&mut self, key: &str, value: &str, origin: Origin) {
        let Some(known) = KNOWN.iter().find(|known| known.key == key) else { return };
        match read_text(known, value) {
            Ok(given) => drop(self.given.insert(known.key, (given, origin))),
            Err(wrong) => {
                self.refused.insert(known.key);
                self.report(known.key, &origin, &wrong);
            }
        }
    }
}

impl Leaf {
    /// Its names, as they are written in one line.
    pub(super) fn path(&self) -> String {
        let names: Vec<&str> = self.names.iter().map(|(name, _)| name.as_str()).collect();
        names.join(".")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(place) => write!(f, "{}:{}:{}", place.file, place.line, place.column),
            Self::Environment(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

fn read_text(known: &Known, value: &str) -> Result<Given, Wrong> {
    match known.kind {
        Kind::Text => Ok(Given::Text(value.to_owned())),
        Kind::Integer => value
            .trim()
            .parse()
            .map(Given::Integer)
            .map_err(|_| Wrong::new("is not a whole number", "write digits alone")),
        Kind::Boolean => match value.trim() {
            "true" => Ok(Given::Boolean(true)),
            "false" => Ok(Given::Boolean(false)),
            _ => Err(Wrong::new("is neither true nor false", "write `true` or `false`")),
        },
        Kind::Table => Err(Wrong::new("takes a table", "set it in postrider.toml")),
        Kind::TextList => {
            let texts = value.split(',').map(str::trim).filter(|text| !text.is_empty());
            Ok(Given::TextList(texts.map(str::to_owned).collect()))
        }
    }
}

fn unknown_variable(variable: &str) -> Finding {
    let known: Vec<String> = KNOWN.iter().map(|known| variable_of(known.key)).collect();
    let names = known.iter().map(String::as_str).chain(SECRET_VARIABLES);
    let advice = nearest(variable, names).map_or_else(
        || "unset it, or give it a name without POSTRIDER_".to_owned(),
        |near| format!("did you mean {near}?"),
    );
    Finding::new(UNKNOWN_VARIABLE, None, format!("there is no variable {variable}"), advice)
}
