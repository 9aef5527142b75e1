//! The table of rules. The first row that fits a reply says what it means.
//!
//! Telling words stand above codes, because real servers put them under wrong
//! codes: `550 5.1.1 ... has sent to too many recipients this hour`. Above all
//! that blames a mailbox stands what blames somebody else, so that the reader
//! has the benefit where words and code disagree.
//!
//! A new rule is a row here, a phrase in a list of [`words`], and
//! an answer of a real server with its source in the table of the tests.

use super::wording::Wording;
use super::{Meaning, words};
use crate::delivery::{Phase, Reply};

/// One row: what a reply must be, and what it means then.
pub(super) struct AnswerRule {
    phases: Phases,
    codes: Codes,
    enhanced: Enhanced,
    words: TellingWords,
    pub(super) meaning: Meaning,
    /// Where it is written that such a reply means that.
    #[cfg_attr(not(test), expect(dead_code, reason = "a source is for readers and tests"))]
    pub(super) source: &'static str,
}

/// The commands that a reply may answer.
enum Phases {
    Any,
    /// RCPT, and no other.
    Recipient,
    /// RCPT and everything after it.
    FromRecipient,
    /// DATA and the content.
    Content,
}

/// The three digits of a reply.
enum Codes {
    Any,
    /// 400 to 499.
    Temporary,
    /// 500 to 599.
    Permanent,
    Of(&'static [u16]),
}

/// The enhanced code, by its subject and detail.
enum Enhanced {
    Any,
    Of(&'static [(u16, u16)]),
    Subjects(&'static [u16]),
    /// Details of subject 7 from the first to the last.
    Policy(u16, u16),
}

/// The words of the text.
enum TellingWords {
    Any,
    /// One of the phrases occurs.
    Of(&'static [&'static str]),
    /// The text gives no reason.
    None,
}

impl AnswerRule {
    pub(super) fn fits(&self, phase: Phase, reply: &Reply, wording: &Wording) -> bool {
        self.phases.include(phase)
            && self.codes.include(reply.code)
            && self.enhanced.include(reply)
            && self.words.occur_in(wording)
    }
}

impl Phases {
    fn include(&self, phase: Phase) -> bool {
        match self {
            Self::Any => true,
            Self::Recipient => phase == Phase::RcptTo,
            Self::FromRecipient => phase >= Phase::RcptTo,
            Self::Content => phase > Phase::RcptTo,
        }
    }
}

impl Codes {
    fn include(&self, code: u16) -> bool {
        match self {
            Self::Any => true,
            Self::Temporary => code < 500,
            Self::Permanent => code >= 500,
            Self::Of(codes) => codes.contains(&code),
        }
    }
}

impl Enhanced {
    fn include(&self, reply: &Reply) -> bool {
        let code = reply.enhanced.map(|code| (code.subject, code.detail));
        match (self, code) {
            (Self::Any, _) => true,
            (_, None) => false,
            (Self::Of(codes), Some(code)) => codes.contains(&code),
            (Self::Subjects(subjects), Some((subject, _))) => subjects.contains(&subject),
            (Self::Policy(first, last), Some((subject, detail))) => {
                subject == 7 && (*first..=*last).contains(&detail)
            }
        }
    }
}

impl TellingWords {
    fn occur_in(&self, wording: &Wording) -> bool {
        match self {
            Self::Any => true,
            Self::Of(phrases) => wording.has_any(phrases),
            Self::None => wording.is_silent(),
        }
    }
}

/// The codes that say that a mailbox or its domain is not there or is closed
/// (RFC 3463 sections 3.2 and 3.3, RFC 7505 section 4.2). X.1.0, X.1.4, X.1.5
/// say less; X.1.7 and X.1.8 are about the sender.
const DEAD: Enhanced = Enhanced::Of(&[(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)]);

/// A row that fits everything, of which the others change a part.
const ANY: AnswerRule = AnswerRule {
    phases: Phases::Any,
    codes: Codes::Any,
    enhanced: Enhanced::Any,
    words: TellingWords::Any,
    meaning: Meaning::Unclear,
    source: "",
};

/// A row of the table that depends on words.
const fn says(
    phrases: &'static [&'static str],
    meaning: Meaning,
    source: &'static str,
) -> AnswerRule {
    AnswerRule { words: TellingWords::Of(phrases), meaning, source, ..ANY }
}

/// A row of the table that depends on the enhanced code.
const fn coded(enhanced: Enhanced, meaning: Meaning, source: &'static str) -> AnswerRule {
    AnswerRule { enhanced, meaning, source, ..ANY }
}

impl AnswerRule {
    const fn at(self, phases: Phases) -> Self {
        Self { phases, ..self }
    }

    const fn with(self, codes: Codes) -> Self {
        Self { codes, ..self }
    }

    const fn under(self, enhanced: Enhanced) -> Self {
        Self { enhanced, ..self }
    }
}

use Codes::{Permanent, Temporary};
use Phases::{Content, FromRecipient, Recipient};

pub(super) const RULES: &[AnswerRule] = &[
    // What the server asks of whoever logs in.
    coded(Enhanced::Any, Meaning::Sender, "RFC 4954 section 6: 530, 534, 535, 538 ask for AUTH")
        .with(Codes::Of(&[530, 534, 535, 538])),
    // Words that tell how much is too much.
    says(words::RECIPIENT_BUSY, Meaning::RecipientDeferred, "Gmail 4.2.1, Exchange 4.3.2, iCloud")
        .at(FromRecipient),
    says(
        words::QUOTA,
        Meaning::Quota,
        "Gmail 5.4.5, Exchange 5.1.90, SES, IONOS, Naver, StartMail",
    ),
    // A connection that ends with such words says nothing of the pace.
    says(words::ONE_CONNECTION, Meaning::Server, "Exim smtp_accept_max_per_connection; Yahoo")
        .with(Codes::Of(&[421])),
    says(words::ONE_CONNECTION, Meaning::Connections, "163.com MI:DMC and RP:DRC"),
    says(words::CONNECTIONS, Meaning::Connections, "Postfix smtpd, Exchange 4.3.2, Orange 104"),
    says(
        words::GREYLIST,
        Meaning::RecipientDeferred,
        "RFC 6647; Postgrey, rspamd, milter-greylist",
    )
    .at(FromRecipient),
    says(
        words::FULL,
        Meaning::RecipientDeferred,
        "RFC 3463 section 3.3, X.2.2; Gmail, Exim, web.de",
    )
    .at(FromRecipient)
    .with(Temporary),
    says(words::FULL, Meaning::RecipientRefused, "RFC 3463 section 3.3, X.2.2; Yahoo, docomo, QQ")
        .at(FromRecipient)
        .with(Permanent),
    says(words::RATE, Meaning::Rate, "SES, Postfix smtpd, Gmail 4.7.28, Yahoo TSS04, QQ, IONOS"),
    // Words about the message's size, and about a recipient who chooses.
    says(words::SIZE, Meaning::Message, "RFC 1870 section 6; RFC 3463 X.2.3 and X.3.4"),
    says(words::RECIPIENT_CHOICE, Meaning::RecipientDeferred, "Zoho 452 restricted by policy")
        .at(FromRecipient)
        .with(Temporary),
    says(words::RECIPIENT_CHOICE, Meaning::RecipientRefused, "Exchange RESOLVER.RST, AOL, QQ")
        .at(FromRecipient)
        .with(Permanent),
    coded(
        Enhanced::Of(&[(7, 124), (7, 129), (7, 133), (7, 134), (7, 135), (7, 136)]),
        Meaning::RecipientRefused,
        "Exchange Online: mailboxes and groups that take mail from some senders alone",
    )
    .at(FromRecipient)
    .with(Permanent),
    coded(
        Enhanced::Of(&[(7, 504), (7, 505)]),
        Meaning::RecipientRefused,
        "Exchange Online: the address is not valid, or banned",
    )
    .at(FromRecipient)
    .with(Permanent),
    // Words about whoever sends, and about the server.
    coded(Enhanced::Of(&[(1, 7), (1, 8)]), Meaning::Sender, "RFC 3463 section 3.2"),
    coded(Enhanced::Policy(20, 27), Meaning::Sender, "RFC 7372, RFC 7505: SPF, DKIM, PTR")
        .with(Permanent),
    coded(Enhanced::Policy(500, 799), Meaning::Sender, "Exchange Online: 5.7.501 to 5.7.750")
        .with(Permanent),
    says(
        words::SENDER,
        Meaning::Sender,
        "Postfix smtpd_check.c, Exim, Exchange 5.7.x, mail.ru, Yahoo",
    ),
    says(words::SERVER, Meaning::Server, "RFC 5321 section 4.2.3: 421, 451, 452; Gmail 4.3.0"),
    // Words about the message, which only its content can bring about.
    says(words::SPAM, Meaning::Message, "Gmail 5.7.1, Yandex, T-Online, QQ content denied")
        .at(Content)
        .with(Permanent),
    says(words::SPAM, Meaning::Sender, "Mail is called spam before it was seen: Comcast, Free")
        .with(Permanent),
    says(words::MESSAGE, Meaning::Message, "RFC 3463 section 3.7; Mimecast, SES, Gmail 5.7.0")
        .at(Content)
        .with(Permanent),
    coded(Enhanced::Policy(8, 16), Meaning::Sender, "RFC 4954, RFC 5248: authentication, TLS")
        .with(Permanent),
    says(words::SUSPENDED, Meaning::RecipientDeferred, "RFC 5321 section 4.2.3: 450, mailbox busy")
        .at(FromRecipient)
        .with(Temporary),
    says(words::SUSPENDED, Meaning::RecipientRefused, "iCloud, 163.com: the account may be back")
        .at(FromRecipient)
        .with(Permanent),
    says(words::NAME_NOT_ALLOWED, Meaning::RecipientRefused, "RFC 5321 section 4.2.3: 553")
        .at(FromRecipient)
        .with(Permanent),
    says(words::NOT_IN_DIRECTORY, Meaning::RecipientRefused, "Exchange Online: edge blocking")
        .at(FromRecipient)
        .with(Permanent)
        .under(Enhanced::Of(&[(4, 1)])),
    // A mailbox that is not there, if nothing in the text speaks against it.
    says(words::POLICY, Meaning::Unclear, "RFC 5321 section 3.6.2: 550 for policy reasons")
        .at(FromRecipient)
        .with(Permanent),
    says(words::MESSAGE, Meaning::Unclear, "A message is not judged before it was seen")
        .at(Recipient)
        .with(Permanent),
    says(words::LATER, Meaning::RecipientDeferred, "A permanent code whose words say: for a while")
        .at(Recipient)
        .with(Permanent),
    says(words::DOUBTFUL, Meaning::Unclear, "The words do not fit the code")
        .at(Recipient)
        .with(Permanent)
        .under(DEAD),
    says(words::UNKNOWN, Meaning::NoMailbox, "RFC 3463 sections 3.2 and 3.3; RFC 7505")
        .at(Recipient)
        .with(Permanent)
        .under(DEAD),
    AnswerRule {
        words: TellingWords::None,
        meaning: Meaning::NoMailbox,
        source: "RFC 3463 sections 3.2 and 3.3: the code alone says it",
        ..ANY
    }
    .at(Recipient)
    .with(Permanent)
    .under(DEAD),
    // The same without such a code, or too late: the address stays on the list.
    says(words::UNKNOWN, Meaning::RecipientDeferred, "Postfix soft_bounce, 4.1.1; Exim callouts")
        .at(FromRecipient)
        .with(Temporary),
    says(words::UNKNOWN, Meaning::RecipientRefused, "Outlook.com, docomo, web.de, QQ: a bare 550")
        .at(FromRecipient)
        .with(Permanent),
    says(words::REJECTED, Meaning::RecipientDeferred, "Postfix smtpd_check.c")
        .at(Recipient)
        .with(Temporary)
        .under(Enhanced::Subjects(&[1, 2])),
    says(words::REJECTED, Meaning::RecipientRefused, "Cisco: 550 #5.1.0 Address rejected")
        .at(Recipient)
        .with(Permanent),
    says(words::HOST, Meaning::RecipientDeferred, "Postfix: 450 4.1.2 Domain not found")
        .at(FromRecipient)
        .with(Temporary),
    says(words::HOST, Meaning::RecipientRefused, "Exim: Unrouteable address")
        .at(FromRecipient)
        .with(Permanent),
    // Codes without telling words: permanent ones.
    coded(Enhanced::Of(&[(2, 3), (3, 4)]), Meaning::Message, "RFC 3463 X.2.3, X.3.4: too large")
        .with(Permanent),
    coded(Enhanced::Subjects(&[6]), Meaning::Message, "RFC 3463 section 3.7")
        .at(Content)
        .with(Permanent),
    coded(Enhanced::Of(&[(2, 2)]), Meaning::RecipientRefused, "RFC 3463 section 3.3")
        .at(FromRecipient)
        .with(Permanent),
    coded(Enhanced::Of(&[(7, 17), (7, 18)]), Meaning::RecipientRefused, "RFC 7293 section 5")
        .at(FromRecipient)
        .with(Permanent),
    coded(Enhanced::Any, Meaning::RecipientRefused, "RFC 5321 section 4.2.3: 552, storage")
        .at(Recipient)
        .with(Codes::Of(&[552])),
    coded(Enhanced::Any, Meaning::Unclear, "RFC 5321 section 4.2.1: 5yz may be about anything")
        .at(FromRecipient)
        .with(Permanent),
    coded(Enhanced::Any, Meaning::Sender, "RFC 5321 section 4.2.1: no recipient was named yet")
        .with(Permanent),
    // Temporary ones.
    coded(Enhanced::Of(&[(5, 3)]), Meaning::Rate, "RFC 3463 X.5.3: too many recipients")
        .at(FromRecipient),
    coded(Enhanced::Subjects(&[1, 2]), Meaning::RecipientDeferred, "RFC 3463 sections 3.2 and 3.3")
        .at(FromRecipient),
    coded(Enhanced::Subjects(&[3, 4, 5, 6, 7]), Meaning::Server, "RFC 3463 sections 3.4 to 3.8")
        .at(FromRecipient),
    coded(Enhanced::Any, Meaning::RecipientDeferred, "RFC 5321 section 4.2.3: 450, mailbox busy")
        .at(FromRecipient)
        .with(Codes::Of(&[450])),
    coded(Enhanced::Any, Meaning::Server, "RFC 5321 section 4.2.3: 421, 451, 452, 455"),
];
