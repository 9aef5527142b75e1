//! A request, received completely before anything is done about it.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::Response;

use super::language::ReaderLanguages;
use super::page::WebPage;
use super::progress::ConnectionProgress;
use super::{BODY_TIME, MAX_BODY_BYTES, Served};
use crate::audience::PublicList;

/// Reads the whole request, so that its sender is not cut off while it writes,
/// and hands it on.
pub(super) async fn receive<L: PublicList>(
    State(served): State<Arc<Served<L>>>,
    request: Request,
    next: Next,
) -> Response {
    // Only a request of a connection has a progress; a test may have none.
    let progress = request.extensions().get::<Arc<ConnectionProgress>>().cloned();
    let languages = ReaderLanguages::from_headers(request.headers());
    let received = match (refusal(&request, progress.is_some()), &progress) {
        (Some(status), _) => Err(status),
        (None, None) => read_body(request).await,
        (None, Some(progress)) => {
            let is_chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
            tokio::select! {
                received = read_body(request) => received,
                () = progress.long_chunk(), if is_chunked => Err(StatusCode::PAYLOAD_TOO_LARGE),
            }
        }
    };
    if let Some(progress) = &progress {
        progress.has_a_request();
    }
    let response = match received {
        Ok(request) => next.run(request).await,
        Err(status) => {
            if let Some(progress) = &progress {
                progress.leave_unread();
            }
            let mut response = served.show(status, WebPage::BadRequest, &languages);
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
            response
        }
    };
    if let Some(progress) = &progress {
        progress.has_an_answer();
    }
    response
}

/// Why a request is refused before its body is read.
fn refusal(request: &Request, comes_by_connection: bool) -> Option<StatusCode> {
    let headers = request.headers();
    if comes_by_connection && request.version() == Version::HTTP_11 && !has_one_host(headers) {
        return Some(StatusCode::BAD_REQUEST);
    }
    let length = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?;
    let is_small = length.parse().is_ok_and(|bytes: usize| bytes <= MAX_BODY_BYTES);
    (!is_small).then_some(StatusCode::PAYLOAD_TOO_LARGE)
}

/// A request of HTTP/1.1 without exactly one valid Host must be answered with
/// 400 (RFC 9112 section 3.2). An empty one is valid.
fn has_one_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let is_authority = Authority::try_from(host.as_bytes()).is_ok();
    host.is_empty() || (is_authority && !host.as_bytes().contains(&b'@'))
}

async fn read_body(request: Request) -> Result<Request, StatusCode> {
    let (parts, body) = request.into_parts();
    // The limit of the bytes is the router's `DefaultBodyLimit`.
    let limited = Request::from_parts(parts.clone(), body);
    match tokio::time::timeout(BODY_TIME, Bytes::from_request(limited, &())).await {
        Ok(Ok(bytes)) => Ok(Request::from_parts(parts, Body::from(bytes))),
        Ok(Err(rejection)) => Err(rejection.status()),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_exactly_one_valid_host() {
        for (hosts, expected) in [
            (&[][..], false),
            (&[""], true),
            (&["news.example.org"], true),
            (&["news.example.org:8025"], true),
            (&["[::1]:8025"], true),
            (&["a", "b"], false),
            (&["a", "a"], false),
            (&["news example"], false),
            (&["user@news.example.org"], false),
            (&["a/b"], false),
        ] {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(header::HOST, HeaderValue::from_static(host));
            }
            assert_eq!(has_one_host(&headers), expected, "{hosts:?}");
        }
    }
}
