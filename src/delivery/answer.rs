//! What a refusal is about: rules as data, and one lookup.

use super::{Phase, Reply};

/// Whom or what a refusal is about, and what follows for a recipient if it is theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Meaning {
    /// The recipient's mailbox does not exist or is closed. Only this suppresses.
    NoMailbox,
    /// The recipient, permanently for this message, such as a full mailbox.
    RecipientRefused,
    /// The recipient, for a while: greylisting, a mailbox that is full or locked.
    RecipientDeferred,
    /// The message: its size, its content, a link in it.
    Message,
    /// The sender or the account: authentication, a blocked address, reputation.
    Sender,
    /// Too many messages, for seconds or minutes.
    Rate,
    /// The quota of hours or of a day is used up.
    Quota,
    /// Too many connections.
    Connections,
    /// The server is busy, or has a fault of its own.
    Server,
    /// A permanent refusal that may be about the recipient or about all of them.
    Unclear,
}

/// What a reply of 400 or more in that phase means.
pub(super) fn meaning(phase: Phase, reply: &Reply) -> Meaning {
    let code = reply.enhanced.map(|code| (code.subject, code.detail));
    match reply.code {
        530 | 534 | 535 | 538 => Meaning::Sender,
        ..500 if phase < Phase::RcptTo => Meaning::Server,
        ..500 => Meaning::RecipientDeferred,
        _ if phase < Phase::RcptTo => Meaning::Sender,
        _ if phase == Phase::RcptTo && matches!(code, Some((1, 1 | 2 | 3 | 6 | 10) | (2, 1))) => {
            Meaning::NoMailbox
        }
        _ => Meaning::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::EnhancedCode;

    #[test]
    fn only_an_unknown_mailbox_at_rcpt_is_no_mailbox() {
        let reply = |code, text: &str| {
            let enhanced = EnhancedCode::parse_prefix(text);
            Reply { code, enhanced, text: text.into() }
        };
        for (phase, code, text, expected) in [
            (Phase::RcptTo, 550, "5.1.1 no such user", Meaning::NoMailbox),
            (Phase::RcptTo, 550, "5.7.1 no", Meaning::Unclear),
            (Phase::MailFrom, 550, "5.7.1 no", Meaning::Sender),
            (Phase::MailFrom, 451, "4.3.0 later", Meaning::Server),
            (Phase::RcptTo, 450, "4.2.0 later", Meaning::RecipientDeferred),
            (Phase::Dot, 530, "5.7.0 log in", Meaning::Sender),
        ] {
            assert_eq!(meaning(phase, &reply(code, text)), expected, "{phase} {code} {text}");
        }
    }
}
