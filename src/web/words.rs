//! The words of the pages, in the languages in which the themes have words.

mod arabic;
mod brazilian;
mod chinese;
mod dutch;
mod english;
mod french;
mod german;
mod hebrew;
mod italian;
mod japanese;
mod polish;
mod portuguese;
mod spanish;

use super::page::WebPage;
use crate::domain::{Direction, LanguageTag, readable_tags};

/// The words of all pages in one language.
#[derive(Debug)]
pub(super) struct PageWords {
    /// The language (BCP 47).
    pub(super) language: &'static str,
    pub(super) button: &'static str,
    ask: PageText,
    unsubscribed: PageText,
    proof: PageText,
    bad_link: PageText,
    try_again: PageText,
    bad_request: PageText,
    not_found: PageText,
}

/// What one page says. `{name}` is replaced by the newsletter's name.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageText {
    pub(super) heading: &'static str,
    pub(super) body: &'static str,
}

static ALL: [&PageWords; 13] = [
    &arabic::ARABIC,
    &brazilian::BRAZILIAN,
    &chinese::CHINESE,
    &dutch::DUTCH,
    &english::ENGLISH,
    &french::FRENCH,
    &german::GERMAN,
    &hebrew::HEBREW,
    &italian::ITALIAN,
    &japanese::JAPANESE,
    &polish::POLISH,
    &portuguese::PORTUGUESE,
    &spanish::SPANISH,
];

impl PageWords {
    /// The words that readers of a language can read, if there are any.
    pub(super) fn in_language(language: &str) -> Option<&'static Self> {
        let direction = LanguageTag::parse(language).ok()?.direction();
        let tag = language.to_ascii_lowercase();
        let words = readable_tags(&tag)
            .find_map(|tag| ALL.into_iter().find(|words| words.language.eq_ignore_ascii_case(tag)));
        // Arabic in Latin letters, for example, is read by others.
        words.filter(|words| words.direction() == direction)
    }

    /// The words for the first of these languages that has any; English at last.
    pub(super) fn in_first_of<'l>(languages: impl IntoIterator<Item = &'l str>) -> &'static Self {
        languages.into_iter().find_map(Self::in_language).unwrap_or(&english::ENGLISH)
    }

    /// The direction in which the words are written.
    pub(super) fn direction(&self) -> Direction {
        LanguageTag::parse(self.language).as_ref().map(LanguageTag::direction).unwrap_or_default()
    }

    pub(super) fn for_page(&self, page: WebPage) -> PageText {
        match page {
            WebPage::Ask => self.ask,
            WebPage::Unsubscribed => self.unsubscribed,
            WebPage::Proof => self.proof,
            WebPage::BadLink => self.bad_link,
            WebPage::TryAgain => self.try_again,
            WebPage::BadRequest => self.bad_request,
            WebPage::NotFound => self.not_found,
        }
    }
}

/// The languages of an `Accept-Language`, the most wanted first (RFC 9110
/// section 12.5.4). What a browser would not send is passed over.
pub(super) fn accepted_languages(header: &str) -> Vec<&str> {
    let mut wanted: Vec<(f32, &str)> = header
        .split(',')
        .take(20)
        .filter_map(|item| {
            let (tag, weight) = item.split_once(';').unwrap_or((item, "q=1"));
            let weight = weight.trim().strip_prefix("q=")?.parse().ok()?;
            (weight > 0.0).then_some((weight, tag.trim()))
        })
        .collect();
    // The sort keeps the order of those that are wanted alike.
    wanted.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    wanted.into_iter().map(|(_, tag)| tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGES: [WebPage; 7] = [
        WebPage::Ask,
        WebPage::Unsubscribed,
        WebPage::Proof,
        WebPage::BadLink,
        WebPage::TryAgain,
        WebPage::BadRequest,
        WebPage::NotFound,
    ];

    #[test]
    fn the_pages_speak_every_language_of_the_themes() {
        for theme in ["weekly", "letter"] {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/email-templates");
            let files = std::fs::read_dir(format!("{folder}/{theme}/strings")).unwrap();
            let mut spoken: Vec<String> = files
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .map(|name| name.trim_end_matches(".toml").to_owned())
                .collect();
            let mut pages = ALL.map(|words| words.language.to_owned()).to_vec();
            spoken.sort();
            pages.sort();
            assert_eq!(pages, spoken, "{theme}");
        }
    }

    #[test]
    fn every_language_has_every_page_with_the_newsletter_s_name() {
        for words in ALL {
            let language = words.language;
            assert!(!words.button.is_empty(), "{language}");
            for page in PAGES {
                let (text, english) = (words.for_page(page), english::ENGLISH.for_page(page));
                assert!(!text.heading.is_empty() && !text.heading.contains('{'), "{language}");
                let names = |text: PageText| text.body.matches("{name}").count();
                assert_eq!(names(text), names(english), "{language}, {page:?}");
                assert_eq!(text.body.matches(['{', '}']).count(), 2 * names(text), "{language}");
                let is_own = text.body != english.body && text.heading != english.heading;
                assert_eq!(is_own, language != "en", "{language}, {page:?}");
                assert!(!text.body.contains("  ") && text.body.trim() == text.body, "{language}");
            }
        }
    }

    #[test]
    fn words_are_those_that_the_readers_can_read() {
        for (asked, spoken) in [
            ("en", Some("en")),
            ("en-GB", Some("en")),
            ("DE-at", Some("de")),
            ("pt", Some("pt")),
            ("pt-PT", Some("pt")),
            ("pt-br", Some("pt-BR")),
            ("zh-CN", Some("zh")),
            ("zh-Hans-TW", Some("zh")),
            ("zh-TW", None),
            ("zh-Hant", None),
            ("ar-EG", Some("ar")),
            ("ar-Latn", None),
            ("den", None),
            ("sv", None),
            ("", None),
            ("-", None),
            ("en\" onload=\"x", None),
        ] {
            let words = PageWords::in_language(asked);
            assert_eq!(words.map(|words| words.language), spoken, "{asked:?}");
        }
        assert_eq!(PageWords::in_first_of(["sv", "it-CH", "fr"]).language, "it");
        assert_eq!(PageWords::in_first_of([]).language, "en");
    }

    #[test]
    fn a_browser_s_languages_are_taken_in_its_order() {
        for (header, expected) in [
            ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", &["fr-CH", "fr", "en", "de", "*"][..]),
            ("en;q=0.3,he", &["he", "en"]),
            ("en;q=0, de;q=x, ;, pl", &["pl"]),
            ("en;q=NaN,it", &["it"]),
            ("", &[""]),
        ] {
            assert_eq!(accepted_languages(header), expected, "{header}");
        }
    }
}
