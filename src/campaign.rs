//! An issue frozen for one audience: what was approved is what is sent.
//!
//! In: a [`Rendered`](crate::render::Rendered) and the newsletter's fixed
//! headers. Out: a [`Campaign`], its canonical [`Manifest`] and the SHA-256
//! digest over it; and, compiled from it once, the message of which each
//! recipient costs one splice. Absent on purpose: the clock, keys, paths and
//! versions never enter the digest.

mod attached;
pub mod due;
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
