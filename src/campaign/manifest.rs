//! The canonical form of what recipients receive, and its digest.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::{CampaignKey, Digest, HeaderText, Mailbox};
use crate::render::{Attachment, Rendered, Template};

/// Everything that is the same for all recipients of a campaign.
///
/// The canonical form is this struct as JSON without white space, in the order
/// of the fields, in UTF-8. It holds no Date, no Message-ID, no boundary, no
/// key and no recipient, so the same issue, theme and configuration give the
/// same digest on any machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this form. A change of it changes every digest.
    pub form: u32,
    /// The `From` address, as `name <address>` before header encoding.
    pub from: ManifestMailbox,
    /// The `Reply-To` address, if one is set.
    pub reply_to: Option<ManifestMailbox>,
    /// The subject before header encoding.
    pub subject: String,
    /// The `List-Id`, without angle brackets (RFC 2919).
    pub list_id: String,
    /// The language of the mail (BCP 47), for `Content-Language`.
    pub language: String,
    /// Sorted names and values of further fixed headers.
    pub headers: Vec<(String, String)>,
    /// The preheader, which a provider takes apart from the html.
    pub preheader: String,
    /// The `text/html` part with its slots.
    pub html: Template,
    /// The `text/plain` part with its slots, lines ending in LF.
    pub text: Template,
    /// The images in the mail. A campaign without any has the canonical form
    /// that it had before there were attachments, and so the same digest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<ManifestAttachment>,
}

/// A file in the mail, as a manifest names it. The manifest has the hash of the
/// bytes and not the bytes, so that a list of campaigns stays small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestAttachment {
    /// Its `Content-ID`, without angle brackets.
    pub content_id: String,
    /// Its media type.
    pub media_type: String,
    /// The file name under which a mail program saves it.
    pub name: String,
    /// The number of its bytes.
    pub size: usize,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// A mailbox in a manifest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestMailbox {
    name: Option<String>,
    address: String,
}

/// An issue frozen for one audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    key: CampaignKey,
    manifest: Manifest,
    canonical: String,
    digest: Digest,
    /// The bytes of the manifest's attachments, in its order; empty until they
    /// have been read from the store.
    contents: Vec<Arc<[u8]>>,
}

/// The origin of a campaign. It is stored beside the digest and is no part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The issue file, relative to the newsletter's folder.
    pub source_file: String,
    /// The SHA-256 of the issue file's normalised text, in hexadecimal.
    pub source_hash: String,
    /// The SHA-256 over the theme's files, in hexadecimal.
    pub theme_hash: String,
    /// The number, if it has one.
    pub number: Option<u64>,
    /// The commit that was checked out, if it is known.
    pub git_commit: Option<String>,
    /// The version of this program.
    pub tool_version: String,
    /// The rules whose errors were allowed with `--allow`.
    pub allowed: Vec<String>,
}

/// Why a stored manifest cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant shows the meaning of its fields")]
pub enum ManifestError {
    /// It does not parse.
    #[error("cannot read the stored manifest of {key}: {cause}")]
    Unreadable { key: CampaignKey, cause: String },
    /// Its bytes are not those that were frozen.
    #[error(
        "the stored manifest of {key} has the digest {found}, but its campaign was frozen with {expected}"
    )]
    Damaged { key: CampaignKey, found: Digest, expected: Digest },
    /// The bytes of its images are not those that were frozen.
    #[error(
        "the stored images of {key} are not those that were frozen: {name} is missing or damaged"
    )]
    Attachment { key: CampaignKey, name: String },
}

/// The fixed headers of a newsletter.
#[derive(Debug, Clone)]
pub struct FixedHeaders {
    /// `From`.
    pub from: Mailbox,
    /// `Reply-To`.
    pub reply_to: Option<Mailbox>,
    /// `List-Id` without angle brackets.
    pub list_id: HeaderText,
    /// The language of the mail.
    pub language: String,
}

impl Campaign {
    /// Freezes a rendered issue.
    pub fn freeze(key: CampaignKey, rendered: &Rendered, headers: &FixedHeaders) -> Self {
        let manifest = Manifest {
            form: 1,
            from: ManifestMailbox::from_mailbox(&headers.from),
            reply_to: headers.reply_to.as_ref().map(ManifestMailbox::from_mailbox),
            subject: rendered.subject.as_str().to_owned(),
            list_id: headers.list_id.as_str().to_owned(),
            language: headers.language.clone(),
            headers: Vec::new(),
            preheader: rendered.preheader.clone(),
            html: rendered.html.clone(),
            text: rendered.text.clone(),
            attachments: rendered.attachments().map(ManifestAttachment::from_file).collect(),
        };
        let contents = rendered.attachments().map(|file| Arc::clone(&file.bytes)).collect();
        // The manifest has no maps, so the order of its fields is fixed.
        let canonical = serde_json::to_string(&manifest)
            .expect("a struct of texts and lists always becomes JSON");
        Self { key, digest: Digest::new(canonical.as_bytes()), canonical, manifest, contents }
    }

    /// Reads a frozen campaign back from its canonical form. It can be compiled
    /// into a message after [`Self::with_contents`] has added its images.
    ///
    /// # Errors
    /// The bytes do not parse, or have another digest than `expected`.
    pub fn thaw(key: CampaignKey, stored: String, expected: Digest) -> Result<Self, ManifestError> {
        let found = Digest::new(stored.as_bytes());
        if found != expected {
            return Err(ManifestError::Damaged { key, found, expected });
        }
        match serde_json::from_str(&stored) {
            Ok(manifest) => {
                Ok(Self { key, manifest, canonical: stored, digest: found, contents: Vec::new() })
            }
            Err(error) => Err(ManifestError::Unreadable { key, cause: error.to_string() }),
        }
    }

    /// Adds the bytes of its images to a thawed campaign, in any order.
    ///
    /// # Errors
    /// One of them is missing or damaged.
    pub fn with_contents(mut self, stored: Vec<Vec<u8>>) -> Result<Self, ManifestError> {
        let by_hash = stored.into_iter().map(|bytes| (Digest::new(&bytes).to_string(), bytes));
        let mut by_hash: std::collections::HashMap<String, Vec<u8>> = by_hash.collect();
        self.contents.clear();
        for ManifestAttachment { sha256, name, .. } in &self.manifest.attachments {
            let Some(bytes) = by_hash.remove(sha256) else {
                return Err(ManifestError::Attachment { key: self.key, name: name.clone() });
            };
            self.contents.push(bytes.into());
        }
        Ok(self)
    }

    /// The images in the mail with their bytes; `None` until the bytes have been
    /// added.
    pub fn attachments(&self) -> Option<impl Iterator<Item = (&ManifestAttachment, &[u8])>> {
        let attachments = &self.manifest.attachments;
        let is_whole = attachments.len() == self.contents.len();
        is_whole.then(|| attachments.iter().zip(self.contents.iter().map(|bytes| &**bytes)))
    }

    /// Which newsletter and issue this is.
    pub fn key(&self) -> &CampaignKey {
        &self.key
    }

    /// What recipients receive.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// For tests with a manifest that no newsletter gives.
    #[cfg(test)]
    pub(super) fn manifest_mut(&mut self) -> &mut Manifest {
        &mut self.manifest
    }

    /// The canonical form, which the store keeps.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The digest over the canonical form.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl ManifestAttachment {
    fn from_file(file: &Attachment) -> Self {
        Self {
            content_id: file.content_id.clone(),
            media_type: file.format.media_type().to_owned(),
            name: file.name.clone(),
            size: file.bytes.len(),
            sha256: Digest::new(&file.bytes).to_string(),
        }
    }
}

impl ManifestMailbox {
    fn from_mailbox(mailbox: &Mailbox) -> Self {
        Self {
            name: mailbox.name.as_ref().map(|name| name.as_str().to_owned()),
            address: mailbox.address.as_str().to_owned(),
        }
    }

    /// The mailbox. Its parts were parsed before they were frozen.
    pub fn to_mailbox(&self) -> Option<Mailbox> {
        let name = self.name.as_deref().map(HeaderText::parse).transpose().ok()?;
        Some(Mailbox { name, address: crate::domain::EmailAddress::parse(&self.address).ok()? })
    }
}

impl std::fmt::Debug for ManifestMailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ManifestMailbox")
    }
}
