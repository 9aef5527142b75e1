//! The command line, and the command lines that the manuals quote.

use std::path::{Path, PathBuf};

use clap::CommandFactory;
use clap::error::ErrorKind;
use postrider::cli::Cli;
use postrider::error::Exit;

use crate::support::newsletter::{BODY, Newsletter};
use crate::support::rendering::root;

/// The help of the program and of every command in it, with its name above.
fn all_help(command: &mut clap::Command, path: &str, all: &mut Vec<Vec<String>>) {
    let words = path.split(' ').skip(1).map(str::to_owned);
    all.push(words.collect());
    for below in command.get_subcommands_mut().filter(|below| below.get_name() != "help") {
        let path = format!("{path} {}", below.get_name());
        all_help(below, &path, all);
    }
}

#[test]
fn the_help_of_every_command_is_what_was_agreed() {
    let newsletter = Newsletter::outbox();
    let mut commands = Vec::new();
    all_help(&mut Cli::command(), "postrider", &mut commands);
    assert!(commands.len() > 14, "{commands:?}");
    let mut shown = String::new();
    for words in commands {
        let arguments: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = newsletter.expect(0, &arguments);
        assert_eq!(help.stderr, "", "help is data");
        shown.push_str(&format!("$ postrider {}\n{}\n", arguments.join(" "), help.stdout));
    }
    insta::assert_snapshot!("help", shown);
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_help_lists_every_exit_code() {
    use Exit as E;
    let all = [
        E::Done,
        E::Internal,
        E::Usage,
        E::InputUnreadable,
        E::ChecksRefused,
        E::ProofMissing,
        E::Held,
        E::Unreachable,
        E::Stopped,
        E::Rejections,
        E::OutcomesUnknown,
        E::BlockedOrOverdue,
        E::StoreFault,
    ];
    let help = Newsletter::outbox().expect(0, &["--help"]).stdout;
    let (_, table) = help.split_once("Exit codes:\n").unwrap();
    let (table, precedence) = table.split_once("Where several apply: ").unwrap();
    let listed: Vec<u8> =
        table.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
    assert_eq!(listed, all.map(Exit::code));
    // The table of the runbook is the same.
    let runbook = std::fs::read_to_string(root().join("deploy/runbook.md")).unwrap();
    for code in &listed[1..] {
        assert!(runbook.contains(&format!("| {code} |")), "the runbook tells about {code}");
    }
    let order: Vec<String> = Exit::PRECEDENCE.iter().map(|exit| exit.code().to_string()).collect();
    assert!(precedence.starts_with(&order.join(", ")), "{precedence}");
}

#[test]
fn what_can_not_be_understood_is_usage() {
    let newsletter = Newsletter::outbox();
    for arguments in [
        vec!["frobnicate"],
        vec!["send"],
        vec!["send", "a.md", "b.md"],
        vec!["send", "a.md", "--in-doubt", "perhaps"],
        vec!["--quiet", "--verbose", "status"],
        vec!["subscribers"],
        vec![],
    ] {
        let run = newsletter.expect(2, &arguments);
        assert_eq!(run.stdout, "", "{arguments:?}");
        assert!(run.stderr.contains("Usage:") || run.stderr.contains("--help"), "{run}");
    }
    let version = newsletter.expect(0, &["--version"]).stdout;
    assert_eq!(version.trim(), concat!("postrider ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn quiet_says_only_what_went_wrong_and_data_goes_to_standard_output() {
    let newsletter = Newsletter::outbox().subscribed(["reader-one@example.org"]);
    let issue = newsletter.issue_of("one", "title: One\n", BODY);
    let quiet = newsletter.expect(0, &["send", &issue, "--quiet"]);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    let refused = newsletter.expect(3, &["send", "issues/none.md", "--quiet"]);
    assert!(refused.stderr.starts_with("error: cannot read issues/none.md\n"), "{refused}");
    let told = newsletter.json(0, &["send", &issue]);
    assert_eq!(told["exit_code"], 0, "{told}");
    let plain = newsletter.expect(3, &["check", "issues/none.md", "--color", "always"]);
    assert!(plain.stderr.contains('\u{1b}'), "colour was asked for: {plain:?}");
    let plain = newsletter.expect(3, &["check", "issues/none.md"]);
    assert!(!plain.stderr.contains('\u{1b}'), "{plain:?}");
}

/// A command line that somebody is told to type.
struct Told {
    file: PathBuf,
    line: String,
    /// Prose may name a command without its arguments; a line to be copied may not.
    is_prose: bool,
}

#[test]
fn findings_are_the_data_of_check_and_their_number_is_talk() {
    let newsletter = Newsletter::outbox();
    newsletter.issue_of("one", "title: One\n", "[](https://example.org/) [a]()\n");
    newsletter.issue_of("two", "title: Two\n", "**never closed\n");
    let run = newsletter.expect(4, &["check", "issues"]);
    assert_eq!(run.stdout.matches("issues/one.md:5:").count(), 2, "{run}");
    assert_eq!(
        run.stderr,
        "     2  empty-link\n     1  unclosed-emphasis\n2 issues checked: 2 errors, 1 warning\n"
    );
    let quiet = newsletter.expect(4, &["--quiet", "check", "issues"]);
    assert_eq!((&quiet.stdout, quiet.stderr.as_str()), (&run.stdout, ""));
}

#[test]
fn every_command_line_that_people_are_told_to_type_can_be_typed() {
    let mut told = Vec::new();
    for file in ["README.md", "ARCHITECTURE.md", "subscribers/README.md", "justfile"] {
        collect(&root().join(file), &mut told);
    }
    for folder in ["deploy", "src"] {
        walk(&root().join(folder), &mut told);
    }
    let copied = told.iter().filter(|told| !told.is_prose).count();
    assert!(copied > 20 && told.len() > copied + 20, "{copied} of {}", told.len());
    let wrong: Vec<String> = told.iter().filter_map(why_not).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn walk(folder: &Path, told: &mut Vec<Told>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, told) } else { collect(&path, told) }
    }
}

fn collect(file: &Path, told: &mut Vec<Told>) {
    let text = std::fs::read_to_string(file).unwrap();
    let mut take = |line: &str, is_prose| {
        let line = line.replace("{{", "").replace("}}", "");
        let line = line.split([';', '|', '>', '&']).next().unwrap_or_default();
        let line = line.split(" #").next().unwrap_or_default().trim();
        // What holds an ellipsis or something to be filled in is no command line yet.
        if !line.contains(['…', '{', '\\']) && !line.contains("...") && !line.contains("$(") {
            told.push(Told { file: file.to_owned(), line: line.to_owned(), is_prose });
        }
    };
    let starts = [
        "$ postrider ",
        "postrider ",
        "ExecStart=/usr/local/bin/postrider ",
        "cargo run --release",
    ];
    for line in text.lines() {
        let trimmed = line.trim_start();
        let is_rust = file.extension().is_some_and(|extension| extension == "rs");
        if !is_rust && starts.iter().any(|start| trimmed.starts_with(start)) {
            take(trimmed, false);
        } else if let Some((_, command)) = trimmed.split_once("runuser -u postrider -- ") {
            take(command.trim_end_matches('`'), false);
        }
        for code in line.split('`').skip(1).step_by(2).filter(|code| code.starts_with("postrider "))
        {
            take(code, true);
        }
    }
}

fn why_not(told: &Told) -> Option<String> {
    let words = told.line.split_whitespace().map(|word| word.trim_matches(['"', '\'', '[', ']']));
    let from = |word: &&str| word.ends_with("postrider") || *word == "run";
    let mut arguments: Vec<&str> = words.skip_while(|word| !from(word)).collect();
    if arguments.first() == Some(&"run") {
        // `cargo run --release -- send …`
        arguments = arguments.into_iter().skip_while(|word| *word != "--").collect();
    }
    let error = Cli::command().try_get_matches_from(arguments).err()?;
    let is_unfinished = matches!(
        error.kind(),
        ErrorKind::MissingRequiredArgument
            | ErrorKind::MissingSubcommand
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    let is_fine = (told.is_prose && is_unfinished)
        || matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    (!is_fine).then(|| format!("{}: `{}`: {error}", told.file.display(), told.line))
}
