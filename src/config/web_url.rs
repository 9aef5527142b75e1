//! URLs of our own pages, of images, and of a provider's API.

use std::net::{Ipv4Addr, SocketAddr};

use url::Url;

use super::values::Wrong;
use crate::domain::Host;

/// The base of the public pages, without a slash at its end: https, or http on
/// this machine alone, because readers' links carry tokens and RFC 8058 section 3.1
/// wants https.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    base: String,
    is_local: bool,
}

impl PublicUrl {
    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        let url = web_url(text)?;
        if url.as_str().len() > MAX_PUBLIC_URL {
            return Err(Wrong::new("is too long", "It may have 500 characters at most."));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Wrong::new("has a query or a fragment", "End it with the path."));
        }
        let is_local = is_loopback(&url);
        if url.scheme() == "http" && !is_local {
            return Err(Wrong::new(
                "is not https",
                "Unsubscribe links need https (RFC 8058); http is for this machine alone.",
            ));
        }
        Ok(Self { base: url.as_str().trim_end_matches('/').to_owned(), is_local })
    }

    /// The URL, without a slash at its end.
    pub(crate) fn as_str(&self) -> &str {
        &self.base
    }

    /// Whether it leads to this machine alone, where no reader comes.
    pub(crate) fn is_local(&self) -> bool {
        self.is_local
    }
}

/// The longest base of the public pages, in bytes: with a token it stands in a
/// header, whose lines have 998 bytes at most (RFC 5322 section 2.1.1).
const MAX_PUBLIC_URL: usize = 500;

/// A place on this machine that takes a provider's API in tests: the key must go nowhere else.
pub(super) fn loopback_socket(text: &str) -> Result<SocketAddr, Wrong> {
    let url = web_url(text)?;
    let host = url.host_str().and_then(|host| Host::parse(host).ok());
    let port = url.port_or_known_default();
    match host.filter(Host::is_loopback).zip(port) {
        Some((host, port)) => {
            Ok(SocketAddr::new(host.ip().unwrap_or(Ipv4Addr::LOCALHOST.into()), port))
        }
        None => Err(Wrong::new(
            "does not lead to this machine",
            "Leave it out. It is for tests, and the API key would go there.",
        )),
    }
}

/// A folder on the web that every mail program may be sent to: https, ending in `/`.
pub(super) fn assets_url(text: &str) -> Result<Url, Wrong> {
    let url = web_url(text)?;
    if url.scheme() != "https" {
        return Err(Wrong::new(
            "is not https",
            "Mail programs and their proxies fetch images over https alone.",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Wrong::new("has a query or a fragment", "End it with the path and a `/`."));
    }
    if url.path().ends_with('/') {
        Ok(url)
    } else {
        Err(Wrong::new("does not end in `/`", format!("Write it as `{url}/`.")))
    }
}

pub(super) fn web_url(text: &str) -> Result<Url, Wrong> {
    let advice = "Write it whole, as in `https://example.org/news`.";
    let wrong = || Wrong::new("is not the URL of a web page", advice);
    let url = Url::parse(text).map_err(|_| wrong())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Wrong::new("holds a user or a password", "Take it out. Readers see this URL."));
    }
    if matches!(url.scheme(), "https" | "http") && url.has_host() { Ok(url) } else { Err(wrong()) }
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().and_then(|host| Host::parse(host).ok()).is_some_and(|host| host.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_pages_are_https_or_on_this_machine() {
        for (text, expected) in [
            ("https://list.example.org/", "https://list.example.org"),
            ("https://example.org/weekly//", "https://example.org/weekly"),
            ("http://localhost:8025", "http://localhost:8025"),
            ("http://[::1]:8025/", "http://[::1]:8025"),
        ] {
            assert_eq!(PublicUrl::parse(text).unwrap().as_str(), expected);
        }
        for text in [
            "http://example.org",
            "http://localhost.example.org",
            "http://127.0.0.1.example.org",
            "ftp://example.org",
            "https://a:b@example.org",
            "https://example.org/?a=b",
            "https://example.org/#a",
            "example.org",
            "https://",
            "javascript:alert(1)",
        ] {
            assert!(PublicUrl::parse(text).is_err(), "{text}");
        }
        assert!(PublicUrl::parse(&format!("https://example.org/{}", "a".repeat(480))).is_ok());
        assert!(PublicUrl::parse(&format!("https://example.org/{}", "é".repeat(480))).is_err());
        assert!(PublicUrl::parse("http://127.0.0.1").unwrap().is_local());
        assert!(!PublicUrl::parse("https://example.org").unwrap().is_local());
    }

    #[test]
    fn images_stand_in_a_folder_that_is_https() {
        assert_eq!(assets_url("https://example.org").unwrap().as_str(), "https://example.org/");
        assert!(assets_url("https://example.org/a/").is_ok());
        for text in [
            "http://example.org/",
            "https://example.org/a",
            "https://example.org/?a=/",
            "https://example.org/#/",
            "/assets/",
        ] {
            assert!(assets_url(text).is_err(), "{text}");
        }
        let advice = assets_url("https://example.org/a").unwrap_err().advice;
        assert_eq!(advice, "Write it as `https://example.org/a/`.");
    }

    #[test]
    fn an_api_key_never_goes_to_another_machine() {
        let socket = |text| loopback_socket(text).map(|socket| socket.to_string());
        assert_eq!(socket("http://127.0.0.1:81/").unwrap(), "127.0.0.1:81");
        assert_eq!(socket("http://localhost").unwrap(), "127.0.0.1:80");
        assert!(loopback_socket("https://api.example.org").is_err());
    }
}
