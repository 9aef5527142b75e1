//! Opening a connection: what is refused, and how it is reported.

use super::*;

fn trusting(server: &SmtpServer, identity: &Identity) -> SmtpSettings {
    let authorities = Authorities::Pem(identity.certificate_pem().into());
    SmtpSettings { authorities, ..settings(server) }
}

fn protected(protection: Protection) -> SmtpServer {
    SmtpServer::start(ServerOptions { protection, ..ServerOptions::default() })
}

fn with_account(mechanism: &'static str) -> SmtpServer {
    let auth = Some(Account { mechanism, user: "user", password: "right horse" });
    SmtpServer::start(ServerOptions { auth, ..ServerOptions::default() })
}

fn as_user(password: &str, settings: SmtpSettings) -> SmtpSettings {
    let password = SecretString::from(password);
    let credentials = Some(Credentials { user: "user".to_owned(), password });
    SmtpSettings { credentials, ..settings }
}

async fn refusal(settings: SmtpSettings) -> ConnectError {
    try_connect(settings).await.err().expect("the connection should be refused")
}

#[tokio::test]
async fn messages_go_over_starttls_and_over_tls_from_the_start() {
    let identity = Identity::of("localhost");
    for protection in
        [Protection::StartTls(identity.clone()), Protection::ImplicitTls(identity.clone())]
    {
        let server = protected(protection);
        let mut connection = try_connect(trusting(&server, &identity)).await.unwrap();
        for recipient in ["reader", "permfail", "other"] {
            deliver(&mut connection, recipient).await;
        }
        assert_eq!(server.messages().len(), 2);
        assert_eq!(server.messages()[1].content, MESSAGE);
        connection.close().await;
    }
}

#[tokio::test]
async fn offers_made_before_tls_do_not_count_after_it() {
    let identity = Identity::of("localhost");
    let server = protected(Protection::StartTls(identity.clone()));
    let connection = try_connect(trusting(&server, &identity)).await.unwrap();
    assert!(!connection.capabilities().starttls, "the second EHLO no longer offers it");
    let commands = server.commands(0);
    assert_eq!(
        commands,
        ["EHLO client.example.org", "STARTTLS", "EHLO client.example.org"],
        "{commands:?}"
    );
}

#[tokio::test]
async fn a_certificate_of_another_name_is_refused_by_name() {
    let identity = Identity::of("other.example.org");
    for protection in
        [Protection::StartTls(identity.clone()), Protection::ImplicitTls(identity.clone())]
    {
        let server = protected(protection);
        let error = refusal(trusting(&server, &identity)).await;
        assert!(matches!(error, ConnectError::Unacceptable { phase: Phase::Tls, .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("\"localhost\"") && text.contains("other.example.org"), "{text}");
        assert!(!error.may_pass());
    }
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let server = protected(Protection::StartTls(Identity::of("localhost")));
    let error = refusal(trusting(&server, &Identity::of("localhost"))).await;
    assert!(matches!(error, ConnectError::Unacceptable { phase: Phase::Tls, .. }), "{error}");
    assert!(error.to_string().contains("certificate is not accepted"), "{error}");
}

#[tokio::test]
async fn bytes_injected_before_the_handshake_are_refused() {
    let identity = Identity::of("localhost");
    let server = protected(Protection::StartTlsInjecting(identity.clone()));
    let error = refusal(trusting(&server, &identity)).await;
    assert!(matches!(error, ConnectError::Unacceptable { phase: Phase::Tls, .. }), "{error}");
    assert!(error.to_string().contains("sent more after its answer to STARTTLS"), "{error}");
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_tls_is_required() {
    let server = SmtpServer::start(ServerOptions::default());
    let port = server.address().port();
    let over = |scheme: &str| SmtpSettings {
        server: MailServer::parse_url(&format!("{scheme}://localhost:{port}")).unwrap(),
        ..trusting(&server, &Identity::of("localhost"))
    };
    let error = refusal(over("smtp")).await;
    assert!(error.to_string().contains("does not offer STARTTLS"), "{error}");
    assert!(!error.may_pass());
    let error = refusal(over("smtps")).await;
    assert!(matches!(error, ConnectError::Unacceptable { phase: Phase::Tls, .. }), "{error}");
    assert!(error.to_string().contains("is not TLS"), "{error}");
    let told = |line: &str| line.starts_with("AUTH") || line.starts_with("MAIL");
    assert!(!server.log().commands.iter().any(|(_, line)| told(line)));
}

#[tokio::test]
async fn a_refused_starttls_and_a_cut_handshake_are_told_apart() {
    let identity = Identity::of("localhost");
    let server = protected(Protection::StartTlsRefused);
    let error = refusal(trusting(&server, &identity)).await;
    let reply = reply(454, "4.7.0 TLS not available");
    let place = format!("localhost:{}", server.address().port());
    assert_eq!(error, ConnectError::Refused { server: place, phase: Phase::Tls, reply });

    let server = protected(Protection::CutInHandshake);
    let error = refusal(trusting(&server, &identity)).await;
    assert!(matches!(error, ConnectError::Unreachable { phase: Phase::Tls, .. }), "{error}");
}

#[tokio::test]
async fn authentication_works_with_plain_and_with_login() {
    for mechanism in ["PLAIN", "LOGIN", "CRAM-MD5 LOGIN PLAIN"] {
        let server = with_account(mechanism);
        let mut connection =
            try_connect(as_user("right horse", settings(&server))).await.expect(mechanism);
        assert_eq!(deliver(&mut connection, "reader").await.0, accepted(), "{mechanism}");
    }
}

#[tokio::test]
async fn login_answers_whatever_an_old_server_asks_with() {
    // Nothing, a space, words that are not base64, Portuguese, the draft's own.
    for login_prompts in
        [["", ""], [" ", " "], [" Username:", " Password:"], [" dXN1w6FyaW8=", " c2VuaGE="]]
    {
        let auth = Some(Account { mechanism: "LOGIN", user: "user", password: "right horse" });
        let server =
            SmtpServer::start(ServerOptions { auth, login_prompts, ..ServerOptions::default() });
        let mut connection =
            try_connect(as_user("right horse", settings(&server))).await.expect(login_prompts[0]);
        assert_eq!(deliver(&mut connection, "reader").await.0, accepted(), "{login_prompts:?}");
        let error = refusal(as_user("wrong", settings(&server))).await;
        assert!(matches!(error, ConnectError::Refused { phase: Phase::Auth, .. }), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_know_ehlo_is_greeted_with_helo() {
    for refusal in ["502 command not implemented", "500 what?", "501 no", "504 no", "550 5.5.1 no"]
    {
        let server = SmtpServer::start(ServerOptions {
            without_ehlo: Some(refusal),
            ..ServerOptions::default()
        });
        let mut connection = try_connect(settings(&server)).await.expect(refusal);
        assert_eq!(deliver(&mut connection, "reader").await.0, accepted(), "{refusal}");
        let commands = server.commands(0);
        assert_eq!(commands[..2], ["EHLO client.example.org", "HELO client.example.org"]);
        assert!(commands[2].starts_with("MAIL FROM:<") && commands[2].ends_with('>'), "no SIZE");
    }
}

#[tokio::test]
async fn a_server_without_ehlo_gets_no_password_and_no_message_that_needs_tls() {
    let without_ehlo = Some("502 command not implemented");
    let auth = Some(Account { mechanism: "PLAIN", user: "user", password: "right horse" });
    let server =
        SmtpServer::start(ServerOptions { auth, without_ehlo, ..ServerOptions::default() });
    let error = refusal(as_user("right horse", settings(&server))).await;
    assert!(error.to_string().contains("neither AUTH PLAIN nor AUTH LOGIN"), "{error}");

    let identity = Identity::of("localhost");
    let protection = Protection::StartTls(identity.clone());
    let server =
        SmtpServer::start(ServerOptions { protection, without_ehlo, ..ServerOptions::default() });
    let error = refusal(trusting(&server, &identity)).await;
    assert!(error.to_string().contains("does not offer STARTTLS"), "{error}");
    assert_eq!(server.commands(0).len(), 2);
}

#[tokio::test]
async fn a_temporary_refusal_of_ehlo_is_not_followed_by_helo() {
    let without_ehlo = Some("421 4.3.2 busy");
    let server = SmtpServer::start(ServerOptions { without_ehlo, ..ServerOptions::default() });
    let error = refusal(settings(&server)).await;
    assert!(
        matches!(&error, ConnectError::Refused { phase: Phase::Hello, reply, .. } if reply.code == 421)
    );
    assert_eq!(server.commands(0), ["EHLO client.example.org"]);
}

#[tokio::test]
async fn refused_credentials_are_said_without_repeating_them() {
    for mechanism in ["PLAIN", "LOGIN"] {
        let server = with_account(mechanism);
        let error = refusal(as_user("wrong", settings(&server))).await;
        let ConnectError::Refused { phase: Phase::Auth, reply, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(reply.code, 535);
        assert!(!error.may_pass());
        // "AHVzZXIAd3Jvbmc=" is NUL user NUL wrong, which the server repeats.
        let text = format!("{error} {error:?}");
        assert!(!text.contains("AHVzZXIAd3Jvbmc="), "{text}");
    }
}

#[tokio::test]
async fn a_server_without_a_known_mechanism_is_refused_before_anything_is_told() {
    let server = with_account("CRAM-MD5");
    let error = refusal(as_user("right horse", settings(&server))).await;
    assert!(error.to_string().contains("neither AUTH PLAIN nor AUTH LOGIN"), "{error}");
    assert_eq!(server.commands(0), ["EHLO client.example.org"]);
}

#[tokio::test]
async fn a_server_that_wants_credentials_says_so_at_mail() {
    let server = with_account("PLAIN");
    let mut connection = connect(&server).await;
    let expected = refused(Phase::MailFrom, 530, "5.7.0 authentication required");
    assert_eq!(deliver(&mut connection, "reader").await, (expected, false));
}

#[test]
fn a_password_does_not_cross_a_network_in_the_clear() {
    let name = Host::parse("client.example.org").unwrap();
    let server = MailServer::parse_url("smtp+plain://mail.example.org").unwrap();
    let settings = as_user("right horse", SmtpSettings::new(server, name));
    let error = SmtpTransport::new(settings).err().unwrap();
    let server = "mail.example.org:25".to_owned();
    assert_eq!(error, SettingsError::CredentialsInTheClear { server });
}

#[tokio::test]
async fn a_server_that_is_down_is_unreachable() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("127.0.0.1:{}", closed.local_addr().unwrap().port());
    drop(closed);
    let server = MailServer::parse_url(&format!("smtp+plain://{place}")).unwrap();
    let name = Host::parse("client.example.org").unwrap();
    let error = refusal(SmtpSettings::new(server, name)).await;
    assert!(matches!(error, ConnectError::Unreachable { phase: Phase::Connect, .. }), "{error}");
    assert!(error.to_string().starts_with(&place) && error.may_pass(), "{error}");
}

#[tokio::test]
async fn a_greeting_that_refuses_or_is_none_ends_the_opening() {
    let greeted = |bytes: &[u8]| {
        SmtpServer::start(ServerOptions {
            greeting: Some(bytes.to_vec()),
            ..ServerOptions::default()
        })
    };
    for (bytes, code, may_pass) in [
        (&b"554 5.7.1 no service for you\r\n"[..], 554, false),
        (b"421 4.3.2 too many connections\r\n", 421, true),
    ] {
        let error = refusal(settings(&greeted(bytes))).await;
        let ConnectError::Refused { phase: Phase::Greeting, reply, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!((reply.code, error.may_pass()), (code, may_pass));
    }
    let garbage: Vec<u8> = (0..4096_u32).map(|i| (i * 7919 % 251) as u8).collect();
    for bytes in [&garbage[..], b"SSH-2.0-OpenSSH_9.2\r\n", b"+OK POP3\r\n", b"354 go\r\n"] {
        let error = refusal(settings(&greeted(bytes))).await;
        let expected = Phase::Greeting;
        assert!(
            matches!(&error, ConnectError::Unacceptable { phase, .. } if *phase == expected),
            "{error}"
        );
    }
}
