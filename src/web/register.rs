//! Who is connected, and whose connection makes room for a new one.
//!
//! In: a peer, and what each open connection does. Out: an [`Admission`].
//! Absent on purpose: sockets and tasks.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use ipnet::IpNet;

use super::limits::{PeerClient, ServeLimits};
use super::progress::ConnectionProgress;

/// How long a connection of a client that has too many is left alone, in
/// microseconds. A reader's request arrives in much less, unless this machine
/// has so much to do that the request lies in the kernel.
const GRACE: u64 = 2_000_000;

/// The open connections, by an identifier of the caller's.
pub(super) struct ConnectionRegister<K> {
    limits: ServeLimits,
    open: HashMap<K, OpenConnection>,
    /// How many each client and each network has.
    clients: HashMap<IpNet, usize>,
    networks: HashMap<IpNet, usize>,
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
    /// All connections have a request under way, so one of them ends soon.
    Later,
}

impl<K: Copy + Eq + Hash> ConnectionRegister<K> {
    pub(super) fn new(limits: ServeLimits) -> Self {
        let (clients, networks) = (HashMap::new(), HashMap::new());
        Self { limits, open: HashMap::new(), clients, networks }
    }

    pub(super) fn insert(&mut self, id: K, client: PeerClient, progress: Arc<ConnectionProgress>) {
        self.open.insert(id, OpenConnection { client, progress });
        if let PeerClient::Reader { client, network } = client {
            *self.clients.entry(client).or_default() += 1;
            *self.networks.entry(network).or_default() += 1;
        }
    }

    pub(super) fn remove(&mut self, id: K) {
        let Some(removed) = self.open.remove(&id) else { return };
        if let PeerClient::Reader { client, network } = removed.client {
            take_one(&mut self.clients, client);
            take_one(&mut self.networks, network);
        }
    }

    pub(super) fn is_crowded(&self) -> bool {
        self.open.len() > self.limits.crowded()
    }

    /// Whether a new connection could be let in. If not, it is better off in
    /// the kernel's queue: every open one is about to be answered.
    pub(super) fn has_room(&self) -> bool {
        self.open.len() < self.limits.connections || self.waiting().next().is_some()
    }

    /// A client of which too many wait makes room among its own, and its network
    /// among its own. If all connections are in use, the network of which most
    /// wait makes room, so that no client can push out the others. `now` is in
    /// microseconds after the server began.
    pub(super) fn admit(&self, client: PeerClient, now: u64) -> Admission<K> {
        if let Some(own) = self.too_many_of(client, now) {
            return Admission::InsteadOf(own);
        }
        if self.open.len() < self.limits.connections {
            return Admission::Free;
        }
        self.least_useful().map_or(Admission::Later, Admission::InsteadOf)
    }

    /// The connection that can best be spared: of the network with the most that
    /// wait for their peer, the one that has waited longest. A proxy speaks for
    /// many readers, so it comes last.
    pub(super) fn least_useful(&self) -> Option<K> {
        let mut networks: HashMap<Option<IpNet>, Waiting<K>> = HashMap::new();
        for (id, client, since) in self.waiting() {
            let of_network = networks.entry(client.network());
            let waiting = of_network.or_insert(Waiting { count: 0, longest: id, since });
            waiting.count += usize::from(client.network().is_some());
            if since < waiting.since {
                (waiting.longest, waiting.since) = (id, since);
            }
        }
        let largest = networks.values().max_by_key(|it| (it.count, Reverse(it.since)));
        largest.map(|waiting| waiting.longest)
    }

    /// The connection of the same client or network that makes room, if too many of
    /// that wait. Requests under way are no reason to turn a client away.
    fn too_many_of(&self, client: PeerClient, now: u64) -> Option<K> {
        let PeerClient::Reader { client, network } = client else { return None };
        let count = |counts: &HashMap<IpNet, usize>, of| counts.get(&of).copied().unwrap_or(0);
        let (same, near) = (count(&self.clients, client), count(&self.networks, network));
        let longest = |limit, is_of: &dyn Fn(PeerClient) -> bool| {
            let waiting: Vec<_> = self.waiting().filter(|(_, client, _)| is_of(*client)).collect();
            let oldest = waiting.iter().min_by_key(|(_, _, since)| *since);
            oldest.filter(|_| waiting.len() >= limit).map(|(id, _, since)| (*id, *since))
        };
        let (per_client, per_network) = (self.limits.per_client, self.limits.per_network);
        let own = (same >= per_client)
            .then(|| longest(per_client, &|other| other.client() == Some(client)));
        let others = || {
            (near >= per_network)
                .then(|| longest(per_network, &|other| other.network() == Some(network)))
        };
        let (id, since) = own.flatten().or_else(|| others().flatten())?;
        (now.saturating_sub(since) >= GRACE).then_some(id)
    }

    fn waiting(&self) -> impl Iterator<Item = (K, PeerClient, u64)> {
        self.open
            .iter()
            .filter_map(|(id, open)| Some((*id, open.client, open.progress.waiting_since()?)))
    }
}

/// The connections of one network that wait for their peer.
struct Waiting<K> {
    count: usize,
    longest: K,
    since: u64,
}

fn take_one(counts: &mut HashMap<IpNet, usize>, of: IpNet) {
    if let Some(count) = counts.get_mut(&of) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&of);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::{Instant, advance};

    /// A register of connections of these peers, each two seconds younger than
    /// the one before; those with a `!` have a request under way. And the time.
    async fn register(peers: &[&str]) -> (ConnectionRegister<usize>, u64) {
        let limits =
            ServeLimits { connections: 6, per_client: 2, per_network: 3, ..ServeLimits::default() };
        let began = Instant::now();
        let mut register = ConnectionRegister::new(limits.clone());
        for (id, peer) in peers.iter().enumerate() {
            let progress = ConnectionProgress::new(began);
            if peer.ends_with('!') {
                progress.has_a_request();
            }
            register.insert(id, client(peer.trim_end_matches('!')), Arc::new(progress));
            advance(Duration::from_secs(2)).await;
        }
        (register, u64::try_from(began.elapsed().as_micros()).unwrap())
    }

    fn client(peer: &str) -> PeerClient {
        ServeLimits::default().client(peer.parse().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_too_many_makes_room_among_its_own() {
        use Admission::{Free, InsteadOf};
        for (open, new, expected) in [
            // Of one client.
            (&["192.0.2.1"][..], "192.0.2.1", Free),
            (&["198.51.100.1", "192.0.2.1", "192.0.2.1"], "192.0.2.1", InsteadOf(1)),
            (&["192.0.2.1!", "192.0.2.1"], "192.0.2.1", Free),
            (&["192.0.2.1!", "192.0.2.1", "192.0.2.1"], "192.0.2.1", InsteadOf(1)),
            (&["192.0.2.1!", "192.0.2.1!"], "192.0.2.1", Free),
            (&["2001:db8::1", "2001:db8::2"], "2001:db8::3", InsteadOf(0)),
            // Of one network.
            (&["192.0.2.1", "192.0.2.2", "192.0.2.3"], "192.0.2.4", InsteadOf(0)),
            (&["192.0.2.1!", "192.0.2.2!", "192.0.2.3!"], "192.0.2.4", Free),
            (
                &["2001:db8::1", "2001:db8:0:2::1", "2001:db8:0:3::1"],
                "2001:db8:0:4::1",
                InsteadOf(0),
            ),
            // A proxy has no limit of its own.
            (&["127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"], "127.0.0.1", Free),
        ] {
            let (register, now) = register(open).await;
            assert_eq!(register.admit(client(new), now), expected, "{open:?} {new}");
        }
        // Each of these was opened a moment ago.
        let (register, _) = register(&["192.0.2.1", "192.0.2.1"]).await;
        assert_eq!(register.admit(client("192.0.2.1"), 1_999_999), Free);
    }

    #[tokio::test(start_paused = true)]
    async fn when_all_are_in_use_the_largest_network_makes_room() {
        use Admission::{InsteadOf, Later};
        for (open, expected) in [
            (
                ["127.0.0.1", "198.51.100.1", "192.0.2.1", "192.0.2.2", "127.0.0.1", "127.0.0.1"],
                InsteadOf(2),
            ),
            (
                ["127.0.0.1", "198.51.100.1", "192.0.2.1!", "192.0.2.2!", "127.0.0.1", "127.0.0.1"],
                InsteadOf(1),
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
                Later,
            ),
        ] {
            let (register, now) = register(&open).await;
            assert_eq!(register.admit(client("203.0.113.9"), now), expected, "{open:?}");
            assert_eq!(register.has_room(), expected != Later);
            assert!(register.is_crowded());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_left_no_longer_counts() {
        let (mut register, now) = register(&["192.0.2.1", "192.0.2.1", "192.0.2.2"]).await;
        register.remove(0);
        register.remove(0);
        assert_eq!(register.admit(client("192.0.2.1"), now), Admission::Free);
        register.remove(1);
        register.remove(2);
        assert!(register.clients.is_empty() && register.networks.is_empty());
    }
}
