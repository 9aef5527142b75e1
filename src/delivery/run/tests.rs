//! The loop with a ledger in memory and a server that replies by local part.
//! Time passes only while all tasks wait.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize};

mod bad_days;
mod clocks;
mod ledger;
mod relay;

use ledger::{MemoryLedger, State};

use super::*;
use crate::campaign::{
    Campaign, FixedHeaders, MessageForm, MessagePurpose, SigningKey, SigningKeys, UnsubscribePages,
};
use crate::delivery::{
    Attempt, Completion, ConnectError, Connection, DoubtMark, Envelope, Fate, Mailer, Outcome,
    Phase, RejectClass, Reply, Trip,
};
use crate::domain::{CampaignKey, EmailAddress, HeaderText, Mailbox, Slug};
use crate::render::{EscapeContext, Piece, Rendered, Slot as Hole, Template};

/// A server that answers by what stands before the first `-` of the local part.
#[derive(Default)]
struct Server {
    taken: Mutex<HashMap<String, u32>>,
    attempts: Mutex<HashMap<String, u32>>,
    is_down: AtomicBool,
    most_connections: AtomicUsize,
    open: AtomicUsize,
    /// How long the server takes to greet.
    greeting: Duration,
    /// Until when it is down, and how often it has been.
    down_until: Mutex<Option<tokio::time::Instant>>,
    crashes: AtomicUsize,
    /// How many dials are still to be left without an answer.
    mute_dials: AtomicUsize,
}

struct Wire {
    server: Arc<Server>,
    is_broken: bool,
    /// How often the server had been down when this was opened.
    crashes: usize,
}

impl Transport for Arc<Server> {
    type Connection = Wire;

    async fn connect(&self) -> Result<Wire, ConnectError> {
        let server = "mail.example.org:25".to_owned();
        let is_starting = self
            .down_until
            .lock()
            .unwrap()
            .is_some_and(|until| tokio::time::Instant::now() < until);
        if self.is_down.load(Ordering::SeqCst) || is_starting {
            let cause = "connection refused".to_owned();
            return Err(ConnectError::Unreachable { server, phase: Phase::Connect, cause });
        }
        let is_mute = |left: usize| left.checked_sub(1);
        if self.mute_dials.fetch_update(Ordering::SeqCst, Ordering::SeqCst, is_mute).is_ok() {
            std::future::pending::<()>().await;
        }
        if self.open.fetch_add(1, Ordering::SeqCst) >= self.most_connections.load(Ordering::SeqCst)
        {
            self.open.fetch_sub(1, Ordering::SeqCst);
            let reply = reply(421, "4.7.0 too many connections");
            return Err(ConnectError::Refused { server, phase: Phase::Greeting, reply });
        }
        let crashes = self.crashes.load(Ordering::SeqCst);
        let wire = Wire { server: Arc::clone(self), is_broken: false, crashes };
        tokio::time::sleep(self.greeting).await;
        Ok(wire)
    }
}

impl Connection for Wire {
    async fn deliver(&mut self, to: &Envelope<'_>, message: &[u8], doubt: &DoubtMark) -> Attempt {
        assert!(!self.is_broken);
        assert!(String::from_utf8_lossy(message).contains(to.recipient.as_str()));
        let recipient = to.recipient.as_str().to_owned();
        let before = {
            let mut attempts = self.server.attempts.lock().unwrap();
            let count = attempts.entry(recipient.clone()).or_default();
            *count += 1;
            *count - 1
        };
        if self.crashes != self.server.crashes.load(Ordering::SeqCst) {
            self.is_broken = true;
            return Attempt::Lost { phase: Phase::MailFrom, cause: "reset".into() };
        }
        let refused =
            |phase, code, text: &str| Attempt::Refused { phase, reply: reply(code, text) };
        match recipient.split(['-', '@']).next().unwrap() {
            "gone" => return refused(Phase::RcptTo, 550, "5.1.1 no such user"),
            "policy" => return refused(Phase::Dot, 550, "5.7.1 spam"),
            "grey" if before == 0 => return refused(Phase::RcptTo, 451, "4.7.1 later"),
            "never" => return refused(Phase::RcptTo, 451, "4.2.0 never"),
            "crash" if before == 0 => {
                self.server.crashes.fetch_add(1, Ordering::SeqCst);
                let until = tokio::time::Instant::now() + Duration::from_secs(20);
                *self.server.down_until.lock().unwrap() = Some(until);
                self.is_broken = true;
                return Attempt::Lost { phase: Phase::RcptTo, cause: "reset".into() };
            }
            "hangup" => {
                self.is_broken = true;
                return Attempt::Lost { phase: Phase::RcptTo, cause: "reset".into() };
            }
            "early" if before == 0 => {
                self.is_broken = true;
                return Attempt::Lost { phase: Phase::RcptTo, cause: "reset".into() };
            }
            "late" => {
                doubt.raise();
                self.is_broken = true;
                return Attempt::Lost { phase: Phase::Dot, cause: "reset".into() };
            }
            "hang" => {
                doubt.raise();
                std::future::pending::<()>().await;
            }
            "panic" => panic!("the transport has a fault"),
            "slow" => tokio::time::sleep(Duration::from_millis(100)).await,
            "stuck" => std::future::pending::<()>().await,
            _ => {}
        }
        doubt.raise();
        *self.server.taken.lock().unwrap().entry(recipient).or_default() += 1;
        Attempt::Accepted(reply(250, "2.0.0 ok"))
    }

    fn is_usable(&self) -> bool {
        !self.is_broken
    }

    async fn close(self) {}
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.server.open.fetch_sub(1, Ordering::SeqCst);
    }
}

fn reply(code: u16, text: &str) -> Reply {
    let enhanced = crate::delivery::EnhancedCode::parse_prefix(text);
    Reply { code, enhanced, text: text.into() }
}

struct TestClock(tokio::time::Instant);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.0.elapsed()
    }

    fn uptime(&self) -> Duration {
        self.0.elapsed()
    }
}

struct Scene {
    ledger: Arc<MemoryLedger>,
    server: Arc<Server>,
    stop: watch::Sender<StopWish>,
    connections: usize,
    began: tokio::time::Instant,
}

impl Scene {
    fn with(locals: &[&str]) -> Self {
        let server = Server { most_connections: 99.into(), ..Server::default() };
        Self {
            ledger: Arc::new(MemoryLedger::for_locals(locals)),
            server: Arc::new(server),
            stop: watch::channel(StopWish::GoOn).0,
            connections: 3,
            began: tokio::time::Instant::now(),
        }
    }

    async fn run(&self) -> Summary {
        let summary = self.try_to_run().await.unwrap();
        assert!(summary.adds_up(), "{summary:?}");
        assert_eq!(self.server.open.load(Ordering::SeqCst), 0, "a connection was left open");
        summary
    }

    async fn try_to_run(&self) -> Result<Summary, RunError> {
        let work = Work {
            mailer: mailer(),
            audience: self.ledger.len() as u64,
            connections: self.connections,
            rate: None,
            lifetime: Duration::from_secs(24 * 3600),
            drain: Duration::from_secs(30),
            longest_wait: None,
        };
        let clock = Arc::new(TestClock(self.began));
        let transport = Arc::new(Arc::clone(&self.server));
        let (ledger, stop) = (Arc::clone(&self.ledger), self.stop.subscribe());
        run(ledger, transport, Arc::new(work), clock, stop, Arc::default()).await
    }
}

fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

fn mailer() -> Mailer {
    let hole = |context| Piece::Hole { slot: Hole::UnsubscribeUrl, context };
    let rendered = Rendered {
        subject: HeaderText::parse("Subject").unwrap(),
        sections: Vec::new(),
        web_url: None,
        preheader: String::new(),
        html: Template { pieces: vec![hole(EscapeContext::HtmlAttribute)] },
        text: Template { pieces: vec![hole(EscapeContext::PlainText)] },
        images: Vec::new(),
    };
    let headers = FixedHeaders {
        from: Mailbox::parse("news@example.org").unwrap(),
        reply_to: None,
        list_id: HeaderText::parse("weekly.example.org").unwrap(),
        language: "en".into(),
    };
    let key = CampaignKey { newsletter: slug("weekly"), issue: slug("1") };
    let campaign = Campaign::freeze(key, &rendered, &headers);
    let keys = SigningKeys { current: SigningKey { id: 1, secret: [1; 32] }, retired: vec![] };
    Mailer {
        form: MessageForm::compile(&campaign, MessagePurpose::Campaign, Timestamp::UNIX_EPOCH)
            .unwrap(),
        pages: UnsubscribePages::new("https://example.org", keys),
        sender: EmailAddress::parse("bounces@example.org").unwrap(),
    }
}

#[tokio::test(start_paused = true)]
async fn everybody_gets_one_message() {
    let many: Vec<String> = (0..500).map(|n| format!("reader-{n}")).collect();
    let scene = Scene::with(&many.iter().map(String::as_str).collect::<Vec<_>>());
    let summary = scene.run().await;
    assert_eq!(summary.ending, Ending::Complete);
    assert_eq!((summary.tally.sent, summary.sent_now), (500, 500));
    let taken = scene.server.taken.lock().unwrap();
    assert!(taken.len() == 500 && taken.values().all(|n| *n == 1));
}

#[tokio::test(start_paused = true)]
async fn each_recipient_ends_in_the_state_that_is_true() {
    let scene = Scene::with(&["ok", "gone", "grey", "early", "late", "never", "ok-2"]);
    let summary = scene.run().await;
    assert_eq!(summary.ending, Ending::Complete);
    assert_eq!(summary.tally.completion(), Completion::FinishedInDoubt);
    let state = |row| scene.ledger.state(row);
    assert_eq!(state(1), State::Rejected(Fate::Rejected(RejectClass::Mailbox)));
    assert_eq!(state(4), State::Done(Outcome::Unknown));
    assert_eq!(state(5), State::Rejected(Fate::Rejected(RejectClass::Expired)));
    for sent in [0, 2, 3, 6] {
        assert_eq!(state(sent), State::Done(Outcome::Sent), "row {sent}");
    }
    assert_eq!(scene.server.attempts.lock().unwrap()["grey@example.org"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_ends_the_run_and_loses_nothing() {
    let scene = Scene::with(&["a", "b"]);
    scene.server.is_down.store(true, Ordering::SeqCst);
    let summary = scene.run().await;
    assert!(matches!(summary.ending, Ending::NoConnection(_)), "{summary:?}");
    assert_eq!(summary.tally.pending, 2);
    scene.server.is_down.store(false, Ordering::SeqCst);
    assert_eq!(scene.run().await.tally.sent, 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_fewer_connections_still_gets_everything() {
    let greeting = Duration::from_millis(30);
    let server = Server { most_connections: 1.into(), greeting, ..Server::default() };
    let many: Vec<String> = (0..300).map(|n| format!("reader-{n}")).collect();
    let mut scene = Scene::with(&many.iter().map(String::as_str).collect::<Vec<_>>());
    scene.server = Arc::new(server);
    scene.connections = 8;
    let summary = scene.run().await;
    assert_eq!(summary.tally.sent, 300, "{summary:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_fewer_connections_for_a_while_is_asked_for_more_again() {
    let many: Vec<String> = (0..4000).map(|n| format!("slow-{n}")).collect();
    let scene = Scene::with(&many.iter().map(String::as_str).collect::<Vec<_>>());
    scene.server.most_connections.store(1, Ordering::SeqCst);
    let server = Arc::clone(&scene.server);
    let recovery = async move {
        tokio::time::sleep(Duration::from_secs(30)).await;
        server.most_connections.store(99, Ordering::SeqCst);
    };
    let (summary, ()) = tokio::join!(scene.run(), recovery);
    assert_eq!(summary.tally.sent, 4000, "{summary:?}");
    // Over one connection it would take 400 seconds.
    let took = scene.began.elapsed();
    assert!(took < Duration::from_secs(250), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_recipient_under_whom_connections_break_holds_nobody_up() {
    let mut many: Vec<String> = (0..100).map(|n| format!("reader-{n}")).collect();
    many.insert(50, "hangup".to_owned());
    let scene = Scene::with(&many.iter().map(String::as_str).collect::<Vec<_>>());
    let summary = scene.run().await;
    assert_eq!(summary.ending, Ending::Complete, "{summary:?}");
    assert_eq!((summary.tally.sent, summary.tally.expired), (100, 1));
    let expired = State::Rejected(Fate::Rejected(RejectClass::Expired));
    assert_eq!(scene.ledger.state(50), expired);
}

#[tokio::test(start_paused = true)]
async fn a_dial_without_an_answer_holds_up_nobody_but_its_worker() {
    let mut scene = Scene::with(&["one", "two", "three", "four"]);
    scene.server =
        Arc::new(Server { most_connections: 99.into(), mute_dials: 1.into(), ..Server::default() });
    let started = tokio::time::Instant::now();
    let stop = scene.stop.clone();
    let wish = async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        stop.send_replace(StopWish::Drain);
    };
    let (summary, ()) = tokio::join!(scene.run(), wish);
    assert_eq!(summary.tally.sent, 4, "{summary:?}");
    assert!(started.elapsed() < Duration::from_secs(61), "a dial is given up at once");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_restarts_is_waited_for() {
    let mut many: Vec<String> = (0..400).map(|n| format!("reader-{n}")).collect();
    many.insert(200, "crash".to_owned());
    let mut scene = Scene::with(&many.iter().map(String::as_str).collect::<Vec<_>>());
    scene.connections = 8;
    let summary = scene.run().await;
    assert_eq!(summary.ending, Ending::Complete);
    assert_eq!(summary.tally.sent, 401, "{summary:?}");
    assert!(scene.server.taken.lock().unwrap().values().all(|n| *n == 1));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_come_back_is_given_up_and_nobody_is_lost() {
    let mut many: Vec<String> = (0..100).map(|n| format!("reader-{n}")).collect();
    many.insert(50, "crash".to_owned());
    let scene = Scene::with(&many.iter().map(String::as_str).collect::<Vec<_>>());
    let gone = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        scene.server.is_down.store(true, Ordering::SeqCst);
    };
    let (summary, ()) = tokio::join!(scene.run(), gone);
    assert!(matches!(summary.ending, Ending::NoConnection(_)), "{summary:?}");
    assert_eq!(summary.tally.sent + summary.tally.pending, 101);
    assert!(summary.tally.pending > 0);
}

#[tokio::test(start_paused = true)]
async fn a_refused_campaign_stops_and_rejects_nobody() {
    let many: Vec<String> = (0..300).map(|n| format!("policy-{n}")).collect();
    let scene = Scene::with(&many.iter().map(String::as_str).collect::<Vec<_>>());
    let summary = scene.run().await;
    assert!(matches!(summary.ending, Ending::Tripped(Trip::Message(_))), "{summary:?}");
    assert_eq!(summary.tally.rejected, 0);
    let attempts = scene.server.attempts.lock().unwrap().len();
    // Ten in a row, and what the other connections had under way.
    assert!(attempts < 10 + scene.connections, "{attempts} attempts");
    assert_eq!(summary.tally.pending, 300, "nobody is put off for it");
}

#[tokio::test(start_paused = true)]
async fn a_wish_to_stop_drains_and_leaves_doubt_only_past_the_dot() {
    let scene = Scene::with(&["hang", "stuck", "ok", "ok-2"]);
    let stop = scene.stop.clone();
    let wish = async move {
        tokio::time::sleep(Duration::from_secs(15)).await;
        stop.send_replace(StopWish::Drain);
    };
    let (summary, ()) = tokio::join!(scene.run(), wish);
    assert_eq!(summary.ending, Ending::Interrupted);
    assert_eq!(scene.ledger.state(0), State::Done(Outcome::Unknown));
    assert_eq!(scene.ledger.state(1), State::Pending);
    assert_eq!(summary.tally.sent, 2);
}

#[tokio::test(start_paused = true)]
async fn a_second_wish_stops_at_once() {
    let scene = Scene::with(&["hang", "stuck"]);
    let stop = scene.stop.clone();
    let started = tokio::time::Instant::now();
    let wish = async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        stop.send_replace(StopWish::Drain);
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.send_replace(StopWish::AtOnce);
    };
    tokio::join!(scene.run(), wish);
    assert_eq!(started.elapsed().as_secs(), 6);
    assert_eq!(scene.ledger.state(0), State::Done(Outcome::Unknown));
    assert_eq!(scene.ledger.state(1), State::Pending);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_reported_as_one_and_stops_the_other_workers() {
    let mut many: Vec<String> = (0..100).map(|n| format!("reader-{n}")).collect();
    many.insert(50, "panic".to_owned());
    let scene = Scene::with(&many.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(scene.try_to_run().await, Err(RunError::Panicked));
    assert_eq!(scene.ledger.state(50), State::Started, "a resume finds it in doubt");
    let tally = scene.ledger.tally().await.unwrap();
    assert_eq!((tally.total(), tally.started), (101, 1));
}
