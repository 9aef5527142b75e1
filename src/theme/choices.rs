//! The values that a newsletter sets for its theme.
//!
//! In: a theme, and values from the newsletter's configuration, each with its
//! place there. Out: the theme with those values, or every problem with them
//! at its line. Deliberately absent: the logo, which is a file.

use std::collections::BTreeMap;

use serde_json::Value;

use super::palette::SetBy;
use super::strings::unknown_placeholder;
use super::{Colour, FontStack, Scheme, Shade, Theme};
use crate::domain::{Digest, nearest};
use crate::source::rules::{BAD_VALUE, CONTRAST, UNKNOWN_KEY};
use crate::source::{Finding, Place};

/// Everything that a newsletter sets.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Choices {
    /// Colours; in both schemes, or in one.
    pub(crate) colours: Vec<Choice<(Option<Scheme>, Colour)>>,
    pub(crate) fonts: Vec<Choice<FontStack>>,
    /// Values of fields, for issues that set none.
    pub(crate) fields: Vec<Choice<Value>>,
    /// Fixed words; in every language, or in one.
    pub(crate) strings: Vec<Choice<(Option<String>, String)>>,
}

/// One value, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choice<T> {
    /// The colour, font stack, field or word that the value is for.
    pub(crate) name: String,
    /// Where that name stands.
    pub(crate) name_place: Place,
    pub(crate) value: T,
    /// Where the value stands.
    pub(crate) value_place: Place,
}

impl Theme {
    /// Takes the newsletter's values in the place of the theme's own.
    ///
    /// # Errors
    /// Names that the theme does not have, values that it cannot take, and
    /// colours with too little contrast: all of them, by place.
    pub(crate) fn with(mut self, choices: &Choices) -> Result<Self, Vec<Finding>> {
        if *choices == Choices::default() {
            return Ok(self);
        }
        let mut findings = Vec::new();
        self.take_colours(choices, &mut findings);
        self.take_fonts(choices, &mut findings);
        self.take_fields(choices, &mut findings);
        self.take_strings(choices, &mut findings);
        let ours = self.palette.troubles().into_iter().filter(|(set_by, finding)| {
            *set_by == SetBy::Newsletter && finding.rule == CONTRAST.id
        });
        findings.extend(ours.map(|(_, finding)| finding));
        if findings.is_empty() {
            // The hash of the theme changes with each of the values.
            let Self { hash, strings, fields, .. } = &self;
            let chosen = format!("{hash}{:?}{strings:?}{fields:?}", self.constants());
            self.hash = Digest::new(chosen.as_bytes());
            return Ok(self);
        }
        Finding::sort(&mut findings);
        Err(findings)
    }

    fn take_colours(&mut self, choices: &Choices, findings: &mut Vec<Finding>) {
        for choice in &choices.colours {
            let (scheme, colour) = choice.value;
            match self.palette.0.get_mut(&choice.name) {
                Some(swatch) => {
                    for one in
                        Scheme::ALL.into_iter().filter(|one| scheme.is_none_or(|s| s == *one))
                    {
                        let place = choice.value_place.clone();
                        *swatch.shade_mut(one) = Shade { colour, place, set_by: SetBy::Newsletter };
                    }
                }
                None => findings.push(choice.unknown("colour", &self.name, keys(&self.palette.0))),
            }
        }
    }

    fn take_fonts(&mut self, choices: &Choices, findings: &mut Vec<Finding>) {
        for choice in &choices.fonts {
            match self.fonts.get_mut(&choice.name) {
                Some(stack) => *stack = choice.value.clone(),
                None => findings.push(choice.unknown("font stack", &self.name, keys(&self.fonts))),
            }
        }
    }

    fn take_fields(&mut self, choices: &Choices, findings: &mut Vec<Finding>) {
        for choice in &choices.fields {
            match self.fields.get_mut(&choice.name) {
                Some(field) if field.kind.takes(&choice.value) => {
                    field.default = choice.value.clone();
                }
                Some(field) => findings.push(choice.unusable(
                    format!("the field `{}` is not {}", choice.name, field.kind.in_words()),
                    format!("The theme describes the field: {}", field.doc),
                )),
                None => findings.push(choice.unknown("field", &self.name, keys(&self.fields))),
            }
        }
    }

    fn take_strings(&mut self, choices: &Choices, findings: &mut Vec<Finding>) {
        for choice in &choices.strings {
            let (language, text) = &choice.value;
            if self.strings.keys().all(|key| key != choice.name) {
                findings.push(choice.unknown("word", &self.name, self.strings.keys()));
            } else if let Some((message, advice)) = unknown_placeholder(text) {
                findings.push(
                    choice.unusable(format!("{message} in the word `{}`", choice.name), advice),
                );
            } else {
                self.strings.set(language.as_deref(), &choice.name, text);
            }
        }
    }
}

fn keys<T>(map: &BTreeMap<String, T>) -> impl Iterator<Item = &str> {
    map.keys().map(String::as_str)
}

impl<T> Choice<T> {
    fn unknown<'k>(
        &self,
        what: &str,
        theme: &str,
        known: impl Iterator<Item = &'k str>,
    ) -> Finding {
        let message = format!("the theme {theme} has no {what} `{}`", self.name);
        let known: Vec<&str> = known.collect();
        let advice = match nearest(&self.name, known.iter().copied()) {
            Some(near) => format!("Did you mean `{near}`?"),
            None if known.is_empty() => "Remove it.".to_owned(),
            None => format!("The theme has {}.", known.join(", ")),
        };
        Finding::new(UNKNOWN_KEY, Some(self.name_place.clone()), message, advice)
    }

    fn unusable(&self, message: String, advice: String) -> Finding {
        Finding::new(BAD_VALUE, Some(self.value_place.clone()), message, advice)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use crate::source::SourceText;

    fn plain() -> Theme {
        Theme::from_files("plain", &fixture::files()).unwrap()
    }

    fn choice<T>(name: &str, value: T) -> Choice<T> {
        let source = SourceText::new("postrider.toml", b"[theme]\nx = 1\n").unwrap();
        let place = |at: usize| source.place(&(at..at + 1));
        Choice { name: name.to_owned(), name_place: place(8), value, value_place: place(12) }
    }

    fn colours(colours: &[(&str, Option<Scheme>, &str)]) -> Choices {
        let colour = |(name, scheme, colour): &(&str, Option<Scheme>, &str)| {
            choice(name, (*scheme, Colour::parse(colour).unwrap()))
        };
        Choices { colours: colours.iter().map(colour).collect(), ..Choices::default() }
    }

    /// `column rule: message advice` of each problem.
    fn problems(choices: &Choices) -> Vec<String> {
        let shown = |finding: Finding| {
            let column = finding.place.unwrap().column;
            format!("{column} {}: {} {}", finding.rule.0, finding.message, finding.advice)
        };
        plain().with(choices).unwrap_err().into_iter().map(shown).collect()
    }

    #[test]
    fn what_is_chosen_is_what_templates_see() {
        let choices = Choices {
            fonts: vec![choice("body", FontStack::parse("Georgia, serif").unwrap())],
            fields: vec![choice("reason", "Because.".into())],
            strings: vec![
                choice("web_view", (None, "Online".to_owned())),
                choice("issue", (Some("de".to_owned()), "Nr. {number}".to_owned())),
            ],
            ..colours(&[("link", Some(Scheme::Light), "#7a1f5c")])
        };
        let theme = plain().with(&choices).unwrap();
        let constants = theme.constants();
        assert_eq!(constants["light"]["link"], "#7a1f5c");
        assert_eq!(constants["dark"]["link"], "#8ab8ff");
        assert_eq!(constants["fonts"]["body"], "Georgia, serif");
        assert_eq!(theme.fields["reason"].default, "Because.");
        let words = theme.strings.in_language("de").words;
        assert_eq!((words["web_view"], words["issue"]), ("Online", "Nr. {number}"));
        assert_ne!(theme.hash, plain().hash);
        assert_eq!(plain().with(&Choices::default()).unwrap().hash, plain().hash);
    }

    #[test]
    fn an_unknown_name_is_reported_with_the_nearest_name() {
        let choices = Choices {
            fonts: vec![choice("headings", FontStack::parse("Georgia").unwrap())],
            fields: vec![choice("reason", 7.into()), choice("reason", true.into())],
            strings: vec![
                choice("unsubscribed", (None, String::new())),
                choice("issue", (None, "{nr}".to_owned())),
            ],
            ..colours(&[("lnk", None, "#1a5fb4")])
        };
        assert_eq!(
            problems(&choices),
            [
                "1 unknown-key: the theme plain has no colour `lnk` Did you mean `link`?",
                "1 unknown-key: the theme plain has no font stack `headings` The theme has body, code.",
                "1 unknown-key: the theme plain has no word `unsubscribed` Did you mean `unsubscribe`?",
                "5 bad-value: the field `reason` is not a text The theme describes the field: Why the reader gets the mail, in one sentence, where it is not what the theme says.",
                "5 bad-value: nothing fills `{nr}` in the word `issue` A word may hold {newsletter} and {number}, and no other braces.",
            ]
        );
    }

    #[test]
    fn a_colour_with_too_little_contrast_is_reported_with_a_better_one() {
        for (chosen, expected) in [
            (
                &[("link", Some(Scheme::Light), "#2a7ae2")][..],
                "`link` (#2a7ae2) on `background` (#ffffff) has a contrast of 4.21:1 in the light scheme",
            ),
            (
                &[("link", None, "#1a5fb4")],
                "`link` (#1a5fb4) on `background` (#16181c) has a contrast of 2.82:1 in the dark scheme",
            ),
            (
                &[("background", Some(Scheme::Light), "#8a8f98")],
                "`muted` (#565d66) on `background` (#8a8f98) has a contrast of 2.04:1 in the light scheme",
            ),
        ] {
            let problems = problems(&colours(chosen));
            let problem = problems.iter().find(|problem| problem.contains(expected));
            let problem = problem.unwrap_or_else(|| panic!("{expected}: {problems:?}"));
            assert!(problem.starts_with("5 contrast: "), "{problem}");
            // The proposed colours are accepted.
            let proposed: Vec<&str> = problem.split('"').skip(3).step_by(2).collect();
            let name = chosen[0].0;
            let fixed = colours(&[
                (name, Some(Scheme::Light), proposed[0]),
                (name, Some(Scheme::Dark), proposed[1]),
            ]);
            assert!(plain().with(&fixed).is_ok(), "{problem}");
        }
    }

    #[test]
    fn pure_black_on_pure_white_is_a_finding_and_no_refusal() {
        let theme = plain().with(&colours(&[("text", Some(Scheme::Light), "#000000")])).unwrap();
        let found: Vec<String> = theme.findings().into_iter().map(|f| f.message).collect();
        assert_eq!(
            found,
            ["`text` on `background` is pure black and pure white in the light scheme"]
        );
        assert_eq!(plain().findings(), []);
    }
}
