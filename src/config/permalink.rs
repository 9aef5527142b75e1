//! The permalink of an issue.

use jiff::civil::Date;

use super::values::Wrong;
use super::web_url::web_url;
use crate::domain::{Slug, nearest};

/// The pattern of an issue's URL on the web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Permalink(Vec<PermalinkPiece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum PermalinkPiece {
    Literal(String),
    Hole(Hole),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hole {
    Slug,
    Number,
    Year,
    Month,
    Day,
}

/// The issue lacks what the pattern of its URL needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`web_url` needs the issue's {0}, and its front matter has none")]
pub(crate) struct PermalinkError(&'static str);

impl Permalink {
    const HOLES: [(&'static str, Hole); 5] = [
        ("slug", Hole::Slug),
        ("number", Hole::Number),
        ("year", Hole::Year),
        ("month", Hole::Month),
        ("day", Hole::Day),
    ];

    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        let advice = "The placeholders are {slug}, {number}, {year}, {month} and {day}.";
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                return Err(Wrong::new("has a `{` without its `}`", advice));
            };
            let Some((_, hole)) = Self::HOLES.into_iter().find(|(known, _)| *known == name) else {
                let near = nearest(name, Self::HOLES.map(|(known, _)| known));
                let advice =
                    near.map_or(advice.into(), |near| format!("Did you mean `{{{near}}}`?"));
                return Err(Wrong::new(format!("has an unknown placeholder `{{{name}}}`"), advice));
            };
            pieces.push(PermalinkPiece::Literal(literal.to_owned()));
            pieces.push(PermalinkPiece::Hole(hole));
            rest = after;
        }
        pieces.push(PermalinkPiece::Literal(rest.to_owned()));
        let pattern = Self(pieces);
        let one = |slug| pattern.fill(slug, Some(1), Some(Date::constant(2026, 1, 1))).ok();
        let examples = (Slug::parse("a"), Slug::parse("b"));
        let (Ok(a), Ok(b)) = examples else { return Ok(pattern) };
        let (Some(first), Some(second)) = (one(&a), one(&b)) else { return Ok(pattern) };
        let (first, second) = (web_url(&first)?, web_url(&second)?);
        if first.host_str() != second.host_str() || rest.contains('}') {
            return Err(Wrong::new("has a placeholder or a brace where none can be", advice));
        }
        Ok(pattern)
    }

    /// The URL of an issue.
    ///
    /// # Errors
    /// The pattern needs a number or a date that the issue does not have.
    pub(crate) fn fill(
        &self,
        slug: &Slug,
        number: Option<u64>,
        date: Option<Date>,
    ) -> Result<String, PermalinkError> {
        let need_date = || date.ok_or(PermalinkError("date"));
        let fill = |piece: &PermalinkPiece| match piece {
            PermalinkPiece::Literal(text) => Ok(text.clone()),
            PermalinkPiece::Hole(Hole::Slug) => Ok(slug.to_string()),
            PermalinkPiece::Hole(Hole::Number) => {
                number.map(|number| number.to_string()).ok_or(PermalinkError("number"))
            }
            PermalinkPiece::Hole(Hole::Year) => {
                need_date().map(|date| format!("{:04}", date.year()))
            }
            PermalinkPiece::Hole(Hole::Month) => {
                need_date().map(|date| format!("{:02}", date.month()))
            }
            PermalinkPiece::Hole(Hole::Day) => need_date().map(|date| format!("{:02}", date.day())),
        };
        self.0.iter().map(fill).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_filled_or_says_what_the_issue_lacks() {
        let slug = Slug::parse("hello").unwrap();
        let fill = |pattern, number, date| {
            Permalink::parse(pattern).unwrap().fill(&slug, number, date).map_err(|e| e.to_string())
        };
        let date = Some(Date::constant(2026, 8, 5));
        assert_eq!(
            fill("https://example.org/{year}/{month}/{day}", None, date).unwrap(),
            "https://example.org/2026/08/05"
        );
        assert_eq!(
            fill("https://example.org/?issue={slug}", None, None).unwrap(),
            "https://example.org/?issue=hello"
        );
        assert_eq!(
            fill("https://example.org/{year}", Some(1), None),
            Err("`web_url` needs the issue's date, and its front matter has none".to_owned())
        );
    }

    #[test]
    fn a_pattern_that_makes_no_url_is_refused() {
        for (pattern, problem) in [
            ("https://example.org/{slgu}", "has an unknown placeholder `{slgu}`"),
            ("https://example.org/{slug", "has a `{` without its `}`"),
            ("https://example.org/slug}", "has a placeholder or a brace where none can be"),
            ("https://{slug}.example.org/", "has a placeholder or a brace where none can be"),
            ("example.org/{slug}", "is not the URL of a web page"),
            ("{slug}", "is not the URL of a web page"),
            ("javascript:{slug}", "is not the URL of a web page"),
        ] {
            assert_eq!(Permalink::parse(pattern).unwrap_err().problem, problem, "{pattern}");
        }
        let near = Permalink::parse("https://example.org/{slgu}").unwrap_err().advice;
        assert_eq!(near, "Did you mean `{slug}`?");
    }
}
