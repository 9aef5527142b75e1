//! Names of things: slugs, campaign keys, digests.

use std::fmt;

/// A short name that is safe in a URL, a file name and a header:
/// `a-z`, `0-9`, `-`, `_` and `.`, at most 100 of them, beginning with a
/// letter or a digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(String);

/// Why a text is not a slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a slug is made of a-z, 0-9, '-', '_' and '.', begins with a letter or a digit, and has at most 100 characters"
)]
pub struct SlugError;

impl Slug {
    /// Takes a slug as it stands.
    ///
    /// # Errors
    /// The text breaks the form described at [`Slug`].
    pub fn parse(text: &str) -> Result<Self, SlugError> {
        let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
        let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        if starts_well && text.len() <= 100 && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SlugError)
        }
    }

    /// Makes a slug of any text, such as a file name: upper case is lowered,
    /// and every run of other characters becomes one `-`.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut slug = String::with_capacity(text.len());
        for c in text.chars().flat_map(char::to_lowercase) {
            if matches!(c, 'a'..='z' | '0'..='9' | '_' | '.') {
                slug.push(c);
            } else if !slug.ends_with('-') {
                slug.push('-');
            }
        }
        let slug = slug.trim_matches(['-', '.', '_']);
        let end = slug.len().min(100);
        Self::parse(slug[..end].trim_end_matches(['-', '.', '_'])).ok()
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What makes a campaign one and the same, for good: which newsletter, which issue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CampaignKey {
    /// The newsletter's slug.
    pub newsletter: Slug,
    /// The issue's slug.
    pub issue: Slug,
}

impl fmt::Display for CampaignKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.newsletter, self.issue)
    }
}

/// A SHA-256 digest, shown as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of some bytes.
    pub fn new(bytes: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        let mut raw = [0; 32];
        raw.copy_from_slice(digest.as_ref());
        Self(raw)
    }

    /// Reads the 64 hexadecimal digits back.
    pub fn parse(text: &str) -> Option<Self> {
        let mut raw = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (byte, pair) in raw.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(raw))
    }

    /// The 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 12 digits, enough for people to compare.
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_a_slug_or_nothing() {
        assert_eq!(
            Slug::from_text("2026-08-12 This Week!").unwrap().as_str(),
            "2026-08-12-this-week"
        );
        assert_eq!(Slug::from_text("../../etc/passwd").unwrap().as_str(), "etc-passwd");
        assert_eq!(Slug::from_text("日本"), None);
        assert_eq!(Slug::from_text(&"é".repeat(500)), None);
        assert_eq!(Slug::from_text(&"a".repeat(500)).unwrap().as_str().len(), 100);
        assert!(
            Slug::parse("-a").is_err() && Slug::parse("A").is_err() && Slug::parse("").is_err()
        );
    }

    #[test]
    fn a_digest_reads_back() {
        let digest = Digest::new(b"abc");
        assert!(digest.to_string().starts_with("ba7816bf8f01cfea"));
        assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
        assert_eq!(Digest::parse("zz"), None);
        assert_eq!(Digest::parse(&"é".repeat(32)), None);
    }
}
