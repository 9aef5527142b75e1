//! The keys under which unsubscribe links are signed.

/// The key that signs now, and those whose links still work.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKeys {
    /// The number and the secret that new links carry.
    pub current: (u16, [u8; 32]),
    /// Older ones, which are only checked.
    pub retired: Vec<(u16, [u8; 32])>,
}

/// Shows the numbers alone.
impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let retired: Vec<u16> = self.retired.iter().map(|(id, _)| *id).collect();
        write!(f, "SigningKeys(current {}, retired {retired:?})", self.current.0)
    }
}
