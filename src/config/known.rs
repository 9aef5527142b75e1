//! Every key of `postrider.toml`, in the order of the documentation.

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A list of texts; in a variable, separated by commas.
    TextList,
    /// A table of the theme's own names; only in the file.
    Table,
}

/// One key, as the documentation and the mistakes' nearest names have it.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Section and key, as in `newsletter.name`.
    pub key: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What it is when nobody sets it, in words; empty when it must be set.
    pub default: &'static str,
    /// What it is for, in one sentence.
    pub about: &'static str,
}

const fn text(key: &'static str, default: &'static str, about: &'static str) -> Known {
    Known { key, kind: Kind::Text, default, about }
}

const fn table(key: &'static str, about: &'static str) -> Known {
    Known { key, kind: Kind::Table, default: "the theme's", about }
}

/// All keys. A variable `POSTRIDER_<SECTION>_<KEY>` sets the same.
pub const KNOWN: &[Known] = &[
    text("newsletter.name", "", "The name that readers know."),
    text("newsletter.slug", "", "Names the newsletter in the ledger, for good."),
    text("newsletter.from", "", "The From address, as in `Weekly <news@example.org>`."),
    text("newsletter.reply_to", "none", "Where answers go, if not to From."),
    text("newsletter.language", "en", "The language of the mail (BCP 47)."),
    text("newsletter.direction", "by the language", "`ltr` or `rtl`."),
    text(
        "newsletter.postal_address",
        "",
        "The sender's postal address, which the law wants in every mail; themes put the name before it.",
    ),
    text(
        "newsletter.web_url",
        "none",
        "The permalink of an issue, with {slug}, {number}, {year}, {month} and {day}.",
    ),
    text("newsletter.home_url", "none", "The newsletter's home on the web, for the footer."),
    text(
        "newsletter.assets_url",
        "none",
        "Where the folder of the images stands on the web: https, and ending in `/`.",
    ),
    text(
        "newsletter.public_url",
        "http://localhost:8025",
        "The base of the pages of `serve`; must be set for `via = \"smtp\"`.",
    ),
    text("newsletter.theme", "weekly", "The folder below `email-templates/`."),
    text(
        "newsletter.time_zone",
        "that of [schedule], or UTC",
        "In which a date that is an instant, as `2026-08-12T22:30:00Z`, becomes a day.",
    ),
    text("newsletter.list_id", "<slug>.<domain of from>", "The List-Id (RFC 2919)."),
    table("theme.palette", "Colours of the theme by their names."),
    table("theme.fonts", "Font stacks of the theme by their names."),
    table("theme.fields", "Values of the theme's fields, for issues that set none."),
    table("theme.strings", "Fixed words by their keys, or by language and key."),
    text("issues.path", "issues", "The folder of the issues."),
    text(
        "images.mode",
        "link",
        "`link` names images by their address on the web, `embed` puts them into the mail.",
    ),
    text("images.path", "the folder of the issues", "The folder that `assets_url` stands for."),
    text(
        "theme.logo",
        "none",
        "An image at the head of the mail: a path from this folder, or an https address.",
    ),
    text(
        "theme.logo_alt",
        "the newsletter's name",
        "What the logo says to those who do not see it.",
    ),
    Known {
        key: "theme.logo_width",
        kind: Kind::Integer,
        default: "the file's",
        about: "How wide the logo is shown, 1 to 600 pixels.",
    },
    Known { key: "proof.to", kind: Kind::TextList, default: "[]", about: "Who gets proofs." },
    Known {
        key: "proof.required",
        kind: Kind::Boolean,
        default: "true",
        about: "Whether `send` wants a proof of the same bytes first.",
    },
    Known {
        key: "budget.warn",
        kind: Kind::Integer,
        default: "nine tenths of refuse",
        about: "From how many bytes of the encoded HTML part on `check` warns.",
    },
    Known {
        key: "budget.refuse",
        kind: Kind::Integer,
        default: "100000",
        about: "From how many bytes of the encoded HTML part on an issue is refused.",
    },
    text("delivery.via", "outbox", "`outbox`, `smtp` or `mailchimp`."),
    text("delivery.lifetime", "24h", "How long a campaign is tried, from 1m to 30d."),
    text("delivery.envelope_sender", "the address of from", "Where bounces go."),
    text("outbox.path", "outbox", "The Maildir that `via = \"outbox\"` delivers into."),
    text(
        "outbox.subscribers",
        "none",
        "A CSV file that is imported when an outbox's send makes the store.",
    ),
    text(
        "smtp.url",
        "",
        "`smtps://HOST` (TLS), `smtp://HOST` (STARTTLS) or `smtp+plain://HOST`; set for `via = \"smtp\"`.",
    ),
    text("smtp.user", "none", "Who logs in; the password comes from a secret."),
    Known {
        key: "smtp.connections",
        kind: Kind::Integer,
        default: "4",
        about: "How many connections at most, 1 to 64.",
    },
    text("smtp.ca_file", "the system's", "A PEM file of the certificate authorities to trust."),
    text("smtp.client_name", "the domain of from", "The name given in EHLO."),
    text("mailchimp.audience", "", "The id of the audience; set for `via = \"mailchimp\"`."),
    text(
        "mailchimp.base_url",
        "Mailchimp's",
        "Another address of the API, on this machine alone, for tests.",
    ),
    text(
        "store.url",
        "sqlite:subscribers/postrider.sqlite3",
        "Where the list and the ledger are kept.",
    ),
    text(
        "schedule.time",
        "",
        "The time of day at which an issue is due on its date, as in `09:30`.",
    ),
    text("schedule.time_zone", "", "Its time zone, as in `Europe/Berlin`."),
    text("schedule.max_late", "48h", "How late an issue may still be sent."),
    text(
        "schedule.weekday",
        "any",
        "The one day of the week on which issues go out: the first one from their date on.",
    ),
];

/// Secrets, which no file holds: their names for systemd and in the environment.
pub const SECRET_VARIABLES: [&str; 4] = [
    "POSTRIDER_SMTP_PASSWORD",
    "POSTRIDER_SMTP_PASSWORD_FILE",
    "POSTRIDER_MAILCHIMP_API_KEY",
    "POSTRIDER_MAILCHIMP_API_KEY_FILE",
];

/// The key that a variable sets.
pub(super) fn variable_of(key: &str) -> String {
    format!("POSTRIDER_{}", key.replace('.', "_").to_uppercase())
}

/// The keys of a section, without its name.
pub(super) fn keys_of(section: &str) -> impl Iterator<Item = &'static str> {
    KNOWN
        .iter()
        .filter_map(|known| known.key.split_once('.'))
        .filter_map(move |(name, key)| (name == section).then_some(key))
}

/// All sections.
pub(super) fn sections() -> impl Iterator<Item = &'static str> {
    let mut last = "";
    KNOWN.iter().filter_map(|known| known.key.split_once('.')).filter_map(move |(name, _)| {
        let is_new = name != last;
        last = name;
        is_new.then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_names_every_key() {
        let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
        let readme = std::fs::read_to_string(readme).unwrap();
        // It is for tests alone.
        for known in KNOWN.iter().filter(|known| known.key != "mailchimp.base_url") {
            let (section, key) = known.key.split_once('.').unwrap();
            let start = format!("| `[{section}]` |");
            let row = readme.lines().find(|line| line.starts_with(&start)).unwrap();
            assert!(row.contains(&format!("`{key}`")), "{}", known.key);
        }
    }
}
