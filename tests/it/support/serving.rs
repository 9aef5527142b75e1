//! Runs `postrider serve` and sends requests to it.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::newsletter::{Newsletter, Running};

/// What a mail program posts (RFC 8058 section 3.1).
pub const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// `postrider serve` on a free port, and where that is.
pub fn serve(newsletter: &Newsletter, flags: &[&str]) -> (Running, String) {
    let mut serving = newsletter.start(&[&["serve", "--listen", "127.0.0.1:0"], flags].concat());
    let line = serving.wait_for("listening on http://");
    let address = line.rsplit("http://").next().unwrap().to_owned();
    (serving, address)
}

/// One request, and the whole answer.
pub fn ask(address: &str, method: &str, link: &str, body: &str) -> String {
    let path = &link[link.find("://").map_or(0, |at| at + 3)..];
    let path = &path[path.find('/').unwrap()..];
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
