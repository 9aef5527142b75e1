//! E-mail addresses, parsed once at the border.
//!
//! An address never prints itself: `Debug` masks the local part, and there is
//! no `Display`. Who needs the real bytes, for the wire or for an export, asks
//! for them by name with [`EmailAddress::as_str`].

use std::fmt;

/// An address that can be put into an SMTP envelope and a `To` header as it
/// stands (RFC 5321 section 4.1.2, RFC 5322 section 3.4.1).
///
/// The domain is kept as lower-case A-labels (RFC 5890), and the local part as
/// it was written, because its case belongs to the receiver.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress {
    text: String,
    at: usize,
}

/// Why a text is not an address. The text itself is never part of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was given.
    #[error("the address is empty")]
    Empty,
    /// There is no `@`, or nothing on one side of it.
    #[error("an email address has the form name@domain")]
    NoAt,
    /// It holds a control character or white space.
    #[error("the address contains a space or a control character")]
    ForbiddenCharacter,
    /// RFC 5321 section 4.5.3.1 allows 64 octets before the `@` and 254 in all.
    #[error("the address is longer than RFC 5321 allows (64 bytes before the @, 254 in all)")]
    TooLong,
    /// The local part needs SMTPUTF8 (RFC 6531), which few receivers offer.
    #[error("letters outside ASCII before the @ need SMTPUTF8, which is not supported")]
    InternationalLocalPart,
    /// The local part breaks the grammar of RFC 5321.
    #[error("the part before the @ is not allowed by RFC 5321")]
    LocalPart,
    /// The domain is neither a host name nor an internationalised one.
    #[error("the part after the @ is not a domain name")]
    Domain,
    /// The name shown beside the address cannot stand in a header.
    #[error("in the name before it, {0}")]
    Name(crate::domain::HeaderTextError),
}

impl EmailAddress {
    /// Parses an address such as `reader@example.org`. Surrounding white space is dropped.
    ///
    /// # Errors
    /// Says which rule is broken, without repeating the text.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::NoAt)?;
        if local.is_empty() || domain.is_empty() {
            return Err(AddressError::NoAt);
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(AddressError::ForbiddenCharacter);
        }
        if !local.is_ascii() {
            return Err(AddressError::InternationalLocalPart);
        }
        let domain = idna::domain_to_ascii(domain).map_err(|_| AddressError::Domain)?;
        let has_host_form = domain.contains('.') || domain == "localhost";
        if domain.starts_with('[') || !has_host_form || domain.parse::<std::net::IpAddr>().is_ok() {
            return Err(AddressError::Domain);
        }
        if local.len() > 64 || local.len() + 1 + domain.len() > 254 {
            return Err(AddressError::TooLong);
        }
        let parsed = lettre::Address::new(local, &domain).map_err(|error| match error {
            lettre::address::AddressError::InvalidUser => AddressError::LocalPart,
            _ => AddressError::Domain,
        })?;
        Ok(Self { at: local.len(), text: parsed.to_string() })
    }

    /// The address as it goes on the wire. Never log it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the `@`, as it was written. Never log it.
    pub fn local_part(&self) -> &str {
        &self.text[..self.at]
    }

    /// What follows the `@`, in lower-case A-labels.
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// What two spellings of one mailbox share: the whole address in lower
    /// case. RFC 5321 lets local parts differ by case, but no receiver of
    /// newsletters does, and mailing somebody twice is the worse error.
    pub fn key(&self) -> String {
        self.text.to_ascii_lowercase()
    }

    /// The same address in the form that lettre's header and envelope types want.
    pub fn to_lettre(&self) -> lettre::Address {
        lettre::Address::new_dangerous(self.local_part(), self.domain())
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…@{}", self.domain())
    }
}

/// An address with the name shown beside it, as in `From`.
#[derive(Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The name shown, if there is one.
    pub name: Option<crate::domain::HeaderText>,
    /// The email address.
    pub address: EmailAddress,
}

impl Mailbox {
    /// Parses `name@domain` or `Some Name <name@domain>` (RFC 5322 section 3.4).
    ///
    /// # Errors
    /// As [`EmailAddress::parse`]; a name that cannot stand in a header is refused too.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let Some((name, rest)) = text.rsplit_once('<') else {
            return Ok(Self { name: None, address: EmailAddress::parse(text)? });
        };
        let address = rest.strip_suffix('>').ok_or(AddressError::NoAt)?;
        let name = unquote(name.trim());
        let name = if name.is_empty() {
            None
        } else {
            Some(crate::domain::HeaderText::parse(&name).map_err(AddressError::Name)?)
        };
        Ok(Self { name, address: EmailAddress::parse(address)? })
    }

    /// The same in lettre's type, which knows how to encode the name.
    pub fn to_lettre(&self) -> lettre::message::Mailbox {
        let name = self.name.as_ref().map(|name| name.as_str().to_owned());
        lettre::message::Mailbox::new(name, self.address.to_lettre())
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailbox(<{:?}>)", self.address)
    }
}

fn unquote(name: &str) -> String {
    let Some(inner) = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return name.to_owned();
    };
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        plain.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_mailbox_share_a_key() {
        let a = EmailAddress::parse("Reader@Example.ORG").unwrap();
        let b = EmailAddress::parse(" reader@example.org ").unwrap();
        assert_eq!(a.key(), b.key());
        assert_eq!(a.as_str(), "Reader@example.org");
        assert_eq!(a.domain(), "example.org");
    }

    #[test]
    fn an_international_domain_becomes_a_labels() {
        let address = EmailAddress::parse("reader@bücher.example").unwrap();
        assert_eq!(address.as_str(), "reader@xn--bcher-kva.example");
    }

    #[test]
    fn each_kind_of_non_address_gets_its_own_reason() {
        let long = format!("{}@example.org", "a".repeat(65));
        for (text, reason) in [
            ("", AddressError::Empty),
            ("reader", AddressError::NoAt),
            ("@example.org", AddressError::NoAt),
            ("reader@", AddressError::NoAt),
            ("a b@example.org", AddressError::ForbiddenCharacter),
            ("a@example.org\r\nBcc: x@example.org", AddressError::ForbiddenCharacter),
            (long.as_str(), AddressError::TooLong),
            ("léa@example.org", AddressError::InternationalLocalPart),
            ("a..b@example.org", AddressError::LocalPart),
            ("<a@example.org", AddressError::LocalPart),
            ("a@exa mple.org", AddressError::ForbiddenCharacter),
            ("a@-", AddressError::Domain),
            ("a@host", AddressError::Domain),
            ("a@127.0.0.1", AddressError::Domain),
            ("a@[127.0.0.1]", AddressError::Domain),
        ] {
            assert_eq!(EmailAddress::parse(text), Err(reason), "{text:?}");
        }
    }

    #[test]
    fn an_address_does_not_print_itself() {
        let mailbox = Mailbox::parse("A Reader <secret.reader@example.org>").unwrap();
        let printed = format!("{mailbox:?} {:?}", mailbox.address);
        assert!(!printed.contains("secret") && !printed.contains("A Reader"), "{printed}");
    }

    #[test]
    fn a_mailbox_takes_plain_and_quoted_names() {
        let named = Mailbox::parse("\"Weekly, The \\\"Real\\\"\" <news@example.org>").unwrap();
        assert_eq!(named.name.unwrap().as_str(), "Weekly, The \"Real\"");
        assert!(Mailbox::parse("news@example.org").unwrap().name.is_none());
        assert!(Mailbox::parse("News <news@example.org").is_err());
        let name_of = |text| Mailbox::parse(text).unwrap_err();
        let control = crate::domain::HeaderTextError::Control(13);
        assert_eq!(name_of("Ne\rws <news@example.org>"), AddressError::Name(control));
        let turning = name_of("swen\u{202E} <news@example.org>");
        assert!(turning.to_string().ends_with("(U+202E) cannot stand in a header"), "{turning}");
    }
}
