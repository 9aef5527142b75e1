//! Header lines with free text: a subject, or a name beside an address.
//!
//! In: a text without control characters. Out: ASCII lines that every mail
//! program reads back as that text. A plain text stays as it is. A text with
//! letters outside ASCII, with a part that looks like an encoded word, or with
//! a word too long for a line becomes encoded words (RFC 2047) as a whole.
//! Absent on purpose: the encoding of addresses, which are parsed and in ASCII.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::domain::Mailbox;

/// The longest line that RFC 5322 section 2.1.1 advises, and that RFC 2047
/// section 2 allows for a line with an encoded word.
const LINE: usize = 76;

/// The longest encoded word (RFC 2047 section 2).
const WORD: usize = 75;

const BEFORE: &str = "=?utf-8?b?";
const AFTER: &str = "?=";

/// A header of free text, such as `Subject`, with its line end.
pub(super) fn unstructured(name: &str, text: &str) -> String {
    let mut line = FoldedLine::begin(name);
    match is_plain(text).then(|| units(text)).filter(|units| line.has_room_for_all(units)) {
        Some(units) => units.iter().for_each(|unit| line.fold_before(unit)),
        None => line.encoded_words(text),
    }
    line.end()
}

/// A header of one mailbox, such as `From`, with its line end.
pub(super) fn mailbox(name: &str, mailbox: &Mailbox) -> String {
    let mut line = FoldedLine::begin(name);
    let Some(shown) = &mailbox.name else {
        line.push(mailbox.address.as_str());
        return line.end();
    };
    let phrase = phrase(shown.as_str());
    if is_plain(shown.as_str()) && line.has_room_for(&phrase) {
        line.push(&phrase);
    } else {
        line.encoded_words(shown.as_str());
    }
    line.fold_before(&format!(" <{}>", mailbox.address.as_str()));
    line.end()
}

/// Whether no part of the text needs an encoded word or looks like one.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' '..=b'~')) && !text.contains("=?")
}

/// Words, each with the spaces before it.
fn units(text: &str) -> Vec<&str> {
    let mut units = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c| c != ' ').unwrap_or(rest.len());
        let end = rest[word..].find(' ').map_or(rest.len(), |length| word + length);
        units.push(&rest[..end]);
        rest = &rest[end..];
    }
    units
}

/// A plain name as RFC 5322 section 3.2.5 demands: in quotes, unless all its words are atoms.
fn phrase(name: &str) -> String {
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    if name.split(' ').all(|word| !word.is_empty() && word.chars().all(is_atom)) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// A header that is being written.
struct FoldedLine {
    text: String,
    column: usize,
}

impl FoldedLine {
    fn begin(name: &str) -> Self {
        let text = format!("{name}: ");
        Self { column: text.len(), text }
    }

    /// Whether units fit with folds between them. The first one is on the line
    /// of the header's name.
    fn has_room_for_all(&self, units: &[&str]) -> bool {
        let first = units.first().is_some_and(|first| self.has_room_for(first));
        first && units.iter().all(|unit| unit.len() <= LINE)
    }

    fn has_room_for(&self, text: &str) -> bool {
        self.column + text.len() <= LINE
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.column += text.len();
    }

    /// Appends a text that begins with a space, on a new line if there is no room.
    fn fold_before(&mut self, text: &str) {
        if !self.has_room_for(text) {
            self.text.push_str("\r\n");
            self.column = 0;
        }
        self.push(text);
    }

    /// Appends encoded words. Each has whole characters (RFC 2047 section 5), and
    /// mail programs drop the space between two of them.
    fn encoded_words(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let room = (LINE - self.column).min(WORD) - BEFORE.len() - AFTER.len();
            let end = rest.floor_char_boundary(room / 4 * 3);
            self.push(&format!("{BEFORE}{}{AFTER}", STANDARD.encode(&rest[..end])));
            rest = &rest[end..];
            if !rest.is_empty() {
                self.text.push_str("\r\n ");
                self.column = 1;
            }
        }
    }

    fn end(mut self) -> String {
        self.text.push_str("\r\n");
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> (Option<String>, Option<String>) {
        let raw = format!("{header}To: a@example.org\r\n\r\nx");
        let parsed = mail_parser::MessageParser::default().parse(raw.as_bytes()).unwrap();
        let from = parsed.from().and_then(|from| from.first());
        assert!(from.is_none_or(|from| from.address() == Some("news@example.org")), "{header}");
        let name = from.and_then(|from| from.name()).map(str::to_owned);
        (parsed.subject().map(str::to_owned), name)
    }

    fn holds_to_the_lengths(header: &str) {
        assert!(header.is_ascii());
        let lines: Vec<&str> = header.strip_suffix("\r\n").unwrap().split("\r\n").collect();
        for (number, line) in lines.iter().enumerate() {
            assert!(line.len() <= LINE, "{line}");
            assert_eq!(number > 0, line.starts_with(' '), "{line}");
            assert!(!line.trim().is_empty() && !line.trim().ends_with(':'), "{header}");
            for word in line.split(' ').filter(|word| word.starts_with(BEFORE)) {
                assert!(word.len() <= WORD, "{line}");
                // No character may be split over two encoded words (RFC 2047 section 5).
                let inside = word.strip_prefix(BEFORE).and_then(|rest| rest.strip_suffix(AFTER));
                let bytes = STANDARD.decode(inside.unwrap()).unwrap();
                assert!(!bytes.is_empty() && String::from_utf8(bytes).is_ok(), "{line}");
            }
        }
    }

    #[test]
    fn every_subject_and_name_is_read_back_as_it_was_written() {
        let cases = [
            "Issue 664".to_owned(),
            "two  spaces,  twice".to_owned(),
            "A =?utf-8?q?x?= fake".to_owned(),
            "=?utf-8?q?x?=".to_owned(),
            "a=?b".to_owned(),
            "Die Wöchentliche, \"echt\"".to_owned(),
            "quotes \" and \\ back".to_owned(),
            "a, b <c>; d: e (f)".to_owned(),
            "long enough to be folded, ".repeat(20).trim().to_owned(),
            "x".repeat(1500),
            format!("short {} short", "x".repeat(1500)),
            "é".repeat(700),
            "🦀".repeat(700),
            "a🦀é".repeat(300),
            "日本語の件名".repeat(50),
            "A subject of three hundred letters. ".repeat(9).chars().take(300).collect(),
            "العدد الثاني عشر من النشرة\u{200F} ".repeat(12).trim().to_owned(),
            "गुरुवार को नया अंक ".repeat(16).trim().to_owned(),
            "e\u{301}a\u{308}\u{304}".repeat(75),
            "👩\u{200D}👩\u{200D}👧\u{200D}👦🏳\u{FE0F}\u{200D}🌈🇧🇪1\u{FE0F}\u{20E3}".repeat(12),
            "👨🏽\u{200D}🚀".to_owned(),
            "x".repeat(998),
            "x".repeat(LINE - "Subject: ".len()),
            "x".repeat(LINE - "Subject: ".len() + 1),
        ];
        for text in &cases {
            let subject = unstructured("Subject", text);
            holds_to_the_lengths(&subject);
            assert_eq!(read(&subject).0.as_ref(), Some(text), "{subject}");
            let address = crate::domain::EmailAddress::parse("news@example.org").unwrap();
            let name = crate::domain::HeaderText::parse(text).unwrap();
            let from = mailbox("From", &Mailbox { name: Some(name), address });
            holds_to_the_lengths(&from);
            assert_eq!(read(&from).1.as_ref(), Some(text), "{from}");
        }
    }

    #[test]
    fn what_is_plain_stays_plain() {
        assert_eq!(unstructured("Subject", "Issue 664: all"), "Subject: Issue 664: all\r\n");
        let from = |text| mailbox("From", &Mailbox::parse(text).unwrap());
        assert_eq!(from("news@example.org"), "From: news@example.org\r\n");
        assert_eq!(from("The News <news@example.org>"), "From: The News <news@example.org>\r\n");
        assert_eq!(
            from("News, Inc. <news@example.org>"),
            "From: \"News, Inc.\" <news@example.org>\r\n"
        );
        assert_eq!(unstructured("Subject", "é"), "Subject: =?utf-8?b?w6k=?=\r\n");
    }

    #[test]
    fn a_long_address_stands_on_its_own_line() {
        let address = format!("{}@{}.example", "a".repeat(60), "b".repeat(60));
        let from = mailbox("From", &Mailbox::parse(&format!("News <{address}>")).unwrap());
        assert_eq!(from, format!("From: News\r\n <{address}>\r\n"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_a_long_line(text in "[a =?é🦀\\\\\"]{1,300}") {
            if let Ok(text) = crate::domain::HeaderText::parse(&text) {
                let subject = unstructured("Subject", text.as_str());
                holds_to_the_lengths(&subject);
                let (read, _) = read(&subject);
                proptest::prop_assert_eq!(read.as_deref(), Some(text.as_str()));
            }
        }
    }
}
