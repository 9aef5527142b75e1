//! The sections of the configuration as typed values.

use std::path::PathBuf;
use std::time::Duration;

use super::Root;
use super::keys;
use super::settings::Settings;
use super::values::{self, Wrong};
use super::{Permalink, PublicUrl};
use crate::domain::{
    Direction, EmailAddress, HeaderText, Host, LanguageTag, MailServer, Mailbox, RouteKind, Slug,
};

/// `[newsletter]`: who writes to whom.
#[derive(Debug, Clone)]
pub struct NewsletterSettings {
    /// The name that readers know.
    pub name: HeaderText,
    /// Names the newsletter in the ledger, for good.
    pub slug: Slug,
    /// The From address.
    pub from: Mailbox,
    /// Where answers go, if not to From.
    pub reply_to: Option<Mailbox>,
    /// The language of the mail (BCP 47).
    pub language: LanguageTag,
    /// The direction in which the language is written.
    pub direction: Direction,
    /// The sender's postal address; its lines end in LF.
    pub postal_address: String,
    /// The permalink of an issue.
    pub web_url: Option<Permalink>,
    /// The newsletter's home on the web.
    pub home_url: Option<url::Url>,
    /// The base of the public pages. Its default leads to this machine, and is
    /// refused for `via = "smtp"` unless the server is this machine too.
    pub public_url: PublicUrl,
    /// The folder below `email-templates/`.
    pub theme: Slug,
    /// In which an instant becomes a day.
    pub time_zone: jiff::tz::TimeZone,
    /// The List-Id without angle brackets (RFC 2919).
    pub list_id: HeaderText,
}

/// `[proof]`: who sees an issue before it is sent.
#[derive(Debug, Clone)]
pub struct ProofSettings {
    /// The editors.
    pub to: Vec<EmailAddress>,
    /// Whether `send` wants a proof of the same bytes first.
    pub required: bool,
}

/// `[budget]`: how many bytes the encoded HTML part of a mail may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// From here on there is a warning.
    pub warn: u32,
    /// From here on an issue is refused; no less than `warn`.
    pub refuse: u32,
}

/// `[delivery]`: how a campaign reaches its readers.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The route, with its settings.
    pub via: Via,
    /// How long a campaign is tried before what is left of it expires.
    pub lifetime: Duration,
    /// Where bounces go.
    pub envelope_sender: EmailAddress,
}

/// The route to the readers, with its settings.
#[derive(Debug, Clone)]
pub enum Via {
    /// Into a Maildir on this machine; no mail leaves it.
    Outbox(OutboxSettings),
    /// Over an SMTP server, a message per reader.
    Smtp(Smtp),
    /// As one campaign, to Mailchimp.
    Mailchimp(MailchimpSettings),
}

impl Via {
    /// Which route it is.
    pub fn kind(&self) -> RouteKind {
        match self {
            Self::Outbox(_) => RouteKind::Outbox,
            Self::Smtp(_) => RouteKind::Smtp,
            Self::Mailchimp(_) => RouteKind::Mailchimp,
        }
    }
}

/// `[outbox]`.
#[derive(Debug, Clone)]
pub struct OutboxSettings {
    /// The Maildir, absolute.
    pub path: PathBuf,
    /// A CSV file that is imported when the store is made, absolute. Only the
    /// outbox has one, so that a first try finds somebody to write to.
    pub subscribers: Option<PathBuf>,
}

/// `[smtp]`. The password is a secret, and read when a command needs it.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// The server.
    pub server: MailServer,
    /// The account; without one there is no login.
    pub user: Option<String>,
    /// How many connections at most, 1 to 64.
    pub connections: u8,
    /// A PEM file of the certificate authorities to trust, absolute; the system's when left out.
    pub ca_file: Option<PathBuf>,
    /// The name given in EHLO.
    pub client_name: Host,
}

/// `[mailchimp]`. The API key is a secret, and read when a command needs it.
#[derive(Debug, Clone)]
pub struct MailchimpSettings {
    /// The id of the audience.
    pub audience: String,
    /// Another address of the API, on this machine alone.
    pub base_url: Option<std::net::SocketAddr>,
}

/// `[store]`: where the list and the ledger are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreLocation {
    /// A SQLite file, absolute.
    Sqlite(PathBuf),
}

/// `[schedule]`: when `due` sends.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// The time of day, to the minute.
    pub time: jiff::civil::Time,
    /// Its time zone.
    pub time_zone: jiff::tz::TimeZone,
    /// How late an issue may still be sent.
    pub max_late: Duration,
    /// The one day of the week, if there is one.
    pub weekday: Option<jiff::civil::Weekday>,
}

// Every value of a section is read before the first `?`, so that all problems
// of a section are found, and not only the first.

pub(super) fn newsletter(settings: &mut Settings) -> Option<NewsletterSettings> {
    let name = settings.required(&keys::NEWSLETTER_NAME, values::header_text);
    let slug = settings.required(&keys::NEWSLETTER_SLUG, values::slug);
    let from = settings.required(&keys::NEWSLETTER_FROM, values::mailbox);
    let reply_to = settings.optional(&keys::NEWSLETTER_REPLY_TO, values::mailbox);
    let language = settings.value(&keys::NEWSLETTER_LANGUAGE, values::language);
    let default = language.as_ref().map(LanguageTag::direction).unwrap_or_default().as_str();
    let direction = settings.computed(&keys::NEWSLETTER_DIRECTION, default, values::direction);
    let postal_address = settings.required(&keys::NEWSLETTER_POSTAL_ADDRESS, values::lines);
    let web_url = settings.optional(&keys::NEWSLETTER_WEB_URL, Permalink::parse);
    let home_url = settings.optional(&keys::NEWSLETTER_HOME_URL, super::web_url::web_url);
    let public_url = settings.value(&keys::NEWSLETTER_PUBLIC_URL, PublicUrl::parse);
    let theme = settings.value(&keys::NEWSLETTER_THEME, values::slug);
    // A wrong time zone is reported for `[schedule]`, and not here again.
    let default = settings.text(&keys::SCHEDULE_TIME_ZONE).unwrap_or_default();
    let default =
        if values::time_zone(default).is_ok() { default.to_owned() } else { "UTC".to_owned() };
    let time_zone = settings.computed(&keys::NEWSLETTER_TIME_ZONE, &default, values::time_zone);
    let (slug, from) = (slug?, from?);
    let default = format!("{slug}.{}", from.address.domain());
    let list_id = settings.computed(&keys::NEWSLETTER_LIST_ID, &default, values::list_id);
    Some(NewsletterSettings {
        name: name?,
        slug,
        from,
        reply_to,
        language: language?,
        direction: direction?,
        postal_address: postal_address?,
        web_url,
        home_url,
        public_url: public_url?,
        theme: theme?,
        time_zone: time_zone?,
        list_id: list_id?,
    })
}

pub(super) fn issues(settings: &mut Settings, root: &Root) -> Option<PathBuf> {
    settings.value(&keys::ISSUES_PATH, values::path).map(|path| root.join(path))
}

pub(super) fn proof(settings: &mut Settings) -> Option<ProofSettings> {
    let to = settings.list(&keys::PROOF_TO, values::address);
    let required = settings.boolean(&keys::PROOF_REQUIRED);
    Some(ProofSettings { to: to?, required: required? })
}

pub(super) fn budget(settings: &mut Settings) -> Option<Budget> {
    let refuse = settings.integer(&keys::BUDGET_REFUSE);
    // If only `refuse` is set, `warn` defaults to 90 % of it.
    let default = refuse.map_or(10_000, |refuse: u32| (refuse / 10 * 9).max(10_000));
    let warn = settings.computed_integer(&keys::BUDGET_WARN, default);
    let (warn, refuse) = (warn?, refuse?);
    if warn > refuse {
        let problem = format!("is {warn}, and issues are refused from {refuse} bytes on");
        let advice = format!("Set it to {refuse} at most, or raise `budget.refuse`.");
        settings.refuse(&keys::BUDGET_WARN, &Wrong::new(problem, advice));
    }
    Some(Budget { warn, refuse })
}

pub(super) fn delivery(
    settings: &mut Settings,
    root: &Root,
    newsletter: Option<&NewsletterSettings>,
) -> Option<Delivery> {
    let routes = RouteKind::ALL.map(|route| (route.as_str(), route));
    let route = settings.value(&keys::DELIVERY_VIA, |text| values::one_of(text, &routes));
    let lifetime =
        settings.value(&keys::DELIVERY_LIFETIME, |text| values::duration(text, ("1m", "30d")));
    let key = &keys::DELIVERY_ENVELOPE_SENDER;
    let envelope_sender = match newsletter {
        Some(newsletter) => {
            let default = newsletter.from.address.as_str();
            settings.computed(key, default, values::address)
        }
        None => settings.optional(key, values::address),
    };
    // A section that is not chosen is read too, because `--via` may choose it tomorrow.
    let outbox = outbox(settings, root);
    let smtp = smtp(settings, root, newsletter, route);
    let mailchimp = mailchimp(settings, route);
    let via = match route? {
        RouteKind::Outbox => Via::Outbox(outbox?),
        RouteKind::Smtp => Via::Smtp(smtp?),
        RouteKind::Mailchimp => Via::Mailchimp(mailchimp?),
    };
    Some(Delivery { via, lifetime: lifetime?, envelope_sender: envelope_sender? })
}

fn outbox(settings: &mut Settings, root: &Root) -> Option<OutboxSettings> {
    let path = settings.value(&keys::OUTBOX_PATH, values::path);
    let subscribers = settings.optional(&keys::OUTBOX_SUBSCRIBERS, values::path);
    Some(OutboxSettings {
        path: root.join(path?),
        subscribers: subscribers.map(|path| root.join(path)),
    })
}

fn smtp(
    settings: &mut Settings,
    root: &Root,
    newsletter: Option<&NewsletterSettings>,
    route: Option<RouteKind>,
) -> Option<Smtp> {
    let server = match route {
        Some(RouteKind::Smtp) => settings.required(&keys::SMTP_URL, values::mail_server),
        _ => settings.optional(&keys::SMTP_URL, values::mail_server),
    };
    let user = settings.optional(&keys::SMTP_USER, values::user);
    let connections = settings.integer(&keys::SMTP_CONNECTIONS);
    let ca_file = settings.optional(&keys::SMTP_CA_FILE, values::path).map(|path| root.join(path));
    let key = &keys::SMTP_CLIENT_NAME;
    let client_name = match newsletter {
        Some(newsletter) => {
            let default = newsletter.from.address.domain();
            settings.computed(key, default, values::host)
        }
        None => settings.optional(key, values::host),
    };
    let server = server?;
    if user.is_some() && !server.may_carry_secrets() {
        let advice = "Use smtps:// or smtp://, or take the user out.";
        let problem = "would send the password without TLS to another machine";
        settings.refuse(&keys::SMTP_URL, &Wrong::new(problem, advice));
    }
    let leads_here = newsletter.is_some_and(|newsletter| newsletter.public_url.is_local());
    // A public URL of this machine that was set, and a server on this machine, are a rehearsal.
    let rehearses = settings.is_set(&keys::NEWSLETTER_PUBLIC_URL) && server.host().is_loopback();
    if route == Some(RouteKind::Smtp) && leads_here && !rehearses {
        let problem = "leads to this machine, where readers cannot unsubscribe";
        let advice = "Set it to the https URL at which readers reach `postrider serve`.";
        settings.refuse(&keys::NEWSLETTER_PUBLIC_URL, &Wrong::new(problem, advice));
    }
    Some(Smtp { server, user, connections: connections?, ca_file, client_name: client_name? })
}

fn mailchimp(settings: &mut Settings, route: Option<RouteKind>) -> Option<MailchimpSettings> {
    let audience = match route {
        Some(RouteKind::Mailchimp) => {
            settings.required(&keys::MAILCHIMP_AUDIENCE, values::audience)
        }
        _ => settings.optional(&keys::MAILCHIMP_AUDIENCE, values::audience),
    };
    let base_url = settings.optional(&keys::MAILCHIMP_BASE_URL, super::web_url::loopback_socket);
    Some(MailchimpSettings { audience: audience?, base_url })
}

pub(super) fn store(settings: &mut Settings, root: &Root) -> Option<StoreLocation> {
    let path = settings.value(&keys::STORE_URL, values::sqlite_path)?;
    Some(StoreLocation::Sqlite(root.join(path)))
}

/// There is a schedule once somebody sets any part of it.
pub(super) fn schedule(settings: &mut Settings) -> Option<Option<Schedule>> {
    if !settings.mentions("schedule") {
        return Some(None);
    }
    let time = settings.required(&keys::SCHEDULE_TIME, values::time_of_day);
    let time_zone = settings.required(&keys::SCHEDULE_TIME_ZONE, values::time_zone);
    let max_late =
        settings.value(&keys::SCHEDULE_MAX_LATE, |text| values::duration(text, ("1m", "30d")));
    let weekday = settings.optional(&keys::SCHEDULE_WEEKDAY, values::weekday);
    Some(Some(Schedule { time: time?, time_zone: time_zone?, max_late: max_late?, weekday }))
}
