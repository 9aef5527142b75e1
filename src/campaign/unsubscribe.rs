//! The unsubscribe link of one recipient.
//!
//! A link has a token instead of an email address. It does not reveal to whom it
//! belongs, and nobody can make one for another recipient (RFC 8058 section 2
//! asks for an opaque, hard-to-forge component).

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{SigningKeys, keys::SigningKey};
use crate::domain::{CampaignKey, Digest, SubscriberId};

/// The content of an unsubscribe link, after its signature was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsubscribeToken {
    /// The kind of mail that has the link.
    pub purpose: LinkPurpose,
    /// The subscriber to whom the link belongs. In a proof it is no subscriber.
    pub subscriber: SubscriberId,
    /// The first bytes of the SHA-256 of the campaign's key.
    pub campaign: [u8; 6],
}

/// The kind of mail that has an unsubscribe link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// A mail to a subscriber: the link unsubscribes them.
    Campaign,
    /// A proof to an editor: the page says so and changes nothing.
    Proof,
}

/// The URL of the unsubscribe pages, and the keys that sign links to them.
#[derive(Debug, Clone)]
pub struct UnsubscribePages {
    base: String,
    keys: SigningKeys,
}

const BODY: usize = 17;
const SIGNATURE: usize = 16;

impl UnsubscribeToken {
    /// A token for one subscriber of one campaign.
    pub fn new(purpose: LinkPurpose, campaign: &CampaignKey, subscriber: SubscriberId) -> Self {
        Self { purpose, subscriber, campaign: Self::short_digest(campaign) }
    }

    /// By what a token names a campaign: the first bytes of the SHA-256 of its key.
    pub(crate) fn short_digest(campaign: &CampaignKey) -> [u8; 6] {
        let digest = Digest::new(campaign.to_string().as_bytes());
        let mut short = [0; 6];
        short.copy_from_slice(&digest.bytes()[..6]);
        short
    }

    /// The 44 characters in the link: base64url without padding.
    pub fn sign(&self, keys: &SigningKeys) -> String {
        let body = self.body(keys.current.id);
        let mut raw = [0; BODY + SIGNATURE];
        raw[..BODY].copy_from_slice(&body);
        raw[BODY..].copy_from_slice(&signature(&keys.current, &body));
        URL_SAFE_NO_PAD.encode(raw)
    }

    /// Reads a token; `None` if it was not signed by one of these keys.
    pub fn verify(text: &str, keys: &SigningKeys) -> Option<Self> {
        if text.len() != 44 {
            return None;
        }
        let raw = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, mac) = raw.split_at_checked(BODY)?;
        let key = keys.find(u16::from_be_bytes([body[1], body[2]]))?;
        aws_lc_rs::constant_time::verify_slices_are_equal(&signature(key, body), mac).ok()?;
        let purpose = match body[0] {
            1 => LinkPurpose::Campaign,
            2 => LinkPurpose::Proof,
            _ => return None,
        };
        let subscriber = SubscriberId(i64::from_be_bytes(body[3..11].try_into().ok()?));
        Some(Self { purpose, subscriber, campaign: body[11..17].try_into().ok()? })
    }

    fn body(&self, key: u16) -> [u8; BODY] {
        let mut body = [0; BODY];
        body[0] = match self.purpose {
            LinkPurpose::Campaign => 1,
            LinkPurpose::Proof => 2,
        };
        body[1..3].copy_from_slice(&key.to_be_bytes());
        body[3..11].copy_from_slice(&self.subscriber.0.to_be_bytes());
        body[11..].copy_from_slice(&self.campaign);
        body
    }
}

impl UnsubscribePages {
    /// The path below the public URL, before the token.
    pub const PATH: &str = "/unsubscribe/";

    /// Pages under `public_url`, such as `https://news.example.org`.
    pub fn new(public_url: &str, keys: SigningKeys) -> Self {
        Self { base: format!("{}{}", public_url.trim_end_matches('/'), Self::PATH), keys }
    }

    /// The link with that token.
    pub fn link(&self, token: &UnsubscribeToken) -> String {
        format!("{}{}", self.base, token.sign(&self.keys))
    }
}

fn signature(key: &SigningKey, body: &[u8]) -> [u8; SIGNATURE] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key.secret), body);
    let mut short = [0; SIGNATURE];
    short.copy_from_slice(&tag.as_ref()[..SIGNATURE]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Slug;

    fn key(id: u16) -> SigningKey {
        SigningKey { id, secret: [id as u8; 32] }
    }

    fn token() -> UnsubscribeToken {
        let slug = |text| Slug::parse(text).unwrap();
        let campaign = CampaignKey { newsletter: slug("weekly"), issue: slug("1") };
        UnsubscribeToken::new(LinkPurpose::Campaign, &campaign, SubscriberId(42))
    }

    #[test]
    fn a_token_reads_back_even_after_its_key_is_retired() {
        let old = SigningKeys { current: key(1), retired: vec![] };
        let new = SigningKeys { current: key(2), retired: vec![key(1)] };
        let text = token().sign(&old);
        assert_eq!(text.len(), 44);
        assert_eq!(UnsubscribeToken::verify(&text, &new), Some(token()));
        let forgotten = SigningKeys { current: key(2), retired: vec![] };
        assert_eq!(UnsubscribeToken::verify(&text, &forgotten), None);
    }

    #[test]
    fn no_changed_token_is_accepted() {
        let keys = SigningKeys { current: key(1), retired: vec![] };
        let text = token().sign(&keys);
        for at in 0..text.len() {
            for other in ['A', 'B', '-', '=', 'é'] {
                let mut changed: Vec<char> = text.chars().collect();
                if changed[at] == other {
                    continue;
                }
                changed[at] = other;
                let changed: String = changed.into_iter().collect();
                assert_eq!(UnsubscribeToken::verify(&changed, &keys), None, "{changed}");
            }
        }
        assert_eq!(UnsubscribeToken::verify("", &keys), None);
    }
}
