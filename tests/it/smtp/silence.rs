//! A server that stops replying: each phase has its own timeout.

use postrider::transport::smtp::Timeouts;

use super::*;

const LIMIT: Duration = Duration::from_millis(60);
const CAUSE: &str = "the server did nothing for 60 ms";

type Shorten = fn(&mut Timeouts);

fn silent_at(stage: Stage) -> ServerOptions {
    ServerOptions { silent_at: Some(stage), ..ServerOptions::default() }
}

/// Settings with one short timeout. Every other phase would take half a minute or more.
fn limited(server: &SmtpServer, shorten: Shorten) -> SmtpSettings {
    let mut settings = settings(server);
    shorten(&mut settings.timeouts);
    settings
}

#[tokio::test]
async fn silence_before_the_first_message_ends_in_its_phase() {
    let identity = Identity::of("localhost");
    let account = Account { mechanism: "PLAIN", user: "user", password: "password" };
    let plain = || Protection::Plain;
    let cases: [(Stage, Protection, Phase, Shorten); 6] = [
        (Stage::Greeting, plain(), Phase::Greeting, |t| t.greeting = LIMIT),
        (Stage::Hello, plain(), Phase::Hello, |t| t.command = LIMIT),
        (Stage::Auth, plain(), Phase::Auth, |t| t.command = LIMIT),
        (Stage::StartTls, Protection::StartTls(identity.clone()), Phase::Tls, |t| {
            t.command = LIMIT;
        }),
        (Stage::TlsHandshake, Protection::StartTls(identity.clone()), Phase::Tls, |t| {
            t.tls = LIMIT;
        }),
        (Stage::TlsHandshake, Protection::ImplicitTls(identity.clone()), Phase::Tls, |t| {
            t.tls = LIMIT;
        }),
    ];
    for (stage, protection, phase, shorten) in cases {
        let auth = (stage == Stage::Auth).then(|| account.clone());
        let server = SmtpServer::start(ServerOptions { protection, auth, ..silent_at(stage) });
        let mut settings = limited(&server, shorten);
        settings.authorities = Authorities::Pem(identity.certificate_pem().into());
        settings.credentials =
            Some(Credentials { user: "user".to_owned(), password: SecretString::from("password") });
        let error = try_connect(settings).await.err().unwrap();
        let server = format!("localhost:{}", server.address().port());
        let expected = ConnectError::Unreachable { server, phase, cause: CAUSE.to_owned() };
        assert_eq!(error, expected, "{stage:?}");
        assert!(error.may_pass());
    }
}

#[tokio::test]
async fn silence_amid_a_message_ends_in_its_phase() {
    let cases: [(Stage, Phase, Shorten, bool, usize); 5] = [
        (Stage::Mail, Phase::MailFrom, |t| t.command = LIMIT, false, 0),
        (Stage::Rcpt, Phase::RcptTo, |t| t.command = LIMIT, false, 0),
        (Stage::Data, Phase::Data, |t| t.data = LIMIT, false, 0),
        (Stage::Content, Phase::Content, |t| t.content = LIMIT, true, 0),
        (Stage::Dot, Phase::Dot, |t| t.dot = LIMIT, true, 1),
    ];
    let large = vec![b'x'; 30_000_000];
    for pipelining in [true, false] {
        for (stage, phase, shorten, doubt, kept) in cases {
            let server = SmtpServer::start(ServerOptions { pipelining, ..silent_at(stage) });
            let mut connection = try_connect(limited(&server, shorten)).await.unwrap();
            let message = if stage == Stage::Content { &large[..] } else { MESSAGE };
            let found = deliver_bytes(&mut connection, "reader", message).await;
            assert_eq!(found, (lost(phase, CAUSE), doubt), "{stage:?}");
            assert!(!connection.is_usable());
            assert_eq!(server.messages().len(), kept, "{stage:?}");
            connection.close().await;
        }
    }
}

#[tokio::test]
async fn silence_after_a_reset_costs_the_connection_and_not_the_message() {
    let server = SmtpServer::start(silent_at(Stage::Reset));
    let mut connection = try_connect(limited(&server, |t| t.command = LIMIT)).await.unwrap();
    deliver(&mut connection, "permfail").await;
    assert!(connection.is_usable());
    let found = deliver(&mut connection, "reader").await;
    assert_eq!(found, (lost(Phase::MailFrom, CAUSE), false));
    assert!(!connection.is_usable());
}
