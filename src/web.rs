//! The public pages: what a reader's link opens.
//!
//! In: a [`Pages`], which holds the newsletter's words, the signing keys and
//! the list. Out: [`router`], which answers requests, and [`serve()`], which accepts
//! connections until it is asked to stop. Absent on purpose: cookies, redirects,
//! scripts, and any GET request that changes something. A proxy in front does TLS.
//! No token and no email address is logged.

mod health;
mod language;
mod limits;
mod page;
mod progress;
mod receive;
mod register;
mod response;
mod serve;
mod stream;
mod unsubscribe;
mod words;

pub use limits::{ServeLimits, loopback};
pub use serve::{Closed, listen, serve, serve_within};

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::routing::get;

use crate::audience::PublicList;
use crate::campaign::{SigningKeys, UnsubscribePages};
use crate::domain::{Clock, Direction, HeaderText};
use language::CampaignLanguages;

/// The most bytes that are read of a request's body. One-click senders write
/// 26, or a few hundred as `multipart/form-data` (RFC 8058 section 3.2).
pub const MAX_BODY_BYTES: usize = 8 * 1024;

/// How long a request's body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// How long the store may take to answer.
const STORE_TIME: Duration = Duration::from_secs(15);

/// What the pages need to answer.
pub struct Pages<L> {
    /// The newsletter, as the pages speak of it.
    pub masthead: Masthead,
    /// What signs links today, and what signed those of older mails.
    pub keys: SigningKeys,
    /// The list that people unsubscribe from.
    pub list: L,
    /// The time at which they unsubscribe.
    pub clock: Arc<dyn Clock>,
}

/// The newsletter, as its pages speak of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masthead {
    /// Its name.
    pub name: HeaderText,
    /// Its language (BCP 47). The pages speak it if the mail's language is not known.
    pub language: String,
    /// The direction of its name.
    pub direction: Direction,
}

/// The pages, and what was learned while serving them.
struct Served<L> {
    pages: Pages<L>,
    languages: CampaignLanguages,
}

/// The routes of the public pages: `/unsubscribe/<token>` and `/healthz`.
pub fn router<L: PublicList>(pages: Pages<L>) -> Router {
    let served = Arc::new(Served { pages, languages: CampaignLanguages::default() });
    let link = get(unsubscribe::ask::<L>).post(unsubscribe::accept::<L>);
    // Every link that begins like ours and was cut gets the same answer.
    let cut = UnsubscribePages::PATH.trim_end_matches('/');
    Router::new()
        .route(cut, link.clone())
        .route(UnsubscribePages::PATH, link.clone())
        .route(&format!("{}{{*token}}", UnsubscribePages::PATH), link)
        .route(health::PATH, get(health::answer::<L>))
        .fallback(unsubscribe::no_page::<L>)
        .method_not_allowed_fallback(response::wrong_method)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&served), receive::receive::<L>))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(axum::middleware::from_fn(response::finish))
        .with_state(served)
}

/// The route of a path as logs may show it: never with its token.
fn route_of(path: &str) -> &'static str {
    match path {
        health::PATH => "/healthz",
        _ if path.starts_with(UnsubscribePages::PATH.trim_end_matches('/')) => {
            "/unsubscribe/{token}"
        }
        _ => "other",
    }
}

/// The name of a method for the log. A client can send any text as a method, so
/// an unknown one is logged as "other".
fn method_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_names_no_token() {
        for (path, route) in [
            ("/healthz", "/healthz"),
            ("/unsubscribe/AbC", "/unsubscribe/{token}"),
            ("/unsubscribe/AbC/more", "/unsubscribe/{token}"),
            ("/unsubscribe", "/unsubscribe/{token}"),
            ("/unsubscribeAbC", "/unsubscribe/{token}"),
            ("/AbC", "other"),
            ("", "other"),
        ] {
            assert_eq!(route_of(path), route, "{path:?}");
        }
    }
}
