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

use super::page::WebPage;
use super::{Pages, STORE_TIME};
use crate::audience::PublicList;
use crate::campaign::{LinkPurpose, UnsubscribeToken};
use crate::domain::SubscriberId;

/// How soon a mail program may try again, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("120");

type TokenInPath = Result<Path<String>, PathRejection>;

/// GET and HEAD: asks the reader, and changes nothing.
pub(super) async fn ask<L: PublicList>(
    State(pages): State<Arc<Pages<L>>>,
    token: TokenInPath,
) -> Response {
    let (status, page) = match pages.subscriber(token) {
        Ok(_) => (StatusCode::OK, WebPage::Ask),
        Err(refused) => refused,
    };
    pages.show(status, page)
}

/// POST: unsubscribes the reader before it answers.
pub(super) async fn accept<L: PublicList>(
    State(pages): State<Arc<Pages<L>>>,
    token: TokenInPath,
) -> Response {
    match pages.subscriber(token) {
        Ok(subscriber) => unsubscribe(&pages, subscriber).await,
        Err((status, page)) => pages.show(status, page),
    }
}

/// Every path that is no route.
pub(super) async fn no_page<L: PublicList>(State(pages): State<Arc<Pages<L>>>) -> Response {
    pages.show(StatusCode::NOT_FOUND, WebPage::NotFound)
}

async fn unsubscribe<L: PublicList>(pages: &Arc<Pages<L>>, subscriber: SubscriberId) -> Response {
    // A task of its own unsubscribes, so that it goes on if a mail program hangs up early.
    let shared = Arc::clone(pages);
    let written = tokio::spawn(async move {
        let now = shared.clock.now();
        shared.list.unsubscribe_by_link(subscriber, now).await
    });
    let cause = match tokio::time::timeout(STORE_TIME, written).await {
        Ok(Ok(Ok(()))) => return pages.show(StatusCode::OK, WebPage::Unsubscribed),
        Ok(Ok(Err(error))) => format!("the list could not be written: {error}"),
        Ok(Err(_)) => "the store's code panicked".to_owned(),
        Err(_) => "the store took too long".to_owned(),
    };
    tracing::error!(cause, "an unsubscribe could not be recorded; the reader was asked to retry");
    let mut response = pages.show(StatusCode::SERVICE_UNAVAILABLE, WebPage::TryAgain);
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    response
}

impl<L> Pages<L> {
    /// The subscriber whose link it is, or the page that is shown instead.
    fn subscriber(&self, token: TokenInPath) -> Result<SubscriberId, (StatusCode, WebPage)> {
        let token = token.ok().and_then(|token| UnsubscribeToken::verify(&token, &self.keys));
        match token {
            Some(UnsubscribeToken { purpose: LinkPurpose::Campaign, subscriber, .. }) => {
                Ok(subscriber)
            }
            Some(UnsubscribeToken { purpose: LinkPurpose::Proof, .. }) => {
                Err((StatusCode::OK, WebPage::Proof))
            }
            None => Err((StatusCode::NOT_FOUND, WebPage::BadLink)),
        }
    }

    pub(super) fn show(&self, status: StatusCode, page: WebPage) -> Response {
        (status, page.response(&self.masthead)).into_response()
    }
}
