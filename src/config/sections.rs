//! The sections of the configuration as typed values.

use std::path::PathBuf;
use std::time::Duration;

use super::Root;
use super::keys;
use super::settings::Settings;
use super::values::{self, Wrong};
use super::{Permalink, PublicUrl};
use crate::campaign::due::Timetable;
use crate::delivery::SendRate;
use crate::domain::{
    Direction, EmailAddress, HeaderText, Host, LanguageTag, MailServer, Mailbox, RouteKind, Slug,
};

/// `[newsletter]`: who writes to whom.
#[derive(Debug, Clone)]
pub(crate) struct NewsletterSettings {
    pub(crate) name: HeaderText,
    /// Names the newsletter in the ledger, for good.
    pub(crate) slug: Slug,
    pub(crate) from: Mailbox,
    pub(crate) reply_to: Option<Mailbox>,
    pub(crate) language: LanguageTag,
    pub(crate) direction: Direction,
    /// The sender's postal address; its lines end in LF.
    pub(crate) postal_address: String,
    pub(crate) web_url: Option<Permalink>,
    pub(crate) home_url: Option<url::Url>,
    /// The base of the public pages. Its default leads to this machine, and is
    /// refused for `via = "smtp"` unless the server is this machine too.
    pub(crate) public_url: PublicUrl,
    pub(crate) theme: Slug,
    /// In which an instant becomes a day.
    pub(crate) time_zone: jiff::tz::TimeZone,
    /// The List-Id without angle brackets (RFC 2919).
    pub(crate) list_id: HeaderText,
}

/// `[proof]`: who sees an issue before it is sent.
#[derive(Debug, Clone)]
pub(crate) struct ProofSettings {
    pub(crate) to: Vec<EmailAddress>,
    pub(crate) required: bool,
}

/// `[budget]`: how many bytes the encoded HTML part of a mail may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    pub(crate) warn: u32,
    /// From here on an issue is refused; no less than `warn`.
    pub(crate) refuse: u32,
}

/// `[delivery]`: how a campaign reaches its readers.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) via: Via,
    /// How long a campaign is tried before what is left of it expires.
    pub(crate) lifetime: Duration,
    pub(crate) envelope_sender: EmailAddress,
}

#[derive(Debug, Clone)]
pub(crate) enum Via {
    Outbox(OutboxSettings),
    Smtp(Smtp),
    Mailchimp(MailchimpSettings),
}

impl Via {
    pub(crate) fn kind(&self) -> RouteKind {
        match self {
            Self::Outbox(_) => RouteKind::Outbox,
            Self::Smtp(_) => RouteKind::Smtp,
            Self::Mailchimp(_) => RouteKind::Mailchimp,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct OutboxSettings {
    /// The Maildir, absolute.
    pub(crate) path: PathBuf,
    /// A CSV file that is imported when the store is made, absolute. Only the
    /// outbox has one, so that a first try finds somebody to write to.
    pub(crate) subscribers: Option<PathBuf>,
}

/// `[smtp]`. The password is a secret, and read when a command needs it.
#[derive(Debug, Clone)]
pub(crate) struct Smtp {
    pub(crate) server: MailServer,
    /// The account; without one there is no login.
    pub(crate) user: Option<String>,
    /// How many connections at most, 1 to 64.
    pub(crate) connections: u8,
    /// The most messages in a time; what the server takes is found out anyway.
    pub(crate) rate: Option<SendRate>,
    /// A PEM file of the certificate authorities to trust, absolute; the system's when left out.
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) client_name: Host,
}

/// `[mailchimp]`. The API key is a secret, and read when a command needs it.
#[derive(Debug, Clone)]
pub(crate) struct MailchimpSettings {
    pub(crate) audience: String,
    /// Another address of the API, on this machine alone.
    pub(crate) base_url: Option<std::net::SocketAddr>,
}

/// `[store]`: where the list and the ledger are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreLocation {
    Sqlite(PathBuf),
}

/// `[schedule]`: when `due` sends.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    pub(crate) timetable: Timetable,
    /// How late an issue may still be sent.
    pub(crate) max_late: Duration,
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
    let time_zone =
        settings.computed(&keys::NEWSLETTER_TIME_ZONE, default.as_str(), values::time_zone);
    let (slug, from) = (slug?, from?);
    let default = format!("{slug}.{}", from.address.domain());
    let list_id = settings.computed(&keys::NEWSLETTER_LIST_ID, default.as_str(), values::list_id);
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
    let lifetime = settings.value(&keys::DELIVERY_LIFETIME, values::duration);
    let default = newsletter.map(|newsletter| newsletter.from.address.as_str());
    let envelope_sender =
        settings.computed(&keys::DELIVERY_ENVELOPE_SENDER, default, values::address);
    // A route that is not chosen is read too, because `--via` may choose it later.
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
    let rate = settings.optional(&keys::SMTP_RATE, values::send_rate);
    let ca_file = settings.optional(&keys::SMTP_CA_FILE, values::path).map(|path| root.join(path));
    let default = newsletter.map(|newsletter| newsletter.from.address.domain());
    let client_name = settings.computed(&keys::SMTP_CLIENT_NAME, default, values::host);
    let server = server?;
    if user.is_some() && !server.may_carry_secrets() {
        let advice = "Use smtps:// or smtp://, or take the user out.";
        let problem = "would send the password without TLS to another machine";
        settings.refuse(&keys::SMTP_URL, &Wrong::new(problem, advice));
    }
    let leads_here = newsletter.is_some_and(|newsletter| newsletter.public_url.is_local());
    // Somebody who sets a public URL of this machine, and a server on this
    // machine, tries the program out. No reader gets such a mail.
    let rehearses = settings.is_set(&keys::NEWSLETTER_PUBLIC_URL) && server.host().is_loopback();
    if route == Some(RouteKind::Smtp) && leads_here && !rehearses {
        let problem = "leads to this machine, where readers cannot unsubscribe";
        let advice = "Set it to the https URL at which readers reach `postrider serve`.";
        settings.refuse(&keys::NEWSLETTER_PUBLIC_URL, &Wrong::new(problem, advice));
    }
    Some(Smtp { server, user, connections: connections?, rate, ca_file, client_name: client_name? })
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

/// `[serve]`: the proxies in front of the public pages, if they are set.
pub(super) fn serve(settings: &mut Settings) -> Option<Option<Vec<ipnet::IpNet>>> {
    let proxies = settings.list(&keys::SERVE_TRUSTED_PROXIES, values::network)?;
    Some(settings.is_set(&keys::SERVE_TRUSTED_PROXIES).then_some(proxies))
}

pub(super) fn store(settings: &mut Settings, root: &Root) -> Option<StoreLocation> {
    let path = settings.value(&keys::STORE_URL, values::sqlite_path)?;
    Some(StoreLocation::Sqlite(root.join(path)))
}

/// There is a schedule if any part of it is set.
pub(super) fn schedule(settings: &mut Settings) -> Option<Option<Schedule>> {
    if !settings.mentions("schedule") {
        return Some(None);
    }
    let time = settings.required(&keys::SCHEDULE_TIME, values::time_of_day);
    let time_zone = settings.required(&keys::SCHEDULE_TIME_ZONE, values::time_zone);
    let max_late = settings.value(&keys::SCHEDULE_MAX_LATE, values::duration);
    let weekday = settings.optional(&keys::SCHEDULE_WEEKDAY, values::weekday);
    let timetable = Timetable { time: time?, time_zone: time_zone?, weekday };
    Some(Some(Schedule { timetable, max_late: max_late? }))
}
