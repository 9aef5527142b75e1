//! The values that were set, their origins, and every problem with them.
//!
//! In: the file, the variables, the flags; the later wins. Out: values for
//! the [`sections`](super::sections) to parse, each with its origin. Problems
//! are collected, so that people see all of them at once.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{self, Given, Leaf, Origin};
use super::keys::{DefaultValue, KEYS, Key, ValueKind};
use super::secrets::SecretName;
use super::values::Wrong;
use super::{Environment, keys};
use crate::domain::nearest;
use crate::source::rules::{BAD_VALUE, MISSING_KEY, UNKNOWN_VARIABLE};
use crate::source::{Finding, Place, SourceText};

/// All that was given, read key by key.
#[derive(Debug)]
pub(super) struct Settings {
    file: String,
    given: BTreeMap<&'static str, (Given, Origin)>,
    sections: BTreeMap<String, Place>,
    refused: BTreeSet<&'static str>,
    findings: Vec<Finding>,
}

impl Settings {
    pub(super) fn gather(
        source: &SourceText,
        environment: &Environment,
        via: Option<&str>,
    ) -> Result<Self, Vec<Finding>> {
        let document = document::read(source)?;
        let mut settings = Self {
            file: source.name().to_owned(),
            given: document.given,
            sections: document.sections,
            refused: document.refused,
            findings: document.findings,
        };
        settings.take_environment(environment);
        if let Some(via) = via {
            settings.take_text(&keys::DELIVERY_VIA, via, Origin::Flag("--via"));
        }
        Ok(settings)
    }

    /// Ends the reading. The error holds every finding.
    pub(super) fn finish(mut self) -> Result<(), Vec<Finding>> {
        if self.findings.is_empty() {
            return Ok(());
        }
        // Findings with a place come first, in the order of the places.
        self.findings.sort_by_key(Finding::position);
        Err(self.findings)
    }

    /// Whether a key of a section is set, or the file opens the section.
    pub(super) fn mentions(&self, section: &str) -> bool {
        let is_of = |key: &&str| key.split_once('.').is_some_and(|(name, _)| name == section);
        self.sections.contains_key(section) || self.given.keys().any(is_of)
    }

    /// Whether a key was set, so that its value is not the default.
    pub(super) fn is_set(&self, key: &Key) -> bool {
        let origin = self.given.get(key.name).map(|(_, origin)| origin);
        origin.is_some_and(|origin| *origin != Origin::Default)
    }

    /// A text that must be set.
    pub(super) fn required<T>(
        &mut self,
        key: &'static Key,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        if !self.given.contains_key(key.name) && !self.refused.contains(key.name) {
            self.report_missing(key);
        }
        self.optional(key, parse)
    }

    /// A text, if it is set.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static Key,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        let (Given::Text(text), _) = self.given.get(key.name)? else { return None };
        parse(text).map_err(|wrong| self.refuse(key, &wrong)).ok()
    }

    /// A text, or the default that the key declares.
    pub(super) fn value<T>(
        &mut self,
        key: &'static Key,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        match key.default {
            DefaultValue::Text(default) => self.computed(key, default, parse),
            _ => self.required(key, parse),
        }
    }

    /// A text, or a default that was made of other values, if those are valid.
    pub(super) fn computed<'d, T>(
        &mut self,
        key: &'static Key,
        default: impl Into<Option<&'d str>>,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        if let Some(default) = default.into() {
            let given = self.given.entry(key.name);
            given.or_insert_with(|| (Given::Text(default.to_owned()), Origin::Default));
        }
        self.optional(key, parse)
    }

    /// A whole number, if it is set.
    pub(super) fn optional_integer<T: TryFrom<i64>>(&mut self, key: &'static Key) -> Option<T> {
        let ValueKind::Integer(least, most) = key.kind else { return None };
        let (Given::Integer(number), _) = self.given.get(key.name)? else { return None };
        let fitting = Some(*number).filter(|number| (least..=most).contains(number));
        let fitting = fitting.and_then(|number| T::try_from(number).ok());
        if fitting.is_none() {
            let advice = format!("It may be {least} to {most}.");
            self.refuse(key, &Wrong::new("is out of range", advice));
        }
        fitting
    }

    /// A whole number, or the default that the key declares.
    pub(super) fn integer<T: TryFrom<i64>>(&mut self, key: &'static Key) -> Option<T> {
        let DefaultValue::Integer(default) = key.default else { return None };
        self.computed_integer(key, default)
    }

    /// A whole number, or a default that was made of other values.
    pub(super) fn computed_integer<T: TryFrom<i64>>(
        &mut self,
        key: &'static Key,
        default: impl Into<i64>,
    ) -> Option<T> {
        let given = self.given.entry(key.name);
        given.or_insert_with(|| (Given::Integer(default.into()), Origin::Default));
        self.optional_integer(key)
    }

    /// Yes or no, or the default that the key declares.
    pub(super) fn boolean(&self, key: &Key) -> Option<bool> {
        match (self.given.get(key.name), key.default) {
            (Some((Given::Boolean(value), _)), _) => Some(*value),
            (None, DefaultValue::Boolean(default)) => Some(default),
            _ => None,
        }
    }

    /// A list of texts, which is empty if it is not set.
    pub(super) fn list<T>(
        &mut self,
        key: &'static Key,
        parse: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Option<Vec<T>> {
        let Some((Given::TextList(texts), _)) = self.given.get(key.name) else {
            return Some(Vec::new());
        };
        let values: Result<_, _> = texts.iter().map(|text| parse(text)).collect();
        values.map_err(|wrong| self.refuse(key, &wrong)).ok()
    }

    /// The values of a table, by name.
    pub(super) fn table(&self, key: &Key) -> Vec<Leaf> {
        match self.given.get(key.name) {
            Some((Given::Table(leaves), _)) => leaves.clone(),
            _ => Vec::new(),
        }
    }

    /// Reports that one value of a table is wrong.
    pub(super) fn refuse_leaf(&mut self, key: &Key, leaf: &Leaf, wrong: &Wrong) {
        let message = format!("`{}.{}` {}", key.name, leaf.path(), wrong.problem);
        let place = Some(leaf.place.clone());
        self.findings.push(Finding::new(BAD_VALUE, place, message, &wrong.advice));
    }

    /// The text of a key, if it was given one.
    pub(super) fn text(&self, key: &Key) -> Option<&str> {
        match self.given.get(key.name) {
            Some((Given::Text(text), _)) => Some(text),
            _ => None,
        }
    }

    /// Reports that the value of a key is wrong.
    pub(super) fn refuse(&mut self, key: &Key, wrong: &Wrong) {
        let origin = self.given.get(key.name).map_or(Origin::Default, |(_, origin)| origin.clone());
        self.report(key, &origin, wrong);
    }

    fn report(&mut self, key: &Key, origin: &Origin, wrong: &Wrong) {
        let (place, name) = match origin {
            Origin::File(place) => (Some(place.clone()), format!("`{}`", key.name)),
            Origin::Environment(variable) => (None, variable.clone()),
            Origin::Flag(flag) => (None, (*flag).to_owned()),
            Origin::Default => (None, format!("the default of `{}` in {}", key.name, self.file)),
        };
        let message = format!("{name} {}", wrong.problem);
        self.findings.push(Finding::new(BAD_VALUE, place, message, &wrong.advice));
    }

    fn report_missing(&mut self, key: &Key) {
        let (section, name) = key.section_and_name();
        let advice = format!("Add `{name} = …`. {}", key.about);
        let place = self.sections.get(section).cloned();
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
            self.findings.push(Finding::new(BAD_VALUE, None, message, "Set it to a text."));
        }
        for (variable, value) in environment.beginning(PREFIX) {
            if SecretName::variables().any(|secret| secret == variable) || value.is_empty() {
                continue;
            }
            match KEYS.iter().find(|key| key.variable() == variable) {
                Some(key) => self.take_text(key, value, Origin::Environment(variable.to_owned())),
                None => self.findings.push(unknown_variable(variable)),
            }
        }
    }

    /// Takes a value that came as text: from a variable or a flag.
    fn take_text(&mut self, key: &'static Key, value: &str, origin: Origin) {
        match read_text(key.kind, value) {
            Ok(given) => drop(self.given.insert(key.name, (given, origin))),
            Err(wrong) => {
                self.refused.insert(key.name);
                self.report(key, &origin, &wrong);
            }
        }
    }
}

fn read_text(kind: ValueKind, value: &str) -> Result<Given, Wrong> {
    match kind {
        ValueKind::Text => Ok(Given::Text(value.to_owned())),
        ValueKind::Integer(..) => value
            .trim()
            .parse()
            .map(Given::Integer)
            .map_err(|_| Wrong::new("is not a whole number", "Write digits alone.")),
        ValueKind::Boolean => match value.trim() {
            "true" => Ok(Given::Boolean(true)),
            "false" => Ok(Given::Boolean(false)),
            _ => Err(Wrong::new("is neither true nor false", "Write `true` or `false`.")),
        },
        ValueKind::Table => Err(Wrong::new("takes a table", "Set it in postrider.toml.")),
        ValueKind::TextList => {
            let texts = value.split(',').map(str::trim).filter(|text| !text.is_empty());
            Ok(Given::TextList(texts.map(str::to_owned).collect()))
        }
    }
}

fn unknown_variable(variable: &str) -> Finding {
    let known: Vec<String> =
        KEYS.iter().map(|key| key.variable()).chain(SecretName::variables()).collect();
    let advice = nearest(variable, known.iter().map(String::as_str)).map_or_else(
        || "Unset it, or give it a name without `POSTRIDER_`.".to_owned(),
        |near| format!("Did you mean `{near}`?"),
    );
    Finding::new(UNKNOWN_VARIABLE, None, format!("there is no variable {variable}"), advice)
}
