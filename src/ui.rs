//! The only writer: everything the program says to people goes through here.
//!
//! In: data, talk, findings, progress. Out: data on standard output, talk on
//! standard error, so that `postrider … | jq` sees data alone. Absent on
//! purpose: logs for machines, and deciding what to say.

mod progress;
mod snippet;
mod style;

pub use progress::Progress;
pub use snippet::excerpt;
pub use style::Colour;

use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::Clock;
use crate::error::{Exit, Failure};
use crate::source::{Finding, Severity};
use style::{Paint, Style};

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Volume {
    /// Warnings and errors alone.
    Quiet,
    /// What people want to know.
    #[default]
    Normal,
    /// Every step.
    Verbose,
}

/// What the process is connected to, found out once in `main`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminals {
    /// Somebody can be asked.
    pub input: bool,
    /// Standard error is a terminal.
    pub error: bool,
}

/// What somebody answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No, or anything else.
    No,
    /// There is no terminal to ask at.
    Nobody,
}

/// The one place that writes to people.
pub struct Ui {
    volume: Volume,
    terminals: Terminals,
    paint: Paint,
    clock: Arc<dyn Clock>,
    streams: Mutex<Streams>,
}

struct Streams {
    input: Box<dyn BufRead + Send>,
    output: Box<dyn Write + Send>,
    error: Box<dyn Write + Send>,
    bar: Option<indicatif::ProgressBar>,
}

impl Ui {
    /// Connects to the standard streams of the process. `no_color` is whether
    /// the variable `NO_COLOR` is set to anything but nothing (no-color.org).
    pub fn of_process(
        volume: Volume,
        colour: Colour,
        no_color: Option<&str>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        use std::io::IsTerminal as _;
        let terminals =
            Terminals { input: io::stdin().is_terminal(), error: io::stderr().is_terminal() };
        let streams = Streams {
            input: Box::new(io::BufReader::new(io::stdin())),
            output: Box::new(io::stdout()),
            error: Box::new(io::stderr()),
            bar: None,
        };
        let paint = Paint::new(colour, terminals.error, no_color);
        Self { volume, terminals, paint, clock, streams: Mutex::new(streams) }
    }

    /// Writes into memory, without colour, at no terminal.
    pub fn for_test(volume: Volume, clock: Arc<dyn Clock>) -> (Self, Captured) {
        let captured = Captured::default();
        let streams = Streams {
            input: Box::new(io::empty()),
            output: Box::new(captured.output.clone()),
            error: Box::new(captured.error.clone()),
            bar: None,
        };
        let terminals = Terminals { input: false, error: false };
        let paint = Paint::new(Colour::Never, false, None);
        (Self { volume, terminals, paint, clock, streams: Mutex::new(streams) }, captured)
    }

    /// How much is said.
    pub fn volume(&self) -> Volume {
        self.volume
    }

    /// Writes data to standard output, as it stands.
    ///
    /// # Errors
    /// Nobody reads any more ([`Failure::reader_gone`]), or the disk that
    /// standard output goes to is full.
    pub fn data(&self, data: &[u8]) -> Result<(), Failure> {
        let mut streams = self.streams();
        let Streams { output, bar, .. } = &mut *streams;
        let write = || output.write_all(data).and_then(|()| output.flush());
        aside(bar.as_ref(), write).map_err(|error| stdout_failure(&error))
    }

    /// Writes one line of data.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn data_line(&self, line: &str) -> Result<(), Failure> {
        self.data(format!("{line}\n").as_bytes())
    }

    /// Writes data as indented JSON.
    ///
    /// # Errors
    /// As [`Ui::data`]; or the data has no JSON form, which is a fault of this program.
    pub fn data_json(&self, data: &impl serde::Serialize) -> Result<(), Failure> {
        let json = serde_json::to_string_pretty(data).map_err(|error| {
            Failure::of(Exit::Internal, "cannot write the data as JSON", &error)
        })?;
        self.data_line(&json)
    }

    /// Says what happens; silent under `--quiet`.
    pub fn status(&self, line: &str) {
        if self.volume >= Volume::Normal {
            self.talk(&format!("{}\n", printable(line)));
        }
    }

    /// Says a detail; silent without `--verbose`.
    pub fn detail(&self, line: &str) {
        if self.volume >= Volume::Verbose {
            self.talk(&format!("{}\n", printable(line)));
        }
    }

    /// Warns, always.
    pub fn warning(&self, line: &str) {
        let label = self.paint.on("warning:", Style::Warning);
        self.talk(&format!("{label} {}\n", printable(line)));
    }

    /// Says what to do next; silent under `--quiet`.
    pub fn hint(&self, line: &str) {
        if self.volume >= Volume::Normal {
            let label = self.paint.on("hint:", Style::Hint);
            self.talk(&format!("{label} {}\n", printable(line)));
        }
    }

    /// Shows a finding with its line and a caret.
    pub fn finding(&self, finding: &Finding) {
        self.talk(&self.describe(finding));
    }

    /// Says why a run ended: findings, message, causes and hints. Returns how the process ends.
    pub fn failure(&self, failure: &Failure) -> Exit {
        failure.findings().iter().for_each(|finding| self.finding(finding));
        if failure.message().is_empty() {
            return failure.exit();
        }
        let label = self.paint.on("error:", Style::Error);
        let mut text = format!("{label} {}\n", printable(failure.message()));
        for (number, cause) in failure.causes().iter().enumerate() {
            let indent = if failure.causes().len() == 1 {
                "  because ".to_owned()
            } else {
                format!("  {}: ", number + 1)
            };
            text.push_str(&format!("{indent}{}\n", printable(cause).replace('\n', "\n     ")));
        }
        for hint in failure.hints() {
            let label = self.paint.on("hint:", Style::Hint);
            text.push_str(&format!("{label} {}\n", printable(hint)));
        }
        self.talk(&text);
        failure.exit()
    }

    /// Asks a question that yes or no answers. Nobody is asked without a terminal.
    pub fn ask(&self, question: &str) -> Answer {
        if !self.terminals.input || !self.terminals.error {
            return Answer::Nobody;
        }
        self.talk(&format!("{} [y/N] ", printable(question)));
        let mut line = String::new();
        match self.streams().input.read_line(&mut line) {
            Ok(_) if matches!(line.trim().to_lowercase().as_str(), "y" | "yes") => Answer::Yes,
            _ => Answer::No,
        }
    }

    /// Starts to show how far long work has come; `total` is how many `what` there are.
    pub fn progress(&self, what: &str, total: u64) -> Progress<'_> {
        Progress::start(self, what, total)
    }

    /// One finding as people read it: `path:line:col: error[rule]: message`,
    /// the line, a caret, and the advice.
    fn describe(&self, finding: &Finding) -> String {
        let (word, style) = match finding.severity {
            Severity::Error => ("error", Style::Error),
            Severity::Warning => ("warning", Style::Warning),
        };
        let label = self.paint.on(&format!("{word}[{}]:", finding.rule.0), style);
        let message = printable(&finding.message);
        let mut text = match &finding.place {
            None => format!("{label} {message}\n"),
            Some(place) => format!(
                "{}:{}:{}: {label} {message}\n{}",
                printable(&place.file),
                place.line,
                place.column,
                excerpt(place)
            ),
        };
        if !finding.advice.is_empty() {
            let gutter = finding.place.as_ref().map_or(2, |place| snippet::gutter(place).max(2));
            text.push_str(&format!("{:gutter$} = {}\n", "", printable(&finding.advice)));
        }
        text
    }

    /// Writes talk. Nothing can be said about talk that cannot be written.
    fn talk(&self, text: &str) {
        let mut streams = self.streams();
        let Streams { error, bar, .. } = &mut *streams;
        let _ =
            aside(bar.as_ref(), || error.write_all(text.as_bytes()).and_then(|()| error.flush()));
    }

    fn streams(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Ui {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ui").field("volume", &self.volume).finish_non_exhaustive()
    }
}

/// What a [`Ui::for_test`] wrote.
#[derive(Debug, Default)]
pub struct Captured {
    output: Memory,
    error: Memory,
}

impl Captured {
    /// The data so far.
    pub fn output(&self) -> String {
        self.output.text()
    }

    /// The talk so far.
    pub fn error(&self) -> String {
        self.error.text()
    }
}

#[derive(Debug, Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes beside a progress bar without tearing it.
fn aside<T>(bar: Option<&indicatif::ProgressBar>, write: impl FnOnce() -> T) -> T {
    match bar {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

fn stdout_failure(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::reader_gone(),
        _ => Failure::of(Exit::Internal, "cannot write to standard output", error),
    }
}

/// Talk may quote an input, and an input must not steer a terminal: control
/// characters other than a line break and a tab are shown as pictures.
fn printable(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\t') { c } else { picture(c) }).collect()
}

/// A control character as a character that can be seen; directional controls
/// too, because they can make a line read otherwise than it is (CVE-2021-42574).
fn picture(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::source::{Findings, RuleId, SourceText};

    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
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
        assert_eq!(
            captured.error(),
            "rendered 2026-08-26\nwarning: the issue is long\nhint: cut it\n"
        );
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
        let rule = (RuleId("placeholder-link"), Severity::Error);
        findings.at(&(at..at + 4), rule, "the link leads nowhere", "write the address");
        findings.overall((RuleId("size"), Severity::Warning), "the mail is long", "");
        let (ui, captured) = ui(Volume::Normal);
        findings.into_sorted().iter().for_each(|finding| ui.finding(finding));
        assert_eq!(
            captured.error(),
            "issues/a.md:3:12: error[placeholder-link]: the link leads nowhere\n  \
               3 | see [here](TODO)\n    |            ^^^^\n    = write the address\n\
             warning[size]: the mail is long\n"
        );
    }

    #[test]
    fn a_failure_says_what_why_and_what_next() {
        let (ui, captured) = ui(Volume::Quiet);
        let cause = io::Error::other("connection refused");
        let failure = Failure::of(Exit::Unreachable, "cannot reach mx.example.org:587", &cause)
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
        ui.failure(&Failure::of(Exit::Unreachable, "cannot connect", &error));
        assert_eq!(
            captured.error(),
            "error: cannot connect\n  1: the handshake failed\n  \
               2: the certificate is of another name\n"
        );
    }

    #[test]
    fn a_reader_who_has_gone_ends_the_run_quietly() {
        let (ui, captured) = ui(Volume::Normal);
        ui.streams().output = Box::new(Gone);
        let failure = ui.data_line("row").unwrap_err();
        assert_eq!(ui.failure(&failure), Exit::Done);
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
        assert_eq!(ui.ask("Send?"), Answer::Nobody);
        ui.terminals = Terminals { input: true, error: true };
        for (typed, answer) in
            [("y\n", Answer::Yes), ("Yes\n", Answer::Yes), ("\n", Answer::No), ("", Answer::No)]
        {
            ui.streams().input = Box::new(io::Cursor::new(typed));
            assert_eq!(ui.ask("Send?"), answer, "{typed:?}");
        }
    }
}
