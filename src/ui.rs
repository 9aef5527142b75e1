//! The only writer: everything the program says to people goes through here.
//!
//! In: data, talk, findings, progress. Out: data on standard output, talk on
//! standard error, so that `postrider … | jq` sees data alone. Deliberately
//! absent: logs for machines, and deciding what to say.

mod progress;
mod snippet;
mod style;

pub use progress::Progress;
pub use snippet::excerpt;
pub use style::ColourMode;

use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::{Clock, turns_text};
use crate::error::{Exit, Failure};
use crate::source::{Finding, Severity};
use style::{Paint, Style};

/// How much is printed.
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
    /// Standard input is a terminal, so questions can be asked.
    pub input: bool,
    /// Standard error is a terminal.
    pub error: bool,
}

/// The answer to a question.
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
    /// The colours of standard output.
    paint_data: Paint,
    clock: Arc<dyn Clock>,
    streams: Mutex<Streams>,
}

struct Streams {
    input: Box<dyn BufRead + Send>,
    output: Box<dyn Write + Send>,
    error: Box<dyn Write + Send>,
    bar: Option<indicatif::ProgressBar>,
    output_has_reader: bool,
}

impl Ui {
    /// Connects to the standard streams of the process. `no_color` is whether
    /// the variable `NO_COLOR` is set to anything but nothing (no-color.org).
    pub fn for_process(
        volume: Volume,
        colour: ColourMode,
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
            output_has_reader: true,
        };
        let paint = Paint::new(colour, terminals.error, no_color);
        let paint_data = Paint::new(colour, io::stdout().is_terminal(), no_color);
        Self { volume, terminals, paint, paint_data, clock, streams: Mutex::new(streams) }
    }

    /// Writes into memory, without colour, at no terminal.
    pub fn for_test(volume: Volume, clock: Arc<dyn Clock>) -> (Self, Captured) {
        let captured = Captured::default();
        let streams = Streams {
            input: Box::new(io::empty()),
            output: Box::new(captured.output.clone()),
            error: Box::new(captured.error.clone()),
            bar: None,
            output_has_reader: true,
        };
        let terminals = Terminals { input: false, error: false };
        let paint = Paint::new(ColourMode::Never, false, None);
        let streams = Mutex::new(streams);
        (Self { volume, terminals, paint, paint_data: paint, clock, streams }, captured)
    }

    /// How much is printed.
    pub fn volume(&self) -> Volume {
        self.volume
    }

    /// Writes data to standard output, as it stands. When nobody reads it any
    /// more, it is dropped: how a run ends does not depend on who listens.
    ///
    /// # Errors
    /// The disk that standard output goes to is full.
    pub fn data(&self, data: &[u8]) -> Result<(), Failure> {
        match self.write_data(data) {
            Err(error) if !self.reader_is_gone() => Err(Self::output_failure(&error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Whether nobody reads standard output any more, so that a run which does
    /// nothing but write there may end.
    pub fn reader_is_gone(&self) -> bool {
        !self.streams().output_has_reader
    }

    /// A buffered way to standard output for long data, such as an export.
    /// Flush it at the end. It fails when nobody reads any more, too, which
    /// [`Ui::reader_is_gone`] tells from a real failure.
    pub fn data_writer(&self) -> impl Write + '_ {
        io::BufWriter::with_capacity(64 * 1024, DataWriter(self))
    }

    /// What an error of [`Ui::data_writer`] means for the run.
    pub fn output_failure(error: &io::Error) -> Failure {
        Failure::of(Exit::Internal, "cannot write to standard output", error)
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

    /// Prints a warning, also under `--quiet`.
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

    /// Reports a finding beside the result of a command, with its line and a caret.
    pub fn finding(&self, finding: &Finding) {
        self.talk(&describe(finding, self.paint));
    }

    /// Writes findings as data, for a command whose result they are.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn data_findings(&self, findings: &[Finding]) -> Result<(), Failure> {
        let shown: String =
            findings.iter().map(|finding| describe(finding, self.paint_data)).collect();
        self.data(shown.as_bytes())
    }

    /// Says why a run ended: findings, message, causes and hints. Returns how the process ends.
    pub fn failure(&self, failure: &Failure) -> Exit {
        failure.findings().iter().for_each(|finding| self.finding(finding));
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

    fn write_data(&self, data: &[u8]) -> io::Result<()> {
        let mut streams = self.streams();
        let Streams { output, bar, output_has_reader, .. } = &mut *streams;
        let written = aside(bar.as_ref(), || output.write_all(data).and_then(|()| output.flush()));
        if written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
            *output_has_reader = false;
        }
        written
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

/// Standard output as a plain writer.
struct DataWriter<'u>(&'u Ui);

impl Write for DataWriter<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.write_data(data).map(|()| data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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

/// One finding as people read it: `path:line:col: error[rule]: message`,
/// the line, a caret, and the advice.
fn describe(finding: &Finding, paint: Paint) -> String {
    let (word, style) = match finding.severity {
        Severity::Error => ("error", Style::Error),
        Severity::Warning => ("warning", Style::Warning),
    };
    let label = paint.on(&format!("{word}[{}]:", finding.rule.0), style);
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

/// A number with its noun, as in `1 row` and `2 rows`.
pub(crate) fn counted<N: PartialEq + From<u8> + std::fmt::Display>(
    number: N,
    thing: &str,
) -> String {
    let plural = if number == N::from(1) { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// Talk may quote an input, and an input must not steer a terminal: control
/// characters other than a line break and a tab are shown as images.
fn printable(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\t') { c } else { image(c) }).collect()
}

/// A control character as a character that can be seen; directional controls
/// too, because they can make a line read otherwise than it is (CVE-2021-42574).
fn image(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' => '\u{fffd}',
        c if turns_text(c) => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests;
