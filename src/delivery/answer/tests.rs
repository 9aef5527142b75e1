//! Answers of real servers, each with its source. What an answer means is
//! taken from what the source says of it, not from the rules.
//!
//! The texts are short quotations with neutral addresses and numbers.

mod collections;
mod providers;
mod servers;

use super::*;
use crate::delivery::EnhancedCode;
use crate::domain::safe_text;

/// An answer: the phase, the code, the text, what it means, and who says so.
pub(in crate::delivery) type Answer = (Phase, u16, &'static str, Meaning, &'static str);

/// The reply as the transport hands it over.
pub(in crate::delivery) fn reply(code: u16, text: &str) -> Reply {
    let enhanced =
        EnhancedCode::parse_prefix(text).filter(|enhanced| u16::from(enhanced.class) == code / 100);
    Reply { code, enhanced, text: safe_text(text) }
}

pub(in crate::delivery) fn answers() -> impl Iterator<Item = &'static Answer> {
    let tables = [
        servers::ANSWERS,
        providers::ANSWERS,
        providers::MORE,
        collections::ANSWERS,
        collections::MORE,
    ];
    tables.into_iter().flatten()
}

#[test]
fn each_answer_means_what_its_source_says() {
    let wrong: Vec<_> = answers()
        .map(|answer| (answer, meaning(answer.0, &reply(answer.1, answer.2))))
        .filter(|(answer, found)| answer.3 != *found)
        .map(|((phase, code, text, expected, source), found)| {
            format!("{phase}: {code} {text}\n    {found:?} and not {expected:?} ({source})")
        })
        .collect();
    assert!(wrong.is_empty(), "{} answers:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_table_holds_many_answers_and_each_only_once() {
    let mut texts: Vec<_> = answers().map(|answer| (answer.0, answer.1, answer.2)).collect();
    let all = texts.len();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), all);
    assert!(all >= 150, "{all}");
}

#[test]
fn no_answer_suppresses_in_another_phase_or_under_a_temporary_code() {
    use Phase::{Auth, Content, Data, Dot, Greeting, Hello, MailFrom, RcptTo};
    for (phase, code, text, expected, _) in answers() {
        for other in [Greeting, Hello, Auth, MailFrom, RcptTo, Data, Content, Dot] {
            let found = meaning(other, &reply(*code, text));
            let may = other == RcptTo && *expected == Meaning::NoMailbox && *phase == RcptTo;
            assert!(found != Meaning::NoMailbox || may, "{other}: {code} {text}");
        }
        let later = format!("4{}", text.strip_prefix('5').unwrap_or(text));
        assert_ne!(meaning(RcptTo, &reply(450, &later)), Meaning::NoMailbox, "{later}");
    }
}

/// Meanings of answers that may name a mailbox that does not exist.
const MAY: &[Meaning] = &[Meaning::RecipientRefused, Meaning::RecipientDeferred, Meaning::Unclear];

/// Servers put any words under any code. Whoever is there must not be
/// suppressed because of `5.1.1`, whatever the words are.
#[test]
fn words_that_speak_of_something_else_never_suppress_under_any_code() {
    for (phase, _, text, expected, _) in answers().filter(|a| a.3 != Meaning::NoMailbox) {
        let start = EnhancedCode::parse_prefix(text).map_or(0, |code| code.to_string().len());
        let words = text[start..].trim_start();
        // `550 user unknown` and `450 4.1.1 user unknown` name the same fault.
        let wording = Wording::from_text(words);
        let names_a_mailbox = wording.has_any(words::UNKNOWN) || wording.is_silent();
        let may = MAY.contains(expected) || *phase < Phase::RcptTo;
        if names_a_mailbox && may && !wording.has_any(words::GREYLIST) {
            continue;
        }
        for dead in ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"] {
            let found = meaning(Phase::RcptTo, &reply(550, &format!("{dead} {words}")));
            assert_ne!(found, Meaning::NoMailbox, "550 {dead} {words}, {expected:?}");
        }
    }
}

#[test]
fn each_rule_names_its_source_and_the_last_fits_everything() {
    let wording = Wording::from_text("");
    let last = rules::RULES.last().unwrap();
    for rule in rules::RULES {
        assert!(!rule.source.is_empty());
    }
    for phase in [Phase::Resolve, Phase::MailFrom, Phase::RcptTo, Phase::Dot] {
        for code in [400, 499, 500, 599] {
            assert!(last.fits(phase, &reply(code, ""), &wording));
        }
    }
}

#[test]
fn no_phrase_about_something_else_lets_a_dead_mailbox_suppress() {
    let lists = [
        words::RECIPIENT_BUSY,
        words::QUOTA,
        words::CONNECTIONS,
        words::ONE_CONNECTION,
        words::GREYLIST,
        words::RATE,
        words::SERVER,
        words::FULL,
        words::SIZE,
        words::RECIPIENT_CHOICE,
        words::SUSPENDED,
        words::SENDER,
        words::SPAM,
        words::MESSAGE,
        words::POLICY,
        words::LATER,
        words::DOUBTFUL,
    ];
    for phrase in lists.into_iter().flatten() {
        let said = phrase.replace(" .. ", " x ").replace('*', "");
        for text in [format!("5.1.1 User unknown, {said}"), format!("5.2.1 {said}: disabled user")]
        {
            let found = meaning(Phase::RcptTo, &reply(550, &text));
            assert_ne!(found, Meaning::NoMailbox, "{text}");
        }
    }
    assert_eq!(meaning(Phase::RcptTo, &reply(550, "5.1.1 User unknown, x")), Meaning::NoMailbox);
    assert_eq!(meaning(Phase::RcptTo, &reply(550, "5.2.1 x: disabled user")), Meaning::NoMailbox);
}

#[test]
fn phrases_are_written_as_words_are_compared() {
    for list in words::ALL {
        for part in list.iter().flat_map(|phrase| phrase.split(" .. ")) {
            let bare = part.strip_prefix('*').unwrap_or(part);
            let bare = bare.strip_suffix('*').unwrap_or(bare);
            assert_eq!(Wording::from_text(bare).to_string(), bare, "{part}");
        }
    }
}

#[test]
fn a_long_text_is_read_in_one_pass_per_phrase() {
    let text = "user over messages siz daily ".repeat(2_300);
    let reply = Reply { code: 550, enhanced: None, text };
    assert_eq!(meaning(Phase::RcptTo, &reply), Meaning::Unclear);
}

proptest::proptest! {
    #[test]
    fn no_reply_makes_it_panic(code in 400_u16..600, text: String) {
        for phase in [Phase::MailFrom, Phase::RcptTo, Phase::Dot] {
            let found = meaning(phase, &reply(code, &text));
            proptest::prop_assert!(found != Meaning::NoMailbox || phase == Phase::RcptTo);
        }
    }
}
