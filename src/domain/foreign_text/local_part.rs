//! Masks the local part of a recipient where a server repeats it without its `@`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::LONGEST_TEXT;
use crate::domain::EmailAddress;

/// Words of answers and names of offices (RFC 2142). Masked everywhere, such a
/// local part would take the sense out of a text, and it names nobody.
const COMMON: &[&str] = &[
    "abuse",
    "access",
    "account",
    "address",
    "admin",
    "alias",
    "blocked",
    "closed",
    "command",
    "contact",
    "content",
    "data",
    "delivery",
    "denied",
    "disabled",
    "domain",
    "email",
    "error",
    "failed",
    "full",
    "hello",
    "help",
    "host",
    "hostmaster",
    "info",
    "invalid",
    "list",
    "local",
    "mail",
    "mailbox",
    "mailer",
    "marketing",
    "message",
    "news",
    "newsletter",
    "noc",
    "not",
    "office",
    "policy",
    "post",
    "postmaster",
    "quota",
    "rcpt",
    "recipient",
    "rejected",
    "reply",
    "sales",
    "security",
    "sender",
    "sending",
    "server",
    "service",
    "smtp",
    "spam",
    "support",
    "team",
    "test",
    "the",
    "unknown",
    "user",
    "virtual",
    "waiting",
    "webmaster",
];

/// What is encoded in a URL (RFC 3986 section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The shortest local part that is masked wherever it stands.
const SHORTEST_TELLING: usize = 3;

/// `…` in the place of the recipient's local part, as in `User jane.doe unknown`:
/// in any case, quoted, written as in a URL, and without what follows a `+`. A
/// short or common local part is masked only in brackets or quotes, because
/// `info` or `no` are words of many answers.
pub fn without_local_part(text: &str, address: &EmailAddress) -> String {
    let forms = forms(address.local_part());
    let is_cut = text.chars().count() >= LONGEST_TEXT;
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(next) = rest.chars().next() {
        let starts = !before.is_alphanumeric() && next.is_ascii();
        let found = forms.iter().find(|form| starts && form.is_at(rest, before));
        if let Some(form) = found {
            shown.push('…');
            before = '…';
            rest = &rest[form.text.len()..];
        } else if starts && is_cut && forms.iter().any(|form| form.is_cut_in(rest)) {
            shown.push('…');
            break;
        } else {
            shown.push(next);
            before = next;
            rest = &rest[next.len_utf8()..];
        }
    }
    shown
}

/// A way in which a server may write the local part.
struct LocalPartForm {
    text: String,
    /// Whether it names somebody wherever it stands.
    is_telling: bool,
}

impl LocalPartForm {
    /// Whether `rest` begins with it, as a word of its own.
    fn is_at(&self, rest: &str, before: char) -> bool {
        let (form, rest) = (self.text.as_bytes(), rest.as_bytes());
        let begins = rest.get(..form.len()).is_some_and(|start| start.eq_ignore_ascii_case(form));
        let after = rest.get(form.len()).copied().unwrap_or(b' ');
        let is_quoted = b"<\"'([`".contains(&u8::try_from(before).unwrap_or(b' '))
            && b">\"')]@`".contains(&after);
        begins && !after.is_ascii_alphanumeric() && (self.is_telling || is_quoted)
    }

    /// Whether `rest` is its beginning alone: the text was cut there.
    fn is_cut_in(&self, rest: &str) -> bool {
        let (form, rest) = (self.text.as_bytes(), rest.as_bytes());
        self.is_telling
            && (SHORTEST_TELLING..form.len()).contains(&rest.len())
            && form[..rest.len()].eq_ignore_ascii_case(rest)
    }
}

/// The forms of a local part, the longest first.
fn forms(local: &str) -> Vec<LocalPartForm> {
    let quoted = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let bare: String = quoted.unwrap_or(local).chars().filter(|c| *c != '\\').collect();
    let base = bare.split('+').next().unwrap_or_default().to_owned();
    let in_url = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let mut texts = vec![local.to_owned(), in_url(&bare), in_url(&base), bare, base];
    texts.retain(|text| !text.is_empty());
    texts.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    texts.dedup();
    let is_telling = |text: &str| {
        let is_code = text.len() <= SHORTEST_TELLING && text.bytes().all(|b| b.is_ascii_digit());
        let is_common = COMMON.iter().any(|word| word.eq_ignore_ascii_case(text));
        text.len() >= SHORTEST_TELLING && !is_code && !is_common
    };
    texts.into_iter().map(|text| LocalPartForm { is_telling: is_telling(&text), text }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, address: &str) -> String {
        without_local_part(text, &EmailAddress::parse(address).unwrap())
    }

    #[test]
    fn the_local_part_is_masked_with_or_without_its_domain() {
        for (address, text, expected) in [
            ("jane.doe@example.org", "550 5.1.1 User jane.doe unknown", "550 5.1.1 User … unknown"),
            ("jane.doe@example.org", "User JANE.DOE unknown", "User … unknown"),
            ("jane.doe@example.org", "jane.doe, <jane.doe>: \"jane.doe\"", "…, <…>: \"…\""),
            ("jane.doe@example.org", "no jane.doe here; jane.doe.", "no … here; …."),
            ("jane.doe@example.org", "uid=jane.doe,ou=people", "uid=…,ou=people"),
            ("jane.doe@example.org", "jane.doe=example.org", "…=example.org"),
            ("jane.doe@example.org", "ajane.doe jane.doer", "ajane.doe jane.doer"),
            ("jane+news@example.org", "user jane+news or jane%2Bnews or jane", "user … or … or …"),
            ("\"j.d\"@example.org", "user \"j.d\" or j.d", "user … or …"),
            ("o'neil@example.org", "user o'neil, O%27NEIL", "user …, …"),
            ("12345678@example.org", "550 User not found: 12345678", "550 User not found: …"),
            ("jane@example.org", "für jane, Jané", "für …, Jané"),
        ] {
            assert_eq!(masked(text, address), expected);
        }
    }

    #[test]
    fn a_short_or_common_local_part_leaves_the_words_of_the_answer() {
        for (address, text, expected) in [
            ("user@example.org", "550 5.1.1 <user>: User unknown", "550 5.1.1 <…>: User unknown"),
            ("info@example.org", "for info see 'info'", "for info see '…'"),
            ("a@example.org", "not a user: <a>", "not a user: <…>"),
            ("no@example.org", "no such user", "no such user"),
            ("550@example.org", "550 5.1.1 no 550", "550 5.1.1 no 550"),
            ("jo@example.org", "jo", "jo"),
        ] {
            assert_eq!(masked(text, address), expected);
        }
    }

    #[test]
    fn a_local_part_that_was_cut_at_the_end_of_a_long_text_is_masked() {
        let start = "x ".repeat(147);
        assert_eq!(masked(&format!("{start}jane.d"), "jane.doe@example.org"), format!("{start}…"));
        assert_eq!(masked("no jane.d", "jane.doe@example.org"), "no jane.d");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String, local in "[a-z0-9.+'%]{1,12}") {
            let Ok(address) = EmailAddress::parse(&format!("{local}@example.org")) else {
                return Ok(());
            };
            let _ = without_local_part(&text, &address);
            let shown = without_local_part(&format!("<{local}> {text}"), &address);
            proptest::prop_assert!(shown.starts_with("<…>"));
        }
    }
}
