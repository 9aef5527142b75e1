//! The progress of long work: a bar on a terminal, or else a line every few seconds.

use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::{Ui, Volume};
use crate::domain::Timestamp;

/// The least seconds between two lines, which keep logs and mails of timers short.
const SECONDS_BETWEEN_LINES: i64 = 5;

/// The progress of work. Any thread may report it.
#[derive(Debug)]
pub(crate) struct Progress<'u> {
    ui: &'u Ui,
    what: String,
    total: u64,
    begun_at: Timestamp,
    begun_with: u64,
    /// When the last line was printed, and how many were done then.
    printed: Mutex<(Timestamp, u64)>,
}

impl<'u> Progress<'u> {
    pub(super) fn start(ui: &'u Ui, what: &str, total: u64) -> Self {
        let now = ui.clock.now();
        if ui.terminals.error && ui.volume >= Volume::Normal {
            ui.streams().bar = Some(bar(what, total));
        }
        let printed = Mutex::new((now, 0));
        Self { ui, what: what.to_owned(), total, begun_at: now, begun_with: 0, printed }
    }

    /// Counts what an earlier run did as done, but not into the rate.
    #[must_use]
    pub(crate) fn resumed_at(mut self, done: u64) -> Self {
        self.begun_with = done;
        if let Some(bar) = &self.ui.streams().bar {
            bar.set_position(done);
            bar.reset_eta();
        }
        self
    }

    /// Reports how many are done, those of an earlier run included.
    pub(crate) fn set(&self, done: u64) {
        if let Some(bar) = &self.ui.streams().bar {
            return bar.set_position(done);
        }
        let now = self.ui.clock.now();
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, with) = *printed;
        // Without progress, a second line tells nothing new.
        if done != with && now.as_second() - at.as_second() >= SECONDS_BETWEEN_LINES {
            *printed = (now, done);
            self.ui.status(&self.line(done, now));
        }
    }

    /// Removes the bar. The caller reports the outcome.
    pub(crate) fn finish(self) {
        drop(self);
    }

    fn line(&self, done: u64, now: Timestamp) -> String {
        let Self { what, total, .. } = self;
        let seconds = now.duration_since(self.begun_at).as_secs_f64();
        let since = done.saturating_sub(self.begun_with);
        if since == 0 || seconds <= 0.0 {
            return format!("{done} of {total} {what}");
        }
        let rate = since as f64 / seconds;
        let left = total.saturating_sub(done) as f64 / rate;
        format!("{done} of {total} {what}, {rate:.0} a second, about {} left", spoken(left))
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let Some(bar) = self.ui.streams().bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn bar(what: &str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{wide_bar} {human_pos} of {human_len} {msg}, {rate} a second, {eta} left",
    );
    let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        // A bar that cannot be drawn is no reason to stop.
        let _ = write!(out, "{:.0}", state.per_sec());
    };
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).with_key("rate", rate);
    ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr())
        .with_style(style)
        .with_message(what.to_owned())
}

fn spoken(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5_400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::domain::Clock;

    #[derive(Default)]
    struct Given(AtomicI64);

    impl Clock for Given {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
        }

        fn uptime(&self) -> std::time::Duration {
            std::time::Duration::ZERO
        }
    }

    #[test]
    fn without_a_terminal_a_line_comes_every_few_seconds() {
        let clock = Arc::new(Given::default());
        let (ui, captured) = Ui::for_test(Volume::Normal, clock.clone());
        let progress = ui.progress("messages", 50_000).resumed_at(10_000);
        for second in 0..=12 {
            clock.0.store(second, Ordering::SeqCst);
            progress.set(10_000 + second as u64 * 100);
        }
        progress.finish();
        assert_eq!(
            captured.error(),
            "10500 of 50000 messages, 100 a second, about 7 min left\n\
             11000 of 50000 messages, 100 a second, about 6 min left\n"
        );
    }

    #[test]
    fn quiet_work_says_nothing() {
        let clock = Arc::new(Given::default());
        let (ui, captured) = Ui::for_test(Volume::Quiet, clock.clone());
        let progress = ui.progress("messages", 10);
        clock.0.store(60, Ordering::SeqCst);
        progress.set(5);
        assert_eq!(captured.error(), "");
    }
}
