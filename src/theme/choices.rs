//! What a newsletter sets of its theme, without touching the theme.
//!
//! In: a theme, and values from the newsletter's configuration, each with its
//! place there. Out: the theme with those values, or every problem with them
//! at its line. Deliberately absent: the logo, which is a file.

use serde_json::Value;

use super::palette::SetBy;
use super::strings::unknown_placeholder;
use super::{Colour, FontStack, Scheme, Shade, Theme};
use crate::domain::{Digest, nearest};
use crate::source::rules::{BAD_VALUE, CONTRAST, UNKNOWN_KEY};
use crate::source::{Finding, Place};

/// Everything that a newsletter sets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choices {
    /// Colours; in both schemes, or in one.
    pub colours: Vec<Choice<(Option<Scheme>, Colour)>>,
    /// Font stacks.
    pub fonts: Vec<Choice<FontStack>>,
    /// Values of fields, for issues that set none.
    pub fields: Vec<Choice<Value>>,
    /// Fixed words; in every language, or in one.
    pub strings: Vec<Choice<(Option<String>, String)>>,
}

/// One value, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice<T> {
    /// What it is a value of.
    pub name: String,
    /// Where that name stands.
    pub name_place: Place,
    /// The value.
    pub value: T,
    /// Where the value stands.
    pub value_place: Place,
}

impl Theme {
    /// Takes the newsletter's values in the place of the theme's own.
    ///
    /// # Errors
    /// Names that the theme does not have, values that it cannot take, and
    /// colours that do not read: all of them, by place.
    pub fn with(mut self, choices: &Choices) -> Result<Self, Vec<Finding>> {
        if *choices == Choices::default() {
            return Ok(self);
        }
        let mut findings = Vec::new();
        self.take_colours(choices, &mut findings);
        self.take_fonts(choices, &mut findings);
        self.take_fields(choices, &mut findings);
        self.take_strings(choices, &mut findings);
        let troubles = self.palette.troubles().into_iter();
        let ours = troubles
            .filter(|trouble| trouble.set_by == SetBy::Newsletter)
            .map(|trouble| trouble.finding)
            .filter(|finding| finding.rule == CONTRAST.id);
        findings.extend(ours);
        if findings.is_empty() {
            // Another choice is another theme to whoever asks what has changed.
            let chosen = format!("{}{:?}{:?}", self.hash, self.constants(), self.strings);
            let fields = format!("{:?}", self.fields);
            self.hash = Digest::new(format!("{chosen}{fields}").as_bytes());
            return Ok(self);
        }
        Finding::sort(&mut findings);
        Err(findings)
    }

    fn take_colours(&mut self, choices: &Choices, findings: &mut Vec<Finding>) {
        for choice in &choices.colours {
            let (scheme, colour) = choice.value;
            let Some(swatch) = self.palette.swatch_mut(&choice.name) else {
                let known = self.palette.swatches().keys().map(String::as_str);
                findings.push(unknown(choice, "colour", &self.name, known));
                continue;
            };
            for scheme in Scheme::ALL.into_iter().filter(|one| scheme.is_none_or(|s| s == *one)) {
                let place = choice.value_place.clone();
                *swatch.shade_mut(scheme) = Shade { colour, place, set_by: SetBy::Newsletter };
            }
        }
    }

    fn take_fonts(&mut self, choices: &Choices, findings: &mut Vec<Finding>) {
        for choice in &choices.fonts {
            match self.fonts.get_mut(&choice.name) {
                Some(stack) => *stack = choice.value.clone(),
                None => {
                    let known = self.fonts.keys().map(String::as_str);
                    findings.push(unknown(choice, "font stack", &self.name, known));
                }
            }
        }
    }

    fn take_fields(&mut self, choices: &Choices, findings: &mut Vec<Finding>) {
        for choice in &choices.fields {
            match self.fields.get_mut(&choice.name) {
                Some(field) if field.kind.takes(&choice.value) => {
                    field.default = choice.value.clone();
                }
                Some(field) => {
                    let message =
                        format!("the field `{}` is not {}", choice.name, field.kind.in_words());
                    let advice = format!("the theme says: {}", field.doc);
                    findings.push(Finding::new(
                        BAD_VALUE,
                        Some(choice.value_place.clone()),
                        message,
                        advice,
                    ));
                }
                None => {
                    let known = self.fields.keys().map(String::as_str);
                    findings.push(unknown(choice, "field", &self.name, known));
                }
            }
        }
    }

    fn take_strings(&mut self, choices: &Choices, findings: &mut Vec<Finding>) {
        for choice in &choices.strings {
            let (language, text) = &choice.value;
            if self.strings.keys().all(|key| key != choice.name) {
                findings.push(unknown(choice, "word", &self.name, self.strings.keys()));
            } else if let Some(unknown) = unknown_placeholder(text) {
                let message = format!("nothing fills `{unknown}` in the word `{}`", choice.name);
                let known = super::strings::PLACEHOLDERS.map(|name| format!("{{{name}}}"));
                let advice = format!("it may hold {}, and no other braces", known.join(" and "));
                findings.push(Finding::new(
                    BAD_VALUE,
                    Some(choice.value_place.clone()),
                    message,
                    advice,
                ));
            } else {
                self.strings.set(language.as_deref(), &choice.name, text);
            }
        }
    }
}

fn unknown<'k, T>(
    choice: &Choice<T>,
    what: &str,
    theme: &str,
    known: impl Iterator<Item = &'k str> + Clone,
) -> Finding {
    let message = format!("the theme {theme} has no {what} `{}`", choice.name);
    let listed: Vec<&str> = known.clone().collect();
    let advice = match nearest(&choice.name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if listed.is_empty() => "take it out".to_owned(),
        None => format!("it has {}", listed.join(", ")),
    };
    Finding::new(UNKNOWN_KEY, Some(choice.name_place.clone()), message, advice)
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
        assert_eq!(theme.fields()["reason"].default, "Because.");
        let words = theme.strings().in_language("de").words;
        assert_eq!((words["web_view"], words["issue"]), ("Online", "Nr. {number}"));
        assert_ne!(theme.hash(), plain().hash());
        assert_eq!(plain().with(&Choices::default()).unwrap().hash(), plain().hash());
    }

    #[test]
    fn what_the_theme_does_not_have_is_told_with_the_nearest_name() {
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
                "1 unknown-key: the theme plain has no colour `lnk` did you mean `link`?",
                "1 unknown-key: the theme plain has no font stack `headings` it has body, code",
                "1 unknown-key: the theme plain has no word `unsubscribed` did you mean `unsubscribe`?",
                "5 bad-value: the field `reason` is not a text the theme says: Why the reader gets the mail, in one sentence, where it is not what the theme says.",
                "5 bad-value: nothing fills `{nr}` in the word `issue` it may hold {newsletter} and {number}, and no other braces",
            ]
        );
    }

    #[test]
    fn a_colour_that_does_not_read_is_told_with_one_that_does() {
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
            // What is proposed is taken.
            let proposed: Vec<&str> = problem.split('"').skip(3).step_by(2).collect();
            let name = chosen[0].0;
            let mended = colours(&[
                (name, Some(Scheme::Light), proposed[0]),
                (name, Some(Scheme::Dark), proposed[1]),
            ]);
            assert!(plain().with(&mended).is_ok(), "{problem}");
        }
    }

    #[test]
    fn pure_black_on_pure_white_is_a_finding_and_no_refusal() {
        let theme = plain().with(&colours(&[("text", Some(Scheme::Light), "#000000")])).unwrap();
        let found: Vec<String> = theme.findings().into_iter().map(|f| f.message).collect();
        assert_eq!(
            found,
            ["`text` on `background` is pure black and pure white in the light scheme."]
        );
        assert_eq!(plain().findings(), []);
    }
}
