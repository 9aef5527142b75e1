//! Lists are imported and exported, and no row is lost without a report.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::newsletter::Newsletter;

fn import(newsletter: &Newsletter, list: impl AsRef<[u8]>) -> Value {
    newsletter.write("in.csv", list);
    let told = newsletter.json(0, &["subscribers", "import", "in.csv"]);
    let count = |name: &str| told[name].as_u64().unwrap();
    let parts = ["added", "merged", "unchanged", "rejected"].map(count);
    assert_eq!(count("rows"), parts.iter().sum::<u64>(), "every row is one of them: {told}");
    told
}

fn export(newsletter: &Newsletter) -> String {
    newsletter.expect(0, &["subscribers", "export"]).stdout
}

fn total(newsletter: &Newsletter) -> u64 {
    newsletter.json(0, &["subscribers", "stats"])["total"].as_u64().unwrap()
}

#[test]
fn rows_that_cannot_be_used_are_kept_with_line_and_reason_in_a_file_for_their_owner_alone() {
    let newsletter = Newsletter::outbox();
    newsletter.never_says("no-domain-here");
    let list = "email,first_name\nreader-one@example.org,One\nno-domain-here,Two\n\
                READER-ONE@Example.ORG,\nreader-three@example.org,Th\u{0}ree\n\
                reader-four@example.org,Four,more\nreader-five@example.org,Five\n";
    let rejects = newsletter.path("in.csv.rejects.csv");
    std::fs::write(&rejects, "left behind, and readable by all").unwrap();
    std::fs::set_permissions(&rejects, std::fs::Permissions::from_mode(0o644)).unwrap();
    let told = import(&newsletter, list);
    assert_eq!((&told["added"], &told["rejected"]), (&json!(2), &json!(3)), "{told}");
    assert_eq!(told["rejects"], "in.csv.rejects.csv");
    assert_eq!(std::fs::metadata(&rejects).unwrap().permissions().mode() & 0o777, 0o600);
    let kept = std::fs::read_to_string(&rejects).unwrap();
    assert!(kept.lines().nth(1).unwrap().starts_with("no-domain-here,Two,"), "{kept}");
    for line in [",3,", ",5,", ",6,"] {
        assert!(kept.contains(line), "{line} in {kept}");
    }
    // Once it is corrected, the rejects file can be imported.
    let mended = kept
        .replace("no-domain-here", "reader-two@example.org")
        .replace('\u{0}', "")
        .replace(",more", "");
    newsletter.write("in.csv.rejects.csv", mended);
    newsletter.expect(0, &["subscribers", "import", "in.csv.rejects.csv"]);
    assert!(total(&newsletter) >= 4, "{}", export(&newsletter));
}

#[test]
fn each_rejected_row_is_reported_with_its_line_and_without_its_address() {
    let newsletter = Newsletter::outbox();
    newsletter.never_says("secret-reader");
    newsletter.write("in.csv", "email\nreader@example.org\nsecret-reader@\n");
    let run = newsletter.expect(0, &["subscribers", "import", "in.csv"]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    warning: in.csv:3: an email address has the form name@domain
    2 rows: 1 added, 0 merged, 0 unchanged, 1 rejected; 0 newly suppressed
    hint: The rejected rows are in in.csv.rejects.csv. Correct them there and import that file.
    ");
}

#[test]
fn an_export_imports_to_the_same_list() {
    let first = Newsletter::outbox();
    import(
        &first,
        "email,first_name,last_name,status,city\n\
         reader-one@example.org,One,\"Reader, the\",subscribed,\"Gh\"\"ent\"\n\
         left@example.org,,,unsubscribed,\nnot-yet@example.org,,,unconfirmed,\n\
         gone@example.org,,,subscribed,\nreader@bücher.example,Ünï,,subscribed,Köln\n",
    );
    first.expect(0, &["subscribers", "suppress", "gone@example.org"]);
    let exported = export(&first);
    let second = Newsletter::outbox();
    let told = import(&second, &exported);
    assert_eq!((&told["added"], &told["rejected"]), (&json!(5), &json!(0)), "{told}");
    let without_last = |csv: &str| -> Vec<String> {
        csv.lines().map(|row| row.rsplit_once(',').unwrap().0.to_owned()).collect()
    };
    assert_eq!(
        without_last(&export(&second)),
        without_last(&exported),
        "all but when a row was changed, and since when they are readers most of all"
    );
    let stats = |newsletter: &Newsletter| newsletter.json(0, &["subscribers", "stats"]);
    assert_eq!(stats(&second)["by_status"], stats(&first)["by_status"]);
    let suppressed = |stats: Value| stats["suppressed"].as_object().unwrap().len();
    assert_eq!(suppressed(stats(&second)), suppressed(stats(&first)));
    assert_eq!(import(&second, &exported)["unchanged"], 5, "twice is once");
}

#[test]
fn lists_are_understood_in_the_forms_that_programs_write() {
    let utf16 = |text: &str| -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let two =
        "Email Address;First Name\r\nreader-one@example.org;Zoë\r\nreader-two@example.org;\r\n";
    for (form, list) in [
        ("a semicolon and CRLF", two.as_bytes().to_vec()),
        ("a byte order mark", format!("\u{feff}{two}").into_bytes()),
        ("UTF-16", utf16(two)),
        ("tabs", two.replace(';', "\t").into_bytes()),
        ("a lone CR as line end", two.replace("\r\n", "\r").into_bytes()),
        ("no last line end", two.trim_end().as_bytes().to_vec()),
    ] {
        let newsletter = Newsletter::outbox();
        assert_eq!(import(&newsletter, list)["added"], 2, "{form}");
        let shown = newsletter.json(0, &["subscribers", "show", "reader-one@example.org"]);
        assert_eq!(shown["first_name"], "Zoë", "{form}");
    }
}

#[test]
fn one_address_in_two_spellings_is_one_subscriber() {
    let newsletter = Newsletter::outbox();
    let told = import(
        &newsletter,
        "email,first_name\nReader@Example.org,\nreader@example.org,One\nREADER@EXAMPLE.ORG,One\n",
    );
    assert_eq!(
        (&told["added"], &told["merged"], &told["unchanged"]),
        (&json!(1), &json!(1), &json!(1))
    );
    newsletter.expect(0, &["send", &newsletter.issue("one")]);
    assert_eq!(newsletter.outbox_mail().len(), 1);
}

#[test]
fn a_file_without_a_usable_header_is_refused_and_changes_nothing() {
    let newsletter = Newsletter::outbox();
    let mut shown = String::new();
    for list in [
        "",
        "name,city\nOne,Ghent\n",
        "email,Email Address\na@example.org,b@example.org\n",
        "reader-one@example.org\nreader-two@example.org\n",
    ] {
        newsletter.write("in.csv", list);
        let refused = newsletter.expect(3, &["subscribers", "import", "in.csv"]);
        shown += &refused.plain_stderr();
        assert!(!newsletter.path("in.csv.rejects.csv").exists());
    }
    insta::assert_snapshot!(shown, @r"
    error: cannot import in.csv
      because the file is empty; a list begins with a header line such as email,first_name,last_name
    error: cannot import in.csv
      because no column holds the email address; name it `email`; the columns are `name`, `city`
    error: cannot import in.csv
      because columns 1 and 2 may both hold the email address; rename or remove one of them; the columns are `email`, `Email Address`
    error: cannot import in.csv
      because the first line is not a header: it holds an email address; put a line such as email,first_name,last_name before the first row
    ");
    let missing = newsletter.expect(3, &["subscribers", "import", "missing.csv"]);
    insta::assert_snapshot!(missing.plain_stderr(), @r"
    error: cannot import missing.csv
      because No such file or directory (os error NUMBER)
    ");
}

#[test]
fn a_cell_of_ten_megabytes_is_one_rejected_row() {
    let newsletter = Newsletter::outbox();
    let long = "x".repeat(10 * 1024 * 1024);
    let told = import(
        &newsletter,
        format!(
            "email,first_name\na@example.org,{long}\nb@example.org,B\n\"c@example.org\",\"{long}\n"
        ),
    );
    assert_eq!((&told["added"], &told["rejected"]), (&json!(1), &json!(2)), "{told}");
    let kept = std::fs::metadata(newsletter.path("in.csv.rejects.csv")).unwrap().len();
    assert!(kept < 4 * 1024 * 1024, "{kept}");
}

#[test]
fn a_quoted_line_break_is_no_new_row_and_no_new_header() {
    let newsletter = Newsletter::outbox();
    let told = import(
        &newsletter,
        "email,note,first_name\na@example.org,\"two\nlines\",A\nb@example.org,,\"B\rBcc: x@example.org\"\n",
    );
    assert_eq!(told["rows"], 2, "{told}");
    newsletter.expect(0, &["send", &newsletter.issue("one")]);
    for mail in newsletter.outbox_mail() {
        assert_eq!(mail.maybe_header("Bcc"), None);
    }
}

#[test]
fn the_rejects_never_overwrite_the_list_they_come_from() {
    let newsletter = Newsletter::outbox();
    let list = "email\nnobody\nreader@example.org\n";
    newsletter.write("in.csv", list);
    let arguments = ["subscribers", "import", "in.csv", "--rejects", "./in.csv"];
    let refused = newsletter.expect(2, &arguments);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: cannot write the rejected rows over the list FOLDER/in.csv
    hint: Name another file with `--rejects`.
    ");
    assert_eq!(std::fs::read_to_string(newsletter.path("in.csv")).unwrap(), list);
}

#[test]
fn nobody_who_unsubscribed_or_is_suppressed_is_subscribed_again() {
    let newsletter = Newsletter::outbox();
    import(&newsletter, "email,status\nleft@example.org,unsubscribed\n");
    newsletter.expect(0, &["subscribers", "suppress", "never@example.org"]);
    let told = import(&newsletter, "email\nleft@example.org\nnever@example.org\n");
    assert_eq!(told["rejected"], 0);
    let added = newsletter.expect(0, &["subscribers", "add", "left@example.org"]);
    insta::assert_snapshot!(added.plain_stderr(), @"warning: this subscriber unsubscribed, and `add` does not subscribe anybody again");
    newsletter.expect(0, &["subscribers", "add", "never@example.org"]);
    let shown = newsletter.json(0, &["subscribers", "show", "never@example.org"]);
    assert_eq!(shown["suppressed"], "manual", "{shown}");
    newsletter.expect(11, &["send", &newsletter.issue("one")]);
}

#[test]
fn an_entry_that_is_no_address_is_refused() {
    let newsletter = Newsletter::outbox();
    let mut shown = String::new();
    for address in ["nobody", "a b@example.org", "a@", "a@example.org\nBcc: b@example.org", ""] {
        let refused = newsletter.expect(2, &["subscribers", "add", address]);
        shown += &refused.plain_stderr();
    }
    insta::assert_snapshot!(shown, @r"
    error: cannot use the email address
      because an email address has the form name@domain
    error: cannot use the email address
      because the address contains a space or a control character
    error: cannot use the email address
      because an email address has the form name@domain
    error: cannot use the email address
      because the address contains a space or a control character
    error: cannot use the email address
      because the address is empty
    ");
    newsletter.expect(12, &["subscribers", "stats"]);
}

#[test]
fn the_first_address_makes_the_store_and_reading_does_not() {
    let newsletter = Newsletter::outbox();
    for action in ["stats", "export"] {
        newsletter.expect(12, &["subscribers", action]);
    }
    newsletter.expect(12, &["subscribers", "show", "reader@example.org"]);
    assert!(!newsletter.path("subscribers").exists());
    newsletter.expect(0, &["subscribers", "add", "reader@example.org"]);
    for file in std::fs::read_dir(newsletter.path("subscribers")).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{file:?}");
    }
    let shown = newsletter.expect(0, &["subscribers", "show", "reader@example.org"]);
    assert!(shown.stdout.contains("status      subscribed"), "{shown}");
}

#[test]
fn the_rejects_follow_no_link_and_replace_only_a_regular_file() {
    let newsletter = Newsletter::outbox();
    newsletter.write("precious", "somebody else's");
    let rejects = newsletter.path("in.csv.rejects.csv");
    std::os::unix::fs::symlink(newsletter.path("precious"), &rejects).unwrap();
    import(&newsletter, "email\nnobody\n");
    assert_eq!(std::fs::read(newsletter.path("precious")).unwrap(), b"somebody else's");
    let kept = std::fs::symlink_metadata(&rejects).unwrap();
    assert!(kept.is_file() && kept.permissions().mode() & 0o777 == 0o600, "{kept:?}");
    let mut shown = String::new();
    for no_file in ["subscribers", "/dev/null"] {
        let arguments = ["subscribers", "import", "in.csv", "--rejects", no_file];
        let refused = newsletter.expect(3, &arguments);
        shown += &refused.plain_stderr();
    }
    insta::assert_snapshot!(shown, @r"
    warning: in.csv:2: an email address has the form name@domain
    error: cannot write the rejected row of line 2 to the rejects file: it is not a regular file
    hint: Name a file that can be written with `--rejects FILE`, and import again.
    warning: in.csv:2: an email address has the form name@domain
    error: cannot write the rejected row of line 2 to the rejects file: it is not a regular file
    hint: Name a file that can be written with `--rejects FILE`, and import again.
    ");
}

#[test]
fn a_quote_that_is_never_closed_says_how_many_lines_it_took() {
    let newsletter = Newsletter::outbox();
    let rest: String = (0..1_003).map(|n| format!("reader-{n}@example.org,\n")).collect();
    let mut shown = String::new();
    for (header, row) in [
        ("email,first_name", "a@example.org,\"A\n"),
        ("email,first_name", "\"a@example.org,A\n"),
        ("email,city", "a@example.org,\"A\n"),
        ("email", "\"a@example.org\n"),
    ] {
        newsletter.write("in.csv", format!("{header}\n{row}{rest}"));
        let run = newsletter.expect(0, &["subscribers", "import", "in.csv"]);
        shown += &run.plain_stderr();
    }
    insta::assert_snapshot!(shown, @r"
    warning: in.csv:2: a quote is opened in this row and never closed, so that it takes all of the 1004 lines to the end of the file
    1 row: 0 added, 0 merged, 0 unchanged, 1 rejected; 0 newly suppressed
    hint: The rejected rows are in in.csv.rejects.csv. Correct them there and import that file.
    warning: in.csv:2: a quote is opened in this row and never closed, so that it takes all of the 1004 lines to the end of the file
    1 row: 0 added, 0 merged, 0 unchanged, 1 rejected; 0 newly suppressed
    hint: The rejected rows are in in.csv.rejects.csv. Correct them there and import that file.
    warning: in.csv:2: a quote is opened in this row and never closed, so that it takes all of the 1004 lines to the end of the file
    1 row: 0 added, 0 merged, 0 unchanged, 1 rejected; 0 newly suppressed
    hint: The rejected rows are in in.csv.rejects.csv. Correct them there and import that file.
    warning: in.csv:2: a quote is opened in this row and never closed, so that it takes all of the 1004 lines to the end of the file
    1 row: 0 added, 0 merged, 0 unchanged, 1 rejected; 0 newly suppressed
    hint: The rejected rows are in in.csv.rejects.csv. Correct them there and import that file.
    ");
}

#[test]
fn a_list_of_suppressed_addresses_adds_nobody_to_the_audience() {
    let newsletter = Newsletter::outbox().subscribed(["bounced@example.org"]);
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/subscribers/suppressions.example.csv");
    let told = import(&newsletter, std::fs::read(example).unwrap());
    assert_eq!(told["newly_suppressed"], 2, "{told}");
    let stats = newsletter.json(0, &["subscribers", "stats"]);
    assert_eq!(stats["mailable"], 0, "{stats}");
    let shown = newsletter.json(0, &["subscribers", "show", "complained@example.org"]);
    assert_eq!(
        (&shown["suppressed"], &shown["status"]),
        (&json!("complaint"), &json!("unsubscribed"))
    );
}
