//! The API key, the host that follows from it, and the list.

use std::fmt;
use std::net::SocketAddr;

use secrecy::{ExposeSecret, SecretString};

/// An API key such as `…-us6`. `Debug` masks it.
pub struct ApiKey {
    secret: SecretString,
    data_centre: String,
}

/// Why Mailchimp cannot be set up. No call was made. The message never has the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SetupError(pub(super) String);

impl ApiKey {
    /// Parses a key. Surrounding white space is dropped, because files end in a line break.
    ///
    /// # Errors
    /// The key does not end in a data centre, which is letters and then
    /// digits. That is narrow on purpose: the host is derived from it, and a
    /// crafted key must not choose to which host the key is sent.
    pub fn parse(secret: &SecretString) -> Result<Self, SetupError> {
        let refused = |reason: &str| Err(SetupError(reason.to_owned()));
        let text = secret.expose_secret().trim();
        if text.is_empty() {
            return refused("the Mailchimp API key is empty");
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return refused(
                "the Mailchimp API key has white space or other characters that no key has",
            );
        }
        let (start, data_centre) = text.rsplit_once('-').unwrap_or_default();
        let digits = data_centre.trim_start_matches(|c: char| c.is_ascii_lowercase());
        let has_letters = digits.len() < data_centre.len();
        let has_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        if start.is_empty() || !has_letters || !has_digits || data_centre.len() > 20 {
            return refused(
                "a Mailchimp API key ends in a dash and its data centre, such as `-us6`; \
                 copy the whole key",
            );
        }
        Ok(Self { data_centre: data_centre.to_owned(), secret: text.into() })
    }

    /// The key itself. Only [`Http`](super::http::Http) uses it.
    pub(super) fn expose(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey(…-{})", self.data_centre)
    }
}

/// The base URL of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub(super) base: String,
    /// Whether it is on this machine, over plain HTTP. Any other endpoint has TLS.
    pub(super) is_loopback: bool,
}

impl Endpoint {
    /// The API in the data centre that the end of the key names.
    pub fn for_key(key: &ApiKey) -> Self {
        let base = format!("https://{}.api.mailchimp.com/3.0", key.data_centre);
        Self { base, is_loopback: false }
    }

    /// A stand-in on this machine, for tests and rehearsals.
    ///
    /// # Errors
    /// The address belongs to another machine.
    pub fn loopback(address: SocketAddr) -> Result<Self, SetupError> {
        if address.ip().is_loopback() {
            Ok(Self { base: format!("http://{address}/3.0"), is_loopback: true })
        } else {
            Err(SetupError(format!(
                "{address} is not a loopback address, and the API key is sent to Mailchimp only"
            )))
        }
    }
}

/// The API's identifier of an audience: 1 to 40 letters and digits. It is not
/// the number in the URL of the audience's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListId(String);

impl ListId {
    /// Parses an audience id as Mailchimp shows it.
    ///
    /// # Errors
    /// It is empty, too long, or has other characters.
    pub fn parse(text: &str) -> Result<Self, SetupError> {
        let fits = (1..=40).contains(&text.len());
        if fits && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SetupError(
                "a Mailchimp audience id is 1 to 40 letters and digits; Mailchimp shows it under \
                 Audience, Settings"
                    .to_owned(),
            ))
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ApiKey, SetupError> {
        ApiKey::parse(&SecretString::from(text))
    }

    #[test]
    fn the_host_follows_from_the_end_of_the_key() {
        let key = parse("0123456789abcdef-more-us21\n").unwrap();
        assert_eq!(Endpoint::for_key(&key).base, "https://us21.api.mailchimp.com/3.0");
        assert_eq!(key.expose(), "0123456789abcdef-more-us21");
    }

    #[test]
    fn a_crafted_key_chooses_no_host() {
        for (text, reason) in [
            ("", "is empty"),
            (" \n", "is empty"),
            ("0123", "its data centre"),
            ("0123-", "its data centre"),
            ("-us6", "its data centre"),
            ("0123-us", "its data centre"),
            ("0123-6", "its data centre"),
            ("0123-us6us", "its data centre"),
            ("0123-US6", "its data centre"),
            ("0123-us6.example.org/", "its data centre"),
            ("0123-example.org#us6", "its data centre"),
            ("0123-us6@example", "its data centre"),
            ("01 23-us6", "other characters"),
            ("0123-us6\r\nHost:x", "other characters"),
            ("0123-us６", "other characters"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text:?}: {error}");
        }
    }

    #[test]
    fn a_key_does_not_print() {
        let printed = format!("{:?}", parse("canary0123-us6").unwrap());
        assert_eq!(printed, "ApiKey(…-us6)");
    }

    #[test]
    fn only_this_machine_may_stand_in() {
        assert!(Endpoint::loopback("127.0.0.1:80".parse().unwrap()).is_ok());
        assert!(Endpoint::loopback("[::1]:80".parse().unwrap()).is_ok());
        for elsewhere in ["192.0.2.1:80", "0.0.0.0:80", "[2001:db8::1]:80"] {
            assert!(Endpoint::loopback(elsewhere.parse().unwrap()).is_err(), "{elsewhere}");
        }
    }

    #[test]
    fn a_list_id_cannot_leave_its_place_in_a_url() {
        assert!(ListId::parse("a1b2c3d4e5").is_ok());
        for text in ["", "a&b", "../x", "a b", "é"] {
            assert!(ListId::parse(text).is_err(), "{text:?}");
        }
    }
}
