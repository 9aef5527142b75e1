//! The canonical form of what a reader receives, and its digest.

use serde::{Deserialize, Serialize};

use crate::domain::{CampaignKey, Digest, HeaderText, Mailbox};
use crate::render::{Rendered, Template};

/// Everything a reader receives that is the same for every reader.
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
    /// The preheader, which providers are told apart from the html.
    pub preheader: String,
    /// The `text/html` part with its slots.
    pub html: Template,
    /// The `text/plain` part with its slots, lines ending in LF.
    pub text: Template,
}

/// A mailbox as it stands in a manifest.
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
}

/// Where a campaign came from: kept beside the digest, never part of it.
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
    /// The commit that was checked out, if that is known.
    pub git_commit: Option<String>,
    /// The version of this program.
    pub tool_version: String,
    /// The rules whose errors were allowed with `--allow`.
    pub allowed: Vec<String>,
}

/// Why a stored manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It does not read back.
    #[error("the stored manifest of {key} cannot be read: {cause}")]
    Unreadable {
        /// Which campaign.
        key: CampaignKey,
        /// What the parser said.
        cause: String,
    },
    /// Its bytes are not those that were frozen.
    #[error("the stored manifest of {key} has the digest {found}, and {expected} was frozen")]
    Damaged {
        /// Which campaign.
        key: CampaignKey,
        /// The digest of the bytes that are there.
        found: Digest,
        /// The digest that was recorded.
        expected: Digest,
    },
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
            from: ManifestMailbox::of(&headers.from),
            reply_to: headers.reply_to.as_ref().map(ManifestMailbox::of),
            subject: rendered.subject.as_str().to_owned(),
            list_id: headers.list_id.as_str().to_owned(),
            language: headers.language.clone(),
            headers: Vec::new(),
            preheader: rendered.preheader.clone(),
            html: rendered.html.clone(),
            text: rendered.text.clone(),
        };
        let canonical = canonical(&manifest);
        Self { key, digest: Digest::of(canonical.as_bytes()), canonical, manifest }
    }

    /// Reads a frozen campaign back from its canonical form.
    ///
    /// # Errors
    /// The bytes do not parse, or are not the ones that `expected` names.
    pub fn thaw(key: CampaignKey, stored: String, expected: Digest) -> Result<Self, ManifestError> {
        let found = Digest::of(stored.as_bytes());
        if found != expected {
            return Err(ManifestError::Damaged { key, found, expected });
        }
        match serde_json::from_str(&stored) {
            Ok(manifest) => Ok(Self { key, manifest, canonical: stored, digest: found }),
            Err(error) => Err(ManifestError::Unreadable { key, cause: error.to_string() }),
        }
    }

    /// Which newsletter and issue this is.
    pub fn key(&self) -> &CampaignKey {
        &self.key
    }

    /// What readers receive.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// A manifest that no newsletter gives.
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

impl ManifestMailbox {
    fn of(mailbox: &Mailbox) -> Self {
        Self {
            name: mailbox.name.as_ref().map(|name| name.as_str().to_owned()),
            address: mailbox.address.as_str().to_owned(),
        }
    }

    /// The mailbox again. The parts were parsed before they were frozen.
    pub fn to_mailbox(&self) -> Option<Mailbox> {
        let name = match &self.name {
            None => None,
            Some(name) => Some(HeaderText::parse(name).ok()?),
        };
        Some(Mailbox { name, address: crate::domain::EmailAddress::parse(&self.address).ok()? })
    }
}

impl std::fmt::Debug for ManifestMailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ManifestMailbox")
    }
}

/// Maps have no place in a manifest, so the order of the fields is the order of the bytes.
fn canonical(manifest: &Manifest) -> String {
    serde_json::to_string(manifest).expect("a struct of texts and lists always becomes JSON")
}
