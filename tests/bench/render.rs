//! How long one issue takes in process, from bytes to both parts and findings.
//!
//! `cargo bench --bench render [-- FILE]` prints the least and the median time
//! of many runs, and the most memory the process ever had.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads the clock and speaks for itself"
)]

use std::time::{Duration, Instant};

use postrider::domain::Direction;
use postrider::domain::HeaderText;
use postrider::issue::Issue;
use postrider::render::{Illustration, Letterhead, render};
use postrider::source::SourceText;
use postrider::theme::{Theme, embedded};

const RUNS: usize = 500;

fn main() {
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let path = given.unwrap_or_else(|| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/issues/constructs.md").to_owned()
    });
    let bytes = std::fs::read(&path).expect("the issue can be read");
    let letterhead = Letterhead {
        name: HeaderText::parse("Example Weekly").expect("a name"),
        postal_address: "1 Example Street".into(),
        language: "en".into(),
        direction: Direction::LeftToRight,
        web_url: Some("https://example.org/1".into()),
        home_url: None,
    };
    let start = Instant::now();
    let files = embedded("weekly").expect("the theme is embedded");
    let theme = Theme::from_files("weekly", &files).expect("the theme is sound");
    let theme_took = start.elapsed();
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let start = Instant::now();
        let source = SourceText::new(path.as_str(), &bytes).expect("the issue is UTF-8");
        let issue = Issue::parse(&source, "issue").expect("the issue is one");
        let rendered =
            render(&issue, &theme, &letterhead, &Illustration::NONE).expect("the theme renders");
        times.push(start.elapsed());
        std::hint::black_box(rendered);
    }
    times.sort_unstable();
    let in_ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!("{path}: {} bytes", bytes.len());
    println!("theme compiled once: {:.2} ms", in_ms(theme_took));
    println!(
        "issue to html and text: {:.3} ms at least, {:.3} ms median",
        in_ms(times[0]),
        in_ms(times[RUNS / 2])
    );
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
    }
}
