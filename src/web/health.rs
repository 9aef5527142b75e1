//! `/healthz`: whether this process can do its work.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::{Pages, STORE_TIME};

/// Where monitors ask.
pub(super) const PATH: &str = "/healthz";

type HealthAnswer = Pin<Box<dyn Future<Output = Result<(), NotAnswering>> + Send>>;

/// Asks the store whether it answers.
pub struct HealthCheck(Box<dyn Fn() -> HealthAnswer + Send + Sync>);

/// Why the store does not answer. It is logged, and never shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the store does not answer: {0}")]
pub struct NotAnswering(pub String);

impl HealthCheck {
    /// A check that runs `ask` each time. It should cost one small query.
    pub fn new<F, A>(ask: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), NotAnswering>> + Send + 'static,
    {
        Self(Box::new(move || Box::pin(ask())))
    }

    async fn run(&self) -> Result<(), NotAnswering> {
        let late = |_| Err(NotAnswering("it took too long".into()));
        tokio::time::timeout(STORE_TIME, (self.0)()).await.unwrap_or_else(late)
    }
}

pub(super) async fn answer<L>(State(pages): State<Arc<Pages<L>>>) -> (StatusCode, &'static str) {
    match pages.health.run().await {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(error) => {
            tracing::error!(cause = %error, "health check failed");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
        }
    }
}
