//! What one peer of the pages may have, and for how long.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

/// The limits of [`serve_within`](super::serve_within).
///
/// A connection that waits for its peer may be closed at any time, to make room
/// for a newer one; a request that the peer has sent completely is always
/// answered. So a limit on connections turns no reader away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeLimits {
    /// The most connections that are open at once.
    pub connections: usize,
    /// The most connections of one client: an IPv4 address, or an IPv6 /64,
    /// which is the network of one home or one server.
    pub per_client: usize,
    /// The most connections of one network: an IPv4 /24 or an IPv6 /48.
    pub per_network: usize,
    /// The proxies in front, to which the limits of a client do not apply.
    pub proxies: Vec<IpNet>,
    /// How long a client's request headers may take, and how long its
    /// connection is kept without a request.
    pub header_time: Duration,
    /// The same for a proxy. A proxy must close an idle connection before
    /// Postrider does: otherwise it may send a request into a connection that is
    /// just being closed. nginx keeps one for 60 seconds, Caddy for 2 minutes.
    pub proxy_header_time: Duration,
    /// How long the peer may take to receive what was answered.
    pub write_time: Duration,
    /// How many requests one connection of a client may send. A reader's browser
    /// sends three.
    pub requests: u32,
    /// How many one of a proxy may send.
    pub proxy_requests: u32,
}

/// The most connections, however many files the process may open. Each may
/// hold some 32 KB.
const MOST_CONNECTIONS: usize = 1024;

/// How many files stay free for the store, the log and the runtime.
const OTHER_FILES: usize = 64;

impl ServeLimits {
    /// The limits of a process that may open that many files; `None` means any number.
    pub fn for_open_files(files: Option<u64>) -> Self {
        let files = files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
        let free = files.saturating_sub(OTHER_FILES).max(files / 4);
        // An eighth is for connections that are being closed.
        let connections = (free / 8 * 7).clamp(1, MOST_CONNECTIONS);
        Self {
            connections,
            per_client: 64,
            per_network: 256,
            proxies: loopback(),
            header_time: Duration::from_secs(15),
            proxy_header_time: Duration::from_secs(150),
            write_time: Duration::from_secs(15),
            requests: 16,
            proxy_requests: 1000,
        }
    }

    /// How many connections may be open or just being closed.
    pub(super) fn sockets(&self) -> usize {
        self.connections + (self.connections / 7).max(1)
    }

    /// From how many connections on each answer closes its connection, so that
    /// no idle one has to be dropped.
    pub(super) fn crowded(&self) -> usize {
        self.connections / 2
    }

    /// Which limits apply to a peer.
    pub(super) fn client(&self, peer: IpAddr) -> PeerClient {
        let peer = peer.to_canonical();
        if self.proxies.iter().any(|proxy| proxy.contains(&peer)) {
            return PeerClient::Proxy;
        }
        let (client, network) = match peer {
            IpAddr::V4(_) => (32, 24),
            IpAddr::V6(_) => (64, 48),
        };
        let of_length = |length| IpNet::new_assert(peer, length).trunc();
        PeerClient::Reader { client: of_length(client), network: of_length(network) }
    }
}

impl Default for ServeLimits {
    /// The limits for 1024 open files, which is what most systems allow.
    fn default() -> Self {
        Self::for_open_files(Some(1024))
    }
}

/// The loopback addresses, where a proxy on the same machine is.
pub fn loopback() -> Vec<IpNet> {
    let (v4, v6) = (std::net::Ipv4Addr::LOCALHOST, std::net::Ipv6Addr::LOCALHOST);
    vec![IpNet::new_assert(v4.into(), 8).trunc(), IpNet::new_assert(v6.into(), 128)]
}

/// Who is at the other end, as far as the limits distinguish it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PeerClient {
    /// A proxy of the configuration, which speaks for many readers.
    Proxy,
    Reader {
        client: IpNet,
        network: IpNet,
    },
}

impl PeerClient {
    pub(super) fn client(self) -> Option<IpNet> {
        match self {
            Self::Proxy => None,
            Self::Reader { client, .. } => Some(client),
        }
    }

    pub(super) fn network(self) -> Option<IpNet> {
        match self {
            Self::Proxy => None,
            Self::Reader { network, .. } => Some(network),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_left_for_the_store() {
        for (files, connections) in [
            (Some(1024), 840),
            (Some(256), 168),
            (Some(128), 56),
            (Some(64), 14),
            (Some(40), 7),
            (Some(0), 1),
            (Some(1 << 40), 1024),
            (None, 1024),
        ] {
            let limits = ServeLimits::for_open_files(files);
            assert_eq!(limits.connections, connections, "{files:?}");
            if let Some(files) = files.filter(|files| *files >= 128) {
                assert!(limits.sockets() as u64 + 64 <= files, "{files}");
            }
        }
    }

    #[test]
    fn a_client_is_an_address_or_the_network_of_a_home() {
        let limits = ServeLimits::default();
        let client = |peer: &str| limits.client(peer.parse().unwrap());
        let reader = |client: &str, network: &str| PeerClient::Reader {
            client: client.parse().unwrap(),
            network: network.parse().unwrap(),
        };
        assert_eq!(client("192.0.2.7"), reader("192.0.2.7/32", "192.0.2.0/24"));
        assert_eq!(client("::ffff:192.0.2.7"), client("192.0.2.7"));
        let home = reader("2001:db8:1:2::/64", "2001:db8:1::/48");
        assert_eq!(client("2001:db8:1:2:3:4:5:6"), home);
        for proxy in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(client(proxy), PeerClient::Proxy, "{proxy}");
        }
    }
}
