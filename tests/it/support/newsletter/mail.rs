//! A mail as a reader's program sees it.

use mail_parser::MessageParser;

/// A mail, taken apart by a parser that is not ours.
#[derive(Debug, Clone)]
pub struct Mail {
    pub raw: Vec<u8>,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Mail {
    pub fn parse(raw: Vec<u8>) -> Self {
        let message = MessageParser::default().parse(&raw).unwrap();
        let to = message.to().unwrap().first().unwrap().address().unwrap().to_owned();
        Self {
            to,
            subject: message.subject().unwrap().to_owned(),
            text: message.body_text(0).unwrap().into_owned(),
            html: message.body_html(0).unwrap().into_owned(),
            raw: raw.clone(),
        }
    }

    /// A header as it stands, unfolded; the test fails if it is missing.
    pub fn header(&self, name: &str) -> String {
        self.maybe_header(name).unwrap_or_else(|| panic!("no {name} in the mail"))
    }

    /// A header as it stands, unfolded.
    pub fn maybe_header(&self, name: &str) -> Option<String> {
        let head = String::from_utf8_lossy(&self.raw);
        let head = head.split("\r\n\r\n").next().unwrap_or_default();
        let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }

    /// The link behind one-click unsubscription (RFC 8058).
    pub fn unsubscribe_link(&self) -> String {
        let header = self.header("List-Unsubscribe");
        header.trim().trim_start_matches('<').split('>').next().unwrap().to_owned()
    }
}
