//! The public pages, requested by readers, mail programs, scanners and strangers.

mod asking;
mod holding;
mod languages;

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode};
use postrider::campaign::{LinkPurpose, SigningKey, SigningKeys};
use postrider::domain::Clock;
use postrider::domain::Direction;
use postrider::web::{self, Closed, Masthead, Pages};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use asking::{
    FORM, List, Noon, ONE_CLICK, READER, ask, get, keys, link, masthead, pages, path_of, post,
    weekly,
};

#[tokio::test]
async fn a_scanner_that_follows_the_link_changes_nothing() {
    let list = List::open();
    let router = pages(&list, weekly());
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE] {
        let request = Request::builder().method(&method).uri(link()).body(Body::empty()).unwrap();
        let answer = ask(&router, request).await;
        let is_page = matches!(method, Method::GET | Method::HEAD);
        assert_eq!(answer.status == StatusCode::OK, is_page, "{method}: {}", answer.status);
        assert_eq!(answer.body.contains("<button>"), method == Method::GET, "{method}");
        let allowed = answer.headers.get("allow").map(|value| value.to_str().unwrap());
        assert_eq!(allowed, (!is_page).then_some("GET,HEAD,POST"), "{method}");
    }
    for query in ["?List-Unsubscribe=One-Click", "?utm_source=mail"] {
        assert_eq!(get(&router, &format!("{}{query}", link())).await.status, StatusCode::OK);
    }
    assert_eq!(list.left(), []);
}

#[tokio::test]
async fn the_page_has_one_button_and_loads_nothing_from_anywhere() {
    let answer = get(&pages(&List::open(), weekly()), &link()).await;
    assert_eq!(answer.status, StatusCode::OK);
    for once in ["<html lang=\"en\" dir=\"ltr\">", "<title>", "<h1>", "<main>", "<button>"] {
        assert_eq!(answer.body.matches(once).count(), 1, "{once}");
    }
    assert!(answer.body.contains("<form method=\"post\">"), "the form posts to its own address");
    assert!(answer.body.contains("prefers-color-scheme:dark"));
    for foreign in ["http", "src=", "href=", "url(", "@import", "<script", "style=\""] {
        assert!(!answer.body.contains(foreign), "{foreign}");
    }
    let token = link().rsplit('/').next().unwrap().to_owned();
    assert!(!answer.body.contains(&token), "the page does not repeat the token");
    let header = |name: &str| answer.headers[name].to_str().unwrap();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("x-robots-tag").starts_with("noindex"));
    assert!(answer.headers.get("set-cookie").is_none());
}

#[tokio::test]
async fn the_policy_allows_the_style_of_the_page_and_nothing_else() {
    use base64::Engine;
    let answer = get(&pages(&List::open(), weekly()), &link()).await;
    let style = answer.body.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let digest = postrider::domain::Digest::new(style.as_bytes());
    let hash = base64::engine::general_purpose::STANDARD.encode(digest.bytes());
    assert_eq!(
        answer.headers["content-security-policy"],
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'"
        )
    );
}

#[tokio::test]
async fn a_post_acts_at_once_whatever_its_body_and_twice_is_once_more() {
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\
                     One-Click\r\n--x--\r\n";
    let list = List::open();
    let router = pages(&list, weekly());
    for (kind, body) in [
        (FORM, ONE_CLICK),
        (FORM, ONE_CLICK),
        ("multipart/form-data; boundary=x", multipart),
        ("text/plain", ""),
        ("application/json", "{}"),
        ("not a type", "\0\u{FFFD}"),
    ] {
        let answer = post(&router, &link(), kind, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{kind}");
        assert!(answer.body.contains("You are off the list"), "{kind}: {}", answer.body);
        assert!(!answer.body.contains("<button>"));
        assert!(answer.headers.get("location").is_none());
        assert!(answer.headers.get("set-cookie").is_none());
    }
    assert_eq!(list.left(), [READER; 6]);
    assert_eq!(list.left.lock().unwrap()[0].1, Noon.now());
}

#[tokio::test]
async fn what_the_button_sends_is_the_one_click_request() {
    let list = List::open();
    let router = pages(&list, weekly());
    let page = get(&router, &link()).await.body;
    let field = page.split("<input type=\"hidden\" name=\"").nth(1).unwrap();
    let (name, rest) = field.split_once("\" value=\"").unwrap();
    let value = rest.split('"').next().unwrap();
    assert_eq!(format!("{name}={value}"), ONE_CLICK);
}

#[tokio::test]
async fn a_huge_body_is_refused_and_changes_nothing() {
    let list = List::open();
    let router = pages(&list, weekly());
    for (bytes, status) in [
        (web::MAX_BODY_BYTES, StatusCode::OK),
        (web::MAX_BODY_BYTES + 1, StatusCode::PAYLOAD_TOO_LARGE),
        (10 << 20, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let answer = post(&router, &link(), FORM, "x".repeat(bytes)).await;
        assert_eq!(answer.status, status, "{bytes}");
    }
    assert_eq!(list.left(), [READER]);
}

#[tokio::test]
async fn every_bad_token_gets_the_same_helpful_answer() {
    let list = List::open();
    let router = pages(&list, weekly());
    let token = link().rsplit('/').next().unwrap().to_owned();
    let forged = format!("{}{}", if token.starts_with('A') { 'B' } else { 'A' }, &token[1..]);
    let paths = [
        "/unsubscribe".to_owned(),
        "/unsubscribe/".to_owned(),
        "/unsubscribe/%FF".to_owned(),
        format!("/unsubscribe/{forged}"),
        format!("/unsubscribe/{}", &token[..43]),
        format!("/unsubscribe/{token}="),
        format!("/unsubscribe/{token}/"),
        format!("/unsubscribe/{token}/{token}"),
        format!("/unsubscribe/{}", "A".repeat(44)),
        format!("/unsubscribe/{}", "A".repeat(4000)),
        path_of(LinkPurpose::Campaign, &keys(7, &[])),
        // The right key number with another secret.
        path_of(
            LinkPurpose::Campaign,
            &SigningKeys { current: SigningKey { id: 1, secret: [9; 32] }, retired: vec![] },
        ),
    ];
    let expected = get(&router, &paths[0]).await;
    assert!(expected.body.contains("answer the mail"), "{}", expected.body);
    for path in &paths {
        for answer in [get(&router, path).await, post(&router, path, FORM, ONE_CLICK).await] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(answer.headers, expected.headers, "{path}");
            assert!(answer.body == expected.body, "{path}");
        }
    }
    assert_eq!(list.left(), []);
}

#[tokio::test]
async fn a_link_of_an_older_mail_works_after_its_key_is_retired() {
    let list = List::open();
    let router = web::router(Pages {
        masthead: weekly(),
        keys: keys(3, &[1, 2]),
        list: list.clone(),
        clock: Arc::new(Noon),
    });
    let answer = post(&router, &link(), FORM, ONE_CLICK).await;
    assert_eq!((answer.status, list.left()), (StatusCode::OK, vec![READER]));
}

#[tokio::test]
async fn the_link_of_a_proof_says_so_and_changes_nothing() {
    let list = List::open();
    let router = pages(&list, weekly());
    let path = path_of(LinkPurpose::Proof, &keys(1, &[]));
    for answer in [get(&router, &path).await, post(&router, &path, FORM, ONE_CLICK).await] {
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.body.contains("This was a proof") && !answer.body.contains("<button>"));
    }
    assert_eq!(list.left(), []);
}

#[tokio::test]
async fn a_failing_store_is_an_error_to_retry_and_claims_nothing() {
    let list = List::failing();
    let answer = post(&pages(&list, weekly()), &link(), FORM, ONE_CLICK).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers["retry-after"], "120");
    assert!(answer.body.contains("may still be on the list"), "{}", answer.body);
    assert!(!answer.body.contains("disk full"), "the cause is for the log");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_is_given_up() {
    let answer = post(&pages(&List::waiting(), weekly()), &link(), FORM, ONE_CLICK).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key("retry-after"));
}

/// A body that never ends and never comes.
struct Never;

impl hyper::body::Body for Never {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        Poll::Pending
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_comes_is_given_up_and_changes_nothing() {
    let list = List::open();
    let answer = post(&pages(&list, weekly()), &link(), FORM, Body::new(Never)).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(list.left(), []);
}

#[tokio::test]
async fn a_mail_program_that_hangs_up_early_has_still_asked() {
    let list = List::waiting();
    let router = pages(&list, weekly());
    let link = link();
    {
        let asking = post(&router, &link, FORM, ONE_CLICK);
        let mut asking = std::pin::pin!(asking);
        let once = std::future::poll_fn(|context| Poll::Ready(asking.as_mut().poll(context)));
        assert!(once.await.is_pending());
    }
    list.gate.add_permits(1);
    while list.left().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(list.left(), [READER]);
}

#[tokio::test]
async fn a_hostile_name_stays_text() {
    let name = "</title><script>alert(1)</script>\"'& {name} <b>";
    let hostile = Masthead {
        language: "ar\" onload=\"x".into(),
        ..masthead(name, "ar", Direction::RightToLeft)
    };
    let router = pages(&List::open(), hostile);
    for path in [link(), "/unsubscribe/x".into(), "/".into()] {
        let body = get(&router, &path).await.body;
        assert!(!body.contains("<script") && !body.contains("<b>"), "{body}");
        assert!(!body.contains("\" onload"), "{body}");
        assert!(body.contains("&lt;script&gt;alert(1)&lt;/script&gt;\"'&amp; {name} &lt;b&gt;"));
    }
}

#[tokio::test]
async fn health_follows_the_store() {
    for (list, status, words) in [
        (List::open(), StatusCode::OK, "ok"),
        (List::failing(), StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n"),
    ] {
        let router = pages(&list, weekly());
        let answer = get(&router, "/healthz").await;
        assert_eq!((answer.status, answer.body.as_str()), (status, words));
    }
}

#[tokio::test]
async fn everything_else_is_not_found() {
    let router = pages(&List::open(), weekly());
    for path in ["/", "/unsubscribeX", "/robots.txt", "/healthz/", "/../etc/passwd", "//"] {
        let answer = get(&router, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
    }
}

/// Everything that is logged on this thread, whatever its level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_token_reaches_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let token = link().rsplit('/').next().unwrap().to_owned();
    let odd = Method::from_bytes(token.as_bytes()).unwrap();
    for list in [List::open(), List::failing(), List::open(), List::failing()] {
        // What another test met first, with nobody listening, was switched off
        // for every thread. The second half of the rounds is sure to be heard.
        tracing::callsite::rebuild_interest_cache();
        let router = pages(&list, weekly());
        get(&router, &link()).await;
        post(&router, &link(), FORM, ONE_CLICK).await;
        get(&router, &format!("/{token}")).await;
        get(&router, &format!("/unsubscribe/x/{token}?{token}")).await;
        let request = Request::builder().method(&odd).uri(link()).body(Body::empty()).unwrap();
        ask(&router, request).await;
    }
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(!logged.contains(&token), "{logged}");
    assert!(logged.contains("POST") && logged.contains("/unsubscribe/{token}"), "{logged}");
    assert!(logged.contains("status=503") && logged.contains("disk full"), "{logged}");
}

async fn listen() -> (TcpListener, std::net::SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

#[tokio::test]
async fn serving_ends_when_the_request_under_way_is_answered() {
    let list = List::waiting();
    let (listener, address) = listen().await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let router = pages(&list, weekly());
    let serving = tokio::spawn(web::serve(listener, router, async {
        let _ = stopped.await;
    }));

    // One connection is kept open and idle, and another waits for the list.
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let mut asking = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{ONE_CLICK}",
        link(),
        ONE_CLICK.len()
    );
    asking.write_all(request.as_bytes()).await.unwrap();
    list.arrived.acquire().await.unwrap().forget();
    stop.send(()).unwrap();
    let mut rest = String::new();
    idle.read_to_string(&mut rest).await.unwrap();
    assert!(rest.ends_with("\r\n\r\nok"), "the idle connection is closed: {rest}");
    assert!(TcpStream::connect(address).await.is_err(), "nobody new is let in");

    list.gate.add_permits(1);
    let mut answer = String::new();
    asking.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(serving.await.unwrap(), Closed::Drained);
    assert_eq!(list.left(), [READER]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_sends_no_request_is_dropped() {
    let (listener, address) = listen().await;
    let router = pages(&List::open(), weekly());
    let serving = tokio::spawn(web::serve(listener, router, std::future::pending()));
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nHos").await.unwrap();
    let mut answer = Vec::new();
    slow.read_to_end(&mut answer).await.unwrap();
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    serving.abort();
}
