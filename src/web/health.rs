//! `/healthz`: whether this process can do its work.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::{STORE_TIME, Served};
use crate::audience::PublicList;

/// Where monitors ask.
pub(super) const PATH: &str = "/healthz";

pub(super) async fn answer<L: PublicList>(
    State(served): State<Arc<Served<L>>>,
) -> (StatusCode, &'static str) {
    let cause = match tokio::time::timeout(STORE_TIME, served.pages.list.check()).await {
        Ok(Ok(())) => return (StatusCode::OK, "ok"),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it took too long".to_owned(),
    };
    tracing::error!(cause = %format_args!("the store does not answer: {cause}"), "health check failed");
    (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
}
