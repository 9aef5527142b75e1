//! Files that are not issues, or issues that cannot be sent.

use crate::support::newsletter::{BODY, Newsletter};

/// Bytes, the exit code, and how the message begins.
struct Case {
    what: &'static str,
    bytes: Vec<u8>,
    code: i32,
    begins: &'static str,
}

fn case(what: &'static str, bytes: impl Into<Vec<u8>>, code: i32, begins: &'static str) -> Case {
    Case { what, bytes: bytes.into(), code, begins }
}

fn with_body(body: &str) -> String {
    format!("Title: A title\n\n{body}\n")
}

#[test]
fn each_bad_issue_is_refused_where_it_is_bad() {
    let newsletter = Newsletter::outbox().subscribed(["reader-one@example.org"]);
    for Case { what, bytes, code, begins } in [
        case(
            "Latin-1",
            b"Title: A caf\xe9\n\nText\n",
            3,
            "error: issues/bad.md:1:13: byte 0xE9 (offset 12) is not UTF-8",
        ),
        case(
            "UTF-16",
            b"\xff\xfeT\0i\0",
            3,
            "error: issues/bad.md:1:1: byte 0xFF (offset 0) is not UTF-8",
        ),
        case("empty", "", 4, "issues/bad.md:1:1: error[missing-title]: the issue has no title"),
        case(
            "blank",
            " \n\n",
            4,
            "issues/bad.md:1:1: error[missing-title]: the issue has no title",
        ),
        case(
            "a title alone",
            "Title: A title\n",
            4,
            "issues/bad.md: error[empty-issue]: the issue has no text that a reader would see",
        ),
        case(
            "NUL bytes",
            with_body("Te\0xt"),
            4,
            "issues/bad.md:3:3: error[control-character]: a control character is in the text (U+0000)",
        ),
        case(
            "10,000 nested quotes",
            with_body(&">".repeat(10_000)),
            3,
            "issues/bad.md:3:101: error[nesting]: quotes or lists stand inside each other",
        ),
        case(
            "a file that is nothing but ESC",
            "\u{1b}[2J".repeat(100),
            4,
            "issues/bad.md:1:1: error[control-character]:",
        ),
        case(
            "front matter never closed",
            "---\ntitle: One\n\nText\n",
            3,
            "issues/bad.md:1:1: error[front-matter]: the front matter that begins with `---` is",
        ),
        case(
            "TOML front matter never closed",
            "+++\ntitle = \"One\"\n\nText\n",
            3,
            "issues/bad.md:1:1: error[front-matter]: the front matter that begins with `+++` is",
        ),
        case(
            "no title",
            "---\nnumber: 3\n---\n\nText\n",
            4,
            "issues/bad.md:1:1: error[missing-title]: the issue has no title",
        ),
        case(
            "an impossible date",
            "---\ntitle: One\ndate: 2026-02-30\n---\n\nText\n",
            3,
            "issues/bad.md:3:7: error[front-matter-date]: `2026-02-30` is not a day or time",
        ),
        case(
            "a draft of a link",
            with_body("See [this](LINK_HERE) and [that]()."),
            4,
            "issues/bad.md:3:5: error[placeholder-link]:",
        ),
    ] {
        newsletter.write("issues/bad.md", bytes);
        for command in ["send", "check"] {
            let run = newsletter.run(&[command, "issues/bad.md"]);
            assert_eq!(run.code, code, "{what}: {run}");
            let both = run.both();
            assert!(both.starts_with(begins), "{what}: {run}");
            let told = both.matches(begins).count();
            assert_eq!(told, 1, "{what} is told once: {run}");
        }
        let sent = newsletter.run(&["send", "issues/bad.md"]);
        assert_eq!(sent.errors(), 1, "{what} gets one message: {sent}");
    }
    assert!(newsletter.outbox_mail().is_empty());
    assert_eq!(newsletter.json(0, &["status"])["campaigns"], serde_json::json!([]));
}

#[test]
fn ten_thousand_open_brackets_are_text() {
    let newsletter = Newsletter::outbox().subscribed(["reader-one@example.org"]);
    let brackets = "[".repeat(10_000);
    newsletter.write("issues/brackets.md", with_body(&brackets));
    newsletter.expect(0, &["send", "issues/brackets.md"]);
    let text = newsletter.outbox_mail().remove(0).text;
    assert_eq!(text.matches('[').count(), 10_000);
}

#[test]
fn a_file_of_a_hundred_megabytes_is_refused_by_its_size_without_being_read() {
    let newsletter = Newsletter::outbox();
    let path = newsletter.write("issues/big.md", "");
    std::fs::File::options().write(true).open(path).unwrap().set_len(100 * 1024 * 1024).unwrap();
    let run = newsletter.expect(3, &["check", "issues/big.md"]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    error: issues/big.md: the file has 104857600 bytes, and at most 4194304 are read
    hint: An issue is a text of some 40 KB. Is this the right file?
    1 issue checked: 0 errors, 0 warnings, 1 unreadable
    ");
}

#[test]
fn an_issue_that_leads_out_of_the_newsletter_is_refused_and_not_shown() {
    let newsletter = Newsletter::outbox();
    newsletter.issue("one");
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("passwd.md"), "SECRET-LINE\n").unwrap();
    let links = [("issues/out.md", "passwd.md"), ("issues/folder", "")];
    for (link, target) in links {
        std::os::unix::fs::symlink(outside.path().join(target), newsletter.path(link)).unwrap();
    }
    for issue in ["issues/out.md", "issues/folder/passwd.md"] {
        for command in ["check", "preview", "proof", "send"] {
            let run = newsletter.expect(3, &[command, issue]);
            assert!(run.stderr.contains("it leads out of the newsletter's folder"), "{run}");
            assert!(!run.both().contains("SECRET-LINE"), "{run}");
        }
    }
    // A link within the newsletter is an issue like any other.
    newsletter.write("issues/pool/two.md", "Title: Two\n\nWords.\n");
    std::os::unix::fs::symlink("pool/two.md", newsletter.path("issues/three.md")).unwrap();
    newsletter.expect(0, &["check", "issues/three.md"]);
}

#[test]
fn case_08_issues_are_found_in_folders_below_and_named_after_them() {
    let newsletter = Newsletter::outbox().subscribed(["reader@example.org"]);
    for (path, text) in [
        ("issues/2026-10/index.md", "+++\ntitle = 'October'\ndate = 2026-10-28\n+++\nNews.\n"),
        ("issues/2026-11/index.md", "+++\ntitle = 'November'\ndate = 2026-11-25\n+++\nNews.\n"),
        ("issues/2026/11/25/second.mdx", "---\ntitle: Second\n---\nNews.\n"),
        ("issues/_index.md", "---\ntitle: All issues\n---\n"),
        ("issues/_drafts/later.md", "half a"),
        ("issues/.hidden/x.md", "half a"),
    ] {
        newsletter.write(path, text);
    }
    let report = newsletter.json(0, &["check", "issues"]);
    let mails: Vec<_> = report["mails"].as_array().unwrap().iter().map(|m| &m["issue"]).collect();
    let expected =
        ["issues/2026/11/25/second.mdx", "issues/2026-10/index.md", "issues/2026-11/index.md"];
    assert_eq!(mails, expected, "{report}");
    assert_eq!(report["findings"], serde_json::json!([]), "{report}");
    newsletter.expect(0, &["send", "issues/2026-11/index.md"]);
    let status = newsletter.json(0, &["status"]);
    assert_eq!(status["campaigns"][0]["key"], "test-weekly/2026-11", "{status}");
    newsletter.write("empty/README.md", "nothing");
    let run = newsletter.expect(3, &["check", "empty"]);
    assert!(run.stderr.contains("no issue is in the folder"), "{run}");
}

#[test]
fn what_is_no_file_is_refused_and_never_waited_for() {
    let newsletter = Newsletter::outbox();
    newsletter.issue("one");
    let pipe = newsletter.path("issues/pipe.md");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(newsletter.path("issues/socket.md"));
    std::os::unix::fs::symlink(&pipe, newsletter.path("issues/to-a-pipe.md")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", newsletter.path("issues/zero.md")).unwrap();
    let mut shown = String::new();
    for issue in [
        "issues/missing.md",
        "issues",
        "/dev/zero",
        "issues/zero.md",
        "issues/pipe.md",
        "issues/to-a-pipe.md",
        "issues/socket.md",
    ] {
        let run = newsletter.expect(3, &["send", issue]);
        shown += &run.plain_stderr();
        for command in ["preview", "proof"] {
            assert_eq!(newsletter.expect(3, &[command, issue]).stderr, run.stderr);
        }
    }
    insta::assert_snapshot!(shown, @r"
    error: cannot read issues/missing.md
      because No such file or directory (os error NUMBER)
    error: cannot read issues
      because it is a folder
    error: cannot read /dev/zero
      because it is not a regular file, but a pipe, a socket or a device
    error: cannot read issues/zero.md: it leads out of the newsletter's folder
    hint: Put the issue itself there instead of a symbolic link.
    error: cannot read issues/pipe.md
      because it is not a regular file, but a pipe, a socket or a device
    error: cannot read issues/to-a-pipe.md
      because it is not a regular file, but a pipe, a socket or a device
    error: cannot read issues/socket.md
      because it is not a regular file, but a pipe, a socket or a device
    ");
    let run = newsletter.expect(3, &["check", "issues/pipe.md"]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    error: cannot read issues/pipe.md
      because it is not a regular file, but a pipe, a socket or a device
    1 issue checked: 0 errors, 0 warnings, 1 unreadable
    ");
    newsletter.expect(0, &["check", "issues"]);
    // The others are checked all the same.
    let run = newsletter.expect(3, &["check", "issues/missing.md", "issues/one.md"]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    error: cannot read issues/missing.md
      because No such file or directory (os error NUMBER)
    2 issues checked: 0 errors, 0 warnings, 1 unreadable
    ");
}

#[test]
fn findings_come_in_the_form_that_was_asked_for() {
    let newsletter = Newsletter::outbox();
    let issue = newsletter.issue_of("one", "title: One\n", "See [this](LINK_HERE).\n\n## Empty\n");
    newsletter.write("issues/unclosed.md", "---\ntitle: One\n");
    let report = newsletter.json(4, &["check", &issue]);
    assert_eq!((report["errors"].as_u64(), report["warnings"].as_u64()), (Some(1), Some(1)));
    let place = &report["findings"][0]["place"];
    assert_eq!((&place["file"], &place["line"]), (&"issues/one.md".into(), &5.into()), "{report}");
    let github = newsletter.expect(4, &["check", &issue, "--format", "github"]);
    assert!(github.stdout.starts_with("::error file=issues/one.md,line=5,col="), "{github}");
    let broken = newsletter.json(3, &["check", "issues/unclosed.md"]);
    assert_eq!(broken["findings"][0]["rule"], "front-matter", "{broken}");
    assert_eq!(broken["unreadable"], 1);
    newsletter.expect(0, &["check", &issue, "--allow", "placeholder-link"]);
}

#[test]
fn a_damaged_text_is_refused_at_every_damaged_place() {
    let newsletter = Newsletter::outbox().subscribed(["reader-one@example.org"]);
    let body = "It\u{201a}\u{c4}\u{f4}s here.\n\nA dash \u{201a}\u{c4}\u{ee} there.\n\nMore\u{201a}\u{c4}\u{b6}\n";
    let issue = newsletter.issue_of("one", "title: One\n", body);
    let run = newsletter.expect(4, &["send", &issue]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    issues/one.md:5:3: error[mojibake]: `‚Äô` is `’` that was read as MacRoman
      5 | It‚Äôs here.
        |   ^^^
        = Write `’`, or save the original again as UTF-8.
    issues/one.md:7:8: error[mojibake]: `‚Äî` is `—` that was read as MacRoman
      7 | A dash ‚Äî there.
        |        ^^^
        = Write `—`, or save the original again as UTF-8.
    issues/one.md:9:5: error[mojibake]: `‚Ä¶` is `…` that was read as MacRoman
      9 | More‚Ä¶
        |     ^^^
        = Write `…`, or save the original again as UTF-8.
    issues/one.md: error[mojibake]: the file was UTF-8, was read as MacRoman and saved again: 3 places, 9 of its 9 characters outside ASCII; all of it was misread
       = Export the file again as UTF-8, or replace these 3 places; a program that opens it must be told UTF-8 and not MacRoman.
    error: test-weekly/one was not sent: the checks found 4 errors
    hint: Fix the issue, or use `--allow RULE` for a rule that is wrong here.
    ");
}

#[test]
fn two_files_of_one_slug_are_told_when_both_are_checked() {
    let newsletter = Newsletter::outbox();
    for name in ["one", "two"] {
        newsletter.issue_of(name, "title: A title\nslug: same\n", BODY);
    }
    let run = newsletter.expect(0, &["check", "issues"]);
    let wanted = "issues/two.md: warning[shared-slug]: issues/one.md and issues/two.md have the same slug, `same`";
    assert!(run.stdout.contains(wanted), "{run}");
    let run = newsletter.expect(0, &["check", "issues/one.md", "issues/one.md"]);
    assert!(!run.stdout.contains("shared-slug"), "{run}");
}

/// Front matter that is refused hid the mistakes of the text below it.
#[test]
fn front_matter_that_is_refused_does_not_end_the_check_of_the_text() {
    let newsletter = Newsletter::outbox();
    let text = "Here [is]() a link.\n\n[And](TODO) another.\n";
    for (front_matter, refused) in [
        ("title: A title\ndate: 2026-13-01\n", "front-matter-date"),
        ("title: \"never closed\nnumber: 3\n", "front-matter"),
        ("title: A title\nslug: a/b c\n", "front-matter-slug"),
    ] {
        newsletter.issue_of("bad", front_matter, text);
        let run = newsletter.expect(3, &["check", "--json", "issues/bad.md"]);
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let rules: Vec<_> =
            report["findings"].as_array().unwrap().iter().map(|f| &f["rule"]).collect();
        assert_eq!(rules, [refused, "empty-link", "placeholder-link"], "{run}");
        assert_eq!((&report["unreadable"], &report["errors"]), (&1.into(), &3.into()));
        let run = newsletter.expect(3, &["preview", "issues/bad.md"]);
        assert!(!run.stderr.contains("empty-link"), "the others refuse as before: {run}");
    }
}

/// 135 findings of one newsletter were one missing setting.
#[test]
fn one_cause_is_one_finding_whatever_its_places() {
    let newsletter = Newsletter::outbox();
    newsletter.issue_of("a", "title: A title\n", "[a](/a)\n\n[b](../b/) [c](/c)\n\n[]()\n\n[]()\n");
    let run = newsletter.expect(4, &["check", "issues/a.md"]);
    assert_eq!(run.stdout.matches("error[relative-target]").count(), 1, "{run}");
    assert_eq!(run.stdout.matches("error[empty-link]").count(), 1, "{run}");
    assert!(run.stderr.contains("1 issue checked: 2 errors in 5 places, 0 warnings"), "{run}");
    let run = newsletter.expect(4, &["check", "--format", "github", "issues/a.md"]);
    assert!(
        run.stdout.contains("::error file=issues/a.md,line=5,col=1,title=relative-target::"),
        "{run}"
    );
    assert!(run.stdout.contains("(3 places: also in line 7) Set `[newsletter] web_url`"), "{run}");
    let run = newsletter.expect(4, &["check", "--json", "issues/a.md"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let first = &report["findings"][0];
    assert_eq!((&first["file"], &first["places"]), (&"issues/a.md".into(), &3.into()));
    assert_eq!(first["other_places"][1]["column"], 12);
}

#[test]
fn each_finding_names_its_file_also_without_a_place() {
    let newsletter = Newsletter::outbox();
    newsletter.issue_of("a", "title: A title\n", "");
    newsletter.issue_of("b", "title: A title\n", "<!-- nothing -->\n");
    let run = newsletter.expect(4, &["check", "issues"]);
    for name in ["a", "b"] {
        let wanted = format!("issues/{name}.md: error[empty-issue]: the issue");
        assert!(run.stdout.contains(&wanted), "{run}");
    }
    let run = newsletter.expect(4, &["check", "--format", "github", "issues/b.md"]);
    assert!(run.stdout.contains("::error file=issues/b.md,title=empty-issue::"), "{run}");
}

/// A bare word is a mistake whatever `web_url` is; the name of a file is none.
#[test]
fn a_word_as_a_target_is_doubted_unless_a_file_has_that_name() {
    let newsletter =
        Newsletter::outbox().set("newsletter.web_url", "\"https://example.org/{slug}/\"");
    newsletter.issue_of(
        "a",
        "title: A title\n",
        "[a](Name) [b](b) [c](LICENSE) [d](<my file.pdf>)\n",
    );
    newsletter.issue_of("b", "title: B title\n", BODY);
    for file in ["LICENSE", "issues/my file.pdf"] {
        newsletter.write(file, "x");
    }
    let run = newsletter.expect(0, &["check", "issues/a.md"]);
    assert_eq!(run.stdout.matches("[malformed-link]").count(), 1, "{run}");
    assert!(run.stdout.contains("warning[malformed-link]: the target `Name` is a word"), "{run}");
    // Without `web_url` it leads nowhere at all.
    let newsletter = Newsletter::outbox();
    newsletter.issue_of("a", "title: A title\n", "[a](Name) [b](example.org/b)\n");
    let run = newsletter.expect(4, &["check", "issues/a.md"]);
    assert_eq!(run.stdout.matches("error[malformed-link]").count(), 2, "{run}");
    assert!(!run.stdout.contains("relative-target"), "nothing is told twice: {run}");
}
