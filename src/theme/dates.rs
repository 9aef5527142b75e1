//! A date as the readers of a language write it.
//!
//! In: a day, a style and a language (BCP 47). Out: the date in the Gregorian
//! calendar. In a language that Unicode's data lack, it is `2026-08-12`.

use icu_calendar::{Date, Gregorian};
use icu_datetime::FixedCalendarDateTimeFormatter as Formatter;
use icu_datetime::fieldsets::{YMD, YMDE};
use icu_locale_core::Locale;

/// How much of a date is written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateStyle {
    /// Wednesday, August 12, 2026
    Full,
    /// August 12, 2026
    Long,
    /// Aug 12, 2026
    Medium,
    /// 8/12/26
    Short,
}

impl DateStyle {
    /// The words that templates use.
    pub(super) const WORDS: [(&str, Self); 4] = [
        ("full", Self::Full),
        ("long", Self::Long),
        ("medium", Self::Medium),
        ("short", Self::Short),
    ];

    /// The style of that word.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::WORDS.into_iter().find(|(known, _)| *known == word).map(|(_, style)| style)
    }

    /// Writes a date.
    pub(super) fn write(self, day: jiff::civil::Date, language: &str) -> String {
        let written = |tag: &str| self.in_locale(day, &tag.parse().ok()?);
        match written(language) {
            // A text that is equal to that of `und` (no language) was not translated.
            Some(text) if Some(&text) != written("und").as_ref() => text,
            _ => day.to_string(),
        }
    }

    fn in_locale(self, day: jiff::civil::Date, locale: &Locale) -> Option<String> {
        let [month, day_of_month] = [day.month(), day.day()].map(i8::unsigned_abs);
        let date = Date::try_new_gregorian(day.year().into(), month, day_of_month).ok()?;
        let fields = match self {
            Self::Full => {
                let formatter =
                    Formatter::<Gregorian, _>::try_new(locale.into(), YMDE::long()).ok()?;
                return Some(formatter.format(&date).to_string());
            }
            Self::Long => YMD::long(),
            Self::Medium => YMD::medium(),
            Self::Short => YMD::short(),
        };
        let formatter = Formatter::<Gregorian, _>::try_new(locale.into(), fields).ok()?;
        Some(formatter.format(&date).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_as_its_readers_do() {
        let day = jiff::civil::date(2026, 8, 12);
        for (language, style, expected) in [
            ("en", "full", "Wednesday, August 12, 2026"),
            ("en", "long", "August 12, 2026"),
            ("en", "medium", "Aug 12, 2026"),
            ("en", "short", "8/12/26"),
            ("en-GB", "long", "12 August 2026"),
            ("de", "full", "Mittwoch, 12. August 2026"),
            ("pt-BR", "long", "12 de agosto de 2026"),
            ("ar-EG", "long", "١٢ أغسطس ٢٠٢٦"),
            ("he", "long", "12 באוגוסט 2026"),
            ("ja", "long", "2026年8月12日"),
            ("zh", "full", "2026年8月12日星期三"),
            ("xx", "long", "2026-08-12"),
            ("", "full", "2026-08-12"),
            ("a b", "short", "2026-08-12"),
        ] {
            let written = DateStyle::parse(style).unwrap().write(day, language);
            assert_eq!(written, expected, "{language} {style}");
        }
        assert_eq!(DateStyle::parse("longer"), None);
        for day in [jiff::civil::Date::MIN, jiff::civil::Date::MAX] {
            assert!(!DateStyle::Full.write(day, "en").is_empty());
        }
    }
}
