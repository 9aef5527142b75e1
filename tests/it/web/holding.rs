//! The pages stay up for readers, whatever others do with their connections.

use std::net::SocketAddr;
use std::time::Duration;

use postrider::web::{self, ServeLimits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::asking::{List, ONE_CLICK, READER, link, pages, weekly};

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";

/// Limits so low that a test reaches them. This machine is no proxy.
fn low() -> ServeLimits {
    ServeLimits { connections: 4, per_client: 3, proxies: Vec::new(), ..ServeLimits::default() }
}

/// The pages within these limits. Dropping the handle's runtime ends them.
fn serve(list: &List, limits: ServeLimits) -> (SocketAddr, JoinHandle<web::Closed>) {
    let listener = web::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let router = pages(list, weekly());
    (address, tokio::spawn(web::serve_within(limits, listener, router, std::future::pending())))
}

fn one_click() -> String {
    let length = ONE_CLICK.len();
    let head = format!("POST {} HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n", link());
    format!("{head}Connection: close\r\n\r\n{ONE_CLICK}")
}

/// A connection that has sent this.
async fn sent(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// All that comes until the server closes the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// Sends a health check and waits for its answer.
async fn healthy(address: SocketAddr) -> TcpStream {
    let mut stream = sent(address, HEALTH).await;
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 200");
    stream
}

#[tokio::test(start_paused = true)]
async fn who_never_reads_is_dropped() {
    let list = List::open();
    let limits =
        ServeLimits { requests: u32::MAX, header_time: Duration::from_secs(3600), ..low() };
    let write_time = limits.write_time;
    let (address, _serving) = serve(&list, limits);
    let mut greedy = TcpStream::connect(address).await.unwrap();
    let (mut began, mut bytes) = (tokio::time::Instant::now(), 0_usize);
    // The time passes only when nothing else can be done.
    while let Ok(Ok(())) =
        tokio::time::timeout(write_time * 3, greedy.write_all(HEALTH.as_bytes())).await
    {
        bytes += HEALTH.len();
        if began.elapsed() > write_time * 2 {
            panic!("it goes on reading requests after {bytes} bytes");
        }
    }
    assert!(began.elapsed() <= write_time * 2, "{:?}", began.elapsed());
    began = tokio::time::Instant::now();
    healthy(address).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_new_reader_is_served_at_once_while_others_hold_every_connection() {
    let behaviours = ["", "GET /healthz HTTP/1.1\r\nHos", HEALTH];
    let slow_body =
        format!("POST {} HTTP/1.1\r\nHost: h\r\nContent-Length: 26\r\n\r\nList", link());
    for held in behaviours.into_iter().chain([slow_body.as_str()]) {
        // Of one client each way, and of a proxy.
        for proxies in [Vec::new(), web::loopback()] {
            let list = List::open();
            let (address, _serving) = serve(&list, ServeLimits { proxies, ..low() });
            let mut holding = Vec::new();
            for _ in 0..10 {
                holding.push(sent(address, held).await);
                // A client's new connections are left alone for two seconds.
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
            let began = tokio::time::Instant::now();
            let answer = rest(sent(address, &one_click()).await).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{held:?}: {answer}");
            assert_eq!(list.left(), [READER]);
            healthy(address).await;
            assert_eq!(began.elapsed(), Duration::ZERO, "{held:?}");
            // A kept connection is closed by its answer when it is one of too many.
            if held != HEALTH {
                rest(holding.remove(0)).await;
                assert_eq!(began.elapsed(), Duration::ZERO, "{held:?}: the oldest is closed");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_has_arrived_is_answered_however_many_come_after_it() {
    for proxies in [Vec::new(), web::loopback()] {
        let list = List::waiting();
        let (address, _serving) = serve(&list, ServeLimits { proxies, ..low() });
        let asked = sent(address, &one_click()).await;
        list.arrived.acquire().await.unwrap().forget();
        for _ in 0..10 {
            drop(healthy(address).await);
        }
        let mut idle = Vec::new();
        for _ in 0..10 {
            idle.push(TcpStream::connect(address).await.unwrap());
        }
        list.gate.add_permits(1);
        let answer = rest(asked).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(list.left(), [READER]);
    }
}

#[tokio::test(start_paused = true)]
async fn while_every_connection_has_a_request_under_way_a_new_one_waits() {
    let list = List::waiting();
    let (address, _serving) = serve(&list, low());
    let mut asked = Vec::new();
    for _ in 0..4 {
        asked.push(sent(address, &one_click()).await);
        list.arrived.acquire().await.unwrap().forget();
    }
    let fifth = sent(address, HEALTH).await;
    list.gate.add_permits(1);
    for stream in asked.drain(..1).chain([fifth]) {
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    list.gate.add_permits(3);
    for stream in asked {
        assert!(rest(stream).await.starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_ends_with_its_last_request_or_when_others_wait() {
    let list = List::open();
    let limits = ServeLimits { requests: 3, ..low() };
    let (address, _serving) = serve(&list, limits);
    let began = tokio::time::Instant::now();
    let answers = rest(sent(address, &HEALTH.repeat(5)).await).await;
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 3, "{answers}");
    assert_eq!(answers.matches("connection: close").count(), 1, "{answers}");

    let _held = [healthy(address).await, healthy(address).await];
    let answer = rest(sent(address, HEALTH).await).await;
    assert!(answer.contains("connection: close"), "{answer}");
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_kept_longer_for_a_proxy() {
    for (proxies, seconds) in [(Vec::new(), 15), (web::loopback(), 150)] {
        let (address, _serving) = serve(&List::open(), ServeLimits { proxies, ..low() });
        let idle = healthy(address).await;
        let began = tokio::time::Instant::now();
        rest(idle).await;
        assert_eq!(began.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_wrong_or_too_large_is_refused_at_once() {
    let list = List::open();
    let (address, _serving) = serve(&list, low());
    let path = link();
    let post = |headers: &str| format!("POST {path} HTTP/1.1\r\n{headers}\r\n");
    let chunked = "Host: h\r\nTransfer-Encoding: chunked\r\n";
    let too_long = "x".repeat(100_000);
    for (request, status) in [
        ("GET /healthz HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(), "400"),
        ("GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n".to_owned(), "400"),
        ("GET /healthz HTTP/1.0\r\n\r\n".to_owned(), "200"),
        (post("Content-Length: 26\r\n") + ONE_CLICK, "400"),
        (post("Host: h\r\nContent-Length: 99000000000\r\n"), "413"),
        (post("Host: h\r\nContent-Length: 99000000000\r\nExpect: 100-continue\r\n"), "413"),
        (post("Host: h\r\nContent-Length: 18446744073709551615\r\n"), "4"),
        (post("Host: h\r\nContent-Length: 184467440737095516150\r\n"), "400"),
        (post("Host: h\r\nContent-Length: 100000\r\n") + &too_long, "413"),
        (post(chunked) + "ffffffffffffffff\r\n", "413"),
        (post(chunked) + "1a\r\nList-Unsubscribe=One-Click\r\nffffffffffffffff\r\nx", "413"),
        (post(chunked) + "fffffffffffffffff\r\n", "4"),
        (post(chunked) + "186a0\r\n" + &too_long, "413"),
    ] {
        let began = tokio::time::Instant::now();
        let shown: String = request.chars().take(200).collect();
        let answer = rest(sent(address, &request).await).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}"))
                || answer.starts_with(&format!("HTTP/1.0 {status}")),
            "{shown}: {answer}"
        );
        assert_eq!(answer.matches("HTTP/1.").count(), 1, "{shown}: {answer}");
        assert_eq!(began.elapsed(), Duration::ZERO, "{shown}");
    }
    assert_eq!(list.left(), []);
    let whole = post(&format!("{chunked}Connection: close\r\n"))
        + "1a\r\nList-Unsubscribe=One-Click\r\n0\r\n\r\n";
    assert!(rest(sent(address, &whole).await).await.starts_with("HTTP/1.1 200"));
    assert_eq!(list.left(), [READER]);
}

#[tokio::test(start_paused = true)]
async fn a_chunk_that_is_announced_late_is_refused_when_it_is() {
    let list = List::open();
    let (address, _serving) = serve(&list, low());
    let head = format!("POST {} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", link());
    let mut slow = sent(address, &head).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    slow.write_all(b"fffffff").await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let began = tokio::time::Instant::now();
    slow.write_all(b"f;a=b\r\n").await.unwrap();
    assert!(rest(slow).await.starts_with("HTTP/1.1 413"));
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(list.left(), []);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_comes_slowly_ends_with_its_time() {
    let list = List::open();
    let (address, _serving) = serve(&list, low());
    let head = format!("POST {} HTTP/1.1\r\nHost: h\r\nContent-Length: 26\r\n\r\n", link());
    let slow = sent(address, &head).await;
    let began = tokio::time::Instant::now();
    let answer = rest(slow).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_eq!(began.elapsed().as_secs(), 10);
    assert_eq!(list.left(), []);
}
