//! What every answer has in common: its headers, and its line in the log.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;

use super::{method_of, route_of};

/// Nothing keeps a page, names its address to others, guesses at its type, or lists it.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow")),
];

/// What an answer may load when it does not say itself: nothing.
const CONTENT_SECURITY_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; frame-ancestors 'none'");

pub(super) async fn finish(request: Request, next: Next) -> Response {
    let (method, route) = (method_of(request.method()), route_of(request.uri().path()));
    let began = Instant::now();
    let mut response = next.run(request).await;
    response.headers_mut().extend(HEADERS);
    response
        .headers_mut()
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(CONTENT_SECURITY_POLICY);
    let (status, micros) = (response.status().as_u16(), began.elapsed().as_micros() as u64);
    tracing::info!(method, route, status, micros, "answered");
    response
}

pub(super) async fn wrong_method() -> (StatusCode, &'static str) {
    (StatusCode::METHOD_NOT_ALLOWED, "this address is not asked that way\n")
}
