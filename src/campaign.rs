//! An issue that was frozen for one audience: the approved bytes are the sent bytes.
//!
//! In: a [`Rendered`](crate::render::Rendered) and the newsletter's fixed
//! headers. Out: a [`Campaign`] with its canonical [`Manifest`] and the SHA-256
//! digest over it. The campaign is compiled once into a [`MessageForm`], and each
//! recipient's copy is spliced from that. Absent on purpose: the clock, keys,
//! paths and versions never enter the digest.

mod attached;
pub(crate) mod due;
mod header_line;
mod keys;
mod manifest;
mod message;
mod unsubscribe;

pub use keys::{SigningKey, SigningKeys};
pub use manifest::{
    Campaign, FixedHeaders, Manifest, ManifestAttachment, ManifestError, ManifestMailbox,
    Provenance,
};
pub use message::{CopyRecipient, MessageError, MessageForm, MessagePurpose};
pub use unsubscribe::{LinkPurpose, UnsubscribePages, UnsubscribeToken};
