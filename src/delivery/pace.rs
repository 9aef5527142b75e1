//! How fast a run goes. Pure: what the server said and when goes in; who may
//! send, and from when on, comes out.
//!
//! A run begins with one message at a time, and opens up when the first one is
//! accepted. The first answer that the server gets too many messages sets a rate
//! just under what was accepted lately; when such answers follow each other,
//! the whole run pauses, for a second first and then for minutes, and goes on
//! with one message. The rate rises again as long as the server takes it.
//!
//! Moments are times since the run began.

use std::num::NonZeroU32;
use std::time::Duration;

use super::answer::Meaning;

/// A number of messages in a time, such as 14 in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendRate {
    /// How many messages.
    pub messages: NonZeroU32,
    /// In which time; not zero.
    pub per: Duration,
}

impl SendRate {
    /// Messages a second.
    pub fn per_second(self) -> f64 {
        f64::from(self.messages.get()) / self.per.as_secs_f64()
    }
}

/// The pace of one run.
#[derive(Debug)]
pub(super) struct Pace {
    /// What the configuration allows, in messages a second.
    ceiling: f64,
    /// What the server seems to take, in messages a second.
    limit: f64,
    /// A rate that the server took for some seconds. Up to here the limit rises
    /// fast. `None` while that is not known, or nothing limits the rate.
    proven: Option<f64>,
    /// By which of [`PROBES`] the limit rises while no rate is proven.
    probe: usize,
    /// When the limit was last raised or cut, and how often it was raised since a cut.
    changed: Duration,
    raised: u32,
    /// When the next message may begin.
    next: Duration,
    /// When anybody may begin again.
    held_until: Duration,
    /// Answers of this kind since the last acceptance. Those to messages that were
    /// under way when the last one came do not count.
    refusals: u32,
    last_refusal: Option<Duration>,
    accepted: Accepted,
    /// How many workers may be at work at the same time.
    width: usize,
    /// Since when a message has gone ahead alone, if one has.
    narrowed: Duration,
    /// How many the server takes, as far as is known, and how many are configured.
    widest: usize,
    most: usize,
}

/// What a worker may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permit {
    /// Begin a message.
    Go,
    /// Ask again at that time.
    At(Duration),
}

/// The limit is this part of what the server took.
const UNDER: f64 = 0.95;
/// No limit is lower: one message in a minute.
const LOWEST: f64 = 1.0 / 60.0;
/// How often the limit is raised: below a rate that was proven, above it, and
/// while none is known.
const RISE_BELOW: Duration = Duration::from_secs(2);
const RISE_ABOVE: Duration = Duration::from_secs(5);
const RISE_PROBING: Duration = Duration::from_secs(1);
/// By how much the limit rises at a time while no rate is proven: until the first
/// refusal, and then from the limit before that, until the second.
const PROBES: [f64; 2] = [2.0, 1.15];
/// How late a timer may wake up a worker.
const LATENESS: Duration = Duration::from_millis(5);
/// So many answers in a row cost no pause if the server accepted messages
/// before: the lower rate may be enough.
const WITHOUT_PAUSE: u32 = 3;
/// How long one message goes ahead of the others.
pub(super) const LONGEST_ALONE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// A quota comes back after hours.
const FIRST_QUOTA_PAUSE: Duration = Duration::from_secs(300);
const LONGEST_QUOTA_PAUSE: Duration = Duration::from_secs(3600);
/// How long the server must take everything before one more connection is tried.
const WIDEN_AFTER: Duration = Duration::from_secs(60);

impl Pace {
    pub(super) fn new(connections: usize, rate: Option<SendRate>) -> Self {
        let ceiling = rate.map_or(f64::INFINITY, SendRate::per_second);
        let connections = connections.max(1);
        Self {
            ceiling,
            limit: f64::INFINITY,
            proven: None,
            probe: 0,
            changed: Duration::ZERO,
            raised: 0,
            next: Duration::ZERO,
            held_until: Duration::ZERO,
            refusals: 0,
            last_refusal: None,
            accepted: Accepted::default(),
            width: 1,
            narrowed: Duration::ZERO,
            widest: connections,
            most: connections,
        }
    }

    /// How many workers may be at work at the same time. One message that goes
    /// ahead alone does not hold up the others for long if it gets no reply.
    pub(super) fn width(&self, now: Duration) -> usize {
        let is_late = now.saturating_sub(self.narrowed) >= LONGEST_ALONE;
        if is_late { self.widest } else { self.width }
    }

    /// The most messages a second; infinite without a limit.
    pub(super) fn rate(&self) -> f64 {
        self.limit.min(self.ceiling)
    }

    /// Whether a message may begin now. If it may, it counts for the rate.
    pub(super) fn ask(&mut self, now: Duration) -> Permit {
        let from = self.held_until.max(self.next);
        if now < from {
            return Permit::At(from);
        }
        let rate = self.rate();
        if rate.is_finite() {
            // A worker that woke up late makes up for it, but hardly: a strict relay
            // measures the gap between two messages.
            let gap = Duration::from_secs_f64(1.0 / rate);
            self.next = self.next.max(now.saturating_sub(gap.min(LATENESS))) + gap;
        }
        Permit::Go
    }

    /// Until when nobody begins a message.
    pub(super) fn held_until(&self, now: Duration) -> Option<Duration> {
        (now < self.held_until).then_some(self.held_until)
    }

    /// Since when the server has refused everything, if it has.
    pub(super) fn stalled_since(&self) -> Option<Duration> {
        (self.refusals > 0).then_some(self.accepted.last)
    }

    /// The server accepted a message. Returns whether more workers may go to work now.
    pub(super) fn accept(&mut self, now: Duration) -> bool {
        self.accepted.count(now);
        self.refusals = 0;
        let before = self.width;
        self.width = (self.width * 2).min(self.widest);
        if self.limit.is_finite() {
            self.raise(now);
        }
        if self.widest < self.most && now - self.changed >= WIDEN_AFTER {
            self.widest += 1;
            self.changed = now;
        }
        self.width > before
    }

    /// The server refused a message that was begun at `begun`, for a reason that
    /// would have met any other message too.
    pub(super) fn refuse(&mut self, meaning: Meaning, begun: Duration, now: Duration) {
        if self.last_refusal.is_some_and(|last| begun <= last) {
            // This message was under way when the pace was cut already.
            return;
        }
        self.refusals += 1;
        self.last_refusal = Some(now);
        match meaning {
            Meaning::Connections => {
                self.narrow(self.width.saturating_sub(1), now);
            }
            Meaning::Rate | Meaning::Quota => self.cut(now),
            // A server with a fault of its own gets a pause, and then its old rate.
            _ => {}
        }
        let pause = self.pause(meaning);
        if !pause.is_zero() {
            self.held_until = self.held_until.max(now + pause);
            self.width = 1;
            self.narrowed = self.held_until;
        }
    }

    /// The server takes so many connections, for now.
    pub(super) fn narrow(&mut self, connections: usize, now: Duration) {
        self.widest = self.widest.min(connections).max(1);
        self.width = self.width.min(self.widest);
        self.changed = now;
    }

    fn cut(&mut self, now: Duration) {
        let taken = f64::from(self.accepted.best(now));
        let for_seconds = self.accepted.for_seconds(now);
        let is_first = self.refusals == 1 && taken > 0.0;
        let probe = PROBES.get(self.probe).filter(|_| self.proven.is_none() && for_seconds);
        if let Some(probe) = probe.filter(|_| is_first && self.limit.is_finite()) {
            // The limit before this one was taken for a second.
            self.limit = (self.limit / probe).min(taken + 1.0).max(LOWEST);
            self.probe += 1;
            self.proven = (self.probe == PROBES.len()).then_some(self.limit);
        } else if is_first {
            self.limit = (taken.min(self.limit) * UNDER).max(LOWEST);
            self.proven = for_seconds.then_some(self.limit);
        } else if self.limit.is_finite() {
            self.limit = (self.limit / 2.0).max(LOWEST);
        }
        self.changed = now;
        self.raised = 0;
        let rate = self.rate();
        if rate.is_finite() {
            self.next = self.next.max(now + Duration::from_secs_f64(1.0 / rate));
        }
    }

    fn raise(&mut self, now: Duration) {
        let idle = now - self.changed;
        let (after, raised) = match self.proven {
            Some(proven) if self.limit < proven => (RISE_BELOW, (self.limit * 2.0).min(proven)),
            // 1 %, then 2 %, 4 % and so on: carefully near the limit, fast far from it.
            Some(_) => {
                (RISE_ABOVE, self.limit * (1.0 + 0.01 * f64::from(1_u32 << self.raised.min(7))))
            }
            None => {
                let probe = PROBES.get(self.probe).copied().unwrap_or(1.0);
                (RISE_PROBING, self.limit * probe)
            }
        };
        if idle < after {
            return;
        }
        if after == RISE_ABOVE {
            self.raised += 1;
            self.proven = Some(raised);
        }
        self.limit = raised;
        self.changed = now;
    }

    fn pause(&self, meaning: Meaning) -> Duration {
        let free = if self.accepted.any { WITHOUT_PAUSE } else { 0 };
        let Some(doublings) = self.refusals.checked_sub(free + 1) else {
            return Duration::ZERO;
        };
        let double = |first: Duration, doublings: u32, longest: Duration| {
            first.saturating_mul(1 << doublings.min(16)).min(longest)
        };
        match (meaning, self.refusals.checked_sub(WITHOUT_PAUSE + 1)) {
            (Meaning::Quota, Some(n)) => double(FIRST_QUOTA_PAUSE, n, LONGEST_QUOTA_PAUSE),
            _ => double(Duration::from_secs(1), doublings, LONGEST_PAUSE),
        }
    }
}

/// How many messages were accepted lately, by second.
#[derive(Debug, Default)]
struct Accepted {
    last: Duration,
    any: bool,
    seconds: [(u64, u32); Self::SECONDS],
}

impl Accepted {
    const SECONDS: usize = 5;

    fn count(&mut self, now: Duration) {
        let second = now.as_secs();
        let slot = &mut self.seconds[second as usize % Self::SECONDS];
        if slot.0 != second {
            *slot = (second, 0);
        }
        slot.1 = slot.1.saturating_add(1);
        self.last = now;
        self.any = true;
    }

    /// The most messages that were accepted in one of the last seconds.
    fn best(&self, now: Duration) -> u32 {
        self.recent(now).map(|slot| slot.1).max().unwrap_or(0)
    }

    /// Whether messages were accepted in more than one of the last seconds.
    fn for_seconds(&self, now: Duration) -> bool {
        self.recent(now).filter(|slot| slot.1 > 0).count() > 1
    }

    fn recent(&self, now: Duration) -> impl Iterator<Item = &(u64, u32)> {
        let second = now.as_secs();
        self.seconds.iter().filter(move |slot| slot.0 + Self::SECONDS as u64 > second)
    }
}

#[cfg(test)]
mod tests;
