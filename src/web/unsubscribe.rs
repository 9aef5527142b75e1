//! `/unsubscribe/<token>`: the reader's own link.
//!
//! GET and HEAD change nothing, because mail scanners follow every link they
//! see. POST acts at once, whatever its body says: the button of the page and
//! a mail program's one-click request (RFC 8058 section 3.2) are the same.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::language::ReaderLanguages;
use super::page::WebPage;
use super::{Pages, STORE_TIME, Served};
use crate::audience::PublicList;
use crate::campaign::{LinkPurpose, UnsubscribeToken};
use crate::domain::SubscriberId;

/// How soon a mail program may try again, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("120");

type TokenInPath = Result<Path<String>, PathRejection>;

/// GET and HEAD: asks the reader, and changes nothing.
pub(super) async fn ask<L: PublicList>(
    State(served): State<Arc<Served<L>>>,
    languages: ReaderLanguages,
    token: TokenInPath,
) -> Response {
    let token = served.pages.token(token);
    let languages = served.languages_of(languages, token).await;
    let (status, page) = match subscriber(token) {
        Ok(_) => (StatusCode::OK, WebPage::Ask),
        Err(refused) => refused,
    };
    served.show(status, page, &languages)
}

/// POST: unsubscribes the reader before it answers.
pub(super) async fn accept<L: PublicList>(
    State(served): State<Arc<Served<L>>>,
    languages: ReaderLanguages,
    token: TokenInPath,
) -> Response {
    let token = served.pages.token(token);
    let written = match subscriber(token) {
        Ok(subscriber) => unsubscribe(&served, subscriber).await,
        Err(refused) => Err(refused),
    };
    let (status, page) = match written {
        Ok(()) => (StatusCode::OK, WebPage::Unsubscribed),
        Err(refused) => refused,
    };
    let languages = served.languages_of(languages, token).await;
    let mut response = served.show(status, page, &languages);
    if page == WebPage::TryAgain {
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    response
}

/// Every path that is no route.
pub(super) async fn no_page<L: PublicList>(
    State(served): State<Arc<Served<L>>>,
    languages: ReaderLanguages,
) -> Response {
    served.show(StatusCode::NOT_FOUND, WebPage::NotFound, &languages)
}

async fn unsubscribe<L: PublicList>(
    served: &Arc<Served<L>>,
    subscriber: SubscriberId,
) -> Result<(), Refused> {
    // A task of its own unsubscribes, so that it goes on if a mail program hangs up early.
    let shared = Arc::clone(served);
    let written = tokio::spawn(async move {
        let now = shared.pages.clock.now();
        shared.pages.list.unsubscribe_by_link(subscriber, now).await
    });
    let cause = match tokio::time::timeout(STORE_TIME, written).await {
        Ok(Ok(Ok(()))) => return Ok(()),
        Ok(Ok(Err(error))) => format!("the list could not be written: {error}"),
        Ok(Err(_)) => "the store's code panicked".to_owned(),
        Err(_) => "the store took too long".to_owned(),
    };
    tracing::error!(cause, "an unsubscribe could not be recorded; the reader was asked to retry");
    Err((StatusCode::SERVICE_UNAVAILABLE, WebPage::TryAgain))
}

/// The page that is shown instead, and its status.
type Refused = (StatusCode, WebPage);

/// The subscriber whose link it is.
fn subscriber(token: Option<UnsubscribeToken>) -> Result<SubscriberId, Refused> {
    match token {
        Some(UnsubscribeToken { purpose: LinkPurpose::Campaign, subscriber, .. }) => Ok(subscriber),
        Some(UnsubscribeToken { purpose: LinkPurpose::Proof, .. }) => {
            Err((StatusCode::OK, WebPage::Proof))
        }
        None => Err((StatusCode::NOT_FOUND, WebPage::BadLink)),
    }
}

impl<L> Pages<L> {
    /// The token of a link, if it is one of ours.
    fn token(&self, token: TokenInPath) -> Option<UnsubscribeToken> {
        UnsubscribeToken::verify(&token.ok()?, &self.keys)
    }
}

impl<L: PublicList> Served<L> {
    /// Adds the language of the mail in which a link stands.
    async fn languages_of(
        &self,
        languages: ReaderLanguages,
        token: Option<UnsubscribeToken>,
    ) -> ReaderLanguages {
        let Some(token) = token else { return languages };
        let mail = self.languages.language_of(token.campaign, &self.pages.list).await;
        languages.with_mail(mail)
    }
}

impl<L> Served<L> {
    pub(super) fn show(
        &self,
        status: StatusCode,
        page: WebPage,
        languages: &ReaderLanguages,
    ) -> Response {
        let masthead = &self.pages.masthead;
        (status, page.response(masthead, &languages.best_first(masthead))).into_response()
    }
}
