//! What a server offers in its reply to EHLO (RFC 5321 section 4.1.1.1).

use lettre::transport::smtp::authentication::Mechanism;

use super::framer::RawReply;

/// The offers that we know of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Several commands in one write (RFC 2920).
    pub pipelining: bool,
    /// How large a message may be (RFC 1870).
    pub size: SizeLimit,
    /// TLS on this connection (RFC 3207).
    pub starttls: bool,
    /// AUTH (RFC 4954) with PLAIN.
    pub auth_plain: bool,
    /// AUTH with LOGIN.
    pub auth_login: bool,
    /// Content outside ASCII (RFC 6152).
    pub eight_bit_mime: bool,
}

/// What a server says about the size of messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SizeLimit {
    /// It does not know SIZE.
    #[default]
    NotOffered,
    /// It knows SIZE, and sets no fixed limit.
    Open,
    /// That many bytes.
    Bytes(u64),
}

impl Capabilities {
    /// Reads the reply to EHLO. The first line is the server's name. Unknown
    /// keywords are ignored.
    pub(super) fn parse(reply: &RawReply) -> Self {
        let mut found = Self::default();
        for line in reply.lines.iter().skip(1) {
            found.note(line);
        }
        found
    }

    fn note(&mut self, line: &str) {
        // Some old servers write AUTH=LOGIN for AUTH LOGIN.
        let mut words = line.split(|c: char| c.is_ascii_whitespace() || c == '=');
        let keyword = words.next().unwrap_or_default().to_ascii_uppercase();
        match keyword.as_str() {
            "PIPELINING" => self.pipelining = true,
            "STARTTLS" => self.starttls = true,
            "8BITMIME" => self.eight_bit_mime = true,
            "SIZE" => {
                self.size = match words.next().map(str::parse) {
                    Some(Ok(bytes)) if bytes > 0 => SizeLimit::Bytes(bytes),
                    _ => SizeLimit::Open,
                };
            }
            "AUTH" => {
                for mechanism in words {
                    self.auth_plain |= mechanism.eq_ignore_ascii_case("PLAIN");
                    self.auth_login |= mechanism.eq_ignore_ascii_case("LOGIN");
                }
            }
            _ => {}
        }
    }

    /// The mechanism to use: PLAIN, which needs one round trip less, or LOGIN.
    pub(super) fn mechanism(&self) -> Option<Mechanism> {
        match (self.auth_plain, self.auth_login) {
            (true, _) => Some(Mechanism::Plain),
            (false, true) => Some(Mechanism::Login),
            (false, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[&str]) -> Capabilities {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        Capabilities::parse(&RawReply { code: 250, lines })
    }

    #[test]
    fn keywords_are_read_in_any_case_and_the_name_is_none() {
        let found =
            parse(&["DSN", "pipelining", "Size 100", "AUTH=login", "auth CRAM-MD5 plain", "X"]);
        let expected = Capabilities {
            pipelining: true,
            size: SizeLimit::Bytes(100),
            auth_plain: true,
            auth_login: true,
            ..Capabilities::default()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_size_without_a_number_is_no_limit() {
        for (line, expected) in [
            ("SIZE", SizeLimit::Open),
            ("SIZE 0", SizeLimit::Open),
            ("SIZE x", SizeLimit::Open),
            ("SIZE 99999999999999999999999", SizeLimit::Open),
            ("SIZER 5", SizeLimit::NotOffered),
        ] {
            assert_eq!(parse(&["me", line]).size, expected, "{line}");
        }
    }

    #[test]
    fn login_is_used_only_without_plain() {
        assert_eq!(parse(&["me", "AUTH LOGIN PLAIN"]).mechanism(), Some(Mechanism::Plain));
        assert_eq!(parse(&["me", "AUTH LOGIN"]).mechanism(), Some(Mechanism::Login));
        assert_eq!(parse(&["me", "AUTH CRAM-MD5"]).mechanism(), None);
    }
}
