//! The words of a reply, in a form in which phrases are found.

/// Words that say nothing about the reason.
const NEUTRAL: &[&str] = &[
    "a",
    "account",
    "action",
    "address",
    "an",
    "and",
    "bad",
    "been",
    "by",
    "command",
    "could",
    "delivered",
    "delivery",
    "destination",
    "email",
    "error",
    "failed",
    "failure",
    "fatal",
    "for",
    "gsmtp",
    "has",
    "in",
    "is",
    "mail",
    "mailbox",
    "message",
    "no",
    "not",
    "of",
    "on",
    "permanent",
    "rcpt",
    "recipient",
    "recipients",
    "refused",
    "rejected",
    "reply",
    "requested",
    "smtp",
    "sorry",
    "status",
    "taken",
    "the",
    "this",
    "to",
    "undeliverable",
    "user",
    "with",
    "you",
    "your",
];

/// A text in lower case, its words separated by one space, without the email
/// addresses in it. `SubmissionQuotaExceeded` is three words, `doesn't` is one.
#[derive(Debug)]
pub(super) struct Wording {
    words: String,
    is_silent: bool,
    /// The marks of all words, by which most phrases need no search.
    marks: u64,
}

impl Wording {
    pub(super) fn from_text(text: &str) -> Self {
        let mut words = String::with_capacity(text.len() + 2);
        words.push(' ');
        let mut is_silent = true;
        for word in text.split_whitespace() {
            let start = words.len();
            push_words(&mut words, &without_addresses(word));
            is_silent &= is_host(word) || words[start..].split(' ').all(says_nothing);
        }
        let marks = words.split(' ').fold(0, |marks, word| marks | mark(word));
        Self { words, is_silent, marks }
    }

    /// Whether one of the phrases occurs.
    pub(super) fn has_any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.may_have(phrase) && self.has(phrase))
    }

    /// Whether a word may be the first one of the phrase. Hundreds of phrases are
    /// compared with each refusal, and a relay may refuse thousands in a second.
    fn may_have(&self, phrase: &str) -> bool {
        let first = phrase.split(' ').next().unwrap_or_default();
        let is_open = first.bytes().take(2).any(|byte| byte == b'*');
        is_open || self.marks & mark(first) != 0
    }

    /// Whether the phrase occurs. `..` in it stands for any words between its
    /// parts; `*` at the start or the end of a part for the rest of a word.
    fn has(&self, phrase: &str) -> bool {
        let mut rest = self.words.as_str();
        phrase.split(" .. ").all(|part| match end_of(part, rest) {
            Some(end) => {
                rest = &rest[end..];
                true
            }
            None => false,
        })
    }

    /// Whether the text gives no reason: codes, names and empty words alone.
    pub(super) fn is_silent(&self) -> bool {
        self.is_silent
    }
}

fn says_nothing(word: &str) -> bool {
    word.is_empty() || word.bytes().any(|b| b.is_ascii_digit()) || NEUTRAL.contains(&word)
}

/// Whether a word is the name of a host, as `aol.com` in a refusal by AOL.
fn is_host(word: &str) -> bool {
    let name = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    name.contains('.') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
}

#[cfg(test)]
impl std::fmt::Display for Wording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.words.trim())
    }
}

/// One bit, by the first two bytes of a word.
fn mark(word: &str) -> u64 {
    let mut bytes = word.bytes();
    let (first, second) = (bytes.next().unwrap_or(0), bytes.next().unwrap_or(0));
    1 << (first.wrapping_mul(31).wrapping_add(second) % 64)
}

/// Where the first occurrence of a part ends: right before the space after it.
fn end_of(part: &str, text: &str) -> Option<usize> {
    let (open, bare) = part.strip_prefix('*').map_or((false, part), |bare| (true, bare));
    let (goes_on, bare) = bare.strip_suffix('*').map_or((false, bare), |bare| (true, bare));
    text.match_indices(bare).map(|(at, found)| (at, at + found.len())).find_map(|(at, end)| {
        let starts = open || text[..at].ends_with(' ');
        let ends = goes_on || text[end..].starts_with(' ');
        (starts && ends).then_some(end)
    })
}

/// A word without the email addresses in it, whose domains may hold any word.
fn without_addresses(word: &str) -> String {
    let mut kept = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('@') {
        let start = rest[..at].rfind(['<', '(', '"', ':', '=', '[', ',']).unwrap_or(0);
        let end = rest[at..].find(['>', ')', '"', ':', ',', ';', ']']);
        kept.push_str(&rest[..start]);
        kept.push(' ');
        rest = &rest[end.map_or(rest.len(), |length| at + length)..];
    }
    kept + rest
}

/// Appends the words in `text`, each with a space after it.
fn push_words(words: &mut String, text: &str) {
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let next = text[at + c.len_utf8()..].chars().next().unwrap_or(' ');
        if c.is_alphanumeric() {
            // A camel's hump begins a word.
            if before.is_lowercase() && c.is_uppercase() {
                words.push(' ');
            }
            words.extend(c.to_lowercase().map(without_mark));
        } else if c == '.' && before.is_ascii_digit() && next.is_ascii_digit() {
            words.push('.');
        } else if !matches!(c, '\'' | '’' | '`') && !words.ends_with(' ') {
            words.push(' ');
        }
        before = c;
    }
    if !words.ends_with(' ') {
        words.push(' ');
    }
}

/// A Latin letter without its accent: some servers write one, some do not.
fn without_mark(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_words() {
        for (text, words) in [
            ("5.1.1 User_Unknown (#5.1.1)", " 5.1.1 user unknown 5.1.1 "),
            ("SubmissionQuotaExceededException;", " submission quota exceeded exception "),
            ("doesn't exist. 192.0.2.1", " doesnt exist 192.0.2.1 "),
            ("boîte PLEINE, überschritten", " boite pleine uberschritten "),
            ("<…@spam.example>: unknown", " unknown "),
            ("user=…@full.example,blocked x", " user blocked x "),
            ("<…@full.example>,<a@spam.example>,b", " b "),
            ("https://spamhaus.example/…", " https spamhaus example "),
            ("no-such-user", " no such user "),
            ("", " "),
        ] {
            assert_eq!(Wording::from_text(text).words, words, "{text}");
        }
    }

    #[test]
    fn a_phrase_is_found_as_whole_words() {
        let has = |text: &str, phrase: &str| Wording::from_text(text).has_any(&[phrase]);
        assert!(has("Daily user sending limit exceeded", "daily .. limit"));
        assert!(has("limit", "limit"));
        assert!(!has("limit of the daily", "daily .. limit"));
        assert!(!has("unlimited", "limit"));
        assert!(!has("limits", "limit"));
        assert!(has("limits", "limit*"));
        assert!(has("limit limit", "limit .. limit"));
        assert!(!has("limit", "limit .. limit"));
        assert!(has("发信频率超过限制", "*频率*"));
        assert!(has("unlimit limit", "limit"));
    }

    #[test]
    fn a_text_without_a_reason_is_silent() {
        for (text, silent) in [
            ("5.1.1", true),
            ("5.1.1 <…@example.org>: Recipient address rejected", true),
            ("5.1.1 <…@aol.example>: Recipient address rejected: aol.example", true),
            ("5.1.1 <…@example.org> blocked", false),
            ("5.1.1 https://blocked.example/…", false),
            ("5.1.1 превышен", false),
        ] {
            assert_eq!(Wording::from_text(text).is_silent(), silent, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String, phrase: String) {
            let wording = Wording::from_text(&text);
            proptest::prop_assert_eq!(wording.has_any(&[&phrase]), wording.has(&phrase));
            let _ = wording.is_silent();
        }
    }
}
