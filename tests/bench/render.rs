//! Measures each stage of one issue in process, from bytes to both parts, sizes and
//! findings.
//!
//! `cargo bench --bench render [-- FILE]` runs all stages in turn, many times, and
//! prints the median of each and its share of the whole. Other load on the machine
//! affects all stages alike, so shares can be compared between machines. The last
//! line is the peak memory of the process.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads the clock and speaks for itself"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use postrider::check::{self, Limits};
use postrider::domain::Direction;
use postrider::domain::{HeaderText, LanguageTag};
use postrider::issue::Issue;
use postrider::render::{Article, Illustration, Letterhead, Measures, render};
use postrider::source::{Findings, SourceText};
use postrider::theme::{Theme, embedded};

const RUNS: usize = 500;

/// What is timed by itself; the shell is what is left of rendering.
const STAGES: [&str; 7] =
    ["parse", "nodes", "article html", "article text", "rendering", "measures", "checks"];

fn main() {
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let path = given.unwrap_or_else(|| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/issues/constructs.md").to_owned()
    });
    let bytes = std::fs::read(&path).expect("the issue can be read");
    let letterhead = letterhead();
    let start = Instant::now();
    let files = embedded("weekly").expect("the theme is embedded");
    let theme = Theme::from_files("weekly", &files).expect("the theme is sound");
    let theme_took = start.elapsed();
    let mut stages = [const { Vec::new() }; STAGES.len()];
    let mut wholes = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let start = Instant::now();
        black_box(whole(&path, &bytes, &theme, &letterhead));
        wholes.push(start.elapsed());
        for (times, took) in stages.iter_mut().zip(in_stages(&path, &bytes, &theme, &letterhead)) {
            times.push(took);
        }
    }
    let all = median(&mut wholes);
    println!("{path}: {} bytes; medians of {RUNS} runs in turn", bytes.len());
    println!("{:<14} {:>9.1} µs", "theme, once", in_us(theme_took));
    let told = |name: &str, took: f64| {
        println!("{name:<14} {took:>9.1} µs {:>5.1} %", took / in_us(all) * 100.0);
    };
    let medians = stages.map(|mut times| in_us(median(&mut times)));
    for (name, took) in STAGES.into_iter().zip(medians) {
        told(name, took);
    }
    let [_, nodes, html, text, rendering, ..] = medians;
    told("  its shell", rendering - nodes - html - text);
    told("whole issue", in_us(all));
    println!("{:<14} {:>9.1} µs", "at least", in_us(wholes[0]));
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
    }
}

/// The whole way, as `check` goes it.
fn whole(path: &str, bytes: &[u8], theme: &Theme, letterhead: &Letterhead) -> usize {
    let source = SourceText::new(path, bytes).expect("the issue is UTF-8");
    let issue = Issue::parse(&source, "issue").expect("the issue is one");
    let (rendered, findings) =
        render(&issue, theme, letterhead, &Illustration::NONE).expect("the theme renders");
    let measures = Measures::from_rendered(&rendered);
    let mut checked = Findings::about(&source);
    check::issue(&issue, &mut checked);
    check::mail(&rendered, &measures, &Limits::default(), &mut checked);
    findings.len() + checked.into_sorted().len()
}

/// The same, each stage by itself.
fn in_stages(
    path: &str,
    bytes: &[u8],
    theme: &Theme,
    letterhead: &Letterhead,
) -> [Duration; STAGES.len()] {
    let begun = Instant::now();
    let source = SourceText::new(path, bytes).expect("the issue is UTF-8");
    let issue = Issue::parse(&source, "issue").expect("the issue is one");
    let parse = begun.elapsed();
    let (nodes, (article, _)) = timed(|| Article::from_issue(&issue));
    let (html, _) = timed(|| article.html());
    let (text, _) = timed(|| article.text());
    let (rendering, rendered) = timed(|| render(&issue, theme, letterhead, &Illustration::NONE));
    let (rendered, _) = rendered.expect("the theme renders");
    let (measuring, measures) = timed(|| Measures::from_rendered(&rendered));
    let (checks, _) = timed(|| {
        let mut checked = Findings::about(&source);
        check::issue(&issue, &mut checked);
        check::mail(&rendered, &measures, &Limits::default(), &mut checked);
        checked.into_sorted()
    });
    [parse, nodes, html, text, rendering, measuring, checks]
}

/// How long something takes until it is there, without the time to drop it.
fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = black_box(work());
    (start.elapsed(), done)
}

/// Sorts the times and gives the one in the middle.
fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn in_us(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn letterhead() -> Letterhead {
    Letterhead {
        name: HeaderText::parse("Example Weekly").expect("a name"),
        postal_address: "1 Example Street".into(),
        language: LanguageTag::english(),
        direction: Direction::LeftToRight,
        web_url: Some("https://example.org/1".into()),
        home_url: None,
    }
}
