//! A list in memory, the pages over it, and helpers that request them.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use postrider::audience::{ListUnavailable, PublicList};
use postrider::campaign::{LinkPurpose, SigningKey, SigningKeys, UnsubscribeToken};
use postrider::domain::Direction;
use postrider::domain::{
    CampaignKey, Clock, HeaderText, LanguageTag, Slug, SubscriberId, Timestamp,
};
use postrider::web::{self, Masthead, Pages};
use tokio::sync::Semaphore;
use tower::ServiceExt;

pub(super) const ONE_CLICK: &str = "List-Unsubscribe=One-Click";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const READER: SubscriberId = SubscriberId(42);

/// A list in memory, which may fail, or wait to be let through.
#[derive(Clone)]
pub(super) struct List {
    pub(super) left: Arc<Mutex<Vec<(SubscriberId, Timestamp)>>>,
    /// Has a permit for each wish that has come.
    pub(super) arrived: Arc<Semaphore>,
    /// A wish takes a permit to pass.
    pub(super) gate: Arc<Semaphore>,
    fault: Option<&'static str>,
    language: Option<LanguageTag>,
}

impl List {
    pub(super) fn open() -> Self {
        let (arrived, gate) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(1000)));
        Self { left: Arc::default(), arrived, gate, fault: None, language: None }
    }

    pub(super) fn failing() -> Self {
        Self { fault: Some("disk full"), ..Self::open() }
    }

    pub(super) fn waiting() -> Self {
        Self { gate: Arc::new(Semaphore::new(0)), ..Self::open() }
    }

    /// Its mails are in this language.
    pub(super) fn speaking(self, language: Option<LanguageTag>) -> Self {
        Self { language, ..self }
    }

    pub(super) fn left(&self) -> Vec<SubscriberId> {
        self.left.lock().unwrap().iter().map(|(who, _)| *who).collect()
    }
}

impl PublicList for List {
    async fn unsubscribe_by_link(
        &self,
        subscriber: SubscriberId,
        at: Timestamp,
    ) -> Result<(), ListUnavailable> {
        self.arrived.add_permits(1);
        self.gate.acquire().await.unwrap().forget();
        self.check().await?;
        self.left.lock().unwrap().push((subscriber, at));
        Ok(())
    }

    async fn language_of(&self, _: [u8; 6]) -> Option<LanguageTag> {
        self.language.clone()
    }

    async fn check(&self) -> Result<(), ListUnavailable> {
        self.fault.map_or(Ok(()), |fault| Err(ListUnavailable(fault.into())))
    }
}

pub(super) struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-08-26T12:00:00Z".parse().unwrap()
    }

    fn uptime(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }
}

pub(super) fn key(id: u16) -> SigningKey {
    SigningKey { id, secret: [id as u8; 32] }
}

pub(super) fn keys(current: u16, retired: &[u16]) -> SigningKeys {
    SigningKeys { current: key(current), retired: retired.iter().map(|id| key(*id)).collect() }
}

pub(super) fn path_of(purpose: LinkPurpose, signed_by: &SigningKeys) -> String {
    let slug = |text| Slug::parse(text).unwrap();
    let campaign = CampaignKey { newsletter: slug("weekly"), issue: slug("2026-08-26") };
    format!("/unsubscribe/{}", UnsubscribeToken::new(purpose, &campaign, READER).sign(signed_by))
}

pub(super) fn link() -> String {
    path_of(LinkPurpose::Campaign, &keys(1, &[]))
}

pub(super) fn masthead(name: &str, language: &str, direction: Direction) -> Masthead {
    Masthead { name: HeaderText::parse(name).unwrap(), language: language.into(), direction }
}

pub(super) fn weekly() -> Masthead {
    masthead("The Weekly", "en", Direction::LeftToRight)
}

pub(super) fn pages(list: &List, masthead: Masthead) -> Router {
    web::router(Pages { masthead, keys: keys(1, &[]), list: list.clone(), clock: Arc::new(Noon) })
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

pub(super) async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}

pub(super) async fn get(router: &Router, path: &str) -> Answer {
    ask(router, Request::get(path).body(Body::empty()).unwrap()).await
}

pub(super) async fn post(router: &Router, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
    ask(router, Request::post(path).header("content-type", kind).body(body.into()).unwrap()).await
}
