//! Over SMTP, every fault of a server ends in exactly one true outcome.

use std::time::Duration;

use postrider::delivery::{
    Attempt, ConnectError, Connection, DoubtMark, EnhancedCode, Envelope, Phase, Reply, Transport,
};
use postrider::domain::{EmailAddress, Host, MailServer};
use postrider::transport::smtp::{
    Authorities, Credentials, SettingsError, SizeLimit, SmtpConnection, SmtpSettings, SmtpTransport,
};
use secrecy::SecretString;

use crate::support::smtp_server::{
    Account, DataWithoutRecipient, Identity, Protection, ReplyStyle, ServerOptions, SmtpServer,
    Stage,
};

mod faults;
mod opening;
mod silence;

const MESSAGE: &[u8] =
    b"Subject: dots\r\n\r\n.one\r\n..two\r\n.\r\nFrom here, a=2Eb\r\n\r\nend\r\n";

fn settings(server: &SmtpServer) -> SmtpSettings {
    let name = Host::parse("client.example.org").unwrap();
    SmtpSettings::new(MailServer::parse_url(&server.url()).unwrap(), name)
}

async fn try_connect(settings: SmtpSettings) -> Result<SmtpConnection, ConnectError> {
    SmtpTransport::new(settings).unwrap().connect().await
}

async fn connect(server: &SmtpServer) -> SmtpConnection {
    try_connect(settings(server)).await.unwrap()
}

/// Delivers to `recipient`@example.org, and returns whether the doubt mark was raised.
async fn deliver_bytes(
    connection: &mut SmtpConnection,
    recipient: &str,
    message: &[u8],
) -> (Attempt, bool) {
    let sender = EmailAddress::parse("news@example.org").unwrap();
    let recipient = EmailAddress::parse(&format!("{recipient}@example.org")).unwrap();
    let envelope = Envelope { sender: &sender, recipient: &recipient, message_id: "1@example.org" };
    let doubt = DoubtMark::default();
    let attempt = connection.deliver(&envelope, message, &doubt).await;
    (attempt, doubt.is_raised())
}

async fn deliver(connection: &mut SmtpConnection, recipient: &str) -> (Attempt, bool) {
    deliver_bytes(connection, recipient, MESSAGE).await
}

fn reply(code: u16, text: &str) -> Reply {
    Reply { code, enhanced: EnhancedCode::parse_prefix(text), text: text.to_owned() }
}

fn accepted() -> Attempt {
    Attempt::Accepted(reply(250, "2.0.0 kept"))
}

fn refused(phase: Phase, code: u16, text: &str) -> Attempt {
    Attempt::Refused { phase, reply: reply(code, text) }
}

fn lost(phase: Phase, cause: &str) -> Attempt {
    Attempt::Lost { phase, cause: cause.to_owned() }
}

fn unpipelined() -> ServerOptions {
    ServerOptions { pipelining: false, ..ServerOptions::default() }
}

#[tokio::test]
async fn the_server_gets_the_message_byte_for_byte() {
    for options in [ServerOptions::default(), unpipelined()] {
        let server = SmtpServer::start(options);
        let mut connection = connect(&server).await;
        for message in [MESSAGE, b"a\r\n", b".\r\n", b"x\r\n.", b"no line end"] {
            let (attempt, doubt) = deliver_bytes(&mut connection, "reader", message).await;
            assert_eq!((attempt, doubt), (accepted(), true));
            let received = server.messages().pop().unwrap();
            let complete = message.ends_with(b"\r\n");
            let expected = [message, if complete { b"" } else { b"\r\n" }].concat();
            assert_eq!(received.content, expected);
            assert_eq!(received.recipient, "reader@example.org");
            assert_eq!(received.sender, "news@example.org");
        }
        assert_eq!(server.log().sessions, 1);
        connection.close().await;
        server.wait_until(|log| log.open == 0);
        assert_eq!(server.commands(0).pop().unwrap(), "QUIT");
    }
}

#[tokio::test]
async fn a_message_costs_three_commands_and_no_noop() {
    let server = SmtpServer::start(ServerOptions::default());
    let mut connection = connect(&server).await;
    deliver(&mut connection, "reader").await;
    deliver(&mut connection, "other").await;
    let size = MESSAGE.len();
    let mail = format!("MAIL FROM:<news@example.org> SIZE={size}");
    let expected = [
        "EHLO client.example.org",
        &mail,
        "RCPT TO:<reader@example.org>",
        "DATA",
        &mail,
        "RCPT TO:<other@example.org>",
        "DATA",
    ];
    assert_eq!(server.commands(0), expected);
}

#[tokio::test]
async fn commands_travel_together_and_so_do_content_and_dot() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let far_end = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = vec![0; 100_000];
        let mut reads = Vec::new();
        for answer in ["220 hi\r\n", "250-me\r\n250 PIPELINING\r\n", "250 a\r\n250 b\r\n354 c\r\n"]
        {
            stream.write_all(answer.as_bytes()).await.unwrap();
            let read = stream.read(&mut buffer).await.unwrap();
            reads.push(String::from_utf8(buffer[..read].to_vec()).unwrap());
        }
        stream.write_all(b"250 kept\r\n").await.unwrap();
        reads
    });
    let server = MailServer::parse_url(&format!("smtp+plain://127.0.0.1:{port}")).unwrap();
    let name = Host::parse("client.example.org").unwrap();
    let mut connection = try_connect(SmtpSettings::new(server, name)).await.unwrap();
    let (attempt, _) = deliver_bytes(&mut connection, "reader", b"Subject: x\r\n\r\nhi\r\n").await;
    assert_eq!(attempt, Attempt::Accepted(reply(250, "kept")));
    assert_eq!(
        far_end.await.unwrap(),
        [
            "EHLO client.example.org\r\n",
            "MAIL FROM:<news@example.org>\r\nRCPT TO:<reader@example.org>\r\nDATA\r\n",
            "Subject: x\r\n\r\nhi\r\n.\r\n",
        ]
    );
}

#[tokio::test]
async fn a_refused_recipient_costs_a_reset_and_not_the_session() {
    for options in [ServerOptions::default(), unpipelined()] {
        let server = SmtpServer::start(options);
        let mut connection = connect(&server).await;
        let (attempt, doubt) = deliver(&mut connection, "permfail").await;
        let text = "5.1.1 <…@example.org>: no such user";
        assert_eq!((attempt, doubt), (refused(Phase::RcptTo, 550, text), false));
        assert!(connection.is_usable());
        assert_eq!(deliver(&mut connection, "reader").await.0, accepted());
        let commands = server.commands(0);
        assert_eq!(commands.iter().filter(|line| *line == "RSET").count(), 1, "{commands:?}");
        assert_eq!((server.log().sessions, server.messages().len()), (1, 1));
        assert_eq!(server.mailed()["reader@example.org"], 1);
    }
}

#[tokio::test]
async fn a_greylisted_recipient_is_taken_the_second_time() {
    let server = SmtpServer::start(ServerOptions::default());
    let mut connection = connect(&server).await;
    let first = deliver(&mut connection, "greylist").await.0;
    assert_eq!(first, refused(Phase::RcptTo, 450, "4.7.1 greylisted"));
    assert_eq!(deliver(&mut connection, "greylist").await.0, accepted());
}

#[tokio::test]
async fn content_never_follows_a_354_for_a_refused_recipient() {
    for how in [DataWithoutRecipient::Accepted, DataWithoutRecipient::Swallowed] {
        let options = ServerOptions { data_without_recipient: how, ..ServerOptions::default() };
        let server = SmtpServer::start(options);
        let mut connection = connect(&server).await;
        let (attempt, doubt) = deliver(&mut connection, "tempfail").await;
        let expected = refused(Phase::RcptTo, 451, "4.3.0 try again later");
        assert_eq!((attempt, doubt), (expected, false));
        assert_eq!(server.log().orphans, [b""], "a lone dot is all that may come");
        assert_eq!(deliver(&mut connection, "reader").await.0, accepted());
        assert_eq!(server.messages().len(), 1);
    }
}

#[tokio::test]
async fn a_refused_sender_is_the_answer_whatever_follows() {
    for options in [ServerOptions::default(), unpipelined()] {
        let server = SmtpServer::start(options);
        let mut connection = connect(&server).await;
        let sender = EmailAddress::parse("refused@example.org").unwrap();
        let recipient = EmailAddress::parse("reader@example.org").unwrap();
        let envelope = Envelope { sender: &sender, recipient: &recipient, message_id: "1@x" };
        let doubt = DoubtMark::default();
        let attempt = connection.deliver(&envelope, MESSAGE, &doubt).await;
        assert_eq!(attempt, refused(Phase::MailFrom, 550, "5.7.1 this sender may not send"));
        assert!(!doubt.is_raised() && connection.is_usable());
    }
}

#[tokio::test]
async fn a_message_over_the_announced_size_is_not_even_tried() {
    let options = ServerOptions { size: Some(40), ..ServerOptions::default() };
    let server = SmtpServer::start(options);
    let mut connection = connect(&server).await;
    assert_eq!(connection.capabilities().size, SizeLimit::Bytes(40));
    let (attempt, doubt) = deliver(&mut connection, "reader").await;
    let text = format!(
        "5.3.4 not sent: the server takes at most 40 bytes, the message has {}",
        MESSAGE.len()
    );
    assert_eq!((attempt, doubt), (refused(Phase::MailFrom, 552, &text), false));
    assert_eq!(server.commands(0), ["EHLO client.example.org"]);
    assert_eq!(deliver_bytes(&mut connection, "reader", &[b'x'; 38]).await.0, accepted());
}

#[tokio::test]
async fn content_outside_ascii_needs_8bitmime() {
    let message = "Subject: x\r\n\r\ncafé\r\n".as_bytes();
    let server = SmtpServer::start(ServerOptions::default());
    let mut connection = connect(&server).await;
    assert_eq!(deliver_bytes(&mut connection, "reader", message).await.0, accepted());
    assert!(server.commands(0)[1].ends_with(" BODY=8BITMIME"));

    let server =
        SmtpServer::start(ServerOptions { eight_bit_mime: false, ..ServerOptions::default() });
    let mut connection = connect(&server).await;
    let text =
        "5.6.3 not sent: the message has bytes outside ASCII, the server does not offer 8BITMIME";
    let attempt = deliver_bytes(&mut connection, "reader", message).await.0;
    assert_eq!(attempt, refused(Phase::MailFrom, 554, text));
}

#[tokio::test]
async fn replies_in_any_pieces_are_read_alike() {
    for reply_style in [ReplyStyle::ByteByByte, ReplyStyle::Halves] {
        let server = SmtpServer::start(ServerOptions { reply_style, ..ServerOptions::default() });
        let mut connection = connect(&server).await;
        assert!(connection.capabilities().pipelining);
        for _ in 0..3 {
            assert_eq!(deliver(&mut connection, "reader").await.0, accepted());
        }
    }
}

#[tokio::test]
async fn a_dropped_delivery_leaves_the_connection_unusable_and_doubt_on_record() {
    let server = SmtpServer::start(ServerOptions::default());
    let mut connection = connect(&server).await;
    let sender = EmailAddress::parse("news@example.org").unwrap();
    let recipient = EmailAddress::parse("hold-after-dot@example.org").unwrap();
    let envelope = Envelope { sender: &sender, recipient: &recipient, message_id: "1@x" };
    let doubt = DoubtMark::default();
    tokio::select! {
        biased;
        attempt = connection.deliver(&envelope, MESSAGE, &doubt) => panic!("{attempt:?}"),
        () = until_kept(&server) => {}
    }
    assert!(doubt.is_raised() && !connection.is_usable());
    let (attempt, doubt) = deliver(&mut connection, "reader").await;
    let expected = lost(Phase::MailFrom, "this connection can carry no further message");
    assert_eq!((attempt, doubt), (expected, false));
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn doubt_is_on_record_before_the_content_has_left() {
    let options = ServerOptions { silent_at: Some(Stage::Content), ..ServerOptions::default() };
    let server = SmtpServer::start(options);
    let mut connection = connect(&server).await;
    let address = EmailAddress::parse("reader@example.org").unwrap();
    let envelope = Envelope { sender: &address, recipient: &address, message_id: "1@x" };
    let doubt = DoubtMark::default();
    let more_than_sockets_hold = vec![b'x'; 30_000_000];
    let raised = async {
        while !doubt.is_raised() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        attempt = connection.deliver(&envelope, &more_than_sockets_hold, &doubt) => {
            panic!("the server takes nothing: {attempt:?}");
        }
        in_time = tokio::time::timeout(Duration::from_secs(10), raised) => in_time.unwrap(),
    }
    assert!(!connection.is_usable());
}

async fn until_kept(server: &SmtpServer) {
    while server.messages().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_late_answer_within_its_time_is_an_answer() {
    let server = SmtpServer::start(ServerOptions::default());
    let mut connection = connect(&server).await;
    let (delivered, ()) = tokio::join!(deliver(&mut connection, "hold-after-dot"), async {
        until_kept(&server).await;
        server.release_held(1);
    });
    assert_eq!(delivered.0, accepted());
}

#[tokio::test]
async fn connections_are_as_many_as_were_opened() {
    let server = SmtpServer::start(ServerOptions::default());
    let mut connections = [connect(&server).await, connect(&server).await];
    for connection in &mut connections {
        assert_eq!(deliver(connection, "reader").await.0, accepted());
    }
    for connection in connections {
        connection.close().await;
    }
    server.wait_until(|log| log.open == 0);
    assert_eq!((server.log().most_open, server.log().sessions), (2, 2));
    assert_eq!(server.mailed()["reader@example.org"], 2);
}
