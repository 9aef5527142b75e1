//! Whole configurations, and whole error messages.

use std::time::Duration;

use super::*;
use crate::domain::{Clock, Direction, Timestamp};
use crate::ui::{Ui, Volume};

const LEAST: &str = r#"[newsletter]
name = "The Weekly"
slug = "weekly"
from = "The Weekly <news@example.org>"
postal_address = """
The Weekly
1 Example Street"""
"#;

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn uptime(&self) -> Duration {
        Duration::ZERO
    }
}

fn resolve_with(
    text: &str,
    variables: &[(&str, &str)],
    via: Option<&str>,
) -> Result<Config, ConfigError> {
    let environment = Environment::for_test("/news", variables.iter().copied());
    let root = Root::at("/news".as_ref(), &environment);
    let source = SourceText::new(FILE_NAME, text.as_bytes()).unwrap();
    Config::resolve(&root, &source, &environment, via)
}

fn resolve(text: &str) -> Result<Config, ConfigError> {
    resolve_with(text, &[], None)
}

/// What somebody at a terminal reads.
fn said(error: ConfigError) -> String {
    let (ui, captured) = Ui::for_test(Volume::Normal, std::sync::Arc::new(Stopped));
    assert_eq!(ui.failure(&error.into()), Exit::Usage);
    captured.error()
}

fn said_of(text: &str) -> String {
    said(resolve(text).unwrap_err())
}

/// What is said of a configuration that has this added to the least one.
fn said_of_least_with(more: &str) -> String {
    said_of(&format!("{LEAST}{more}"))
}

#[test]
fn the_least_configuration_has_documented_defaults() {
    let config = resolve(LEAST).unwrap();
    assert_eq!(config.newsletter.language.as_str(), "en");
    assert_eq!(config.newsletter.direction, Direction::LeftToRight);
    assert_eq!(config.newsletter.theme.as_str(), "weekly");
    assert_eq!(config.newsletter.list_id.as_str(), "weekly.example.org");
    assert_eq!(config.newsletter.postal_address, "The Weekly\n1 Example Street");
    assert_eq!(config.newsletter.public_url.as_str(), "http://localhost:8025");
    assert_eq!(config.issues, PathBuf::from("/news/issues"));
    assert!(config.proof.required && config.proof.to.is_empty());
    assert_eq!(config.budget, Budget { warn: 90_000, refuse: 100_000 });
    assert!(matches!(&config.delivery.via, Via::Outbox(o) if o.path == *"/news/outbox"));
    assert_eq!(config.delivery.lifetime, Duration::from_secs(24 * 60 * 60));
    assert_eq!(config.delivery.envelope_sender.as_str(), "news@example.org");
    assert_eq!(config.store, StoreLocation::Sqlite("/news/subscribers/postrider.sqlite3".into()));
    assert!(config.schedule.is_none());
}

#[test]
fn every_key_can_be_set() {
    let text = r##"
[newsletter]
name = "النشرة"
slug = "nashra"
from = "news@example.org"
reply_to = "Editors <editors@example.org>"
language = "ar-EG"
direction = "rtl"
postal_address = "1 Example Street"
web_url = "https://example.org/{year}/{month}/{day}/{number}-{slug}/"
home_url = "https://example.org/"
assets_url = "https://assets.example.org/weekly/"
public_url = "https://list.example.org/weekly/"
theme = "plain"
time_zone = "Africa/Cairo"
list_id = "weekly.lists.example.org"
[theme]
palette = { link = "#7a1f5c" }
fonts = { body = "Georgia, serif" }
fields = { reason = "Because." }
strings = { ar = { issue = "العدد {number}" } }
logo = "content/logo.png"
logo_alt = "النشرة"
logo_width = 300
[issues]
path = "content/issues"
[images]
mode = "embed"
path = "content"
[proof]
to = ["editor@example.org", "author@example.org"]
required = false
[budget]
warn = 70000
refuse = 80000
[delivery]
via = "smtp"
lifetime = "36h"
envelope_sender = "bounces@example.org"
[outbox]
path = "/var/outbox"
subscribers = "subscribers/example.csv"
[smtp]
url = "smtps://mail.example.org"
user = "weekly"
connections = 8
rate = "500/h"
ca_file = "ca.pem"
client_name = "weekly.example.org"
[mailchimp]
audience = "a1b2c3d4e5"
base_url = "http://127.0.0.1:8081/"
[serve]
trusted_proxies = ["::ffff:10.1.2.3", "fd00::/8"]
[store]
url = "sqlite:/var/lib/weekly.sqlite3"
[schedule]
time = "09:30"
time_zone = "UTC"
max_late = "1d 12h"
weekday = "Wednesday"
"##;
    for key in keys::KEYS {
        let (section, name) = key.section_and_name();
        let below = text.split_once(&format!("[{section}]\n")).unwrap().1;
        let below = below.split("\n[").next().unwrap();
        assert!(below.lines().any(|line| line.starts_with(&format!("{name} = "))), "{}", key.name);
    }
    let config = resolve(text).unwrap();
    let Via::Smtp(smtp) = &config.delivery.via else { panic!("{:?}", config.delivery.via) };
    assert_eq!(smtp.server.to_string(), "mail.example.org:465");
    assert_eq!(smtp.ca_file.as_deref(), Some("/news/ca.pem".as_ref()));
    assert_eq!(config.newsletter.public_url.as_str(), "https://list.example.org/weekly");
    let proxies: Vec<_> = config.trusted_proxies.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.1.2.3/32", "fd00::/8"]);
    let schedule = config.schedule.unwrap();
    assert_eq!(schedule.max_late, Duration::from_secs(36 * 60 * 60));
    assert_eq!(schedule.timetable.time, jiff::civil::time(9, 30, 0, 0));
    let pattern = config.newsletter.web_url.unwrap();
    let slug = crate::domain::Slug::parse("hello").unwrap();
    let date = jiff::civil::date(2026, 8, 5);
    assert_eq!(
        pattern.fill(&slug, Some(7), Some(date)).unwrap(),
        "https://example.org/2026/08/05/7-hello/"
    );
    assert_eq!(
        pattern.fill(&slug, None, Some(date)).unwrap_err().to_string(),
        "`web_url` needs the issue's number, and its front matter has none"
    );
}

#[test]
fn a_proxy_is_an_address_or_a_network() {
    assert_eq!(resolve(LEAST).unwrap().trusted_proxies, None);
    let none = resolve(&format!("{LEAST}[serve]\ntrusted_proxies = []\n")).unwrap();
    assert_eq!(none.trusted_proxies, Some(Vec::new()));
    let told = said_of_least_with("[serve]\ntrusted_proxies = [\"10.0.0.0/33\"]\n");
    assert!(told.contains("9:19: error[bad-value]: `serve.trusted_proxies` has `10.0.0.0/33`, which is no IP address and no network"), "{told}");
}

#[test]
fn no_name_turns_text_around() {
    let text = LEAST.replace("\"The Weekly\"", "\"The \u{2066}Weekly\"");
    let told = said_of(&text);
    assert!(told.contains("postrider.toml:2:8: error[bad-value]: `newsletter.name` cannot be used: an invisible character that turns text around (U+2066) cannot stand in a header"), "{told}");
    let told = said_of(&LEAST.replace("\"The Weekly <", "\"The \u{202E}Weekly <"));
    assert!(told.contains("postrider.toml:4:8: error[bad-value]: `newsletter.from` is not an email address: in the name before it, an invisible character"), "{told}");
}

#[test]
fn a_budget_warns_before_it_refuses() {
    let budget = |more: &str| resolve(&format!("{LEAST}{more}")).unwrap().budget;
    assert_eq!(budget("[budget]\nrefuse = 60000\n"), Budget { warn: 54_000, refuse: 60_000 });
    assert_eq!(budget("[budget]\nrefuse = 10000\n"), Budget { warn: 10_000, refuse: 10_000 });
    let told = said_of_least_with("[budget]\nwarn = 120000\n");
    assert!(told.contains("postrider.toml:9:8: error[bad-value]: `budget.warn` is 120000, and issues are refused from 100000 bytes on"), "{told}");
    let told = said_of_least_with("[budget]\nwarn = 9999\nrefuse = 1000001\n");
    assert!(told.contains("9:8") && told.contains("10:10"), "{told}");
    assert!(told.contains("It may be 10000 to 1000000."), "{told}");
}

#[test]
fn all_problems_are_told_at_once_each_in_its_line() {
    let told = said_of(
        "[newsletter]\nnmae = \"x\"\nslug = 3\nfrom = \"News <news>\"\npostal_address = \"x\"\n\
         [smpt]\n[smtp]\nconnections = 900\nuser = [\"a\"]\n",
    );
    assert_eq!(
        told,
        "\
postrider.toml:1:2: error[missing-key]: `[newsletter]` lacks `name`
  1 | [newsletter]
    |  ^^^^^^^^^^
    = Add `name = …`. The name that readers know.
postrider.toml:2:1: error[unknown-key]: `[newsletter]` has no key `nmae`
  2 | nmae = \"x\"
    | ^^^^
    = Did you mean `name`?
postrider.toml:3:8: error[wrong-type]: `newsletter.slug` takes a text, and this is a whole number
  3 | slug = 3
    |        ^
    = Put it in quotes, as in `\"text\"`.
postrider.toml:4:8: error[bad-value]: `newsletter.from` is not an email address: an email address has the form name@domain
  4 | from = \"News <news>\"
    |        ^^^^^^^^^^^^^
    = Write `news@example.org` or `Weekly News <news@example.org>`.
postrider.toml:6:2: error[unknown-key]: there is no section `[smpt]`
  6 | [smpt]
    |  ^^^^
    = Did you mean `[smtp]`?
postrider.toml:8:15: error[bad-value]: `smtp.connections` is out of range
  8 | connections = 900
    |               ^^^
    = It may be 1 to 64.
postrider.toml:9:8: error[wrong-type]: `smtp.user` takes a text, and this is a list
  9 | user = [\"a\"]
    |        ^^^^^
    = Put it in quotes, as in `\"text\"`.
error: postrider.toml: 7 problems in the configuration
"
    );
}

#[test]
fn what_is_not_toml_is_told_alone() {
    assert_eq!(
        said_of("[newsletter]\nname = The Weekly\n"),
        "\
postrider.toml:2:8: error[syntax]: this is not TOML: string values must be quoted, expected literal string
  2 | name = The Weekly
    |        ^^^^^^^^^^
    = Write it as https://toml.io describes.
error: postrider.toml: one problem in the configuration
"
    );
}

#[test]
fn an_empty_file_says_what_it_lacks() {
    let told = said_of("");
    assert!(
        told.starts_with("error[missing-key]: postrider.toml lacks `name` in `[newsletter]`\n")
    );
    assert!(told.ends_with("error: postrider.toml: 4 problems in the configuration\n"), "{told}");
}

#[test]
fn a_key_elsewhere_is_sent_home() {
    let told = said_of("slug = \"a\"\n\n[newsletter]\nurl = \"x\"\n");
    assert!(told.contains("`slug` is outside the sections"), "{told}");
    assert!(told.contains("= Put it below `[newsletter]`.\n"), "{told}");
    assert!(told.contains("`[newsletter]` has no key `url`"), "{told}");
    assert!(told.contains("= Did you mean") || told.contains("= `[smtp]` has one of that name."));
}

#[test]
fn a_secret_in_a_file_that_is_not_utf_8_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE_NAME), b"[smtp]\npassword = \"h\xFCnter2\"\n").unwrap();
    let environment = Environment::for_test(folder.path(), []);
    let root = Root::at(folder.path(), &environment);
    let message = Config::load(&root, &environment, None).unwrap_err().to_string();
    assert!(message.contains("is not UTF-8") && !message.contains("nter2"), "{message}");
}

#[test]
fn a_secret_in_the_file_is_refused_and_never_shown() {
    for more in [
        "[smtp]\npassword = \"hunter2\"\n",
        "[smtp]\nurl = \"smtp://user:hunter2@mail.example.org\"\n",
        "smtp = { url = \"smtp://a\", password = \"hunter2\" }\n",
        "[mailchimp]\napi_key = \"hunter2-us6\"\n",
        "[smtp]\nurl = \"bob:hunter2@mail.example.org\"\n",
        "[smtp]\nurl = \"smtp:bob:hunter2@mail.example.org\"\n",
        "[smtp]\nurl = \"//bob:hunter2@mail.example.org\"\n",
        "[smtp]\nhost = \"bob:hunter2@mail.example.org\"\n",
        "[smtp]\npassword = hunter2\n",
        "[smtp]\npassword = \"hunter2\n",
        "[smtp]\nurl = \"smtp://user:hunter2@mail.example.org\n",
    ] {
        let told = said_of_least_with(more);
        assert!(!told.contains("hunter2"), "{told}");
    }
    assert_eq!(
        said_of_least_with("[smtp]\nurl = \"smtp://user:hunter2@mail.example.org\"\n"),
        "\
postrider.toml:9:7: error[bad-value]: `smtp.url` holds a password
  9 | url = \"smtp://…@mail.example.org\"
    |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    = Change that password, as others may have read it; then set the new one in POSTRIDER_SMTP_PASSWORD, in a file that POSTRIDER_SMTP_PASSWORD_FILE names, or as the systemd credential `smtp_password`.
error: postrider.toml: one problem in the configuration
"
    );
}

#[test]
fn what_is_not_built_yet_is_refused_and_not_ignored() {
    let told = said_of_least_with("[dkim]\nselector = \"a\"\n");
    assert!(told.contains("error[not-built]: `[dkim]`: signing is not built yet\n"), "{told}");
    let told = said_of_least_with("[store]\nurl = \"postgres://localhost/news\"\n");
    assert!(told.contains("names a `postgres` store, which is not built yet"), "{told}");
}

#[test]
fn the_chosen_way_must_be_complete_and_another_need_not() {
    let told = said_of_least_with("[delivery]\nvia = \"smtp\"\n[smtp]\nuser = \"a\"\n");
    assert!(
        told.contains("postrider.toml:10:2: error[missing-key]: `[smtp]` lacks `url`"),
        "{told}"
    );
    let told = said_of_least_with("[delivery]\nvia = \"mailchimp\"\n");
    assert!(told.contains("postrider.toml lacks `audience` in `[mailchimp]`"), "{told}");
    assert!(resolve(&format!("{LEAST}[smtp]\nuser = \"a\"\n")).is_ok());
    let told = said_of_least_with("[delivery]\nvia = \"mailchip\"\n");
    assert!(told.contains("Did you mean `mailchimp`?"), "{told}");
}

#[test]
fn readers_must_be_able_to_leave_before_a_server_is_used() {
    let smtp = |url| format!("[delivery]\nvia = \"smtp\"\n[smtp]\nurl = \"{url}\"\n");
    let told = said_of_least_with(&smtp("smtp://mail.example.org"));
    assert!(
        told.contains("`newsletter.public_url` in postrider.toml leads to this machine"),
        "{told}"
    );
    // A server on this machine may well be the way to people.
    let here = smtp("smtp+plain://127.0.0.1:2525");
    assert!(said_of_least_with(&here).contains("leads to this machine"));
    let rehearsal = format!("{LEAST}public_url = \"http://localhost:8025\"\n{here}");
    assert!(resolve(&rehearsal).is_ok());
}

#[test]
fn a_password_never_travels_without_tls() {
    let told = said_of_least_with("[smtp]\nurl = \"smtp+plain://10.0.0.1\"\nuser = \"a\"\n");
    assert!(told.contains("`smtp.url` would send the password without TLS"), "{told}");
}

#[test]
fn a_flag_wins_over_a_variable_and_a_variable_over_the_file() {
    let text =
        format!("{LEAST}[delivery]\nvia = \"outbox\"\n[smtp]\nurl = \"smtp://a.example.org\"\n");
    let variables = [
        ("POSTRIDER_DELIVERY_VIA", "mailchimp"),
        ("POSTRIDER_SMTP_URL", "smtp+plain://localhost:2525"),
        ("POSTRIDER_SMTP_CONNECTIONS", "2"),
        ("POSTRIDER_NEWSLETTER_PUBLIC_URL", "https://list.example.org"),
        ("POSTRIDER_PROOF_TO", "a@example.org, b@example.org"),
        ("POSTRIDER_SMTP_PASSWORD", "hunter2"),
        ("PATH", "/bin"),
    ];
    let config = resolve_with(&text, &variables, Some("smtp")).unwrap();
    let Via::Smtp(smtp) = &config.delivery.via else { panic!("{:?}", config.delivery.via) };
    assert_eq!((smtp.server.host().as_str(), smtp.connections), ("localhost", 2));
    assert_eq!(config.proof.to.len(), 2);
}

#[test]
fn a_mistyped_variable_is_an_error() {
    let variables = [("POSTRIDER_SMPT_URL", "x"), ("POSTRIDER_SMTP_CONNECTIONS", "many")];
    assert_eq!(
        said(resolve_with(LEAST, &variables, None).unwrap_err()),
        "\
error[unknown-variable]: there is no variable POSTRIDER_SMPT_URL
   = Did you mean `POSTRIDER_SMTP_URL`?
error[bad-value]: POSTRIDER_SMTP_CONNECTIONS is not a whole number
   = Write digits alone.
error: postrider.toml: 2 problems in the configuration
"
    );
}

#[test]
fn a_missing_newsletter_says_how_to_make_one() {
    let environment = Environment::for_test("/nowhere", []);
    let error = Root::find(None, &environment).unwrap_err();
    assert_eq!(
        said(error),
        "error: there is no postrider.toml in /nowhere or in a folder above it\n\
         hint: `postrider new DIR` makes a newsletter; `--root DIR` names one.\n"
    );
}

#[test]
fn a_file_that_is_no_text_or_not_there_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let environment = Environment::for_test(folder.path(), []);
    let root = Root::at(folder.path(), &environment);
    let told = || said(Config::load(&root, &environment, None).unwrap_err());
    assert_eq!(
        told(),
        "error: cannot read postrider.toml\n  because No such file or directory (os error 2)\n"
    );
    std::fs::write(root.config_file(), b"[newsletter]\nname = \"\xE9\"\n").unwrap();
    assert!(told().starts_with("error: postrider.toml:2:9: byte 0xE9"), "{}", told());
}

#[test]
fn no_text_makes_it_panic() {
    let texts = [
        "\0",
        "[",
        "[[newsletter]]",
        "newsletter = 1",
        "a.b.c = 1",
        "[newsletter.name]",
        "\u{feff}",
    ];
    for text in texts {
        assert!(resolve(text).is_err(), "{text:?}");
    }
    let deep = "[".repeat(10_000);
    assert!(resolve(&format!("a = {deep}")).is_err());
    assert!(resolve(&format!("{LEAST}{}", "x = {".repeat(10_000))).is_err());
}

proptest::proptest! {
    #[test]
    fn no_configuration_makes_it_panic(
        section in "(newsletter|smtp|schedule|mailchimp|x)",
        key in "(name|url|from|time|web_url|list_id|password|\\PC{0,6})",
        value in "(\"\\PC{0,20}\"|\\PC{0,20}|\"(smtp|https)://\\PC{0,12}\")",
    ) {
        let text = format!("{LEAST}[{section}]\n{key} = {value}\n[delivery]\nvia = \"smtp\"\n");
        said(resolve(&text).unwrap_err());
    }
}
