//! The only place that prints.
//!
//! In: data, messages, findings, progress. Out: data on standard output, all else
//! on standard error, so that `postrider … | jq` reads only data. Deliberately
//! absent: logs for machines, and the decision what to print.

mod local_time;
mod progress;
mod snippet;
mod style;

#[cfg(test)]
pub(crate) use captured::Captured;
pub(crate) use local_time::local_time;
pub(crate) use progress::Progress;
pub(crate) use style::ColourMode;

use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::{Clock, turns_text};
use crate::error::{Exit, Failure};
use crate::source::{Finding, Severity};
use snippet::excerpt;
use style::{Paint, Style};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Volume {
    /// Only warnings and errors.
    Quiet,
    #[default]
    Normal,
    Verbose,
}

/// Which streams of the process are terminals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terminals {
    /// Standard input is a terminal, so questions can be asked.
    pub(crate) input: bool,
    pub(crate) error: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
    /// There is no terminal at which somebody could answer.
    NoTerminal,
}

pub(crate) struct Ui {
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
    pub(crate) fn for_process(
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

    /// Writes data to standard output without a change. If its reader has gone, the
    /// data is dropped: the exit code does not depend on the reader.
    ///
    /// # Errors
    /// The disk that standard output goes to is full.
    pub(crate) fn data(&self, data: &[u8]) -> Result<(), Failure> {
        match self.write_data(data) {
            Err(error) if !self.reader_is_gone() => Err(Self::output_failure(&error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Whether the reader of standard output has gone, so that a run that only
    /// writes there may end.
    pub(crate) fn reader_is_gone(&self) -> bool {
        !self.streams().output_has_reader
    }

    /// A buffered writer to standard output for long data, such as an export.
    /// Flush it at the end. It fails also if the reader has gone;
    /// [`Ui::reader_is_gone`] distinguishes that from a real failure.
    pub(crate) fn data_writer(&self) -> impl Write + '_ {
        io::BufWriter::with_capacity(64 * 1024, DataWriter(self))
    }

    /// What an error of [`Ui::data_writer`] means for the run.
    pub(crate) fn output_failure(error: &io::Error) -> Failure {
        Failure::from_error(Exit::Internal, "cannot write to standard output", error)
    }

    /// Writes one line of data.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub(crate) fn data_line(&self, line: &str) -> Result<(), Failure> {
        self.data(format!("{line}\n").as_bytes())
    }

    /// Writes data as indented JSON.
    ///
    /// # Errors
    /// As [`Ui::data`]; or the data has no JSON form, which is a fault of this program.
    pub(crate) fn data_json(&self, data: &impl serde::Serialize) -> Result<(), Failure> {
        let json = serde_json::to_string_pretty(data).map_err(|error| {
            Failure::from_error(Exit::Internal, "cannot write the data as JSON", &error)
        })?;
        self.data_line(&json)
    }

    /// Prints a status; nothing under `--quiet`.
    pub(crate) fn status(&self, line: &str) {
        if self.volume >= Volume::Normal {
            self.talk(&format!("{}\n", printable(line)));
        }
    }

    /// Prints a detail, only under `--verbose`.
    pub(crate) fn detail(&self, line: &str) {
        if self.volume >= Volume::Verbose {
            self.talk(&format!("{}\n", printable(line)));
        }
    }

    /// Prints a warning, also under `--quiet`.
    pub(crate) fn warning(&self, line: &str) {
        let label = self.paint.on("warning:", Style::Warning);
        self.talk(&format!("{label} {}\n", printable(line)));
    }

    /// Prints advice; nothing under `--quiet`.
    pub(crate) fn hint(&self, line: &str) {
        if self.volume >= Volume::Normal {
            let label = self.paint.on("hint:", Style::Hint);
            self.talk(&format!("{label} {}\n", printable(line)));
        }
    }

    /// Reports a finding that is not the result of the command, with its line and a caret.
    pub(crate) fn finding(&self, finding: &Finding) {
        self.talk(&describe(finding, self.paint));
    }

    /// Writes the findings that are the result of a command.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub(crate) fn data_findings(&self, findings: &[Finding]) -> Result<(), Failure> {
        let shown: String =
            findings.iter().map(|finding| describe(finding, self.paint_data)).collect();
        self.data(shown.as_bytes())
    }

    /// Reports why a run failed: findings, message, causes and hints. Returns the exit code.
    pub(crate) fn failure(&self, failure: &Failure) -> Exit {
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

    /// Asks a question of yes or no at the terminal, if there is one.
    pub(crate) fn ask(&self, question: &str) -> Answer {
        if !self.terminals.input || !self.terminals.error {
            return Answer::NoTerminal;
        }
        self.talk(&format!("{} [y/N] ", printable(question)));
        let mut line = String::new();
        match self.streams().input.read_line(&mut line) {
            Ok(_) if matches!(line.trim().to_lowercase().as_str(), "y" | "yes") => Answer::Yes,
            _ => Answer::No,
        }
    }

    /// Starts to show the progress of long work on a `total` number of `what`.
    pub(crate) fn progress(&self, what: &str, total: u64) -> Progress<'_> {
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

    /// Writes to standard error. If that fails, no error can be reported either.
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

struct DataWriter<'u>(&'u Ui);

impl Write for DataWriter<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.write_data(data).map(|()| data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes while a progress bar is hidden.
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
        None => match &finding.file {
            Some(file) => format!("{}: {label} {message}\n", printable(file)),
            None => format!("{label} {message}\n"),
        },
        Some(place) => format!(
            "{}:{}:{}: {label} {message}\n{}",
            printable(&place.file),
            place.line,
            place.column,
            excerpt(place)
        ),
    };
    let gutter = finding.place.as_ref().map_or(2, |place| snippet::gutter(place).max(2));
    let advice = Some(&finding.advice).filter(|advice| !advice.is_empty());
    for note in finding.elsewhere().iter().chain(advice) {
        text.push_str(&format!("{:gutter$} = {}\n", "", printable(note)));
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

/// A message may quote an input, and an input must not control a terminal: control
/// characters other than a line break and a tab are replaced by visible ones.
fn printable(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\t') { c } else { image(c) }).collect()
}

/// A visible character for a control character, also for a directional one, which
/// can change the apparent order of a line (CVE-2021-42574).
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
mod captured;
#[cfg(test)]
mod tests;
