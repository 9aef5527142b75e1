//! Parsers for the values of the configuration.

use std::time::Duration;

use crate::delivery::SendRate;
use crate::domain::{
    Direction, EmailAddress, HeaderText, Host, LanguageTag, LanguageTagError, MailServer, Mailbox,
    Slug, nearest,
};

/// Why a value is refused: what is wrong with it, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Follows the name of the key: `is not a duration`.
    pub(super) problem: String,
    /// Whole sentences.
    pub(super) advice: String,
}

impl Wrong {
    pub(super) fn new(problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { problem: problem.into(), advice: advice.into() }
    }
}

pub(super) fn header_text(text: &str) -> Result<HeaderText, Wrong> {
    HeaderText::parse(text)
        .map_err(|error| Wrong::new(format!("cannot be used: {error}"), "Write one line of text."))
}

pub(super) fn slug(text: &str) -> Result<Slug, Wrong> {
    Slug::parse(text).map_err(|error| {
        let slug = Slug::from_text(text);
        let advice = slug
            .map_or("Write it as `rust-weekly`.".into(), |slug| format!("Write it as `{slug}`."));
        Wrong::new(format!("is not a slug: {error}"), advice)
    })
}

pub(super) fn mailbox(text: &str) -> Result<Mailbox, Wrong> {
    let advice = "Write `news@example.org` or `Weekly News <news@example.org>`.";
    Mailbox::parse(text)
        .map_err(|error| Wrong::new(format!("is not an email address: {error}"), advice))
}

pub(super) fn address(text: &str) -> Result<EmailAddress, Wrong> {
    EmailAddress::parse(text).map_err(|error| {
        Wrong::new(format!("is not an email address: {error}"), "Write it as `news@example.org`.")
    })
}

pub(super) fn language(text: &str) -> Result<LanguageTag, Wrong> {
    LanguageTag::parse(text)
        .map_err(|error| Wrong::new(error.to_string(), LanguageTagError::ADVICE))
}

/// Several lines of text; control characters other than line breaks are refused.
pub(super) fn lines(text: &str) -> Result<String, Wrong> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Wrong::new("is empty", "Write the address at which you get post."));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        Err(Wrong::new("holds a control character", "Take it out."))
    } else {
        Ok(text.to_owned())
    }
}

/// A `List-Id` without its angle brackets (RFC 2919 section 3).
pub(super) fn list_id(text: &str) -> Result<HeaderText, Wrong> {
    let wrong = || {
        Wrong::new(
            "is not a List-Id",
            "Write it like a host name, as in `weekly.example.org`, without angle brackets.",
        )
    };
    let is_atom = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    let has_form = text.contains('.') && text.split('.').all(is_atom) && text.len() <= 255;
    has_form.then(|| HeaderText::parse(text).ok()).flatten().ok_or_else(wrong)
}

/// A length of time such as `24h`, `1h 30m` or `2d`: one minute to 30 days.
pub(super) fn duration(text: &str) -> Result<Duration, Wrong> {
    let found = length(text).ok_or_else(|| {
        Wrong::new("is not a length of time", "Write it as `90m`, `24h` or `2d`.")
    })?;
    if (Duration::from_secs(60)..=Duration::from_secs(30 * 24 * 60 * 60)).contains(&found) {
        Ok(found)
    } else {
        Err(Wrong::new("is out of range", "It may be 1m to 30d."))
    }
}

/// A number of messages in a time: `14/s`, `100/min`, `500/h` or `2000/day`.
pub(super) fn send_rate(text: &str) -> Result<SendRate, Wrong> {
    let wrong = || {
        let advice = "Write it as `14/s`, `100/min`, `500/h` or `2000/day`.";
        Wrong::new("is not a number of messages in a time", advice)
    };
    let (messages, unit) = text.split_once('/').ok_or_else(wrong)?;
    let seconds = match unit.trim() {
        "s" | "sec" | "second" => 1,
        "m" | "min" | "minute" => 60,
        "h" | "hour" => 3600,
        "d" | "day" => 24 * 3600,
        _ => return Err(wrong()),
    };
    let messages = messages.trim().parse().map_err(|_| wrong())?;
    Ok(SendRate { messages, per: Duration::from_secs(seconds) })
}

fn length(text: &str) -> Option<Duration> {
    let span: jiff::Span = text.parse().ok()?;
    let exact = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    exact.try_into().ok()
}

pub(super) fn time_of_day(text: &str) -> Result<jiff::civil::Time, Wrong> {
    let wrong = || Wrong::new("is not a time of day", "Write it as `09:30`.");
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let number = |digits: &str| {
        let is_plain = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        is_plain.then(|| digits.parse::<i8>().ok()).flatten()
    };
    let (hour, minute) = number(hour).zip(number(minute)).ok_or_else(wrong)?;
    jiff::civil::Time::new(hour, minute, 0, 0).map_err(|_| wrong())
}

pub(super) fn time_zone(text: &str) -> Result<jiff::tz::TimeZone, Wrong> {
    // The first lookup reads the machine's whole database. That takes a
    // millisecond, which a newsletter without a time zone need not spend.
    let known = match text {
        "" => None,
        "UTC" => Some(jiff::tz::TimeZone::UTC),
        name => jiff::tz::TimeZone::get(name).ok().filter(|zone| !zone.is_unknown()),
    };
    known.ok_or_else(|| {
        let problem = "is not a time zone that this machine knows";
        Wrong::new(problem, "Write it as `Europe/Berlin` or `UTC`.")
    })
}

pub(super) fn weekday(text: &str) -> Result<jiff::civil::Weekday, Wrong> {
    use jiff::civil::Weekday;
    one_of(
        &text.to_lowercase(),
        &[
            ("monday", Weekday::Monday),
            ("tuesday", Weekday::Tuesday),
            ("wednesday", Weekday::Wednesday),
            ("thursday", Weekday::Thursday),
            ("friday", Weekday::Friday),
            ("saturday", Weekday::Saturday),
            ("sunday", Weekday::Sunday),
        ],
    )
}

pub(super) fn host(text: &str) -> Result<Host, Wrong> {
    Host::parse(text)
        .map_err(|error| Wrong::new(error.to_string(), "Write it as `mail.example.org`."))
}

pub(super) fn mail_server(text: &str) -> Result<MailServer, Wrong> {
    MailServer::parse_url(text).map_err(|error| Wrong::new(error.to_string(), error.advice()))
}

pub(super) fn user(text: &str) -> Result<String, Wrong> {
    if text.is_empty() || text.chars().any(char::is_control) {
        Err(Wrong::new("is empty or holds a control character", "Write the name alone."))
    } else {
        Ok(text.to_owned())
    }
}

/// The id of a Mailchimp audience.
pub(super) fn audience(text: &str) -> Result<String, Wrong> {
    if (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        Ok(text.to_owned())
    } else {
        Err(Wrong::new(
            "is not the id of an audience",
            "Mailchimp shows it under Audience > Settings, as in `a1b2c3d4e5`.",
        ))
    }
}

/// An IP address, or a network in CIDR notation.
pub(super) fn network(text: &str) -> Result<ipnet::IpNet, Wrong> {
    let text = text.trim();
    let address =
        text.parse().map(|address: std::net::IpAddr| ipnet::IpNet::from(address.to_canonical()));
    let network = address.or_else(|_| text.parse::<ipnet::IpNet>());
    network.map_err(|_| {
        Wrong::new(
            format!("has `{text}`, which is no IP address and no network"),
            "Write an address as `10.1.2.3`, and a network as `10.0.0.0/8` or `fd00::/8`.",
        )
    })
}

pub(super) fn path(text: &str) -> Result<std::path::PathBuf, Wrong> {
    if text.is_empty() || text.contains('\0') {
        Err(Wrong::new("is not a path", "Write it relative to this file's folder."))
    } else {
        Ok(text.into())
    }
}

/// The file of a SQLite store. Other stores are refused by name.
pub(super) fn sqlite_path(text: &str) -> Result<std::path::PathBuf, Wrong> {
    let form = "Write it as `sqlite:subscribers/postrider.sqlite3`.";
    let Some((scheme, rest)) = text.split_once(':') else {
        return Err(Wrong::new("is not the URL of a store", form));
    };
    if scheme != "sqlite" {
        let problem = format!("names a `{scheme}` store, which is not built yet");
        return Err(Wrong::new(problem, form));
    }
    let file = rest.strip_prefix("//").unwrap_or(rest);
    if file.is_empty() || file.contains(['?', '\0']) || file.starts_with(':') {
        Err(Wrong::new("names no file", form))
    } else {
        Ok(file.into())
    }
}

pub(super) fn direction(text: &str) -> Result<Direction, Wrong> {
    one_of(
        text,
        &[Direction::LeftToRight, Direction::RightToLeft]
            .map(|direction| (direction.as_str(), direction)),
    )
}

pub(super) fn one_of<T: Copy>(text: &str, choices: &[(&'static str, T)]) -> Result<T, Wrong> {
    if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text) {
        return Ok(*value);
    }
    let words: Vec<String> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
    let all = words.join(", ");
    let advice = nearest(text, choices.iter().map(|(word, _)| *word))
        .map_or(format!("It may be {all}."), |near| {
            format!("Did you mean `{near}`? It may be {all}.")
        });
    Err(Wrong::new("is none of the choices", advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asserts which of some texts a parser refuses.
    fn refuses<T>(parse: impl Fn(&str) -> Result<T, Wrong>, texts: &[&str]) {
        for text in texts {
            assert!(parse(text).is_err(), "{text:?} is refused");
        }
    }

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("24h", 86_400),
            ("1h 30m", 5_400),
            ("90 minutes", 5_400),
            ("2d", 172_800),
            ("PT1H", 3_600),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        refuses(duration, &["", "24", "-1h", "30s", "31d", "soon", "1 month"]);
        assert_eq!(duration("60d"), Err(Wrong::new("is out of range", "It may be 1m to 30d.")));
    }

    #[test]
    fn times_of_day_have_four_digits() {
        assert_eq!(time_of_day("09:30"), Ok(jiff::civil::time(9, 30, 0, 0)));
        refuses(
            time_of_day,
            &["9:30", "24:00", "12:60", "-1:00", "+9:30", "0930", "09:30:00", "é9:30"],
        );
    }

    #[test]
    fn a_time_zone_has_a_name_that_is_known() {
        assert!(time_zone("UTC").is_ok() && time_zone("Europe/Berlin").is_ok());
        refuses(time_zone, &["", "Europe/Atlantis", "Etc/Unknown", "../../etc/passwd"]);
    }

    #[test]
    fn a_mistyped_word_gets_the_nearest() {
        assert_eq!(
            weekday("Wensday"),
            Err(Wrong::new(
                "is none of the choices",
                "Did you mean `wednesday`? It may be `monday`, `tuesday`, `wednesday`, \
                 `thursday`, `friday`, `saturday`, `sunday`."
            ))
        );
    }

    #[test]
    fn a_list_id_has_labels_and_dots() {
        assert!(list_id("weekly.example.org").is_ok());
        refuses(list_id, &["weekly", "<weekly.example.org>", "a..b", "a b.c", "é.example.org"]);
    }

    #[test]
    fn a_store_is_a_file() {
        assert_eq!(sqlite_path("sqlite:a/b.sqlite3"), Ok("a/b.sqlite3".into()));
        assert_eq!(sqlite_path("sqlite:///a/b.sqlite3"), Ok("/a/b.sqlite3".into()));
        refuses(
            sqlite_path,
            &["", "a.sqlite3", "sqlite:", "sqlite::memory:", "mysql://h/d", "sqlite:a?x=1"],
        );
    }
}
