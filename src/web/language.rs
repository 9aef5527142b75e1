//! The language that a page speaks to one reader.
//!
//! That of the mail in which the link stands, if it is known, otherwise that of
//! the newsletter. If there are no words in it, the reader's browser says what
//! else the reader can read, and at last it is English.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;

use super::Masthead;
use super::words::accepted_languages;
use crate::audience::PublicList;
use crate::domain::LanguageTag;

/// How long the store may take to say in which language a mail was written.
const LANGUAGE_TIME: Duration = Duration::from_secs(1);

/// What is known of the languages of one reader.
#[derive(Debug, Clone, Default)]
pub(super) struct ReaderLanguages {
    mail: Option<LanguageTag>,
    /// The request's `Accept-Language`.
    accepted: String,
}

impl ReaderLanguages {
    pub(super) fn from_headers(headers: &HeaderMap) -> Self {
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self { mail: None, accepted: accepted.unwrap_or_default().to_owned() }
    }

    pub(super) fn with_mail(self, mail: Option<LanguageTag>) -> Self {
        Self { mail, ..self }
    }

    /// The languages that a page may speak, the best first.
    pub(super) fn best_first<'l>(&'l self, masthead: &'l Masthead) -> Vec<&'l str> {
        let first = self.mail.as_ref().map_or(masthead.language.as_str(), LanguageTag::as_str);
        std::iter::once(first).chain(accepted_languages(&self.accepted)).collect()
    }
}

impl<S: Sync> FromRequestParts<S> for ReaderLanguages {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::from_headers(&parts.headers))
    }
}

/// The languages of the campaigns whose links were opened.
#[derive(Debug, Default)]
pub(super) struct CampaignLanguages {
    /// By the part of its digest that a token holds. Only tokens of ours lead here,
    /// so it has at most one entry for each campaign.
    known: Mutex<HashMap<[u8; 6], LanguageTag>>,
}

impl CampaignLanguages {
    /// The language of a campaign; `None` if it is not known, or not soon enough.
    pub(super) async fn language_of(
        &self,
        campaign: [u8; 6],
        list: &impl PublicList,
    ) -> Option<LanguageTag> {
        let known =
            self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&campaign).cloned();
        if known.is_some() {
            return known;
        }
        let found =
            tokio::time::timeout(LANGUAGE_TIME, list.language_of(campaign)).await.ok()??;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(campaign, found.clone());
        Some(found)
    }
}
