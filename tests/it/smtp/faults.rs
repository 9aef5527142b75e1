//! Servers that disconnect, refuse or send garbage in the middle of a message.

use super::*;

/// More than the buffers of sockets take, in lines.
fn large_message() -> Vec<u8> {
    b"0123456789012345678901234567890123456789012345678901234567890123456789\r\n".repeat(400_000)
}

#[tokio::test]
async fn every_fault_of_one_message_has_its_one_answer() {
    const CLOSED: &str = "the server closed the connection";
    let long = format!("5.1.1 {}", "no ".repeat(98));
    let cases = [
        // recipient, attempt, usable afterwards, doubt, messages that the server keeps
        ("tempfail", refused(Phase::RcptTo, 451, "4.3.0 try again later"), true, false, 0),
        ("policyfail", refused(Phase::RcptTo, 550, "5.7.1 not wanted here"), true, false, 0),
        ("closing", refused(Phase::RcptTo, 421, "4.3.2 shutting down"), false, false, 0),
        ("longreply", refused(Phase::RcptTo, 550, &long), true, false, 0),
        (
            "floodreply",
            lost(Phase::RcptTo, "the server's reply is longer than 65536 bytes"),
            false,
            false,
            0,
        ),
        (
            "stray-250",
            lost(Phase::Content, "no command was sent, and the server replied: 250 2.0.0 stray"),
            false,
            false,
            0,
        ),
        ("drop-before-data", lost(Phase::Data, CLOSED), false, false, 0),
        ("contentfail", refused(Phase::Dot, 554, "5.6.0 content not wanted"), true, true, 0),
        ("drop-after-dot", lost(Phase::Dot, CLOSED), false, true, 1),
        ("half-answer", lost(Phase::Dot, CLOSED), false, true, 1),
    ];
    for pipelining in [true, false] {
        for (recipient, expected, usable, doubt, kept) in cases.clone() {
            let server =
                SmtpServer::start(ServerOptions { pipelining, ..ServerOptions::default() });
            let mut connection = connect(&server).await;
            let found = deliver(&mut connection, recipient).await;
            assert_eq!(found, (expected, doubt), "{recipient}, pipelining: {pipelining}");
            assert_eq!(connection.is_usable(), usable, "{recipient}");
            assert_eq!(server.messages().len(), kept, "{recipient}");
            if usable {
                assert_eq!(deliver(&mut connection, "reader").await.0, accepted(), "{recipient}");
            }
            connection.close().await;
        }
    }
}

#[tokio::test]
async fn a_refusal_amid_the_content_is_heard_and_not_lost_in_a_broken_pipe() {
    let message = large_message();
    for recipient in ["early-552", "early-552-linger"] {
        let server = SmtpServer::start(ServerOptions::default());
        let mut connection = connect(&server).await;
        let (attempt, _) = deliver_bytes(&mut connection, recipient, &message).await;
        assert_eq!(attempt, refused(Phase::Content, 552, "5.3.4 too large"), "{recipient}");
        assert!(!connection.is_usable());
        assert!(server.messages().is_empty());
    }
}

#[tokio::test]
async fn a_break_amid_the_content_leaves_no_doubt() {
    let server = SmtpServer::start(ServerOptions::default());
    let mut connection = connect(&server).await;
    let (attempt, _) = deliver_bytes(&mut connection, "drop-in-content", &large_message()).await;
    assert_eq!(attempt, lost(Phase::Content, "the server closed the connection"));
    assert!(!connection.is_usable() && server.messages().is_empty());
}

#[tokio::test]
async fn a_large_message_arrives_whole() {
    let message = large_message();
    let identity = Identity::of("localhost");
    for protection in [Protection::Plain, Protection::StartTls(identity.clone())] {
        let server = SmtpServer::start(ServerOptions { protection, ..ServerOptions::default() });
        let authorities = Authorities::Pem(identity.certificate_pem().into());
        let mut connection =
            try_connect(SmtpSettings { authorities, ..settings(&server) }).await.unwrap();
        let attempt = deliver_bytes(&mut connection, "reader", &message).await.0;
        assert_eq!(attempt, accepted());
        assert!(server.messages()[0].content == message);
    }
}

#[tokio::test]
async fn a_farewell_while_idle_is_seen_before_the_next_message() {
    let options = ServerOptions { goodbye_after: Some(1), ..ServerOptions::default() };
    let server = SmtpServer::start(options);
    let mut connection = connect(&server).await;
    assert_eq!(deliver(&mut connection, "reader").await.0, accepted());
    let cause = "no command was sent, and the server replied: 421 4.3.2 shutting down";
    let found = deliver(&mut connection, "other").await;
    assert_eq!(found, (lost(Phase::MailFrom, cause), false));
    assert!(!connection.is_usable());
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn a_connection_closed_while_idle_costs_no_message() {
    let server = SmtpServer::start(ServerOptions::default());
    let mut connection = connect(&server).await;
    assert_eq!(deliver(&mut connection, "drop-after-250").await.0, accepted());
    let found = deliver(&mut connection, "other").await;
    assert_eq!(found, (lost(Phase::MailFrom, "the server closed the connection"), false));
    assert!(!connection.is_usable());
}

#[tokio::test]
async fn a_server_that_has_had_enough_says_so_at_mail() {
    for pipelining in [true, false] {
        let options =
            ServerOptions { messages_per_session: Some(2), pipelining, ..ServerOptions::default() };
        let server = SmtpServer::start(options);
        let mut connection = connect(&server).await;
        for _ in 0..2 {
            assert_eq!(deliver(&mut connection, "reader").await.0, accepted());
        }
        let text = "4.7.0 enough messages on this connection";
        let found = deliver(&mut connection, "reader").await;
        assert_eq!(found, (refused(Phase::MailFrom, 421, text), false));
        assert!(!connection.is_usable());
        assert_eq!(server.messages().len(), 2);
    }
}

#[tokio::test]
async fn a_tls_record_cut_in_two_leaves_doubt() {
    let identity = Identity::of("localhost");
    let options = ServerOptions {
        protection: Protection::ImplicitTls(identity.clone()),
        ..ServerOptions::default()
    };
    let server = SmtpServer::start(options);
    let authorities = Authorities::Pem(identity.certificate_pem().into());
    let mut connection =
        try_connect(SmtpSettings { authorities, ..settings(&server) }).await.unwrap();
    let found = deliver(&mut connection, "cut-after-dot").await;
    assert_eq!(found, (lost(Phase::Dot, "the server closed the connection"), true));
    assert_eq!((connection.is_usable(), server.messages().len()), (false, 1));
}

#[tokio::test]
async fn a_refusal_stays_true_when_the_connection_ends_after_it() {
    let server = SmtpServer::start(ServerOptions::default());
    let mut connection = connect(&server).await;
    let found = deliver(&mut connection, "refuse-and-drop").await;
    assert_eq!(found, (refused(Phase::RcptTo, 550, "5.7.1 not wanted here"), false));
    assert!(!connection.is_usable());
}
