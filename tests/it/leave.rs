//! A reader unsubscribes, and gets no more mail, not even of a campaign in progress.

use crate::support::newsletter::{Mail, Newsletter};
use crate::support::serving::{ONE_CLICK, ask, serve};
use crate::support::smtp_server::{ServerOptions, SmtpServer};

/// The link in a mail to this reader.
fn link_of(server: &SmtpServer, reader: &str) -> String {
    let messages = server.messages();
    let message = messages.iter().find(|message| message.recipient == reader).unwrap();
    let mail = Mail::parse(message.content.clone());
    assert_eq!(mail.header("List-Unsubscribe-Post"), ONE_CLICK);
    mail.unsubscribe_link()
}

#[test]
fn who_leaves_while_a_campaign_is_paused_is_withdrawn_from_it() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server).subscribed([
        "reader-one@example.org",
        "hold-after-dot@example.org",
        "reader-three@example.org",
        "reader-four@example.org",
    ]);
    server.release_held(1);
    newsletter.expect(0, &["send", &newsletter.issue("last-week"), "--yes"]);
    let link = link_of(&server, "reader-three@example.org");

    let issue = newsletter.issue("this-week");
    let mut sending = newsletter.start(&["send", &issue, "--yes"]);
    server.wait_until(|log| log.messages.len() == 6);
    sending.signal("TERM");
    sending.wait_for("stopping:");
    server.release_held(1);
    assert_eq!(sending.finish().code, 8);

    let (serving, address) = serve(&newsletter, &[]);
    let answer = ask(&address, "POST", &link, ONE_CLICK);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    serving.signal("TERM");
    assert_eq!(serving.finish().code, 0);

    let resumed = newsletter.expect(0, &["send", &issue, "--yes"]);
    insta::assert_snapshot!(resumed.plain_stderr(), @r"
    test-weekly/this-week was begun on TIME UTC: 2 of 4 got it; resuming
    test-weekly/this-week: 3 of 4 got it, 1 withdrawn
    ");
    let mailed = server.mailed();
    assert_eq!(mailed["reader-three@example.org"], 1, "last week's mail alone");
    assert_eq!(mailed["reader-four@example.org"], 2);
    let status = newsletter.status(&issue);
    assert_eq!(status["withdrawn"][0]["address"], "reader-three@example.org", "{status}");
    let tally = status["tally"].as_object().unwrap();
    let total: u64 = tally.values().map(|number| number.as_u64().unwrap()).sum();
    assert_eq!(total, status["audience"].as_u64().unwrap(), "{status}");
    assert_eq!((tally["sent"].as_u64(), tally["withdrawn"].as_u64()), (Some(3), Some(1)));
}

#[test]
fn who_leaves_while_it_is_being_sent_is_withdrawn_at_once() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server).subscribed([
        "reader-one@example.org",
        "hold-after-dot@example.org",
        "reader-three@example.org",
    ]);
    server.release_held(1);
    newsletter.expect(0, &["send", &newsletter.issue("last-week"), "--yes"]);
    let link = link_of(&server, "reader-three@example.org");
    let (_serving, address) = serve(&newsletter, &[]);
    let sending = newsletter.start(&["send", &newsletter.issue("this-week"), "--yes"]);
    server.wait_until(|log| log.messages.len() == 5);
    assert!(ask(&address, "POST", &link, ONE_CLICK).starts_with("HTTP/1.1 200"));
    server.release_held(1);
    let sent = sending.finish();
    assert_eq!(sent.code, 0, "{sent}");
    insta::assert_snapshot!(sent.plain_stderr(), @r"
    test-weekly/this-week: The week of this-week
      digest DIGEST via smtp
      3 recipients, 3 to be sent now
             3 at example.org
      takes about a second, if the server accepts 10 messages a second
    test-weekly/this-week: 2 of 3 got it, 1 withdrawn
    ");
    assert_eq!(server.mailed()["reader-three@example.org"], 1, "last week's mail alone");
}

#[test]
fn looking_at_the_page_changes_nothing_and_leaving_twice_is_the_same_as_once() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server).subscribed(["reader-one@example.org"]);
    newsletter.expect(0, &["send", &newsletter.issue("one"), "--yes"]);
    let link = link_of(&server, "reader-one@example.org");
    let (serving, address) = serve(&newsletter, &["--verbose"]);
    let subscribed = || newsletter.json(0, &["subscribers", "stats"])["by_status"].clone();

    let page = ask(&address, "GET", &link, "");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("<form"), "{page}");
    assert_eq!(subscribed()["subscribed"], 1);
    assert!(ask(&address, "GET", "/healthz", "").starts_with("HTTP/1.1 200"));
    for _ in 0..2 {
        assert!(ask(&address, "POST", &link, ONE_CLICK).starts_with("HTTP/1.1 200"));
        assert_eq!(subscribed()["unsubscribed"], 1);
    }
    serving.signal("TERM");
    let served = serving.finish();
    assert_eq!(served.code, 0, "{served}");
    let logged: Vec<_> = served.stderr.lines().filter(|line| line.contains(" INFO ")).collect();
    assert_eq!(logged.len(), 4, "one line a request: {served}");
    let wanted = "answered method=\"POST\" route=\"/unsubscribe/{token}\" status=200";
    assert!(logged[3].contains(wanted), "{served}");
    let token = link.rsplit('/').next().unwrap();
    assert!(!served.stderr.contains(token), "a link is a secret of its reader: {served}");
    newsletter.expect(11, &["send", &newsletter.issue("two"), "--yes"]);
}

#[test]
fn the_page_speaks_the_language_of_the_issue() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server).subscribed(["reader-one@example.org"]);
    let french = newsletter.issue_of("one", "title: Bonjour\nlanguage: fr\n", "Bonjour.\n");
    newsletter.expect(0, &["send", &french, "--yes"]);
    let link = link_of(&server, "reader-one@example.org");
    let (_serving, address) = serve(&newsletter, &[]);
    for (method, button) in [("GET", "<button>Se désabonner</button>"), ("POST", "")] {
        let page = ask(&address, method, &link, ONE_CLICK);
        assert!(page.contains("<html lang=\"fr\" dir=\"ltr\">") && page.contains(button), "{page}");
    }
    let lost = ask(&address, "GET", "/unsubscribe/", "");
    assert!(lost.contains("<html lang=\"en\""), "{lost}");
}

#[test]
fn a_link_from_a_proof_takes_nobody_off_the_list() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server).subscribed(["reader-one@example.org"]);
    newsletter.expect(0, &["proof", &newsletter.issue("one")]);
    let link = link_of(&server, "editor-one@example.org");
    let (_serving, address) = serve(&newsletter, &[]);
    let answer = ask(&address, "POST", &link, ONE_CLICK);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.to_lowercase().contains("proof"), "{answer}");
    assert_eq!(newsletter.json(0, &["subscribers", "stats"])["by_status"]["subscribed"], 1);
}

#[test]
fn pages_without_a_store_or_on_a_taken_port_are_refused() {
    let newsletter = Newsletter::outbox();
    newsletter.expect(12, &["serve", "--listen", "127.0.0.1:0"]);
    let newsletter = newsletter.subscribed(["reader-one@example.org"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = newsletter.expect(2, &["serve", "--listen", &address]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: cannot listen on 127.0.0.1:PORT
      because Address already in use (os error NUMBER)
    hint: Another process may have the port: choose one with `--listen`.
    ");
}
