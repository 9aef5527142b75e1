//! Images and relative links, from the Markdown to the message.

use mail_parser::MimeHeaders;

use crate::support::newsletter::{Mail, Newsletter};
use crate::support::smtp_server::{ServerOptions, SmtpServer};

/// A PNG as far as anybody looks: its header, and bytes that make it `long`.
pub(crate) fn png(width: u32, height: u32, long: usize) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend((0..long).map(|n| (n * 31 % 256) as u8));
    bytes
}

fn newsletter(mode: &str) -> Newsletter {
    let newsletter = Newsletter::outbox()
        .set("images.mode", &format!("\"{mode}\""))
        .set("newsletter.web_url", "\"https://e.example/issues/{slug}/\"");
    newsletter.write("issues/img/chart.png", png(1200, 800, 100_000));
    newsletter.write("issues/img/same.png", png(1200, 800, 100_000));
    newsletter.write("issues/img/icon@2x.png", png(32, 32, 200));
    newsletter
}

const TEXT: &str = "![A chart](img/chart.png)\n\n\
    Words ![an icon](img/icon@2x.png) and [older ones](../archive/), ![again](img/same.png).\n\n\
    ![from the web](https://cdn.example/x.png)\n";

/// The bytes of each image in a mail, by its `Content-ID`.
pub(crate) fn images(mail: &Mail) -> Vec<(String, Vec<u8>)> {
    let message = mail_parser::MessageParser::default().parse(&mail.raw).unwrap();
    let images = message
        .attachments()
        .map(|part| (part.content_id().unwrap().to_owned(), part.contents().to_vec()));
    images.collect()
}

#[test]
fn a_mail_carries_each_image_once_and_the_proof_the_same() {
    let newsletter = newsletter("embed")
        .set("proof.required", "true")
        .subscribed(["reader-one@example.org", "reader-two@example.org"]);
    let issue = newsletter.issue_of("one", "title: One\n", TEXT);
    newsletter.expect(0, &["proof", &issue]);
    newsletter.expect(0, &["send", &issue]);
    let mail = newsletter.outbox_mail();
    assert_eq!(mail.len(), 4);
    for mail in &mail {
        let found = images(mail);
        let bytes: Vec<_> = found.iter().map(|(_, bytes)| bytes.as_slice()).collect();
        assert_eq!(bytes, [png(1200, 800, 100_000), png(32, 32, 200)]);
        let source = |at: usize| format!("<img src=\"cid:{}\"", found[at].0);
        assert_eq!(mail.html.matches(&source(0)).count(), 2, "{}", mail.html);
        assert_eq!(mail.html.matches(&source(1)).count(), 1);
        assert!(mail.html.contains("alt=\"A chart\" width=\"568\" style=\"max-width:100%"));
        assert!(mail.html.contains("alt=\"an icon\" width=\"16\" height=\"16\">"));
        assert!(mail.html.contains("href=\"https://e.example/issues/archive/\""));
        assert!(mail.html.contains("<img src=\"https://cdn.example/x.png\""));
        assert!(mail.text.contains("A chart\r\n\r\nWords an icon and older ones, again."));
        assert!(!mail.text.contains("cid:") && !mail.text.contains("chart.png"), "{}", mail.text);
    }
    let proofs = mail.iter().filter_map(|mail| mail.maybe_header("X-Postrider-Proof"));
    let digests: Vec<_> = proofs.collect();
    let status = newsletter.status(&issue);
    assert_eq!(digests, [status["digest"].as_str().unwrap(); 2], "{status}");
}

#[test]
fn a_changed_image_needs_a_new_proof() {
    let newsletter =
        newsletter("embed").set("proof.required", "true").subscribed(["reader-one@example.org"]);
    let issue = newsletter.issue_of("one", "title: One\n", TEXT);
    newsletter.expect(0, &["proof", &issue]);
    newsletter.write("issues/img/icon@2x.png", png(32, 32, 201));
    let refused = newsletter.expect(5, &["send", &issue]);
    assert!(refused.error().contains("the image `icon@2x.png`"), "{refused}");
}

#[test]
fn what_was_frozen_is_sent_whatever_becomes_of_the_file() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server).set("images.mode", "\"embed\"").subscribed([
        "reader-one@example.org",
        "hold-after-dot@example.org",
        "reader-three@example.org",
    ]);
    newsletter.write("issues/a.png", png(600, 400, 5_000));
    let issue = newsletter.issue_of("one", "title: One\n", "![A](a.png)\n");
    let sending = newsletter.start(&["send", &issue, "--yes"]);
    server.wait_until(|log| log.messages.len() == 2);
    sending.signal("KILL");
    sending.finish();
    server.release_held(1);
    newsletter.write("issues/a.png", png(600, 400, 6_000));
    let resumed = newsletter.expect(0, &["send", &issue, "--yes", "--in-doubt", "skip"]);
    assert!(resumed.stderr.contains("was edited since it was frozen"), "{resumed}");
    assert!(resumed.stderr.contains("the image `a.png`"), "{resumed}");
    server.wait_until(|log| log.messages.len() == 3);
    // The file that cannot be used any more is not needed either.
    std::fs::remove_dir_all(newsletter.path("issues")).unwrap();
    newsletter.expect(0, &["status", "one"]);
    for message in &server.log().messages {
        let mail = Mail::parse(message.content.clone());
        assert_eq!(images(&mail)[0].1, png(600, 400, 5_000));
    }
}

#[test]
fn a_preview_shows_the_local_files_and_measures_what_is_sent() {
    for mode in ["link", "embed"] {
        let newsletter =
            newsletter(mode).set("newsletter.assets_url", "\"https://e.example/a&b/\"");
        let text = format!("{TEXT}\n```\n<img src=\"https://e.example/a&b/img/chart.png\">\n```\n");
        let issue = newsletter.issue_of("one", "title: One\n", &text);
        let report = newsletter.json(0, &["preview", &issue, "--out", "shown"]);
        let read = |file: &str| std::fs::read(newsletter.path(file)).unwrap();
        let shown = String::from_utf8(read("shown/email.html")).unwrap();
        let sent = Mail::parse(read("shown/email.eml"));
        let mut names: Vec<String> = std::fs::read_dir(newsletter.path("shown/images"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_by_key(|name| read(&format!("shown/images/{name}")).len());
        assert_eq!(names.len(), 2);
        let mut expected = sent.html.replace("\r\n", "\n");
        let sources: &[(&str, usize)] = match mode {
            "link" => &[("chart.png", 1), ("same.png", 1), ("icon@2x.png", 0)],
            _ => &[],
        };
        for (name, at) in sources {
            let source = format!("<img src=\"https://e.example/a&amp;b/img/{name}\"");
            assert_eq!(expected.matches(&source).count(), 1, "{expected}");
            expected = expected.replace(&source, &format!("<img src=\"images/{}\"", names[*at]));
        }
        for (id, bytes) in images(&sent) {
            let name = names.iter().find(|name| read(&format!("shown/images/{name}")) == bytes);
            expected = expected.replace(&format!("cid:{id}"), &format!("images/{}", name.unwrap()));
        }
        assert_eq!(shown.trim_end(), expected.trim_end());
        let measures = &report["measures"];
        let number = |name: &str| measures[name].as_u64().unwrap() as usize;
        assert_eq!(number("html"), sent.html.replace("\r\n", "\n").len());
        let message = read("shown/email.eml").len();
        assert!((number("message")..number("message") + 3_000).contains(&message), "{report}");
        match mode {
            "link" => assert_eq!(number("attachments"), 0),
            _ => assert!(number("attachments") > 130_000, "{report}"),
        }
    }
}

#[test]
fn what_readers_could_not_see_is_an_error_at_its_line() {
    let newsletter = Newsletter::outbox().subscribed(["reader-one@example.org"]);
    newsletter.write("issues/drawing.svg", "<svg/>");
    newsletter.write("issues/a.png", png(10, 10, 0));
    let text = "![a](no.png)\n\n![b](drawing.svg)\n\n![c](a.png)\n\n[d](../archive/)\n\n\
                ![e](../../outside.png) ![](https://e.example/x.png)\n";
    let issue = newsletter.issue_of("one", "title: One\n", text);
    let run = newsletter.expect(4, &["check", &issue]);
    for said in [
        "issues/one.md:5:1",
        "there is no image `no.png`",
        "looked for issues/no.png.",
        "issues/one.md:7:1",
        "the image `drawing.svg` is SVG, which Gmail does not show",
        "issues/one.md:9:1",
        "`[newsletter] assets_url` is not set",
        "issues/one.md:11:1",
        "this link is relative, and the issue has no URL on the web",
        "issues/one.md:13:1",
        "is outside of the newsletter's folder",
        "issues/one.md:13:25",
        "the image has no alternative text",
        "5 errors, 1 warning",
    ] {
        assert!(run.stderr.contains(said) || run.stdout.contains(said), "{said}: {run}");
    }
    newsletter.expect(4, &["send", &issue]);
    let allowed =
        ["--allow", "missing-image", "--allow", "image-format", "--allow", "relative-target"];
    newsletter.expect(0, &[&["send", issue.as_str()][..], &allowed].concat());
    let mail = newsletter.outbox_mail().remove(0);
    assert!(mail.html.contains("<p>a</p>") && !mail.html.contains("no.png"), "{}", mail.html);
}

#[test]
fn a_provider_that_carries_no_images_says_so_before_anything_is_asked() {
    // Nobody listens there: a call would be another failure.
    let newsletter = Newsletter::mailchimp("127.0.0.1:9".parse().unwrap())
        .set("images.mode", "\"embed\"")
        .subscribed(["reader-one@example.org"]);
    newsletter.write("issues/a.png", png(10, 10, 0));
    let issue = newsletter.issue_of("one", "title: One\n", "![a](a.png)\n");
    for arguments in [&["send", issue.as_str(), "--yes"][..], &["proof", issue.as_str()]] {
        let refused = newsletter.run(arguments);
        assert!(
            refused.stderr.contains("cannot carry images in the mail, and this one has 1"),
            "{refused}"
        );
        assert!(refused.stderr.contains("mode = \"link\""), "{refused}");
        assert_eq!(refused.code, 4, "{refused}");
    }
}

#[test]
fn a_logo_that_the_theme_does_not_show_is_not_sent() {
    let newsletter = newsletter("embed").set("theme.logo", "\"art/logo.png\"");
    newsletter.write("art/logo.png", png(40, 40, 10));
    let issue = newsletter.issue_of("one", "title: One\n", "![An icon](img/icon@2x.png)\n");
    newsletter.copy_theme();
    newsletter.edit(
        "email-templates/weekly/partials/wordmark.mjml.hbs",
        "{{#if logo}}",
        "{{#if false}}",
    );
    newsletter.expect(0, &["preview", &issue, "--out", "shown"]);
    let mail = Mail::parse(std::fs::read(newsletter.path("shown/email.eml")).unwrap());
    assert_eq!(images(&mail).len(), 1);
}

#[test]
fn a_theme_shows_the_logo_of_the_configuration() {
    let logo = "{{#if logo}}<mj-image src=\"{{logo.src}}\" alt=\"{{logo.alt}}\" \
                width=\"{{logo.width}}px\" padding=\"0\" />{{/if}}";
    for (mode, source) in
        [("link", "src=\"https://e.example/art/logo@2x.png\""), ("embed", "src=\"cid:")]
    {
        let mut newsletter = Newsletter::outbox()
            .set("images.mode", &format!("\"{mode}\""))
            .set("images.path", "\".\"")
            .set("newsletter.assets_url", "\"https://e.example/\"");
        newsletter.copy_theme();
        let layout = "email-templates/weekly/layout.mjml.hbs";
        let text = std::fs::read_to_string(newsletter.path(layout)).unwrap();
        let (before, after) = text.split_once("<mj-column").unwrap();
        let (attributes, after) = after.split_once('>').unwrap();
        newsletter.write(layout, format!("{before}<mj-column{attributes}>{logo}{after}"));
        newsletter.write("art/logo@2x.png", png(401, 100, 50));
        let issue = newsletter.issue_of("one", "title: One\n", "Words.\n");
        let html = |newsletter: &Newsletter| {
            newsletter.expect(0, &["preview", &issue, "--out", "shown"]);
            let raw = std::fs::read(newsletter.path("shown/email.eml")).unwrap();
            (
                Mail::parse(raw).html,
                std::fs::read_to_string(newsletter.path("shown/email.html")).unwrap(),
            )
        };
        assert!(!html(&newsletter).0.contains("<img"));
        newsletter.change("theme.logo", "\"art/logo@2x.png\"");
        let (sent, shown) = html(&newsletter);
        assert!(sent.contains(source) && sent.contains("alt=\"The Test Weekly\""), "{sent}");
        assert!(sent.contains("width=\"201\""), "{sent}");
        assert!(shown.contains("src=\"images/"), "{shown}");
        newsletter.change("theme.logo_width", "100");
        newsletter.change("theme.logo_alt", "\"\"");
        let (sent, _) = html(&newsletter);
        assert!(sent.contains("width=\"100\"") && sent.contains("alt=\"\""), "{sent}");
        newsletter.change("theme.logo", "\"art/none.png\"");
        let run = newsletter.expect(4, &["check", &issue]);
        assert!(
            run.stdout.contains("`[theme] logo`: there is no image")
                || run.stderr.contains("`[theme] logo`: there is no image"),
            "{run}"
        );
    }
}
