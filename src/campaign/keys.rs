//! The keys that sign unsubscribe links.

use std::fmt;

/// A signing key and its number, which is in every link.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its number, from 1.
    pub id: u16,
    /// The key.
    pub secret: [u8; 32],
}

/// The key that signs new links, and older keys whose links still work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeys {
    /// Signs new links.
    pub current: SigningKey,
    /// Older keys. Their links are accepted, and no new ones are signed.
    pub retired: Vec<SigningKey>,
}

impl SigningKeys {
    /// The key with that number, current or retired.
    pub fn find(&self, id: u16) -> Option<&SigningKey> {
        std::iter::once(&self.current).chain(&self.retired).find(|key| key.id == id)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, secret)", self.id)
    }
}
