//! A real Postfix that has taken offence at the sender, at one reader, at the
//! rate, or has no room: nobody is harmed, and afterwards everybody has the mail once.
//!
//! The answers are Postfix's own. Each test looks for them in its log, so that
//! none passes because Postfix was content.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::newsletter::{BODY, Newsletter};
use crate::support::postfix::{DOMAINS, Postfix};
use crate::support::small_disk::SmallDisk;

const READERS: usize = 60;

/// Readers of three domains in turn, as a list has them.
fn readers() -> Vec<String> {
    let domains = ["example.org", "example.net", "example.com"];
    (0..READERS).map(|number| format!("reader-{number}@{}", domains[number % 3])).collect()
}

/// A newsletter with a schedule and an issue that is due at noon of 26 August.
fn newsletter(postfix: &Postfix, connections: &str) -> Newsletter {
    let newsletter = Newsletter::outbox()
        .set("delivery.via", "\"smtp\"")
        .set("smtp.url", &postfix.url())
        .set("smtp.connections", connections)
        .set("schedule.time", "\"17:00\"")
        .set("schedule.time_zone", "\"Europe/Brussels\"")
        .subscribed(readers().iter().map(String::as_str));
    newsletter.write("issues/README.md", "");
    newsletter.at("2026-08-24T12:00:00Z").expect(0, &["due"]);
    newsletter.issue_of("one", "title: One\nsend_at: 2026-08-26 12:00Z\n", BODY);
    newsletter
}

const ISSUE: &str = "issues/one.md";

/// Whether nobody was suppressed, and so many have the mail or wait for it.
fn assert_nobody_is_harmed(newsletter: &Newsletter, sent: usize, open: usize) {
    let stats = newsletter.json(0, &["subscribers", "stats"]);
    assert_eq!(stats["suppressed"], serde_json::json!({}));
    let tally = newsletter.status(ISSUE)["tally"].clone();
    let count = |state: &str| tally[state].as_u64().unwrap_or(0) as usize;
    assert_eq!((count("sent"), count("pending") + count("deferred")), (sent, open), "{tally}");
}

/// Whether each reader has one message.
fn assert_everybody_has_it_once(postfix: &Postfix) {
    let mailed = postfix.mailed(READERS);
    assert_eq!(mailed.len(), READERS);
    assert!(mailed.values().all(|messages| *messages == 1), "{mailed:?}");
}

#[test]
#[ignore = "needs Postfix and root"]
fn a_from_address_that_postfix_does_not_know_harms_nobody() {
    let postfix = Postfix::set_up(&readers())
        .set(&[
            &format!("virtual_mailbox_domains={DOMAINS}, news.example.org"),
            "smtpd_reject_unlisted_sender=yes",
        ])
        .start();
    let newsletter = newsletter(&postfix, "4");
    // What one run does, the next ones do not do either.
    for (now, code) in [("12:00", 7), ("12:10", 11), ("12:20", 7), ("13:00", 7)] {
        newsletter.at(&format!("2026-08-26T{now}:10Z")).expect(code, &["due"]);
        assert_nobody_is_harmed(&newsletter, 0, READERS);
    }
    let answer = "550 5.1.0 <weekly@news.example.org>: Sender address rejected: \
                  User unknown in virtual mailbox table";
    let tries = postfix.logged(answer).len();
    assert!((30..=45).contains(&tries), "{tries} in three runs");
    // The mailbox is made.
    let with_sender = [readers(), vec!["weekly@news.example.org".to_owned()]].concat();
    postfix.give_mailboxes(&with_sender);
    postfix.reload();
    newsletter.at("2026-08-26T15:00:00Z").expect(0, &["due"]);
    assert_nobody_is_harmed(&newsletter, READERS, 0);
    assert_everybody_has_it_once(&postfix);
}

#[test]
#[ignore = "needs Postfix and root"]
fn a_from_domain_that_is_not_in_the_dns_harms_nobody() {
    let names = NameServer::start();
    let postfix = Postfix::set_up(&readers())
        .set(&[
            "smtpd_sender_restrictions=reject_unknown_sender_domain",
            "unknown_address_reject_code=550",
        ])
        .with_name_server(NameServer::ADDRESS)
        .start();
    let newsletter = newsletter(&postfix, "4");
    for _ in 0..3 {
        let run = newsletter.expect(7, &["send", ISSUE, "--yes"]);
        assert!(run.stderr.contains("550 5.1.8"), "{run}");
        assert_nobody_is_harmed(&newsletter, 0, READERS);
    }
    let answer = "550 5.1.8 <weekly@news.example.org>: Sender address rejected: Domain not found";
    let tries = postfix.logged(answer).len();
    assert!((30..=45).contains(&tries), "{tries} in three runs");
    names.know_everything();
    newsletter.expect(0, &["send", ISSUE, "--yes"]);
    assert_nobody_is_harmed(&newsletter, READERS, 0);
    assert_everybody_has_it_once(&postfix);
}

#[test]
#[ignore = "needs Postfix and root"]
fn one_reader_whom_postfix_refuses_by_policy_keeps_nobody_else_waiting() {
    let refused = &readers()[20];
    for connections in ["1", "4"] {
        let postfix = Postfix::set_up(&readers());
        let table = postfix.path("etc/refused");
        std::fs::write(&table, format!("{refused} REJECT\n")).unwrap();
        let restrictions = format!(
            "smtpd_recipient_restrictions=check_recipient_access texthash:{}, \
             reject_unauth_destination",
            table.display()
        );
        let postfix = postfix.set(&[&restrictions]).start();
        let newsletter = newsletter(&postfix, connections);
        newsletter.at("2026-08-26T12:00:10Z").expect(0, &["due"]);
        assert_nobody_is_harmed(&newsletter, READERS - 1, 1);
        let answer = format!("554 5.7.1 <{refused}>: Recipient address rejected: Access denied");
        assert_eq!(postfix.logged(&answer).len(), 1);
        let mailed = postfix.mailed(READERS - 1);
        assert_eq!(mailed.values().sum::<usize>(), READERS - 1, "{mailed:?}");
        assert!(!mailed.contains_key(refused));
        // It is tried again, and holds up nobody, until Postfix takes it.
        newsletter.at("2026-08-26T12:10:00Z").expect(0, &["due"]);
        assert_eq!(postfix.logged(&answer).len(), 2);
        assert_nobody_is_harmed(&newsletter, READERS - 1, 1);
        std::fs::write(&table, "").unwrap();
        postfix.reload();
        newsletter.at("2026-08-26T13:00:00Z").expect(0, &["due"]);
        assert_nobody_is_harmed(&newsletter, READERS, 0);
        assert_everybody_has_it_once(&postfix);
    }
}

#[test]
#[ignore = "needs Postfix and root"]
fn a_postfix_whose_queue_is_full_is_asked_now_and_then_until_it_has_room() {
    let postfix = Postfix::set_up(&readers());
    let disk = SmallDisk::mount(postfix.path("queue"), "32m");
    // Postfix wants one and a half times of this to be free.
    let postfix = postfix.set(&["message_size_limit=1000000"]).start();
    let newsletter = newsletter(&postfix, "4");
    disk.fill();
    let begun = Instant::now();
    let sending = newsletter.start(&["send", ISSUE, "--yes"]);
    std::thread::sleep(Duration::from_secs(5));
    let tries = postfix.logged("452 4.3.1 Insufficient system storage").len();
    assert!((1..=5).contains(&tries), "{tries} in {:?}", begun.elapsed());
    assert_nobody_is_harmed(&newsletter, 0, READERS);
    disk.free();
    let sent = sending.finish();
    assert_eq!(sent.code, 0, "{sent}");
    assert_nobody_is_harmed(&newsletter, READERS, 0);
    assert_everybody_has_it_once(&postfix);
}

#[test]
#[ignore = "needs Postfix and root"]
fn the_rate_that_postfix_allows_is_found() {
    let postfix = Postfix::set_up(&readers())
        .set(&[
            "smtpd_client_message_rate_limit=10",
            // Otherwise the clients of `mynetworks` may do as they please.
            "smtpd_client_event_limit_exceptions=",
            "anvil_rate_time_unit=2s",
        ])
        .start();
    let newsletter = newsletter(&postfix, "4");
    newsletter.expect(0, &["send", ISSUE, "--yes"]);
    // The reply is `450 4.7.1 Error: too much mail from`, and this is what the log says.
    let refusal = "Message delivery request rate limit exceeded";
    let log = postfix.logged("");
    let tries: Vec<bool> = log
        .iter()
        .filter(|line| line.contains("client=localhost") || line.contains(refusal))
        .map(|line| line.contains(refusal))
        .collect();
    let refused = tries.iter().filter(|is_refused| **is_refused).count();
    assert!((1..=READERS / 4).contains(&refused), "{refused} refused: {tries:?}");
    // Once the rate is known, it is hardly ever exceeded.
    let late = tries[tries.len() / 2..].iter().filter(|is_refused| **is_refused).count();
    assert!(late <= READERS / 10, "{late} refused in the second half: {tries:?}");
    assert_nobody_is_harmed(&newsletter, READERS, 0);
    assert_everybody_has_it_once(&postfix);
}

/// A name server that knows no name at first, and then gives every name an address.
struct NameServer {
    knows_everything: Arc<AtomicBool>,
}

impl NameServer {
    /// Resolvers ask port 53 alone. This address is nobody else's.
    const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 25, 53, 53);

    fn start() -> Self {
        let socket = UdpSocket::bind((Self::ADDRESS, 53)).unwrap();
        let knows_everything = Arc::new(AtomicBool::new(false));
        let knows = Arc::clone(&knows_everything);
        std::thread::spawn(move || {
            let mut packet = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut packet) {
                let answer = Self::answer(&packet[..length], knows.load(Ordering::Relaxed));
                let _ = socket.send_to(&answer, from);
            }
        });
        Self { knows_everything }
    }

    fn know_everything(&self) {
        self.knows_everything.store(true, Ordering::Relaxed);
    }

    /// The answer to a query (RFC 1035 section 4.1): the name has no records, an
    /// address, or does not exist.
    fn answer(query: &[u8], knows: bool) -> Vec<u8> {
        // The name ends with an empty label, and its type and class follow.
        let name = query[12..].iter().position(|byte| *byte == 0).unwrap() + 1;
        let question = &query[12..12 + name + 4];
        let is_for_address = question[name..name + 2] == [0, 1];
        let code = if knows { 0 } else { 3 };
        let records = u8::from(knows && is_for_address);
        let mut answer = query[..2].to_vec();
        answer.extend([0x81, 0x80 | code, 0, 1, 0, records, 0, 0, 0, 0]);
        answer.extend(question);
        if records == 1 {
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
        }
        answer
    }
}
