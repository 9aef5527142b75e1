//! The rooms, and which of them may import which: edge -> shell -> core, and inside
//! the core only leftwards in the drawing of ARCHITECTURE.md.

use std::path::{Path, PathBuf};

/// The core, in the order of the data. A room knows those of a lower rank.
const CORE: &[(&str, u8)] = &[
    ("domain", 0),
    ("source", 1),
    ("issue", 2),
    ("theme", 2),
    ("render", 3),
    ("check", 4),
    ("campaign", 5),
    ("audience", 6),
    ("delivery", 7),
    ("bounce", 8),
];

/// The shell: each of these knows the core, and none of the others.
const SHELL: &[&str] = &["store", "transport", "provider", "web"];

/// The edge. [`SHELL_KNOWN`] says which of its rooms may know rooms of the shell.
const EDGE: &[&str] = &["error", "config", "ui", "host", "publish", "cli", "commands"];

/// Which rooms of the shell a room of the edge may know. Only `publish` joins
/// the store to a transport or a provider.
const SHELL_KNOWN: &[(&str, &[&str])] = &[
    ("publish", &["store", "transport", "provider"]),
    ("commands", &["store", "web"]),
    ("error", &["store"]),
];

/// What the core is handed or does without.
const NOT_IN_THE_CORE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "SystemTime",
    "Instant",
    "::now",
    "tokio",
    "sqlx",
    "reqwest",
    "axum",
    "clap",
    "indicatif",
];

/// Addresses are values; only what opens sockets is kept out.
const VALUES_OF_THE_NETWORK: &[&str] =
    &["std::net::IpAddr", "std::net::Ipv4Addr", "std::net::Ipv6Addr"];

/// The two loops wait and take turns, so they may use the runtime: the one
/// over recipients, and the one that follows a campaign at a provider.
const MAY_USE_TOKIO: &[&str] = &["delivery/run.rs", "delivery/run/worker.rs", "delivery/push.rs"];

#[test]
fn every_room_knows_only_those_it_may() {
    let mut wrong = Vec::new();
    for file in sources() {
        let text = std::fs::read_to_string(source_folder().join(&file)).unwrap();
        wrong.extend(violations(&file, &text));
    }
    assert!(wrong.is_empty(), "{} arrows point the wrong way:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_file_belongs_to_a_room() {
    for file in sources() {
        let room = room_of(&file);
        let known = CORE.iter().any(|(name, _)| *name == room)
            || SHELL.contains(&room)
            || EDGE.contains(&room)
            || ["lib", "main"].contains(&room);
        assert!(known, "src/{file} is in no room that the layering test knows");
    }
}

#[test]
fn a_wrong_arrow_is_caught() {
    let caught = |file: &str, text: &str| violations(file, text).join("; ");
    for (file, text, expected) in [
        ("issue.rs", "use crate::render::Rendered;", "src/issue.rs: issue knows render"),
        ("issue.rs", "use crate::theme::Theme;", "src/issue.rs: issue knows theme"),
        (
            "check/size.rs",
            "use crate::{\n    domain::{self, Slug},\n    store::Store,\n};",
            "src/check/size.rs: check knows store",
        ),
        ("store.rs", "fn f(x: crate::transport::Smtp) {}", "src/store.rs: store knows transport"),
        ("ui.rs", "use crate::store::Store;", "src/ui.rs: ui knows store"),
        (
            "source/finding.rs",
            "use super::super::ui::Ui;",
            "src/source/finding.rs: source knows ui",
        ),
        ("source.rs", "use super::delivery;", "src/source.rs: source knows delivery"),
        ("theme.rs", "use std::fs;", "src/theme.rs: the core mentions `std::fs`"),
        ("theme.rs", "use std::{fs, io};", "src/theme.rs: the core mentions `std::fs`"),
        (
            "theme.rs",
            "use std::{\n  collections::{BTreeMap},\n  env::var,\n};",
            "src/theme.rs: the core mentions `std::env`",
        ),
        (
            "render.rs",
            "let t = jiff::Timestamp::now();",
            "src/render.rs: the core mentions `::now`",
        ),
        (
            "delivery/state.rs",
            "tokio::spawn(x);",
            "src/delivery/state.rs: the core mentions `tokio`",
        ),
        ("domain.rs", "use std::net::TcpStream;", "src/domain.rs: the core mentions `std::net`"),
        ("main.rs", "fn f() { postrider::store::open() }", "src/main.rs: main knows store"),
        (
            "commands/send.rs",
            "use crate::transport::Outbox;",
            "src/commands/send.rs: commands knows transport",
        ),
    ] {
        assert_eq!(caught(file, text), expected, "{file}: {text}");
    }
}

#[test]
fn right_arrows_words_and_tests_are_let_through() {
    for (file, text) in [
        ("render.rs", "use crate::{issue::Issue, theme, domain::{Slug}};"),
        ("render/article.rs", "use super::slots; use crate::render::Slot;"),
        ("publish/route.rs", "use crate::{store, transport, provider, config, ui};"),
        ("commands/serve.rs", "use crate::{store, web, publish, config, ui};"),
        ("theme.rs", "//! See [`crate::render`] and std::fs.\n/* crate::ui /* std::env */ */"),
        ("theme.rs", "const A: &str = \"crate::ui \\\" std::fs\"; const B: &str = r#\"tokio\"#;"),
        ("theme.rs", "fn f<'a>(x: &'a str) -> char { '\"' }"),
        ("theme.rs", "fn f() {}\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n"),
        ("domain/world.rs", "fn now(&self) -> Timestamp;"),
        ("delivery/run.rs", "use tokio::task::JoinSet; let now = clock.now();"),
        ("delivery/push.rs", "fn f() { tokio::time::sleep(now(found)) }"),
        ("domain/address.rs", "let a: std::net::IpAddr = x;"),
    ] {
        assert_eq!(violations(file, text), Vec::<String>::new(), "{file}: {text}");
    }
}

/// Every arrow of one file that points the wrong way, and every word that the core does without.
fn violations(file: &str, text: &str) -> Vec<String> {
    let room = room_of(file);
    let tokens = tokens(&code_of(text));
    let knows = rooms_known(file, &tokens).into_iter().filter(|other| !may_know(room, other));
    let mut wrong: Vec<String> =
        knows.map(|other| format!("src/{file}: {room} knows {other}")).collect();
    if CORE.iter().any(|(name, _)| *name == room) {
        wrong.extend(forbidden_words(file, &tokens));
    }
    wrong
}

fn may_know(room: &str, other: &str) -> bool {
    let rank = |room: &str| CORE.iter().find(|(name, _)| *name == room).map(|(_, rank)| *rank);
    let is_shell = |room: &str| SHELL.contains(&room);
    match (rank(room), rank(other)) {
        _ if room == other => true,
        (Some(rank), Some(other)) => other < rank,
        (Some(_), None) => false,
        (None, Some(_)) => true,
        (None, None) if is_shell(room) => false,
        (None, None) if is_shell(other) => {
            SHELL_KNOWN.iter().any(|(knowing, known)| *knowing == room && known.contains(&other))
        }
        (None, None) => true,
    }
}

/// The rooms that a file names through `crate::`, through `super::` past its
/// own room, or, from the program, through `postrider::`.
fn rooms_known(file: &str, tokens: &[String]) -> Vec<String> {
    let depth = file.matches('/').count() + 1;
    let known = |name: &String| {
        CORE.iter().any(|(room, _)| room == name)
            || SHELL.contains(&name.as_str())
            || EDGE.contains(&name.as_str())
    };
    let mut rooms: Vec<String> = Vec::new();
    for at in 0..tokens.len() {
        let starts = at == 0 || tokens[at - 1] != "::";
        let after = match tokens[at].as_str() {
            "crate" | "postrider" => at + 1,
            "super" if starts => {
                let supers = (at..tokens.len()).step_by(2).take_while(|at| tokens[*at] == "super");
                let supers = supers.count();
                if supers < depth {
                    continue;
                }
                at + 2 * supers - 1
            }
            _ => continue,
        };
        rooms.extend(first_names(tokens, after).into_iter().filter(known));
    }
    rooms.sort();
    rooms.dedup();
    rooms
}

/// The names right behind a `::` at `at`: one, or those of a group.
fn first_names(tokens: &[String], at: usize) -> Vec<String> {
    if tokens.get(at).map(String::as_str) != Some("::") {
        return Vec::new();
    }
    if tokens.get(at + 1).map(String::as_str) != Some("{") {
        return tokens.get(at + 1).cloned().into_iter().collect();
    }
    let (mut names, mut depth) = (Vec::new(), 0);
    for (at, token) in tokens.iter().enumerate().skip(at + 1) {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ if depth == 1 && ["{", ","].contains(&tokens[at - 1].as_str()) => {
                names.push(token.clone());
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

fn forbidden_words(file: &str, tokens: &[String]) -> Vec<String> {
    let may_use_tokio = MAY_USE_TOKIO.contains(&file);
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        let here = |pattern: &str| {
            let wanted = self::tokens(pattern);
            tokens[at..].starts_with(&wanted)
        };
        for word in NOT_IN_THE_CORE {
            let is_fine = (*word == "tokio" && may_use_tokio)
                || (*word == "std::net" && VALUES_OF_THE_NETWORK.iter().any(|value| here(value)));
            if !is_fine && (here(word) || is_grouped(tokens, at, word)) {
                found.push(format!("src/{file}: the core mentions `{word}`"));
            }
        }
    }
    found.dedup();
    found
}

/// Whether `std::{…}` at `at` names a module such as `std::fs` in its group.
fn is_grouped(tokens: &[String], at: usize, word: &str) -> bool {
    let Some((first, module)) = word.split_once("::") else { return false };
    let opens_group = tokens.get(at + 2).map(String::as_str) == Some("{");
    tokens[at] == first
        && opens_group
        && first_names(tokens, at + 1).iter().any(|name| name == module)
}

/// The code of a file: no comments, no texts, and no tests at its foot.
fn code_of(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let characters: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let rest = &characters[at..];
        let length = match rest {
            ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment(rest),
            ['"', ..] => quoted(rest),
            ['r', '"', ..] | ['r', '#', '"' | '#', ..] => raw_text(rest),
            ['\'', '\\', ..] => 3 + rest.iter().skip(3).position(|c| *c == '\'').unwrap_or(0),
            ['\'', _, '\'', ..] => 3,
            _ => {
                code.push(characters[at]);
                at += 1;
                continue;
            }
        };
        code.push(' ');
        at += length.max(1);
    }
    code
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn raw_text(rest: &[char]) -> usize {
    let hashes = rest.iter().skip(1).take_while(|c| **c == '#').count();
    let end: String = format!("\"{}", "#".repeat(hashes));
    let text: String = rest.iter().skip(hashes + 2).collect();
    let length = text.find(&end).map_or(rest.len(), |bytes| text[..bytes].chars().count());
    hashes + 2 + length + end.len()
}

/// Names, `::`, and every other character by itself.
fn tokens(code: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut in_name = false;
    for c in code.chars() {
        let is_name = c.is_alphanumeric() || c == '_';
        match tokens.last_mut() {
            Some(last) if is_name && in_name => last.push(c),
            Some(last) if c == ':' && last == ":" => last.push(c),
            _ if c.is_whitespace() => {}
            _ => tokens.push(c.to_string()),
        }
        in_name = is_name;
    }
    tokens
}

fn room_of(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap_or_default()
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file below src but those of tests, by its path from there.
fn sources() -> Vec<String> {
    let mut folders = vec![source_folder()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // `tests` holds modules of a `tests.rs`.
                folders.extend((!path.ends_with("tests")).then_some(path));
            } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs")
            {
                let file = path.strip_prefix(source_folder()).unwrap();
                files.push(file.to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    assert!(files.len() > 20, "the sources are read: {files:?}");
    files.sort();
    files
}
