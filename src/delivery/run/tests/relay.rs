//! A relay in memory that refuses by its mood, and the campaign that it carries.

use jiff::SignedDuration;

use super::*;
use crate::delivery::InDoubt;
use crate::delivery::answer::tests::reply as answer_of;

/// What the relay answers to a recipient at a time, if it does not accept.
type Mood = Box<dyn Fn(&str, Duration) -> Option<Attempt> + Send + Sync>;

/// A message takes it a millisecond.
pub(super) struct Relay {
    began: tokio::time::Instant,
    mood: Mood,
    /// How long it reads a message whose recipient it has taken.
    pub(super) reading: Duration,
    is_well: AtomicBool,
    taken: Mutex<HashMap<String, u32>>,
    asked: Mutex<Vec<(String, Duration)>>,
}

impl Relay {
    pub(super) fn with(
        mood: impl Fn(&str, Duration) -> Option<Attempt> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self::new(mood))
    }

    pub(super) fn new(
        mood: impl Fn(&str, Duration) -> Option<Attempt> + Send + Sync + 'static,
    ) -> Self {
        Self {
            began: tokio::time::Instant::now(),
            mood: Box::new(mood),
            reading: Duration::ZERO,
            is_well: AtomicBool::new(false),
            taken: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// From now on it accepts everything.
    pub(super) fn recover(&self) {
        self.is_well.store(true, Ordering::SeqCst);
    }

    /// Whether so many recipients have the mail, each once.
    pub(super) fn has_mailed(&self, recipients: usize) -> bool {
        let taken = self.taken.lock().unwrap();
        taken.len() == recipients && taken.values().all(|times| *times == 1)
    }

    /// When it was asked to take a message for that recipient.
    pub(super) fn tries_at(&self, recipient: &str) -> Vec<Duration> {
        let tries = self.asked.lock().unwrap();
        tries.iter().filter(|(to, _)| to == recipient).map(|(_, at)| *at).collect()
    }

    pub(super) fn tries(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub(super) fn tries_within(&self, time: Duration) -> usize {
        self.asked.lock().unwrap().iter().filter(|(_, at)| *at < time).count()
    }
}

pub(super) struct RelayWire {
    relay: Arc<Relay>,
    is_usable: bool,
}

impl Transport for Arc<Relay> {
    type Connection = RelayWire;

    async fn connect(&self) -> Result<RelayWire, ConnectError> {
        Ok(RelayWire { relay: Arc::clone(self), is_usable: true })
    }
}

impl Connection for RelayWire {
    async fn deliver(&mut self, to: &Envelope<'_>, _: &[u8], doubt: &DoubtMark) -> Attempt {
        assert!(self.is_usable);
        tokio::time::sleep(Duration::from_millis(1)).await;
        let (relay, recipient) = (&self.relay, to.recipient.as_str());
        let at = relay.began.elapsed();
        relay.asked.lock().unwrap().push((recipient.to_owned(), at));
        let is_well = relay.is_well.load(Ordering::SeqCst);
        if let Some(attempt) = (relay.mood)(recipient, at).filter(|_| !is_well) {
            self.is_usable = !attempt.breaks_connection();
            return attempt;
        }
        tokio::time::sleep(relay.reading).await;
        doubt.raise();
        *relay.taken.lock().unwrap().entry(recipient.to_owned()).or_default() += 1;
        Attempt::Accepted(reply(250, "2.0.0 ok"))
    }

    fn is_usable(&self) -> bool {
        self.is_usable
    }

    async fn close(self) {}
}

pub(super) const QUARTER: Duration = Duration::from_secs(15 * 60);
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);

/// A campaign to many readers, over one run or many.
pub(super) struct BadDay {
    pub(super) ledger: Arc<MemoryLedger>,
    pub(super) relay: Arc<Relay>,
    connections: usize,
    began: tokio::time::Instant,
    /// By how much the time of day is wrong, from which moment on.
    pub(super) jumps: Vec<(Duration, SignedDuration)>,
}

/// A time of day that somebody sets, and an uptime that nobody can.
struct JumpingClock {
    began: tokio::time::Instant,
    jumps: Vec<(Duration, SignedDuration)>,
}

impl Clock for JumpingClock {
    fn now(&self) -> Timestamp {
        let elapsed = self.uptime();
        let wrong = self.jumps.iter().rev().find(|(from, _)| *from <= elapsed);
        let wrong = wrong.map_or(SignedDuration::ZERO, |(_, by)| *by);
        let right: Timestamp = "2026-08-26T12:00:00Z".parse().unwrap();
        right.saturating_add(elapsed).unwrap().saturating_add(wrong).unwrap()
    }

    fn uptime(&self) -> Duration {
        self.began.elapsed()
    }
}

impl BadDay {
    /// Each reader has a domain of their own: `r7@d7.example`.
    pub(super) fn new(readers: usize, connections: usize, relay: Arc<Relay>) -> Self {
        let readers: Vec<_> = (0..readers).map(|n| format!("r{n}@d{n}.example")).collect();
        Self::with(&readers, connections, relay)
    }

    pub(super) fn with(readers: &[String], connections: usize, relay: Arc<Relay>) -> Self {
        let readers: Vec<_> = readers.iter().map(String::as_str).collect();
        let ledger = Arc::new(MemoryLedger::for_locals(&readers));
        let began = tokio::time::Instant::now();
        Self { ledger, relay, connections, began, jumps: Vec::new() }
    }

    /// A tick of the timer.
    pub(super) async fn tick(&self) -> Summary {
        self.run(Some(Duration::from_secs(30))).await
    }

    /// A person's `send`, which waits as long as it takes.
    pub(super) async fn send(&self) -> Summary {
        self.run(None).await
    }

    async fn run(&self, longest_wait: Option<Duration>) -> Summary {
        let work = Work {
            mailer: mailer(),
            audience: self.ledger.len() as u64,
            connections: self.connections,
            rate: None,
            lifetime: DAY,
            drain: Duration::from_secs(30),
            longest_wait,
        };
        let (_never, stop) = watch::channel(StopWish::GoOn);
        let clock = Arc::new(JumpingClock { began: self.began, jumps: self.jumps.clone() });
        self.ledger.recover(InDoubt::Keep, clock.now()).await.unwrap();
        let transport = Arc::new(Arc::clone(&self.relay));
        let ledger = Arc::clone(&self.ledger);
        let summary =
            run(ledger, transport, Arc::new(work), clock, stop, Arc::default()).await.unwrap();
        assert!(summary.adds_up(), "{summary:?}");
        summary
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

pub(super) fn refusal(phase: Phase, code: u16, text: &str) -> Attempt {
    Attempt::Refused { phase, reply: answer_of(code, text) }
}
