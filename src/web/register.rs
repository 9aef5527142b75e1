//! Who is connected, and whose connection makes room for a new one.
//!
//! In: a peer, and what each open connection does. Out: an [`Admission`].
//! Absent on purpose: sockets and tasks.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use tokio::time::Instant;

use super::limits::{PeerClient, ServeLimits};
use super::progress::ConnectionProgress;

/// The open connections, by an identifier of the caller's.
pub(super) struct ConnectionRegister<K> {
    limits: ServeLimits,
    open: HashMap<K, OpenConnection>,
}

struct OpenConnection {
    client: PeerClient,
    progress: Arc<ConnectionProgress>,
}

/// What happens to a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission<K> {
    /// There is room.
    Free,
    /// This one is closed first: it has waited longest for its peer.
    InsteadOf(K),
    /// Every connection that could make room has a request under way.
    Refused,
}

impl<K: Copy + Eq + Hash> ConnectionRegister<K> {
    pub(super) fn new(limits: ServeLimits) -> Self {
        Self { limits, open: HashMap::new() }
    }

    pub(super) fn insert(&mut self, id: K, client: PeerClient, progress: Arc<ConnectionProgress>) {
        self.open.insert(id, OpenConnection { client, progress });
    }

    pub(super) fn remove(&mut self, id: K) {
        self.open.remove(&id);
    }

    pub(super) fn is_crowded(&self) -> bool {
        self.open.len() > self.limits.crowded()
    }

    /// Whether a new connection could be let in. If not, it is better off in
    /// the kernel's queue: every open one is about to be answered.
    pub(super) fn has_room(&self) -> bool {
        self.open.len() < self.limits.connections || self.longest_waiting(|_| true).is_some()
    }

    /// A client that has too many makes room among its own, and its network
    /// among its own. If all connections are in use, the network with the most
    /// makes room, so that no client can push out the others.
    pub(super) fn admit(&self, client: PeerClient) -> Admission<K> {
        let instead = |longest: Option<K>| longest.map_or(Admission::Refused, Admission::InsteadOf);
        if let PeerClient::Reader { client, network } = client {
            let is_same = |other: &PeerClient| matches!(other, PeerClient::Reader { client: it, .. } if *it == client);
            if self.count(is_same) >= self.limits.per_client {
                return instead(self.longest_waiting(is_same));
            }
            let is_near = |other: &PeerClient| matches!(other, PeerClient::Reader { network: it, .. } if *it == network);
            if self.count(is_near) >= self.limits.per_network {
                return instead(self.longest_waiting(is_near));
            }
        }
        if self.open.len() < self.limits.connections {
            return Admission::Free;
        }
        instead(self.longest_waiting_of_the_largest_network())
    }

    fn count(&self, is_of: impl Fn(&PeerClient) -> bool) -> usize {
        self.open.values().filter(|open| is_of(&open.client)).count()
    }

    fn waiting(&self) -> impl Iterator<Item = (K, PeerClient, Instant)> {
        self.open
            .iter()
            .filter_map(|(id, open)| Some((*id, open.client, open.progress.waiting_since()?)))
    }

    fn longest_waiting(&self, is_of: impl Fn(&PeerClient) -> bool) -> Option<K> {
        let candidates = self.waiting().filter(|(_, client, _)| is_of(client));
        candidates.min_by_key(|(_, _, since)| *since).map(|(id, ..)| id)
    }

    /// Of the network with the most connections, the one that has waited longest for its peer.
    pub(super) fn longest_waiting_of_the_largest_network(&self) -> Option<K> {
        let mut sizes = HashMap::new();
        for open in self.open.values() {
            if let PeerClient::Reader { network, .. } = open.client {
                *sizes.entry(network).or_insert(0_usize) += 1;
            }
        }
        // A proxy speaks for many readers, so it comes last.
        let size = |client: &PeerClient| match client {
            PeerClient::Proxy => 0,
            PeerClient::Reader { network, .. } => sizes.get(network).copied().unwrap_or_default(),
        };
        let largest_first =
            |(_, client, since): &(K, PeerClient, Instant)| (usize::MAX - size(client), *since);
        self.waiting().min_by_key(largest_first).map(|(id, ..)| id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A register of connections of these peers, each a second younger than the
    /// one before; those with a `!` have a request under way.
    fn register(peers: &[&str]) -> ConnectionRegister<usize> {
        let limits =
            ServeLimits { connections: 6, per_client: 2, per_network: 3, ..ServeLimits::default() };
        let began = Instant::now();
        let mut register = ConnectionRegister::new(limits.clone());
        for (id, peer) in peers.iter().enumerate() {
            let progress = ConnectionProgress::new(began + Duration::from_secs(id as u64));
            if peer.ends_with('!') {
                progress.has_a_request();
            }
            let client = limits.client(peer.trim_end_matches('!').parse().unwrap());
            register.insert(id, client, Arc::new(progress));
        }
        register
    }

    #[test]
    fn who_has_too_many_makes_room_among_its_own() {
        use Admission::{Free, InsteadOf, Refused};
        for (open, new, expected) in [
            // Of one client.
            (&["192.0.2.1"][..], "192.0.2.1", Free),
            (&["198.51.100.1", "192.0.2.1", "192.0.2.1"], "192.0.2.1", InsteadOf(1)),
            (&["192.0.2.1!", "192.0.2.1"], "192.0.2.1", InsteadOf(1)),
            (&["192.0.2.1!", "192.0.2.1!"], "192.0.2.1", Refused),
            (&["2001:db8::1", "2001:db8::2"], "2001:db8::3", InsteadOf(0)),
            // Of one network.
            (&["192.0.2.1", "192.0.2.2", "192.0.2.3"], "192.0.2.4", InsteadOf(0)),
            (&["192.0.2.1!", "192.0.2.2!", "192.0.2.3!"], "192.0.2.4", Refused),
            (
                &["2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:0:3::1"],
                "2001:db8:0:4::1",
                InsteadOf(0),
            ),
            // A proxy has no limit of its own.
            (&["127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"], "127.0.0.1", Free),
        ] {
            assert_eq!(
                register(open).admit(register(&[]).limits.client(new.parse().unwrap())),
                expected,
                "{open:?} {new}"
            );
        }
    }

    #[test]
    fn when_all_are_in_use_the_largest_network_makes_room() {
        use Admission::{InsteadOf, Refused};
        let new = register(&[]).limits.client("203.0.113.9".parse().unwrap());
        for (open, expected) in [
            (
                ["127.0.0.1", "198.51.100.1", "192.0.2.1", "192.0.2.2", "127.0.0.1", "127.0.0.1"],
                InsteadOf(2),
            ),
            (
                ["127.0.0.1!", "127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"],
                InsteadOf(1),
            ),
            (
                [
                    "127.0.0.1!",
                    "127.0.0.1!",
                    "127.0.0.1!",
                    "127.0.0.1!",
                    "127.0.0.1!",
                    "127.0.0.1!",
                ],
                Refused,
            ),
        ] {
            let register = register(&open);
            assert_eq!(register.admit(new), expected, "{open:?}");
            assert_eq!(register.has_room(), expected != Refused);
            assert!(register.is_crowded());
        }
    }
}
