//! The fixed words of a theme, in its languages.
//!
//! In: a file of words for each language, and the newsletter's own words. Out:
//! every word for the language of an issue, and which of them the language lacks.
//! A language that lacks a word takes it from the wider one (`pt-BR`, then `pt`),
//! and at last from English. Deliberately absent: plural forms, which no word of
//! a theme has needed.

use std::collections::BTreeMap;

use crate::domain::readable_tags;

/// The language that has every word.
pub(crate) const LAST_LANGUAGE: &str = "en";

/// The placeholders that a word may hold.
const PLACEHOLDERS: [&str; 2] = ["newsletter", "number"];

/// Words by their keys, by language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Strings {
    /// By language tags in small letters.
    pub(super) languages: BTreeMap<String, BTreeMap<String, String>>,
    /// The newsletter's words for every language.
    everywhere: BTreeMap<String, String>,
}

/// The words for one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words<'s> {
    pub(crate) words: BTreeMap<&'s str, &'s str>,
    /// The keys of those that are English, although the language is another.
    pub(crate) lacking: Vec<&'s str>,
}

impl Strings {
    pub(super) fn add(&mut self, language: &str, words: BTreeMap<String, String>) {
        self.languages.entry(language.to_ascii_lowercase()).or_default().extend(words);
    }

    /// Sets a word in one language, or in every one.
    pub(super) fn set(&mut self, language: Option<&str>, key: &str, text: &str) {
        match language {
            Some(language) => {
                self.add(language, BTreeMap::from([(key.to_owned(), text.to_owned())]));
            }
            None => drop(self.everywhere.insert(key.to_owned(), text.to_owned())),
        }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> + Clone {
        self.languages.get(LAST_LANGUAGE).into_iter().flatten().map(|(key, _)| key.as_str())
    }

    /// The words for a language (BCP 47).
    pub(crate) fn in_language(&self, language: &str) -> Words<'_> {
        let tag = language.to_ascii_lowercase();
        let is_last = tag.split('-').next() == Some(LAST_LANGUAGE);
        let chain: Vec<_> = readable_tags(&tag).filter_map(|tag| self.languages.get(tag)).collect();
        let mut found = Words { words: BTreeMap::new(), lacking: Vec::new() };
        for (key, last) in self.languages.get(LAST_LANGUAGE).into_iter().flatten() {
            let own = chain.iter().find_map(|words| words.get(key));
            let word = self.everywhere.get(key).or(own);
            if word.is_none() && !is_last {
                found.lacking.push(key);
            }
            found.words.insert(key, word.unwrap_or(last));
        }
        found
    }
}

/// The message about the first placeholder of a word that nothing fills, and the advice.
pub(super) fn unknown_placeholder(text: &str) -> Option<(String, String)> {
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let end = rest[at..].find('}').map_or(rest.len(), |end| at + end + 1);
        let placeholder = &rest[at..end];
        let name = placeholder.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        if !name.is_some_and(|name| PLACEHOLDERS.contains(&name)) {
            let known = PLACEHOLDERS.map(|name| format!("{{{name}}}")).join(" and ");
            let advice = format!("A word may hold {known}, and no other braces.");
            return Some((format!("nothing fills `{placeholder}`"), advice));
        }
        rest = &rest[end..];
    }
    None
}

/// A word with its placeholders filled. Braces in a value are not filled.
pub(crate) fn fill<'v>(word: &str, value: impl Fn(&str) -> &'v str) -> String {
    let mut filled = String::with_capacity(word.len());
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        filled.push_str(before);
        filled.push_str(value(name));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings() -> Strings {
        let words = |words: &[(&str, &str)]| {
            words.iter().map(|(key, text)| (key.to_string(), text.to_string())).collect()
        };
        let mut strings = Strings::default();
        strings.add("en", words(&[("a", "a in en"), ("b", "b in en"), ("c", "c in en")]));
        strings.add("pt", words(&[("a", "a in pt"), ("b", "b in pt"), ("c", "c in pt")]));
        strings.add("pt-BR", words(&[("a", "a in pt-BR")]));
        strings.add("de", words(&[("a", "a in de")]));
        strings.add("zh", words(&[("a", "a in zh"), ("b", "b in zh"), ("c", "c in zh")]));
        strings
    }

    #[test]
    fn a_word_comes_from_the_nearest_language() {
        for (language, expected, lacking) in [
            ("en", "a in en, b in en, c in en", ""),
            ("en-GB", "a in en, b in en, c in en", ""),
            ("pt-BR", "a in pt-BR, b in pt, c in pt", ""),
            ("PT-br-x-old", "a in pt-BR, b in pt, c in pt", ""),
            ("pt-PT", "a in pt, b in pt, c in pt", ""),
            ("de-AT", "a in de, b in en, c in en", "b c"),
            ("sv", "a in en, b in en, c in en", "a b c"),
            ("zh-CN", "a in zh, b in zh, c in zh", ""),
            ("zh-Hans-TW", "a in zh, b in zh, c in zh", ""),
            ("zh-Hant-TW", "a in en, b in en, c in en", "a b c"),
            ("zh-HK", "a in en, b in en, c in en", "a b c"),
            ("", "a in en, b in en, c in en", "a b c"),
        ] {
            let strings = strings();
            let found = strings.in_language(language);
            let words: Vec<_> = found.words.values().copied().collect();
            assert_eq!(words.join(", "), expected, "{language}");
            assert_eq!(found.lacking.join(" "), lacking, "{language}");
        }
    }

    #[test]
    fn the_newsletters_own_words_win() {
        let mut strings = strings();
        strings.set(None, "b", "b of ours");
        strings.set(Some("sv"), "a", "a in sv");
        let found = strings.in_language("sv");
        let words: Vec<_> = found.words.values().copied().collect();
        assert_eq!(words, ["a in sv", "b of ours", "c in en"]);
        assert_eq!(found.lacking, ["c"]);
    }

    #[test]
    fn placeholders_are_filled_once() {
        let value = |name: &str| if name == "number" { "{newsletter}" } else { "N" };
        assert_eq!(fill("no. {number} of {newsletter}.", value), "no. {newsletter} of N.");
        for (text, unknown) in [
            ("no. {number} of {newsletter}", None),
            ("{nummer}", Some("{nummer}")),
            ("{number} {", Some("{")),
            ("}", Some("}")),
            ("{{number}}", Some("{{number}")),
            ("", None),
        ] {
            let message = unknown_placeholder(text).map(|(message, _)| message);
            let expected = unknown.map(|unknown| format!("nothing fills `{unknown}`"));
            assert_eq!(message, expected, "{text}");
        }
    }
}
