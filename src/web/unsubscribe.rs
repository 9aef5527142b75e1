//! `/unsubscribe/<token>`: the reader's own link.
//!
//! GET and HEAD change nothing, because mail scanners follow every link they
//! see. POST acts at once, whatever its body says: the button of the page and
//! a mail program's one-click request (RFC 8058 section 3.2) are the same.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::page::WebPage;
use super::{BODY_TIME, Pages, STORE_TIME};
use crate::audience::Leaving;
use crate::campaign::{LinkPurpose, UnsubscribeToken};
use crate::domain::SubscriberId;

/// How soon a mail program may try again, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("120");

type TokenInPath = Result<Path<String>, PathRejection>;

/// GET and HEAD: asks the reader, and changes nothing.
pub(super) async fn ask<L: Leaving>(
    State(pages): State<Arc<Pages<L>>>,
    token: TokenInPath,
) -> impl IntoResponse {
    match pages.read(token) {
        Some(UnsubscribeToken { purpose: LinkPurpose::Campaign, .. }) => {
            pages.show(StatusCode::OK, WebPage::Ask)
        }
        Some(UnsubscribeToken { purpose: LinkPurpose::Proof, .. }) => {
            pages.show(StatusCode::OK, WebPage::Proof)
        }
        None => pages.show(StatusCode::NOT_FOUND, WebPage::BadLink),
    }
}

/// POST: takes the reader off the list before it answers.
pub(super) async fn leave<L: Leaving>(
    State(pages): State<Arc<Pages<L>>>,
    token: TokenInPath,
    request: Request,
) -> Response {
    let token = pages.read(token);
    if let Err(status) = read_to_its_end(request).await {
        return pages.show(status, WebPage::BadRequest);
    }
    match token {
        Some(UnsubscribeToken { purpose: LinkPurpose::Campaign, subscriber, .. }) => {
            take_off(&pages, subscriber).await
        }
        Some(UnsubscribeToken { purpose: LinkPurpose::Proof, .. }) => {
            pages.show(StatusCode::OK, WebPage::Proof)
        }
        None => pages.show(StatusCode::NOT_FOUND, WebPage::BadLink),
    }
}

/// Every path that is no route.
pub(super) async fn no_page<L: Leaving>(State(pages): State<Arc<Pages<L>>>) -> Response {
    pages.show(StatusCode::NOT_FOUND, WebPage::NotFound)
}

async fn take_off<L: Leaving>(pages: &Arc<Pages<L>>, subscriber: SubscriberId) -> Response {
    // On its own task, so that a mail program which hangs up early does not
    // take its wish back.
    let shared = Arc::clone(pages);
    let left = tokio::spawn(async move {
        let now = shared.clock.now();
        shared.leaving.leave(subscriber, now).await
    });
    let cause = match tokio::time::timeout(STORE_TIME, left).await {
        Ok(Ok(Ok(()))) => return pages.show(StatusCode::OK, WebPage::Left),
        Ok(Ok(Err(error))) => error.to_string(),
        Ok(Err(_)) => "the store's code panicked".to_owned(),
        Err(_) => "the store took too long".to_owned(),
    };
    tracing::error!(cause, "a reader's wish to leave could not be kept; they were asked to retry");
    let mut response = pages.show(StatusCode::SERVICE_UNAVAILABLE, WebPage::TryAgain);
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    response
}

/// Reads the body, so that the sender is not cut off while it writes, and
/// forgets it.
async fn read_to_its_end(request: Request<Body>) -> Result<(), StatusCode> {
    match tokio::time::timeout(BODY_TIME, Bytes::from_request(request, &())).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(rejection)) => Err(rejection.status()),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

impl<L> Pages<L> {
    fn read(&self, token: TokenInPath) -> Option<UnsubscribeToken> {
        UnsubscribeToken::verify(&token.ok()?, &self.keys)
    }

    fn show(&self, status: StatusCode, page: WebPage) -> Response {
        (status, page.response(&self.masthead)).into_response()
    }
}
