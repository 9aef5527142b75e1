//! One call to the API, repeated as often as that is safe.
//!
//! | what happened | a call that may be repeated | one that may not |
//! | --- | --- | --- |
//! | no connection | wait, repeat | wait, repeat |
//! | 429, or a 403 without a reason | wait as asked, repeat | wait as asked, repeat |
//! | cut, timed out, 408, 5xx | wait, repeat | unclear, at once |
//! | any other refusal | refused | refused |
//!
//! The log gets method, path, status and time; never a header, a query or a body.

use std::error::Error;
use std::time::Duration;

use reqwest::{Client, Method, Response, StatusCode, header, redirect, retry};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

use super::key::{ApiKey, Endpoint};
use super::wire::{self, ProblemIn};
use super::{NAME, SetupError};
use crate::delivery::Patience;
use crate::delivery::provider::{Problem, ProviderError};
use crate::domain::safe_text;

/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;
/// Mailchimp itself ends a call after 120 s.
const CALL_TIMEOUT: Duration = Duration::from_secs(130);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// An HTTP client for one account.
pub(super) struct Http {
    client: Client,
    key: ApiKey,
    base: String,
    patience: Patience,
}

/// One call to make.
pub(super) struct ApiRequest {
    /// The purpose, for error messages.
    purpose: &'static str,
    method: Method,
    /// From the first `/` after the version, with its query.
    path: String,
    body: Option<String>,
    repeat: Repeat,
}

/// Whether a call that may have been carried out may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Two calls have the same effect as one.
    Harmless,
    /// Two calls do it twice.
    OnlyIfNothingWasDone,
}

/// Whether the body of the answer is needed.
#[derive(Clone, Copy)]
enum Wanted {
    Nothing,
    Body,
}

/// Why one try failed.
enum CallFailure {
    /// No connection was opened, so no byte of the request left.
    NotConnected(String),
    /// The provider refuses for a while, because of too many calls.
    Busy { asked: Option<Duration>, status: StatusCode },
    /// The call may have been carried out.
    Silent(String),
    /// The provider refused.
    Refused(Problem),
    /// The call was carried out, and the answer cannot be read.
    Unreadable(String),
}

/// The next step after a failed try.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Wait(Option<Duration>),
    GiveUp,
}

impl Http {
    pub(super) fn new(
        key: ApiKey,
        endpoint: Endpoint,
        patience: Patience,
    ) -> Result<Self, SetupError> {
        let client = Client::builder()
            .user_agent(concat!("postrider/", env!("CARGO_PKG_VERSION")))
            .https_only(!endpoint.is_loopback)
            // A redirect would send the key elsewhere, or turn a POST into a GET.
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            // The server may close a kept connection at the moment when a send is
            // written to it. A new connection for each of the ten calls costs
            // little, and such a send is never in doubt.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| {
                let cause = chain(&error);
                SetupError(format!("cannot set up the HTTP client for Mailchimp: {cause}"))
            })?;
        Ok(Self { client, key, base: endpoint.base, patience })
    }

    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        request: &ApiRequest,
    ) -> Result<T, ProviderError> {
        let body = self.call(request, Wanted::Body).await?;
        serde_json::from_slice(&body).map_err(|error| {
            // serde's message may quote the value, so only its kind and place are reported.
            let cause = format!(
                "it is not the expected JSON ({:?} error at line {}, column {})",
                error.classify(),
                error.line(),
                error.column()
            );
            unusable(request, cause)
        })
    }

    /// Makes a call whose answer has no body of use.
    pub(super) async fn perform(&self, request: &ApiRequest) -> Result<(), ProviderError> {
        self.call(request, Wanted::Nothing).await.map(|_| ())
    }

    /// A text of the provider, made safe to show by [`safe_text`] and without
    /// the key.
    pub(super) fn safe(&self, text: &str) -> String {
        safe_text(&text.replace(self.key.expose(), "…"))
    }

    async fn call(&self, request: &ApiRequest, wanted: Wanted) -> Result<Vec<u8>, ProviderError> {
        let mut tried = 1;
        loop {
            let failure = match self.try_once(request, wanted).await {
                Ok(body) => return Ok(body),
                Err(failure) => failure,
            };
            let wait = match next(request.repeat, &failure) {
                Next::Wait(asked) => self.patience.wait_after(tried, asked),
                Next::GiveUp => None,
            };
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(given_up(request, failure)),
            }
            tried += 1;
        }
    }

    async fn try_once(&self, request: &ApiRequest, wanted: Wanted) -> Result<Vec<u8>, CallFailure> {
        let url = format!("{}{}", self.base, request.path);
        let mut builder = self
            .client
            .request(request.method.clone(), url)
            .basic_auth("postrider", Some(self.key.expose()))
            .header(header::ACCEPT, "application/json, application/problem+json");
        if let Some(body) = &request.body {
            builder = builder.header(header::CONTENT_TYPE, "application/json").body(body.clone());
        }
        let begun = Instant::now();
        let answer = builder.send().await;
        tracing::debug!(
            method = %request.method,
            path = request.path_alone(),
            status = answer.as_ref().map_or(0, |answer| answer.status().as_u16()),
            elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            "mailchimp call"
        );
        match answer {
            Ok(answer) => self.read(answer, wanted).await,
            Err(error) if error.is_connect() => {
                Err(CallFailure::NotConnected(self.safe(&chain(&error.without_url()))))
            }
            Err(error) => Err(CallFailure::Silent(self.safe(&chain(&error.without_url())))),
        }
    }

    async fn read(&self, mut answer: Response, wanted: Wanted) -> Result<Vec<u8>, CallFailure> {
        let status = answer.status();
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(CallFailure::Busy { asked: asked_wait(answer.headers()), status });
        }
        if status.is_success() && matches!(wanted, Wanted::Nothing) {
            return Ok(Vec::new());
        }
        if status.is_redirection() || status.is_informational() {
            return Err(CallFailure::Silent(format!(
                "the answer was {status}, and redirects are not followed"
            )));
        }
        let asked = asked_wait(answer.headers());
        let body = self.whole_body(&mut answer).await;
        if status.is_success() {
            return body;
        }
        let problem = body.ok().and_then(|body| serde_json::from_slice::<ProblemIn>(&body).ok());
        match (status, problem) {
            // Mailchimp's proxy answers this when it throttles, before the API is reached.
            (StatusCode::FORBIDDEN, None) => Err(CallFailure::Busy { asked, status }),
            (status, problem)
                if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT =>
            {
                Err(CallFailure::Silent(self.problem(status, problem).to_string()))
            }
            (status, problem) => Err(CallFailure::Refused(self.problem(status, problem))),
        }
    }

    async fn whole_body(&self, answer: &mut Response) -> Result<Vec<u8>, CallFailure> {
        let mut body = Vec::new();
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > LARGEST_ANSWER => {
                    let limit = LARGEST_ANSWER / 1024 / 1024;
                    return Err(CallFailure::Unreadable(format!("it is larger than {limit} MB")));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => return Ok(body),
                Err(error) => {
                    return Err(CallFailure::Silent(self.safe(&chain(&error.without_url()))));
                }
            }
        }
    }

    fn problem(&self, status: StatusCode, said: Option<ProblemIn>) -> Problem {
        let said = said.unwrap_or_default();
        let title = match said.title.trim() {
            "" => status.canonical_reason().unwrap_or("no reason given").to_owned(),
            title => self.safe(title),
        };
        let fields = said.errors.iter().take(20);
        Problem {
            status: status.as_u16(),
            title,
            detail: self.safe(&said.detail),
            instance: wire::word(&said.instance.replace(self.key.expose(), "")),
            fields: fields.map(|e| (self.safe(&e.field), self.safe(&e.message))).collect(),
        }
    }
}

impl ApiRequest {
    pub(super) fn repeatable(method: Method, path: String, purpose: &'static str) -> Self {
        Self { purpose, method, path, body: None, repeat: Repeat::Harmless }
    }

    pub(super) fn get(path: String, purpose: &'static str) -> Self {
        Self::repeatable(Method::GET, path, purpose)
    }

    /// A POST, which does its work again when it is repeated.
    pub(super) fn unrepeatable(path: String, purpose: &'static str) -> Self {
        let repeat = Repeat::OnlyIfNothingWasDone;
        Self { purpose, method: Method::POST, path, body: None, repeat }
    }

    pub(super) fn with(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string());
        self
    }

    /// The call, for error messages.
    pub(super) fn to_call(&self) -> String {
        format!("{NAME}: {} ({} {})", self.purpose, self.method, self.path_alone())
    }

    fn path_alone(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }
}

/// The table at the top of this file.
fn next(repeat: Repeat, failure: &CallFailure) -> Next {
    match (failure, repeat) {
        (CallFailure::NotConnected(_), _) => Next::Wait(None),
        (CallFailure::Busy { asked, .. }, _) => Next::Wait(*asked),
        (CallFailure::Silent(_), Repeat::Harmless) => Next::Wait(None),
        (CallFailure::Silent(_), Repeat::OnlyIfNothingWasDone) => Next::GiveUp,
        (CallFailure::Refused(_) | CallFailure::Unreadable(_), _) => Next::GiveUp,
    }
}

fn given_up(request: &ApiRequest, failure: CallFailure) -> ProviderError {
    let call = request.to_call();
    match failure {
        CallFailure::NotConnected(cause) => ProviderError::Unreachable { call, cause },
        CallFailure::Busy { status, .. } => ProviderError::Unreachable {
            call,
            cause: format!("it is too busy or throttles this account ({status})"),
        },
        CallFailure::Silent(cause) => match request.repeat {
            Repeat::Harmless => ProviderError::Unreachable { call, cause },
            Repeat::OnlyIfNothingWasDone => ProviderError::Unclear { call, cause },
        },
        CallFailure::Refused(problem) => {
            ProviderError::Refused { call, problem: Box::new(problem) }
        }
        CallFailure::Unreadable(cause) => unusable(request, cause),
    }
}

/// The error for an unreadable answer to a call that was carried out.
fn unusable(request: &ApiRequest, cause: String) -> ProviderError {
    let call = request.to_call();
    match request.repeat {
        Repeat::Harmless => ProviderError::Unreadable { call, cause },
        Repeat::OnlyIfNothingWasDone => ProviderError::Unclear { call, cause },
    }
}

/// `Retry-After` (RFC 9110 section 10.2.3). A date is measured against the
/// answer's own `Date`, so that no clock has to be right.
fn asked_wait(headers: &header::HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let asked = text(header::RETRY_AFTER)?;
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = |text: &str| {
        jiff::fmt::rfc2822::parse(text).ok().map(|moment| moment.timestamp().as_second())
    };
    let seconds = moment(asked)? - moment(text(header::DATE)?)?;
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

/// An error with its causes, each reported once.
fn chain(error: &dyn Error) -> String {
    let mut out = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !out.contains(&text) {
            out.push_str(": ");
            out.push_str(&text);
        }
        cause = inner.source();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http() -> Http {
        let key = ApiKey::parse(&"canary0123-us6".into()).unwrap();
        let endpoint = Endpoint::for_key(&key);
        Http::new(key, endpoint, Patience::DEFAULT).unwrap()
    }

    #[test]
    fn the_table_decides_what_is_repeated() {
        use Repeat::{Harmless, OnlyIfNothingWasDone};
        let busy = |asked| CallFailure::Busy { asked, status: StatusCode::TOO_MANY_REQUESTS };
        let minute = Some(Duration::from_secs(60));
        let refused = CallFailure::Refused(http().problem(StatusCode::BAD_REQUEST, None));
        for (failure, repeat, expected) in [
            (CallFailure::NotConnected("".into()), Harmless, Next::Wait(None)),
            (CallFailure::NotConnected("".into()), OnlyIfNothingWasDone, Next::Wait(None)),
            (busy(None), Harmless, Next::Wait(None)),
            (busy(minute), OnlyIfNothingWasDone, Next::Wait(minute)),
            (CallFailure::Silent("".into()), Harmless, Next::Wait(None)),
            (CallFailure::Silent("".into()), OnlyIfNothingWasDone, Next::GiveUp),
            (refused, Harmless, Next::GiveUp),
            (CallFailure::Unreadable("".into()), Harmless, Next::GiveUp),
        ] {
            assert_eq!(next(repeat, &failure), expected);
        }
    }

    #[test]
    fn a_wait_is_asked_for_in_seconds_or_as_a_date() {
        let headers = |pairs: &[(header::HeaderName, &str)]| {
            pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
        };
        let date = (header::DATE, "Wed, 12 Aug 2026 10:00:00 GMT");
        for (headers, expected) in [
            (headers(&[]), None),
            (headers(&[(header::RETRY_AFTER, "7")]), Some(7)),
            (headers(&[(header::RETRY_AFTER, "soon")]), None),
            (headers(&[(header::RETRY_AFTER, "-1")]), None),
            (headers(&[(header::RETRY_AFTER, "Wed, 12 Aug 2026 10:00:30 GMT")]), None),
            (
                headers(&[(header::RETRY_AFTER, "Wed, 12 Aug 2026 10:00:30 GMT"), date.clone()]),
                Some(30),
            ),
            (headers(&[(header::RETRY_AFTER, "Wed, 12 Aug 2026 09:00:00 GMT"), date]), None),
        ] {
            assert_eq!(asked_wait(&headers), expected.map(Duration::from_secs), "{headers:?}");
        }
    }

    #[test]
    fn the_texts_of_the_provider_are_made_safe() {
        let safe =
            http().safe("the key canary0123-us6\r\nof <secret.editor@example.org> \u{7}is bad");
        assert_eq!(safe, "the key … of <…@example.org> is bad");
        assert_eq!(http().safe(&"é".repeat(1000)).chars().count(), 300);
    }
}
