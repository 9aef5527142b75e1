//! The phrases by which servers say whom or what a refusal is about, one list
//! per subject. [`Wording`](super::wording::Wording) says how a phrase is written.
//!
//! The phrases are general on purpose: a list holds what many servers say, and
//! in which languages, and not whole answers. The sources of whole answers are
//! in the table of the tests.

/// The recipient gets too much mail from everybody (Gmail's 4.2.1 and 5.2.1,
/// Exchange's 4.3.2 and 5.2.121).
#[rustfmt::skip]
pub(super) const RECIPIENT_BUSY: &[&str] = &[
    "receiving mail too quickly", "receiving mail at a rate", "receiving limit*",
    "receive limit*", "receiving rate*", "recipient thread limit",
    "recipient .. too many messages", "recebendo e mails muito rapido",
    "messages to .. deferred due to excessive volume", "mailbox unavailable or access denied",
    "recipient verif*", "recipient has exceeded", "recipients .. have exceeded",
    "they can receive", "unverified address", "send to this recipient",
];

/// The sender's quota of an hour, a day or a month.
#[rustfmt::skip]
pub(super) const QUOTA: &[&str] = &[
    "daily .. limit*", "daily .. quota*", "daily .. exceeded", "hourly .. limit*",
    "hourly .. quota*", "monthly .. limit*", "monthly .. quota*", "limit .. per day",
    "limit .. per hour", "limit* .. 24 hours", "exceeded .. per hour", "exceeded .. per day",
    "per hour exceeded", "per day exceeded", "per hour .. exceeded", "this hour",
    "within 24 hours", "in 24 hours", "24 hour sending", "sending quota*", "send quota*",
    "sending limit*", "send limit*", "sent limit*", "outgoing limit*", "outbound limit*",
    "outgoing .. limit* .. exceeded", "limit .. outgoing", "message quota*", "messages quota*",
    "message count quota", "mail limit", "email limit", "message limit*", "messages limit*",
    "mailing limit*", "recipient limit*", "recipients limit*", "submission quota*",
    "sender .. quota", "your quota", "credits exceeded", "maximum credits", "out of credits",
    "exceeded .. sending", "quota of .. messages", "limite .. envi*", "limite quotidienne*",
    "limite diario", "limite diaria", "quota .. envoi", "cota .. envio", "sendelimit*",
    "versandlimit*", "tageslimit*", "limite .. invi*", "limit .. wysyl*", "лимит .. отправк*",
    "лимит .. писем", "дневной лимит", "суточный лимит", "*当日*", "*每日*", "*本日*", "*一日*", "*送信数*",
    "*送信上限*", "*일일*",
];

/// Too many connections at once, or too many in a short time.
#[rustfmt::skip]
pub(super) const CONNECTIONS: &[&str] = &[
    "too many concurrent*", "too many simultaneous*", "too many .. sessions", "too many sessions",
    "too many new tls sessions", "too many parallel", "concurrent connection*",
    "concurrent smtp*", "simultaneous connection*", "simultaneous session*", "connection limit*",
    "connections limit*", "connections exceeded", "connection count", "connection rate",
    "connection throttl*", "maximum .. connections", "max connection*", "sender thread limit",
    "frequent connect*", "hl icc", "trop de connexions", "zu viele .. verbindungen",
    "zu viele verbindungen", "demasiadas conexiones", "muitas conexoes", "troppe connessioni",
    "слишком много соединений", "слишком много подключений", "*并发连接*", "*同時接続*",
    "too many connection*", "too many connects",
];

/// Enough messages over this connection.
#[rustfmt::skip]
pub(super) const ONE_CONNECTION: &[&str] = &[
    "per connection", "per session", "too many messages .. connection",
    "too many messages .. session", "enough messages", "mi dmc", "rp drc",
];

/// Greylisting: the first try is put off (RFC 6647).
#[rustfmt::skip]
pub(super) const GREYLIST: &[&str] = &[
    "greylist*", "graylist*", "grey listed", "gray listed", "grey listing", "gray listing",
    "postgrey", "gris .. liste", "liste grise", "lista gris", "greylisting*", "серый список",
    "*灰名单*", "internal resource* .. temporarily unavailable",
];

/// Too many messages in a short time.
#[rustfmt::skip]
pub(super) const RATE: &[&str] = &[
    "rate limit*", "rate .. exceed*", "exceed* .. rate", "ratelimit*", "sending rate",
    "send rate", "message rate", "submission rate", "unusual rate", "excessive rate", "throttl*",
    "too fast", "too quickly", "too frequent*", "too often", "slow down", "slower",
    "slow .. sending", "too much mail", "too much traffic", "too many messages", "too many mails",
    "too many emails", "too many e mails", "too many letters", "too many recipients",
    "too many rcpt*", "too many requests", "too many auth*", "too many deliveries",
    "sent to too many", "sent too many", "sending too many", "send too many", "frequency limit*",
    "unexpected volume", "unusual volume", "excessive volume", "high volume", "volume limit*",
    "message volume", "flood*", "burst*", "allow rcpt numbers", "hl ifc", "mi sfq", "rp qrc",
    "ts04", "tss04", "trop de messages", "trop de mails", "trop rapid*", "trop de destinataires",
    "ralenti*", "zu viele nachrichten", "zu viele mails", "zu viele e mails",
    "zu viele empfanger", "zu schnell", "demasiados mensajes", "demasiados correos",
    "muitas mensagens", "muitos e mails", "troppi messaggi", "слишком много писем",
    "слишком много сообщений", "слишком часто", "превышен .. лимит", "превышена частота", "*频率*",
    "*频繁*", "*頻度*", "*頻繁*", "peak .. limit*", "relay limit*", "temporarily deferred",
    "per minute", "per .. minutes", "too many .. mails", "per second", "dyn t1", "wait to send",
    "exceeded permitted limits",
];

/// The server's own trouble.
#[rustfmt::skip]
pub(super) const SERVER: &[&str] = &[
    "server busy", "server is busy", "server too busy", "system busy", "network is busy",
    "queue busy", "overload*", "load average", "load too high", "high load", "system load",
    "insufficient system*", "insufficient disk*", "insufficient queue*",
    "insufficient .. resource*", "system storage", "system full", "no space left",
    "space shortage", "queue file", "queue full", "disk full", "out of memory",
    "system resource*", "resources temporarily", "resource temporarily", "internal error*",
    "internal server error", "system error", "system problem", "system failure", "system config*",
    "server config*", "local configuration error", "configuration error", "local problem",
    "local error", "lookup failure", "lookup error", "database .. error", "ldap",
    "service not available", "service currently unavailable", "service temporarily unavailable",
    "temporary server", "temporary system", "shutting down", "maintenance", "too many hops",
    "mail loop", "loops back", "loop detected", "timeout*", "timed out",
    "unable to process connection", "serveur occupe", "внутренняя ошибка", "queue unavailable",
    "trouble in", "system .. busy", "too much load", "too busy", "i o error",
    "input output error", "directory .. unavailable", "lookup .. failed",
];

/// The recipient's mailbox is full.
#[rustfmt::skip]
pub(super) const FULL: &[&str] = &[
    "mailbox .. full", "mailbox is full", "mailbox full", "inbox .. full", "account .. full",
    "folder .. full", "mailfolder is full", "full mailbox", "user is full", "over quota",
    "overquota", "over .. quota", "exceed* .. quota", "quota .. exceed*", "quota exceeded",
    "quota limit*", "quota violation", "quota reached", "reached .. quota", "disk quota",
    "disc quota", "storage quota", "out of storage", "storage space", "storage full",
    "storage limit*", "storage allocation", "maximum allowed storage", "allowed storage",
    "not enough .. space", "does not have enough space", "insufficient .. space",
    "insufficient storage", "no space in", "no more space", "disk space", "space has been used",
    "mailbox size limit", "mailbox exceed*", "mailbox limit*", "mailbox would exceed",
    "too many messages on the server", "too many messages in .. mailbox", "too much mail data",
    "blocks limit exceeded", "boite .. pleine", "boite pleine", "quota .. depass*",
    "depass* .. quota", "postfach .. voll", "postfach voll", "mailbox .. voll", "speicherplatz*",
    "speichervolumen*", "speicherlimit*", "zuviele mails auf", "buzon .. lleno", "buzon lleno",
    "cuota .. excedida", "caixa .. cheia", "caixa cheia", "cota .. excedida", "quota .. excedida",
    "casella .. piena", "casella piena", "quota .. superata", "skrzynka .. pelna", "przepelnion*",
    "ящик .. переполнен*", "переполнен*", "превышена квота", "*已满*", "*空间不足*", "*容量*",
    "*メールボックスがいっぱい*", "*용량*",
];

/// The message is too large.
#[rustfmt::skip]
pub(super) const SIZE: &[&str] = &[
    "message size", "msg size", "mail size", "email size", "mailsize limit",
    "message .. too large", "message .. too big", "message .. too long", "message too large",
    "message too big", "message too long", "mail too large", "data size exceed*", "size exceed*",
    "exceed* .. size limit", "size limit", "maximum .. size", "max size",
    "message length exceed*", "larger than", "attachment .. too l*", "nachricht .. zu gross",
    "nachricht .. zu groß", "message trop volumineux", "taille .. message", "mensaje .. grande",
    "mensagem .. grande", "слишком большой",
];

/// The recipient, or whoever runs the recipient's server, wants no mail from us
/// or not from everybody.
#[rustfmt::skip]
pub(super) const RECIPIENT_CHOICE: &[&str] = &[
    "blocked by the recipient", "blocked by recipient", "blocked by user",
    "blocked by .. recipient", "recipient has blocked", "recipient blocked",
    "recipient .. blocked you", "rejected by recipient*", "rejected by the recipient",
    "rejected by user", "refused by recipient", "refused by the recipient",
    "recipient preferences", "recipient refuses", "recipient refuse to receive",
    "recipient is only accepting", "recipient only accepts",
    "recipient does not accept mail from", "recipient not accepting",
    "accepting mail from specific", "only accept* .. from", "users reject list", "reject list",
    "restricted to", "rst not authorized", "members only", "non member", "not a member",
    "closed mailing list", "not subscribed", "not accepting any mail", "not accepting mail",
    "not accepting messages", "does not accept messages from", "not currently being accepted",
    "delivery restricted", "delivery restriction", "mailbox delivery .. policy",
    "suppression list", "suppressed", "bounced address", "inactive recipient",
    "previously bounced", "requires an upgrade", "recipient prohibited",
    "account is protected by", "user reject", "rejected by destination domain",
    "on the target address", "mailbox .. restricted", "user refused", "user has refused",
    "envelope blocked user",
];

/// A recipient whose account is held for now, and may be back.
#[rustfmt::skip]
pub(super) const SUSPENDED: &[&str] = &[
    "suspended", "suspend .. service", "temporarily disabled", "temporary disabled",
    "disabled temporar*", "temporarily inactive", "temporarily locked", "temporary locked",
    "temporarily blocked", "mailbox .. locked", "account .. locked", "account is locked",
    "user is locked", "mailbox is frozen", "frozen", "inactive", "inactivity", "not active",
    "not activated", "not currently accepting", "mailbox busy", "archivee", "on vacation",
    "on hold", "приостановлен*", "заморожен*", "*冻结*", "*停用*", "account expired",
    "account has expired", "mailbox expired", "account .. expired", "user .. locked",
    "status is locked",
];

/// The sender, the account, the address or the name of the machine that sends.
#[rustfmt::skip]
pub(super) const SENDER: &[&str] = &[
    "sender address", "sender addresses", "sender email", "sender denied", "sender refused",
    "sender blocked", "sender is blocked", "sender not", "sender is not", "sender verif*",
    "sender domain*", "sender ip", "sender was", "sender has", "sender rejected",
    "senders domain", "senders ip", "senders address", "senders mx", "the sender", "this sender",
    "invalid sender", "bad sender", "bad outbound sender", "outbound sender", "spam sender",
    "unroutable sender", "unknown sender", "sender unknown", "envelope sender", "envelope from",
    "envelope blocked", "from address", "from domain", "mail from", "mailfrom", "return path",
    "host denies the sender", "domain of sender", "sending domain*", "sending address*",
    "sending ip", "sending mta*", "sending server", "sending host", "source ip", "originating ip",
    "send as", "sendas*", "not allowed to send", "not authorized to send",
    "not authorised to send", "not permitted to send", "unauthorized to send",
    "is not allowed to use", "not owned by", "not your own", "not verified", "unverified sender",
    "email address is not verified", "sending .. disabled", "sending .. suspended",
    "sending suspended", "sending paused", "sending .. blocked", "your account", "your server",
    "your ip", "your host", "your mail server", "your isp", "your internet service provider",
    "your network", "your domain", "your email address", "your access", "your reverse",
    "outgoing blocked", "email outgoing", "unusual sending", "account .. sending", "spf", "dkim",
    "dmarc", "arc fail*", "unauthenticated", "not authenticated", "authentication required",
    "authentication information", "authentication fail*", "authentication check*",
    "authentication credentials", "requires authentication", "require authentication",
    "smtp auth*", "auth required", "must authenticate", "must be authenticated", "must login",
    "login required", "must issue a starttls", "starttls", "tls required", "relay access",
    "relay not", "relaying not", "relaying disallowed", "relay operation", "relay prohibited",
    "denies relay", "open relay", "unable to relay", "not allowed to relay", "cannot relay",
    "isnt allowed to relay", "no relay*", "not permitted to relay", "allowed rcpthosts",
    "client host", "client not", "client was not", "helo command", "helo host", "helo name",
    "invalid helo", "bad helo", "helo should", "ehlo", "reverse dns", "rdns", "ptr",
    "reverse hostname", "dynamic ip", "residential", "blocklist*", "block list*", "blocked list",
    "blacklist*", "black list*", "blackhole*", "black ip", "denylist*", "rbl", "rbls", "dnsbl",
    "dnsbls", "dbl", "surbl", "uribl", "sbl", "xbl", "pbl", "zen", "spamhaus*", "spamcop*",
    "barracuda*", "senderscore", "sender score", "cloudmark", "sorbs", "abuseat", "abusix",
    "uceprotect*", "hostkarma", "invaluement", "ivmsip", "listed at", "is listed",
    "blocked using", "blocked by", "reputation", "complaint*", "spammer*", "bad behavior",
    "bad behaviour", "user unknowns", "userid unknowns", "too many errors", "too many invalid",
    "too many unknown", "too many bad", "dictionary attack", "hl rep", "emetteur", "expediteur",
    "absender*", "remitente*", "remetente*", "mittente", "nadawc*", "отправител*", "*发件人*",
    "*发信人*", "*发信ip*", "*送信者*", "*送信元*", "*発信者*", "*발신*", "generic ptr", "generic dns",
    "generic hostname", "gbudb", "tenant attribution", "your tenant", "too many non*",
    "excessive*", "high number of", "number of invalid", "your envelope sender",
    "address .. blacklisted", "batv", "unusual amount", "tenant has", "relay denied",
    "relaying denied", "permission to send", "permissions to send", "ip listed", "host listed",
    "domain listed", "address listed", "spoof*", "blocked senders", "blocked sender", "for abuse",
    "to abuse", "abusive", "banned ip", "banned sending", "banned sender", "ip banned",
    "ip is banned", "been banned", "you are banned", "as a relay", "not a gateway",
    "unauthorized relay", "auth failed", "authentication mechanism", "sender is", "denyip",
    "invalid dns", "bad dns", "ipcheck", "blocked see",
];

/// What filters think of a message, or of whoever sends it.
#[rustfmt::skip]
pub(super) const SPAM: &[&str] = &[
    "spam", "unsolicited", "spamassassin", "antispam", "anti spam", "spammy", "spamming", "junk",
    "junkmail", "ube", "uce", "bulk", "mass mail*", "mass mailer", "advertis*", "virus*",
    "infected", "malware", "phish*", "suspicious", "suspect*", "dt spm", "werbung", "спам*",
    "вирус*", "*垃圾*", "*迷惑*", "*스팸*",
];

/// A part of the message, or the message itself.
#[rustfmt::skip]
pub(super) const MESSAGE: &[&str] = &[
    "content", "url", "urls", "uri", "link", "links", "attachment*", "illegal",
    "message filtered", "filtered", "filter*", "header*", "bare lf", "line too long",
    "line .. too long", "multiple addresses", "subject", "mime", "non compliant", "not compliant",
    "rfc5322", "rfc 5322", "rfc2822", "rfc 2822", "rfc822", "reject id", "message refused",
    "message denied", "message rejected", "message blocked", "message not accepted",
    "mail rejected", "email rejected", "inhalt*", "contenu", "contenido", "conteudo", "*内容*",
    "message not allowed", "data refused", "mail refused", "message was rejected",
    "message has been rejected",
];

/// Rules of the server that name no subject.
#[rustfmt::skip]
pub(super) const POLICY: &[&str] = &[
    "policy", "policies", "access denied", "denied by", "not authorized", "not authorised",
    "unauthorized", "not allowed", "not permitted", "prohibited", "prohibits", "prohibition",
    "forbidden", "permission", "permissions", "restricted", "restriction*", "security",
    "organizational settings", "captcha", "protocol violation", "blocked", "interdit*",
    "politique*", "richtlinie*", "politica*", "запрещен*", "*拒绝*", "*禁止*", "*拒否*",
];

/// Words of a permanent refusal that say that it is not permanent.
#[rustfmt::skip]
pub(super) const LATER: &[&str] = &[
    "try again later", "try again in", "try later", "retry later", "try again after",
    "please retry", "come back later", "temporar*", "later", "plus tard", "spater", "mas tarde",
    "piu tardi", "позже", "временно", "*稍后*", "*暂时*", "*しばらく*", "*一時的*", "*나중에*",
];

/// Single words that do not fit a mailbox that does not exist. They do not say
/// what the refusal means; they keep it from suppressing anybody.
#[rustfmt::skip]
pub(super) const DOUBTFUL: &[&str] = &[
    "sender*", "denied", "deny", "block", "blocking", "limit*", "quota*", "exceed*", "rate",
    "full", "space", "storage", "size", "large", "try again", "again", "retry", "wait",
    "currently", "moment", "minutes", "seconds", "hour*", "today", "busy", "expired", "inactive",
    "unpaid", "payment", "ip", "client*", "connection*", "helo", "tls", "auth*", "credential*",
    "signature*", "whitelist*", "allowlist*", "approved", "vacation", "loop", "certificate",
    "лимит*", "*限制*", "*制限*", "*제한*", "service", "5.7*", "5.2.2", "4.2*", "4.7*", "account limit",
    "not today", "maintenance", "relaying", "unverified", "verification",
];

/// RFC 5321's text of 553, which sounds like a rule of the server.
#[rustfmt::skip]
pub(super) const NAME_NOT_ALLOWED: &[&str] = &[
    "mailbox name not allowed",
];

/// Exchange Online's text for an address that its directory lacks.
#[rustfmt::skip]
pub(super) const NOT_IN_DIRECTORY: &[&str] = &[
    "recipient address rejected access denied", "recipient addresses rejected access denied",
];

/// The mailbox is not there.
#[rustfmt::skip]
pub(super) const UNKNOWN: &[&str] = &[
    "unkown", "no such*", "not exist*", "no exist*", "doesnt exist*", "dont exist*",
    "isnt exist*", "no exists", "nonexistent", "non existent", "inexistent*", "non existing",
    "nonexisting", "not found", "couldnt be found", "could not be found", "cannot be found",
    "not known", "not listed", "not recognized", "not recognised", "unrecognized",
    "not in .. directory", "not present", "not registered", "not a registered",
    "not our customer", "not a valid", "not valid", "no valid", "no longer valid",
    "no longer available", "no longer active", "no longer accepts", "no longer accepting",
    "no longer works", "no longer with", "no longer in use", "no longer used", "no longer exists",
    "no longer exist", "not a known", "not local", "not a local", "no mailbox", "no mail box",
    "no account", "no user", "no person", "no one", "nobody", "there is no", "does not have an",
    "doesnt have a", "doesnt have an", "undeliverable address", "unrouteable", "unroutable",
    "bad address", "bad recipient", "bad destination", "badrcptto", "badrecipientto",
    "validrcptto", "account disabled", "account .. disabled", "account that .. is disabled",
    "user disabled", "disabled user", "mailbox .. disabled", "mailbox disabled",
    "disabled mailbox", "is disabled", "been disabled", "discontinued", "deactivated",
    "terminated", "retired", "cancelled", "canceled", "has moved", "have moved",
    "left the company", "null mx", "does not accept mail", "does not accept any mail",
    "not accept email", "unknown domain", "domain does not", "inconnu*", "inexistant*",
    "introuvable", "invalide", "nexiste pas", "n existe pas", "unbekannt*", "nicht bekannt",
    "existiert nicht", "nicht gefunden", "nicht vorhanden", "unzustellbar", "ungultig*",
    "desconocid*", "no existe", "no encontrado", "desconhecid*", "nao existe", "inexistente",
    "nao encontrad*", "sconosciut*", "non esiste", "inesistente", "nessun utente", "onbekend*",
    "bestaat niet", "okand*", "finns inte", "ukendt", "ukjent", "tuntematon", "nie istnieje",
    "nie ma takiego", "nieznany", "neexistuje", "neznamy", "ismeretlen", "bulunamadi",
    "не существует", "не найден*", "неизвестн*", "нет такого", "недействител*", "удален*",
    "не зарегистрирован*", "*不存在*", "*无此用户*", "*找不到*", "*未找到*", "*無此*", "*存在しない*", "*存在しません*",
    "*宛先不明*", "*존재하지*", "*없는*", "*없음*", "user unknown", "unknown user*", "user .. unknown",
    "users .. unknown", "recipient unknown", "unknown recipient*", "recipient .. unknown",
    "mailbox unknown", "unknown mailbox", "mailbox .. unknown", "address unknown",
    "unknown address*", "address .. unknown", "addressee unknown", "unknown addressee",
    "unknown local", "unknown account", "account unknown", "account .. unknown",
    "unknown virtual", "unknown alias", "unknown email", "unknown e mail", "unknown mail",
    "unknown or illegal", "is unknown", "domain .. unknown", "host unknown", "unknown host",
    "invalid recipient*", "invalid mailbox*", "invalid user*", "invalid address*",
    "invalid account*", "invalid rcpt", "invalid local", "invalid email", "invalid e mail",
    "invalid domain", "address invalid", "address .. invalid", "recipient .. invalid",
    "mailbox .. invalid", "user .. invalid", "rcpt .. invalid", "mailbox unavailable",
    "mailbox unavaiable", "mailbox .. unavailable", "user .. unavailable",
    "account .. unavailable", "recipient .. unavailable", "address .. unavailable",
    "unavailable mail user", "unavailable user", "mailbox .. not available",
    "user .. not available", "address .. not available", "address syntax", "recipient syntax",
    "mailbox syntax", "syntax .. address", "syntax .. recipient", "user .. disabled",
    "address .. disabled", "disabled account", "account closed", "account .. closed",
    "mailbox closed", "mailbox .. closed", "account .. removed", "mailbox .. removed",
    "user .. removed", "address .. removed", "account .. deleted", "mailbox .. deleted",
    "user .. deleted", "address .. deleted", "been deleted", "able to find", "unable to find",
    "unallocated", "cant find", "cannot find", "can not find", "could not find", "couldnt find",
    "invalid host*", "illegal host", "wrong recipient*", "not a member of domain",
    "unknown destination", "illegal alias", "illegal user", "user path no exist", "left the",
    "recipients are invalid", "invalid or unknown", "recipient rejected refer to",
    "no user found",
];

/// The recipient was rejected, for no reason or for one that no list knows.
#[rustfmt::skip]
pub(super) const REJECTED: &[&str] = &[
    "address rejected", "recipient rejected", "recipients rejected", "rejected recipient*",
];

/// The recipient's domain is not there.
#[rustfmt::skip]
pub(super) const HOST: &[&str] = &[
    "host unknown", "unknown host", "host not found", "domain not found", "domain name not found",
    "domain does not exist", "no such domain", "no mx", "nxdomain", "unrouteable address",
    "unroutable address", "null mx", "name server", "name service not known", "not accept mail",
    "domain must exist",
];

#[cfg(test)]
pub(super) const ALL: &[&[&str]] = &[
    RECIPIENT_BUSY,
    QUOTA,
    CONNECTIONS,
    ONE_CONNECTION,
    GREYLIST,
    RATE,
    SERVER,
    FULL,
    SIZE,
    RECIPIENT_CHOICE,
    SUSPENDED,
    SENDER,
    SPAM,
    MESSAGE,
    POLICY,
    LATER,
    DOUBTFUL,
    NAME_NOT_ALLOWED,
    NOT_IN_DIRECTORY,
    UNKNOWN,
    REJECTED,
    HOST,
];
