//! The text of the author: front matter and a Markdown document.
//!
//! In: a [`SourceText`] and the stem of its file name. Out: an [`Issue`] whose
//! parts know their places, or the reasons, with places, why the file is not an
//! issue. Absent on purpose: reading files, and the checks of
//! [`check`](crate::check).

mod defaults;
mod document;
mod drafts;
mod fields;
mod file_name;
mod front_matter;
mod links;
mod sections;
mod send_time;
mod template_field;

pub(crate) use document::{Document, MAX_NESTING, UndefinedReference};
pub(crate) use file_name::{date_in_name, issue_name};
pub(crate) use links::{Link, LinkKind, scheme};
pub(crate) use send_time::SendTime;
pub(crate) use template_field::{template_field, template_field_in};

use std::collections::BTreeMap;

use crate::domain::{HeaderText, LanguageTag, Slug};
use crate::source::rules::{EMPTY_ISSUE, FRONT_MATTER_SLUG, MISSING_TITLE, NESTING, WEB_URL};
use crate::source::{Finding, Findings, SourceText, Span};
use fields::Fields;
use front_matter::FrontMatter;
pub(crate) use front_matter::KNOWN_KEYS;

/// A value and its place in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Its bytes in the source.
    pub span: Span,
}

/// One issue of a newsletter.
#[derive(Debug, Clone)]
pub struct Issue<'s> {
    pub(crate) source: &'s SourceText,
    /// Also the subject. A missing title is a finding of `check`, so that
    /// `preview` works before the author has written one.
    pub(crate) title: Option<Located<HeaderText>>,
    pub(crate) number: Option<Located<u64>>,
    /// The day as it was written, or as [`Issue::dated_in`] set it.
    pub(crate) date: Option<Located<jiff::civil::Date>>,
    /// The date, if it was written as an instant.
    instant: Option<jiff::Timestamp>,
    pub(crate) send_at: Option<SendTime>,
    pub(crate) draft: bool,
    pub(crate) slug: Slug,
    /// The text that mail programs show after the subject.
    pub(crate) preheader: String,
    pub(crate) category: Option<String>,
    pub(crate) tags: Vec<String>,
    /// The language, if it is not the newsletter's.
    pub language: Option<Located<LanguageTag>>,
    /// All other keys of the front matter, for the theme, with the places of the keys.
    pub(crate) extra: BTreeMap<String, Located<serde_json::Value>>,
    pub(crate) document: Document<'s>,
}

/// The reasons why a file is not an issue.
#[derive(Debug)]
pub struct RefusedIssue<'s> {
    /// At least one, by place.
    pub findings: Vec<Finding>,
    /// The issue without the values that were refused, unless its Markdown was
    /// refused. It is only good for checking the text as well.
    pub without_refused: Option<Box<Issue<'s>>>,
}

impl RefusedIssue<'_> {
    /// Whether a finding about the rest may only follow from what was refused.
    pub(crate) fn may_explain(finding: &Finding) -> bool {
        [MISSING_TITLE, EMPTY_ISSUE, WEB_URL].iter().any(|rule| rule.id == finding.rule)
    }
}

impl<'s> Issue<'s> {
    /// Reads an issue. `file_stem` is the file's name without its extension; it
    /// becomes the slug if the front matter has none.
    ///
    /// # Errors
    /// The reasons why this is not an issue, by place: front matter that cannot be
    /// read, a value of the wrong kind, or Markdown that is nested too deeply.
    pub fn parse(source: &'s SourceText, file_stem: &str) -> Result<Self, RefusedIssue<'s>> {
        let mut findings = Findings::about(source);
        let FrontMatter { fields, body_start } = FrontMatter::read(source, &mut findings);
        let mut fields = Fields { source, fields, findings: &mut findings };
        let title = fields.title();
        let number = fields.number();
        let (date, instant) = fields.date().unzip();
        let send_at = fields.send_at();
        let draft = fields.draft();
        let slug = fields.slug();
        let preheader = fields.text(&["preheader", "summary"]);
        let category = fields.text(&["category"]).map(|text| text.value);
        let tags = fields.tags();
        let language = fields.language();
        let extra = fields.rest();
        let slug = slug.or_else(|| Slug::from_text(file_stem));
        if slug.is_none() {
            findings.at(
                &(0..0),
                FRONT_MATTER_SLUG,
                format!("no slug can be made of the file name `{file_stem}`"),
                "Add a line such as `slug: 2026-08-26` to the front matter.",
            );
        }
        let document = Document::parse(source, body_start)
            .map_err(|too_deep| {
                findings.at(
                    &too_deep,
                    NESTING,
                    format!("quotes or lists stand inside each other more than {MAX_NESTING} deep"),
                    "Take some of the `>` or list marks away; no mail program shows that many.",
                );
            })
            .ok();
        let findings = findings.into_sorted();
        // Any slug will do for an issue that was refused.
        let slug = slug.or_else(|| Slug::from_text("issue"));
        let (Some(slug), Some(document)) = (slug, document) else {
            return Err(RefusedIssue { findings, without_refused: None });
        };
        let number = number.or_else(|| defaults::number_in(title.as_ref()?, source));
        let preheader = match preheader {
            Some(text) => defaults::one_line(&text.value),
            None => defaults::preheader_of(&document),
        };
        let issue = Self {
            source,
            title,
            number,
            date,
            instant: instant.flatten(),
            send_at,
            draft,
            slug,
            preheader,
            category,
            tags,
            language,
            extra,
            document,
        };
        if findings.is_empty() {
            Ok(issue)
        } else {
            Err(RefusedIssue { findings, without_refused: Some(Box::new(issue)) })
        }
    }

    /// The same issue with the date of its file's name, if the front matter has none.
    #[must_use]
    pub(crate) fn or_dated(mut self, date: Option<jiff::civil::Date>) -> Self {
        self.date = self.date.or_else(|| date.map(|value| Located { value, span: 0..0 }));
        self
    }

    /// The same issue in a newsletter's time zone. A date that was written as an
    /// instant, such as `2026-08-12T22:30:00Z`, becomes the day in that zone.
    #[must_use]
    pub fn dated_in(mut self, time_zone: &jiff::tz::TimeZone) -> Self {
        if let (Some(date), Some(instant)) = (&mut self.date, self.instant) {
            date.value = time_zone.to_datetime(instant).date();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Parses `text` as `issues/2026-08-26.md` and hands the result to `look`.
    fn with_issue<T>(text: &str, look: impl FnOnce(Result<Issue<'_>, RefusedIssue<'_>>) -> T) -> T {
        let source = SourceText::new("a.md", text.as_bytes()).unwrap();
        look(Issue::parse(&source, "2026-08-26"))
    }

    /// Each refusal as `line:column rule: message`.
    fn refusals(text: &str) -> Vec<String> {
        with_issue(text, |issue| {
            let shown = |finding: Finding| {
                let place = finding.place.unwrap();
                format!("{}:{} {}: {}", place.line, place.column, finding.rule.0, finding.message)
            };
            issue.unwrap_err().findings.into_iter().map(shown).collect()
        })
    }

    #[test]
    fn the_three_forms_say_the_same() {
        let forms = [
            "Title: Weekly: the 1.10\nNumber: 12\nDate: 2026-08-26\nsend-at: 2026-08-26 17:00\nTags: a, b\nDRAFT: true\nlang: pt-BR\nSponsor: Ex\n\nHello.\n",
            "---\ntitle: 'Weekly: the 1.10'\nnumber: 12\ndate: 2026-08-26\nsend_at: 2026-08-26 17:00\ntags: [a, b]\ndraft: true\nlanguage: pt-BR\nsponsor: Ex # a comment\n---\nHello.\n",
            "+++\ntitle = \"Weekly: the 1.10\"\nnumber = 12\ndate = 2026-08-26\nsend_at = 2026-08-26 17:00:00\ntags = ['a', 'b']\ndraft = true\nlanguage = 'pt-BR'\nsponsor = 'Ex'\n+++\nHello.\n",
        ];
        for form in forms {
            with_issue(form, |issue| {
                let issue = issue.unwrap();
                let title = issue.title.unwrap();
                assert_eq!(title.value.as_str(), "Weekly: the 1.10");
                let written = &issue.source.text()[title.span];
                assert_eq!(written.trim_matches(['\'', '"']), "Weekly: the 1.10", "{form}");
                let number = issue.number.unwrap();
                assert_eq!((number.value, &issue.source.text()[number.span]), (12, "12"));
                let date = issue.date.unwrap();
                assert_eq!(date.value, jiff::civil::date(2026, 8, 26));
                assert_eq!(&issue.source.text()[date.span], "2026-08-26");
                let five = jiff::civil::date(2026, 8, 26).at(17, 0, 0, 0);
                assert_eq!(issue.send_at, Some(SendTime::Local(five)));
                assert_eq!(issue.tags, ["a", "b"]);
                assert!(issue.draft);
                assert_eq!(issue.language.unwrap().value.as_str(), "pt-BR");
                assert_eq!(issue.extra.len(), 1);
                let sponsor = &issue.extra["sponsor"];
                assert_eq!(sponsor.value, json!("Ex"));
                let name = &issue.source.text()[sponsor.span.clone()];
                assert_eq!(name.to_lowercase(), "sponsor", "{form}");
                assert_eq!((issue.slug.as_str(), &*issue.preheader), ("2026-08-26", "Hello."));
                let (_, span) = &issue.document.events[1];
                assert_eq!(&issue.source.text()[span.clone()], "Hello.");
            });
        }
    }

    #[test]
    fn an_instant_is_dated_in_the_newsletters_time_zone() {
        let zone = |name| jiff::tz::TimeZone::get(name).unwrap();
        for (written, utc, berlin) in [
            ("2026-08-12", 12, 12),
            ("2026-08-12 22:30", 12, 12),
            ("2026-08-12 22:30:00 +0000", 12, 13),
            ("2026-08-12T22:30:00", 12, 12),
            ("2026-08-12T22:30:00Z", 12, 13),
            ("2026-08-12T21:30:00Z", 12, 12),
            ("2026-08-12 22:30:00+00:00", 12, 13),
            ("2026-08-13T00:30:00+02:00", 12, 13),
            ("2026-08-12T22:30:00-04:00", 13, 13),
            ("2026-08-13T00:30[Europe/Berlin]", 12, 13),
            ("2026-12-31T23:30:00Z", 31, 1),
        ] {
            for text in [
                format!("Title: x\nDate: {written}\n\nx\n"),
                format!("---\ntitle: x\ndate: {written}\n---\nx\n"),
            ] {
                with_issue(&text, |issue| {
                    let issue = issue.unwrap();
                    let day = |issue: &Issue<'_>| issue.date.as_ref().unwrap().value.day();
                    let in_utc = issue.clone().dated_in(&zone("UTC"));
                    let in_berlin = issue.dated_in(&zone("Europe/Berlin"));
                    assert_eq!((day(&in_utc), day(&in_berlin)), (utc, berlin), "{text}");
                });
            }
        }
        with_issue("+++\ntitle = 'x'\ndate = 2026-08-12T22:30:00Z\n+++\n", |issue| {
            let issue = issue.unwrap().dated_in(&zone("Europe/Berlin"));
            assert_eq!(issue.date.unwrap().value, jiff::civil::date(2026, 8, 13));
        });
    }

    #[test]
    fn a_title_keeps_the_digits_that_were_written() {
        with_issue("---\ntitle: 1.10\nslug: {a: b}\n---\n", |issue| assert!(issue.is_err()));
        with_issue("---\ntitle: 1.10\n---\n", |issue| {
            assert_eq!(issue.unwrap().title.unwrap().value.as_str(), "1.10");
        });
    }

    #[test]
    fn a_file_without_front_matter_has_no_title() {
        let texts = [
            ("", ""),
            ("# Heading\n\nWords.", "Words."),
            ("Note: a sentence\nthat goes on.\n", "Note: a sentence that goes on."),
            ("https://example.org: a site\n", "https://example.org: a site"),
            ("\0\0", ""),
        ];
        for (text, preheader) in texts {
            with_issue(text, |issue| {
                let issue = issue.unwrap();
                assert!(issue.title.is_none());
                assert_eq!(issue.preheader.trim_matches('\u{FFFD}'), preheader, "{text}");
            });
        }
    }

    #[test]
    fn cases_07_31_32_a_draft_of_another_program_is_a_draft() {
        for text in [
            "---\ntitle: x\npublished: false\n---\nHalf a senten",
            "Title: x\nStatus: draft\n\nHalf",
            "Title: x\nStatus: hidden\n\nHalf",
            "+++\ntitle = 'x'\ndraft = true\n+++\n",
            "---\ntitle: x\nunlisted: true\ndraft: false\n---\n",
            "---\ntitle: x\neleventyExcludeFromCollections: true\n---\n",
        ] {
            with_issue(text, |issue| {
                let issue = issue.unwrap();
                assert!(issue.draft, "{text}");
                assert!(issue.extra.is_empty(), "{text}");
            });
        }
        with_issue("---\ntitle: x\npermalink: /12/\npublished: 2026-11-25\n---\n", |issue| {
            let issue = issue.unwrap();
            assert!(!issue.draft && issue.extra.contains_key("permalink"));
        });
        assert_eq!(
            refusals("Title: x\nStatus: in review\n\nHalf"),
            [
                "2:9 front-matter: `status` may say that this is a draft, and its value is not understood"
            ]
        );
    }

    #[test]
    fn a_title_may_go_on_in_an_indented_line_and_the_block_ends_at_a_blank_one() {
        with_issue("\nTitle: One\n  two\nCategory:\n \nNumber: 3\n", |issue| {
            let issue = issue.unwrap();
            assert_eq!(issue.title.unwrap().value.as_str(), "One two");
            assert_eq!((issue.number, issue.category), (None, None));
            assert_eq!(issue.preheader, "Number: 3");
        });
    }

    #[test]
    fn every_refusal_has_its_place_and_all_are_told() {
        assert_eq!(
            refusals(
                "Title: a\u{7}b\nNumber: $number\nDate: 2025-02-30\nSlug: A b\nlanguage: en_US\nnumber: 3\ndraft: perhaps\nsend_at: soon\nText.\n"
            ),
            [
                "1:9 front-matter-title: the title holds a control character (U+0007)",
                "2:9 front-matter-number: `$number` is left of a template, and not the number of an issue",
                "3:7 front-matter-date: `2025-02-30` is not a day or time that exists",
                "4:7 front-matter-slug: `A b` is not a slug: a slug is made of a-z, 0-9, '-', '_' and '.', begins with a letter or a digit, and has at most 100 characters",
                "5:11 front-matter-language: `en_US` is not a language tag",
                "6:1 front-matter: `number` was already given in line 2",
                "7:8 front-matter: `draft` may say that this is a draft, and its value is not understood",
                "8:10 front-matter-date: `soon` is not a day and a time",
                "9:1 front-matter: this line of the front matter is not a `Key: value` line",
            ]
        );
    }

    #[test]
    fn a_title_that_turns_text_around_is_refused_where_it_does() {
        let turned = "the title holds an invisible character that turns text around (U+202E)";
        assert_eq!(
            refusals("Title: News \u{202E}12\n\nText."),
            [format!("1:13 front-matter-title: {turned}")]
        );
        assert_eq!(
            refusals("---\ntitle: \"News \\u202E12\"\n---\nText."),
            [format!("2:8 front-matter-title: {turned}")]
        );
        with_issue("Title: עלון\u{200F} 12\n\nText.", |issue| assert!(issue.is_ok()));
    }

    #[test]
    fn a_language_fits_into_a_header() {
        let language = |tag: &str| refusals(&format!("Title: x\nLanguage: {tag}\n\nText."));
        let long = format!("en{}", "-abcdefgh".repeat(200));
        assert!(language(&long)[0].starts_with("2:11 front-matter-language: "));
        let expected = "2:11 front-matter-language: `english` is not a language tag";
        assert_eq!(language("english"), [expected]);
    }

    #[test]
    fn a_fence_that_is_never_closed_is_refused() {
        for fence in ["---", "+++"] {
            let expected = format!(
                "1:1 front-matter: the front matter that begins with `{fence}` is never closed"
            );
            assert_eq!(
                refusals(&format!("{fence}\ntitle: x\n\nText.")),
                std::slice::from_ref(&expected)
            );
            assert_eq!(refusals(fence), [expected]);
        }
    }

    #[test]
    fn broken_yaml_and_toml_are_shown_at_their_line() {
        let places = |text| {
            let short = |line: String| line.split(": ").next().unwrap().to_owned();
            refusals(text).into_iter().map(short).collect::<Vec<_>>()
        };
        assert_eq!(places("---\ntitle: é\nnumber: [1\n---\n"), ["3:9 front-matter"]);
        assert_eq!(places("---\ntitle: a: b\n---\n"), ["2:9 front-matter"]);
        assert_eq!(places("---\n- a\n---\n"), ["2:1 front-matter"]);
        assert_eq!(places("---\ntitle: a\ntitle: b\n---\n"), ["3:1 front-matter"]);
        assert_eq!(places("+++\ntitle = é\nnumber = 1\n+++\n"), ["2:9 front-matter"]);
        assert_eq!(places("+++\ntitle = 'a'\ntitle = 'b'\n+++\n"), ["3:1 front-matter"]);
        assert_eq!(
            places("+++\ntitle = ['a']\ndate = 2025-02-30\n+++\n"),
            ["2:9 front-matter", "3:8 front-matter"]
        );
    }

    #[test]
    fn nothing_nests_deep_enough_to_hurt() {
        let deep = [
            ">".repeat(10_000),
            "> ".repeat(101),
            "- ".repeat(10_000) + "a",
            format!("---\ntitle: {}\n---\n", "[".repeat(100_000)),
            format!("---\n{}a\n---\n", "- ".repeat(100_000)),
            format!("+++\ntitle = {}\n+++\n", "[".repeat(100_000)),
        ];
        for text in deep {
            with_issue(&text, |issue| assert!(issue.map(|_| ()).unwrap_err().findings.len() <= 6));
        }
        for text in ["[".repeat(10_000), "*a ".repeat(10_000), "> ".repeat(50), "![".repeat(10_000)]
        {
            with_issue(&text, |issue| assert!(issue.is_ok()));
        }
    }

    #[test]
    fn numbers_are_found_in_titles_but_years_are_not() {
        let titles = [
            ("This Week in Rust 611", Some(611)),
            ("Weekly #12: a word", Some(12)),
            ("#7", Some(7)),
            ("The year 2025", None),
            ("The state of 0.9", None),
            ("12 months", None),
            ("Rust2", None),
            ("1 of 2", None),
            ("99999999999999999999999", None),
        ];
        for (title, expected) in titles {
            with_issue(&format!("Title: {title}\n\n"), |issue| {
                let number = issue.unwrap().number;
                assert_eq!(number.as_ref().map(|n| n.value), expected, "{title}");
            });
        }
    }

    #[test]
    fn the_preheader_is_the_first_paragraph_as_plain_text_cut_at_a_word() {
        let long =
            "A [link](https://example.org) and `code`<!-- no --> <b>in</b> **bold**.\n".repeat(6);
        let text = format!("Title: x\n\n<!-- c -->\n\n> quote\n\n- item\n\n# Head\n\n{long}");
        with_issue(&text, |issue| {
            let preheader = issue.unwrap().preheader;
            assert!(preheader.starts_with("A link and code in bold. A link"), "{preheader}");
            assert!(preheader.chars().count() <= 141 && preheader.ends_with('…'), "{preheader}");
        });
        with_issue("Title: x\nSummary: a  b\n\nText", |issue| {
            assert_eq!(issue.unwrap().preheader, "a b");
        });
    }
}
