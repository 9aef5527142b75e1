//! What people see, word for word.

use super::*;
use crate::domain::Timestamp;
use crate::source::rules::{PLACEHOLDER, TOP_LINKS};
use crate::source::{Findings, SourceText};

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn uptime(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }
}

/// Standard output whose reader has gone.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn ui(volume: Volume) -> (Ui, Captured) {
    Ui::for_test(volume, Arc::new(Stopped))
}

#[test]
fn data_and_talk_go_their_own_ways() {
    let (ui, captured) = ui(Volume::Normal);
    ui.status("rendered 2026-08-26");
    ui.detail("a detail");
    ui.warning("the issue is long");
    ui.hint("cut it");
    ui.data_json(&serde_json::json!({"issue": 1})).unwrap();
    assert_eq!(captured.output(), "{\n  \"issue\": 1\n}\n");
    assert_eq!(captured.error(), "rendered 2026-08-26\nwarning: the issue is long\nhint: cut it\n");
}

#[test]
fn quiet_leaves_warnings_and_data() {
    let (ui, captured) = ui(Volume::Quiet);
    ui.status("a");
    ui.hint("b");
    ui.warning("c");
    ui.data_line("d").unwrap();
    assert_eq!((captured.output(), captured.error()), ("d\n".into(), "warning: c\n".into()));
}

#[test]
fn a_finding_is_shown_with_its_line_a_caret_and_advice() {
    let source = SourceText::new("issues/a.md", "Title: x\n\nsee [here](TODO)\n".as_bytes());
    let source = source.unwrap();
    let at = source.text().find("TODO").unwrap();
    let mut findings = Findings::about(&source);
    findings.at(&(at..at + 4), PLACEHOLDER, "the link leads nowhere", "write the address");
    findings.overall(TOP_LINKS, "the mail is long", "");
    let (ui, captured) = ui(Volume::Normal);
    findings.into_sorted().iter().for_each(|finding| ui.finding(finding));
    assert_eq!(
        captured.error(),
        "issues/a.md:3:12: error[placeholder-link]: the link leads nowhere\n  \
           3 | see [here](TODO)\n    |            ^^^^\n    = write the address\n\
         issues/a.md: warning[top-links]: the mail is long\n"
    );
}

#[test]
fn a_failure_says_what_why_and_what_next() {
    let (ui, captured) = ui(Volume::Quiet);
    let cause = io::Error::other("connection refused");
    let failure = Failure::from_error(Exit::Unreachable, "cannot reach mx.example.org:587", &cause)
        .hint("start the server, then run `postrider send` again: it resumes");
    assert_eq!(ui.failure(&failure), Exit::Unreachable);
    assert_eq!(
        captured.error(),
        "error: cannot reach mx.example.org:587\n  because connection refused\n\
         hint: start the server, then run `postrider send` again: it resumes\n"
    );
}

#[test]
fn several_causes_are_numbered() {
    #[derive(Debug, thiserror::Error)]
    #[error("the handshake failed")]
    struct Handshake(#[source] io::Error);
    let error = Handshake(io::Error::other("the certificate is of another name"));
    let (ui, captured) = ui(Volume::Normal);
    ui.failure(&Failure::from_error(Exit::Unreachable, "cannot connect", &error));
    assert_eq!(
        captured.error(),
        "error: cannot connect\n  1: the handshake failed\n  \
           2: the certificate is of another name\n"
    );
}

#[test]
fn a_reader_who_has_gone_changes_nothing_and_is_remembered() {
    let (ui, captured) = ui(Volume::Normal);
    ui.streams().output = Box::new(Gone);
    assert!(!ui.reader_is_gone());
    ui.data_line("row").unwrap();
    assert!(ui.reader_is_gone());
    ui.data_line("row").unwrap();
    let mut writer = ui.data_writer();
    assert!(writer.write_all(b"row").and_then(|()| writer.flush()).is_err());
    drop(writer);
    assert_eq!(captured.error(), "");
}

#[test]
fn an_input_cannot_steer_the_terminal() {
    let (ui, captured) = ui(Volume::Normal);
    ui.warning("title \u{1b}]0;owned\u{7} \u{202e}reversed\r");
    assert_eq!(captured.error(), "warning: title ␛]0;owned␇ \u{fffd}reversed␍\n");
}

#[test]
fn nobody_is_asked_without_a_terminal() {
    let (mut ui, _captured) = ui(Volume::Normal);
    assert_eq!(ui.ask("Send?"), Answer::NoTerminal);
    ui.terminals = Terminals { input: true, error: true };
    for (typed, answer) in
        [("y\n", Answer::Yes), ("Yes\n", Answer::Yes), ("\n", Answer::No), ("", Answer::No)]
    {
        ui.streams().input = Box::new(io::Cursor::new(typed));
        assert_eq!(ui.ask("Send?"), answer, "{typed:?}");
    }
}
