//! `[theme]`: what a newsletter sets of its theme.
//!
//! Absent on purpose: whether the theme has what is set, which the
//! [`theme`](crate::theme) says when it gets these values.

use super::document::Leaf;
use super::keys::{self, Key};
use super::settings::Settings;
use super::values::{self, Wrong};
use crate::domain::{ends_line, turns_text};
use crate::theme::{Choice, Choices, Colour, FontStack, Scheme};

pub(super) fn read(settings: &mut Settings) -> Choices {
    Choices {
        colours: read_each(settings, &keys::THEME_PALETTE, colour),
        fonts: read_each(settings, &keys::THEME_FONTS, font),
        fields: read_each(settings, &keys::THEME_FIELDS, field),
        strings: read_each(settings, &keys::THEME_STRINGS, word),
    }
}

/// Reads every value of a table, and reports those that are wrong.
fn read_each<T>(
    settings: &mut Settings,
    key: &'static Key,
    read: impl Fn(&Leaf) -> Result<(usize, T), Wrong>,
) -> Vec<Choice<T>> {
    let mut choices = Vec::new();
    for leaf in settings.table(key) {
        match read(&leaf) {
            Ok((at, value)) => {
                let Some((name, name_place)) = leaf.names.get(at).cloned() else { continue };
                choices.push(Choice { name, name_place, value, value_place: leaf.place });
            }
            Err(wrong) => settings.refuse_leaf(key, &leaf, &wrong),
        }
    }
    choices
}

/// `NAME = "#rrggbb"`, or `NAME = { light = "#rrggbb", dark = "#rrggbb" }`.
fn colour(leaf: &Leaf) -> Result<(usize, (Option<Scheme>, Colour)), Wrong> {
    let advice = "Write it as `\"#1a5fb4\"`, or as `{ light = \"#1a5fb4\", dark = \"#8ab8ff\" }`.";
    let scheme = match names(leaf)[..] {
        [_] => None,
        [_, "light"] => Some(Scheme::Light),
        [_, "dark"] => Some(Scheme::Dark),
        _ => return Err(Wrong::new("is neither `light` nor `dark`", advice)),
    };
    let colour = leaf.value.as_str().and_then(Colour::parse);
    let colour = colour.ok_or_else(|| Wrong::new("is no colour", advice))?;
    Ok((0, (scheme, colour)))
}

fn font(leaf: &Leaf) -> Result<(usize, FontStack), Wrong> {
    let advice = "Write it as `\"Georgia, 'Times New Roman', serif\"`.";
    let ([_], Some(text)) = (&leaf.names[..], leaf.value.as_str()) else {
        return Err(Wrong::new("is no font stack", advice));
    };
    FontStack::parse(text).map(|stack| (0, stack)).map_err(|why| Wrong::new(why, advice))
}

fn field(leaf: &Leaf) -> Result<(usize, serde_json::Value), Wrong> {
    match leaf.names[..] {
        [_] => Ok((0, leaf.value.clone())),
        _ => {
            Err(Wrong::new("is a table", "A field is a text, a number, true or false, or a list."))
        }
    }
}

/// `KEY = "text"`, or `LANGUAGE.KEY = "text"`.
fn word(leaf: &Leaf) -> Result<(usize, (Option<String>, String)), Wrong> {
    let advice = "Write it as `unsubscribe = \"Leave\"`, or as `de.unsubscribe = \"Abbestellen\"`.";
    let text = leaf.value.as_str().filter(|text| !text.chars().any(ends_line));
    let text = text.ok_or_else(|| Wrong::new("is no text of one line", advice))?.to_owned();
    if text.trim().is_empty() {
        // The words of a link are all that some readers meet of it.
        return Err(Wrong::new("is empty", advice));
    }
    if text.chars().any(turns_text) {
        let advice = "Take it out. The language sets the direction of the mail.";
        return Err(Wrong::new("holds an invisible character that turns text around", advice));
    }
    match names(leaf)[..] {
        [_] => Ok((0, (None, text))),
        [language, _] => Ok((1, (Some(values::language(language)?.to_string()), text))),
        _ => Err(Wrong::new("is no word", advice)),
    }
}

fn names(leaf: &Leaf) -> Vec<&str> {
    leaf.names.iter().map(|(name, _)| name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, ConfigError, Environment, FILE_NAME, Root};
    use crate::source::SourceText;

    const LEAST: &str = "newsletter = { name = \"W\", slug = \"w\", from = \"news@example.org\", postal_address = \"x\" }\n";

    fn resolve(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let environment = Environment::for_test("/news", variables.iter().copied());
        let root = Root::at("/news".as_ref(), &environment);
        let source = SourceText::new(FILE_NAME, format!("{LEAST}{text}").as_bytes()).unwrap();
        Config::resolve(&root, &source, &environment, None)
    }

    fn problems(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
        let Err(ConfigError::Wrong { findings, .. }) = resolve(text, variables) else {
            return Vec::new();
        };
        let place = |place: Option<crate::source::Place>| {
            place.map_or("-".to_owned(), |place| format!("{}:{}", place.line, place.column))
        };
        findings.into_iter().map(|f| format!("{} {}", place(f.place), f.message)).collect()
    }

    #[test]
    fn a_newsletter_sets_what_its_theme_shows() {
        let text = "[theme]\npalette.link = \"#7a1f5c\"\npalette.text = { light = \"#222222\", dark = \"#eeeeee\" }\n\
                    fonts.body = \"Georgia, serif\"\nfields = { reason = \"Because.\", counts = [1, 2.5] }\n\
                    [theme.strings]\nunsubscribe = \"Leave\"\nde.issue = \"Nr. {number}\"\n";
        let theme = resolve(text, &[]).unwrap().theme;
        let names: Vec<&str> = theme.colours.iter().map(|choice| choice.name.as_str()).collect();
        assert_eq!(names, ["link", "text", "text"]);
        assert_eq!(theme.fonts[0].value.to_string(), "Georgia, serif");
        let counts = theme.fields.iter().find(|choice| choice.name == "counts").unwrap();
        assert_eq!(counts.value, serde_json::json!([1, 2.5]));
        let words: Vec<_> = theme.strings.iter().map(|c| (c.name.as_str(), &c.value.0)).collect();
        assert_eq!(words, [("issue", &Some("de".to_owned())), ("unsubscribe", &None)]);
    }

    #[test]
    fn what_is_no_value_is_told_at_its_place() {
        for (text, expected) in [
            ("[theme.palette]\nlink = \"blue\"", "3:8 `theme.palette.link` is no colour"),
            ("[theme.palette]\nlink = 7", "3:8 `theme.palette.link` is no colour"),
            (
                "[theme.palette]\nlink.lite = \"#000000\"",
                "3:13 `theme.palette.link.lite` is neither `light` nor `dark`",
            ),
            (
                "[theme.fonts]\nbody = \"Roboto\"",
                "3:8 `theme.fonts.body` names Roboto, which MJML would fetch from the web when the mail is opened",
            ),
            ("[theme.fields]\na.b = 1", "3:7 `theme.fields.a.b` is a table"),
            (
                "[theme.fields]\na = 2026-01-01",
                "3:5 a date or a time is not a value that a theme takes",
            ),
            ("[theme.strings]\na = 7", "3:5 `theme.strings.a` is no text of one line"),
            ("[theme.strings]\na = \" \"", "3:5 `theme.strings.a` is empty"),
            ("[theme.strings]\na = \"b\\u2028\"", "3:5 `theme.strings.a` is no text of one line"),
            (
                "[theme.strings]\na = \"b\\u202e\"",
                "3:5 `theme.strings.a` holds an invisible character that turns text around",
            ),
            ("[theme.strings]\nd.a = \"x\"", "3:7 `theme.strings.d.a` is not a language tag"),
            (
                "[theme]\npalette = 7",
                "3:11 `theme.palette` takes a table, and this is a whole number",
            ),
            ("[theme]\npalete = 7", "3:1 `[theme]` has no key `palete`"),
        ] {
            assert_eq!(problems(text, &[]), [expected]);
        }
        let variable = [("POSTRIDER_THEME_PALETTE", "x")];
        assert_eq!(problems("", &variable), ["- POSTRIDER_THEME_PALETTE takes a table"]);
    }

    #[test]
    fn the_time_zone_is_that_of_the_schedule_or_utc() {
        let zone = |text: &str| {
            let config = resolve(text, &[]).unwrap();
            config.newsletter.time_zone.iana_name().map(str::to_owned).unwrap()
        };
        let schedule = "[schedule]\ntime = \"09:30\"\ntime_zone = \"Europe/Berlin\"\n";
        assert_eq!(zone(""), "UTC");
        assert_eq!(zone(schedule), "Europe/Berlin");
        let variable = [("POSTRIDER_NEWSLETTER_TIME_ZONE", "Asia/Tokyo")];
        let config = resolve(schedule, &variable).unwrap();
        assert_eq!(config.newsletter.time_zone.iana_name(), Some("Asia/Tokyo"));
        let wrong = schedule.replace("Berlin", "Berlim");
        assert_eq!(problems(&wrong, &[]).len(), 1, "told once");
    }
}
