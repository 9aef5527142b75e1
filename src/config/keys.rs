//! Every key of `postrider.toml`: its name, what it takes, its default, and
//! what it is for. Each is declared here and nowhere else; the reader, the
//! environment, the nearest names and the README's table take it from here.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    Text,
    /// A whole number from the first to the second, both included.
    Integer(i64, i64),
    Boolean,
    /// A list of texts; in a variable, separated by commas.
    TextList,
    /// A table of the theme's own names; only in the file.
    Table,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DefaultValue {
    Text(&'static str),
    Integer(i64),
    Boolean(bool),
    /// There is none, or the code makes it of other values; in words.
    InWords(&'static str),
}

#[derive(Debug)]
pub(super) struct Key {
    /// Section and key, as in `newsletter.name`.
    pub(super) name: &'static str,
    pub(super) kind: ValueKind,
    pub(super) default: DefaultValue,
    /// What it is for, in one sentence.
    pub(super) about: &'static str,
}

impl Key {
    /// The section, and the name of the key in it.
    pub(super) fn section_and_name(&self) -> (&'static str, &'static str) {
        self.name.split_once('.').unwrap_or_default()
    }

    /// The variable that sets the same.
    pub(super) fn variable(&self) -> String {
        format!("POSTRIDER_{}", self.name.replace('.', "_").to_uppercase())
    }

    /// The key of that name, such as `newsletter.name`.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().copied().find(|key| key.name == name)
    }

    const fn takes(self, kind: ValueKind) -> Self {
        Self { kind, ..self }
    }
}

const REQUIRED: &str = "must be set";

const fn required(name: &'static str, about: &'static str) -> Key {
    in_words(name, REQUIRED, about)
}

const fn in_words(name: &'static str, words: &'static str, about: &'static str) -> Key {
    Key { name, kind: ValueKind::Text, default: DefaultValue::InWords(words), about }
}

const fn text(name: &'static str, default: &'static str, about: &'static str) -> Key {
    Key { name, kind: ValueKind::Text, default: DefaultValue::Text(default), about }
}

const fn integer(
    name: &'static str,
    (least, most): (i64, i64),
    default: DefaultValue,
    about: &'static str,
) -> Key {
    Key { name, kind: ValueKind::Integer(least, most), default, about }
}

const fn table(name: &'static str, about: &'static str) -> Key {
    in_words(name, "the theme's", about).takes(ValueKind::Table)
}

macro_rules! keys {
    ($($constant:ident = $key:expr;)*) => {
        $(pub(super) static $constant: Key = $key;)*

        /// All keys, in the order of the documentation.
        pub(super) static KEYS: &[&Key] = &[$(&$constant),*];
    };
}

keys! {
    NEWSLETTER_NAME = required("newsletter.name", "The name that readers know.");
    NEWSLETTER_SLUG = required(
        "newsletter.slug",
        "The newsletter's name in the store; do not change it after the first send.",
    );
    NEWSLETTER_FROM =
        required("newsletter.from", "The From address, as in `Weekly <news@example.org>`.");
    NEWSLETTER_REPLY_TO = in_words("newsletter.reply_to", "none", "Where answers go, if not to From.");
    NEWSLETTER_LANGUAGE = text("newsletter.language", "en", "The language of the mail (BCP 47).");
    NEWSLETTER_DIRECTION = in_words("newsletter.direction", "that of the language", "`ltr` or `rtl`.");
    NEWSLETTER_POSTAL_ADDRESS = required(
        "newsletter.postal_address",
        "The sender's postal address, which the law requires in every mail; themes put the name before it.",
    );
    NEWSLETTER_WEB_URL = in_words(
        "newsletter.web_url",
        "none",
        "The permalink of an issue, with {slug}, {number}, {year}, {month} and {day}. Relative links in an issue are resolved against it.",
    );
    NEWSLETTER_HOME_URL =
        in_words("newsletter.home_url", "none", "The newsletter's home on the web, for the footer.");
    NEWSLETTER_ASSETS_URL = in_words(
        "newsletter.assets_url",
        "none",
        "The URL of the folder of the images: https, with a `/` at its end.",
    );
    NEWSLETTER_PUBLIC_URL = text(
        "newsletter.public_url",
        "http://localhost:8025",
        "The base URL of the unsubscribe pages; must be set for `via = \"smtp\"`.",
    );
    NEWSLETTER_THEME = text("newsletter.theme", "weekly", "The folder below `email-templates/`.");
    NEWSLETTER_TIME_ZONE = in_words(
        "newsletter.time_zone",
        "that of `[schedule]`, or `UTC`",
        "People read times in this time zone. It also decides the day of a `date` with a time and an offset, as `2026-08-12T22:30:00Z`.",
    );
    NEWSLETTER_LIST_ID =
        in_words("newsletter.list_id", "slug and domain of `from`", "The List-Id (RFC 2919).");
    THEME_PALETTE = table("theme.palette", "Colours of the theme by their names.");
    THEME_FONTS = table("theme.fonts", "Font stacks of the theme by their names.");
    THEME_FIELDS = table("theme.fields", "Values of the theme's fields, for issues that set none.");
    THEME_STRINGS = table("theme.strings", "Fixed words by their keys, or by language and key.");
    THEME_LOGO = in_words(
        "theme.logo",
        "none",
        "An image at the head of the mail: a path from this folder, or an https URL.",
    );
    THEME_LOGO_ALT = in_words(
        "theme.logo_alt",
        "the newsletter's name",
        "The text for readers who do not see the logo.",
    );
    THEME_LOGO_WIDTH = integer(
        "theme.logo_width",
        (1, 600),
        DefaultValue::InWords("the file's, at most 320"),
        "The width at which the logo is shown, 1 to 600 pixels.",
    );
    ISSUES_PATH = text("issues.path", "issues", "The folder of the issues.");
    IMAGES_MODE = text(
        "images.mode",
        "link",
        "`link` names images by their URLs, `embed` puts them into the mail.",
    );
    IMAGES_PATH =
        in_words("images.path", "the folder of the issues", "The folder that `assets_url` publishes.");
    PROOF_TO = in_words("proof.to", "none", "The editors, who get proofs.").takes(ValueKind::TextList);
    PROOF_REQUIRED = Key {
        name: "proof.required",
        kind: ValueKind::Boolean,
        default: DefaultValue::Boolean(true),
        about: "Whether `send` requires a proof of the same bytes.",
    };
    BUDGET_WARN = integer(
        "budget.warn",
        (10_000, 1_000_000),
        DefaultValue::InWords("90 % of `refuse`"),
        "`check` warns if the encoded HTML part has this many bytes or more.",
    );
    BUDGET_REFUSE = integer(
        "budget.refuse",
        (10_000, 1_000_000),
        DefaultValue::Integer(100_000),
        "An issue is refused if its encoded HTML part has this many bytes or more. Over Mailchimp each link counts 114 bytes.",
    );
    DELIVERY_VIA = text("delivery.via", "outbox", "The route: `outbox`, `smtp` or `mailchimp`.");
    DELIVERY_LIFETIME =
        text("delivery.lifetime", "24h", "For how long after its first attempt a recipient is tried, before it expires: `1m` to `30d`.");
    DELIVERY_ENVELOPE_SENDER =
        in_words("delivery.envelope_sender", "the address of `from`", "The address to which bounces go.");
    OUTBOX_PATH = text("outbox.path", "outbox", "The Maildir that `via = \"outbox\"` delivers into.");
    OUTBOX_SUBSCRIBERS = in_words(
        "outbox.subscribers",
        "none",
        "A CSV file that a send into the outbox imports if the list is empty.",
    );
    SMTP_URL = in_words(
        "smtp.url",
        "must be set for `via = \"smtp\"`",
        "`smtps://HOST` (TLS), `smtp://HOST` (STARTTLS) or `smtp+plain://HOST` (no TLS, for a server on this machine or a network that you trust).",
    );
    SMTP_USER = in_words("smtp.user", "none", "The account; its password is a secret.");
    SMTP_CONNECTIONS = integer(
        "smtp.connections",
        (1, 64),
        DefaultValue::Integer(4),
        "The most connections at one time, 1 to 64.",
    );
    SMTP_RATE = in_words(
        "smtp.rate",
        "none",
        "The most messages in a time, such as `14/s`, `100/min`, `500/h` or `2000/day`.",
    );
    SMTP_CA_FILE =
        in_words("smtp.ca_file", "the system's", "A PEM file of the certificate authorities to trust.");
    SMTP_CLIENT_NAME =
        in_words("smtp.client_name", "the domain of `from`", "The name that EHLO gives.");
    MAILCHIMP_AUDIENCE = in_words(
        "mailchimp.audience",
        "must be set for `via = \"mailchimp\"`",
        "The id of the audience.",
    );
    MAILCHIMP_BASE_URL = in_words(
        "mailchimp.base_url",
        "Mailchimp's",
        "Another URL of the API, on this machine alone, for tests.",
    );
    SERVE_TRUSTED_PROXIES = in_words(
        "serve.trusted_proxies",
        "`127.0.0.0/8` and `::1`",
        "The proxies in front of `serve`: IP addresses or networks, to which the limits of connections per client do not apply.",
    )
    .takes(ValueKind::TextList);
    STORE_URL = text(
        "store.url",
        "sqlite:subscribers/postrider.sqlite3",
        "The database of the list and the ledger.",
    );
    SCHEDULE_TIME = in_words(
        "schedule.time",
        "must be set for `due`",
        "The time of day at which an issue is due on its date, as in `09:30`.",
    );
    SCHEDULE_TIME_ZONE =
        in_words("schedule.time_zone", "must be set for `due`", "Its time zone, as in `Europe/Berlin`.");
    SCHEDULE_MAX_LATE = text("schedule.max_late", "48h", "How late an issue may still be sent.");
    SCHEDULE_WEEKDAY = in_words(
        "schedule.weekday",
        "any",
        "Issues are sent only on this day of the week: the first one on or after their date.",
    );
}

/// The keys of a section, without its name.
pub(super) fn keys_of(section: &str) -> impl Iterator<Item = &'static str> {
    let keys = KEYS.iter().map(|key| key.section_and_name());
    keys.filter_map(move |(name, key)| (name == section).then_some(key))
}

pub(super) fn sections() -> impl Iterator<Item = &'static str> {
    let mut last = "";
    KEYS.iter()
        .map(|key| key.section_and_name().0)
        .filter(move |name| std::mem::replace(&mut last, name) != *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readme_table() -> String {
        let row = |key: &&Key| {
            let (section, name) = key.section_and_name();
            let default = match key.default {
                DefaultValue::Text(text) => format!("`{text}`"),
                DefaultValue::Integer(number) => format!("`{number}`"),
                DefaultValue::Boolean(value) => format!("`{value}`"),
                DefaultValue::InWords(words) => words.to_owned(),
            };
            format!("| `[{section}]` `{name}` | {default} | {} |\n", key.about)
        };
        format!(
            "| key | default | meaning |\n|---|---|---|\n{}",
            KEYS.iter().map(row).collect::<String>()
        )
    }

    #[test]
    fn the_readme_holds_the_table_of_all_keys() {
        let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
        let readme = std::fs::read_to_string(readme).unwrap();
        let start = readme.find("| key | default | meaning |").unwrap();
        let end = readme[start..].find("\n\n").unwrap() + start + 1;
        let expected = readme_table();
        assert!(readme[start..end] == expected, "README's table of keys must be:\n{expected}");
    }

    #[test]
    fn the_keys_of_a_section_are_declared_together() {
        let mut names: Vec<_> = sections().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
