//! An issue frozen for one audience: what was approved is what is sent.
//!
//! In: a [`Rendered`](crate::render::Rendered) and the newsletter's fixed
//! headers. Out: a [`Campaign`], its canonical [`Manifest`] and the SHA-256
//! digest over it; and, compiled from it once, the message of which each
//! recipient costs one splice. Absent on purpose: the clock, keys, paths and
//! versions never enter the digest.

mod keys;
mod manifest;

pub use keys::SigningKeys;
pub use manifest::{Campaign, FixedHeaders, Manifest, ManifestError, ManifestMailbox, Provenance};
