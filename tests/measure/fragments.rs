//! The size of an issue's article as pulldown-cmark alone writes it, without
//! comments: the reference for the size of a mail.
//!
//! `cargo run --example fragments -- FILE...` prints bytes and path for each file. It
//! uses no code of Postrider, so it finds the front matter in the simplest way.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measure reads its files and speaks for itself"
)]

use std::error::Error;

use pulldown_cmark::{Event, Options, Parser, html};

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args().skip(1) {
        let source = String::from_utf8_lossy(&std::fs::read(&path)?).replace("\r\n", "\n");
        println!("{} {path}", fragment(body(&source)).len());
    }
    Ok(())
}

/// What follows the front matter: a fence of its own, or a blank line.
fn body(source: &str) -> &str {
    let source = source.trim_start_matches('\u{feff}');
    for fence in ["---\n", "+++\n"] {
        if let Some(rest) = source.strip_prefix(fence) {
            let end = rest.find(&format!("\n{fence}")).map(|end| end + 1 + fence.len());
            return end.map_or(rest, |end| &rest[end..]);
        }
    }
    let is_key = |line: &str| {
        line.split_once(':').is_some_and(|(key, _)| key.chars().all(char::is_alphanumeric))
    };
    match source.split_once("\n\n") {
        Some((head, rest)) if head.lines().next().is_some_and(is_key) => rest,
        _ => source,
    }
}

fn fragment(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS;
    let mut written = String::new();
    let events = Parser::new_ext(markdown, options);
    html::push_html(&mut written, events.map(without_comments()));
    written
}

/// Empties the comments of raw HTML, which may run over several events.
fn without_comments<'e>() -> impl FnMut(Event<'e>) -> Event<'e> {
    let mut is_open = false;
    move |event| match event {
        Event::Html(html) => Event::Html(outside(&html, &mut is_open).into()),
        Event::InlineHtml(html) => Event::InlineHtml(outside(&html, &mut is_open).into()),
        other => other,
    }
}

fn outside(html: &str, is_open: &mut bool) -> String {
    let mut kept = String::new();
    let mut rest = html;
    loop {
        let mark = if *is_open { "-->" } else { "<!--" };
        let Some((before, after)) = rest.split_once(mark) else { break };
        if !*is_open {
            kept.push_str(before);
        }
        *is_open = !*is_open;
        rest = after;
    }
    if !*is_open {
        kept.push_str(rest);
    }
    kept
}
