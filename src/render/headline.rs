//! What a title says in addition to the newsletter's name and the number.
//!
//! In: a title, and what the masthead shows already. Out: the remaining words,
//! as a headline below it; none for "Example Weekly 12". Absent on purpose: the
//! subject, which stays as it was written.

/// Characters that separate a name, a number and a headline.
const SEPARATORS: [char; 9] = [':', '-', '–', '—', '|', '/', '·', ',', '.'];

/// The headline in `title`; empty if the masthead says it all.
pub(crate) fn in_title<'t>(title: &'t str, newsletter: &str, number: Option<u64>) -> &'t str {
    let Some(rest) = title.strip_prefix(newsletter) else {
        return without_number(title, number).unwrap_or(title);
    };
    let before_number = rest.trim_start_matches([' ', '\u{a0}', '#']);
    let after_number = number
        .and_then(|number| before_number.strip_prefix(&number.to_string()))
        .filter(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
    let rest = after_number.unwrap_or(rest);
    let headline = rest.trim_start();
    match headline.strip_prefix(SEPARATORS) {
        Some(headline) => headline.trim_start(),
        None if headline.is_empty() => "",
        // The name goes on as a sentence, and half of one is no headline.
        None => title,
    }
}

/// What follows "#12 — ", if a title begins so.
fn without_number(title: &str, number: Option<u64>) -> Option<&str> {
    let rest = title.strip_prefix('#')?.strip_prefix(&number?.to_string())?;
    let headline = rest.trim_start().strip_prefix(SEPARATORS)?;
    // "#12.5" and "#12/13" go on.
    let headline = headline.strip_prefix([' ', '\u{a0}'])?.trim_start();
    (!headline.is_empty()).then_some(headline)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headline_is_what_the_masthead_does_not_say() {
        let cases = [
            ("Example Weekly 12", ""),
            ("Example Weekly #12", ""),
            ("Example Weekly", ""),
            ("Example Weekly 12: a word", "a word"),
            ("Example Weekly — a word", "a word"),
            ("Example Weekly 12 and a word", "Example Weekly 12 and a word"),
            ("Example Weekly 123", "Example Weekly 123"),
            ("Example Weekly 1.2", "Example Weekly 1.2"),
            ("Example Weeklies", "Example Weeklies"),
            ("A word", "A word"),
            ("#12 — a word", "a word"),
            ("#12: a word", "a word"),
            ("#12", "#12"),
            ("#12/13 a word", "#12/13 a word"),
            ("#123: a word", "#123: a word"),
            ("#1 — a word", "#1 — a word"),
            ("", ""),
        ];
        for (title, expected) in cases {
            assert_eq!(in_title(title, "Example Weekly", Some(12)), expected, "{title}");
        }
        assert_eq!(in_title("Example Weekly 12", "Example Weekly", None), "Example Weekly 12");
    }
}
