//! Every sample of every theme as readers get it, in files that a person has read.
//!
//! A line break is added before each block of the html, so that changes are
//! readable; nothing else is changed. The message is kept byte by byte.
//! `INSTA_UPDATE=always cargo test --test it golden` writes new and changed files
//! into `tests/fixtures/golden`: read them before you commit them.

use postrider::campaign::{Campaign, CopyRecipient, FixedHeaders, MessageForm, MessagePurpose};
use postrider::domain::{
    CampaignKey, EmailAddress, HeaderText, Mailbox, Slug, SubscriberId, Timestamp,
};
use postrider::issue::Issue;
use postrider::render::{Illustration, Letterhead, Rendered, SlotValues, render};
use postrider::source::SourceText;
use postrider::theme::{Theme, embedded};

use crate::support::rendering::{letterhead, root};

/// What begins a line in the html that is kept.
const BLOCKS: [&str; 17] = [
    "<!--[if",
    "<![endif]",
    "<blockquote",
    "<body",
    "<div",
    "<h1",
    "<h2",
    "<h3",
    "<hr",
    "<li",
    "<ol",
    "<p>",
    "<p ",
    "<pre",
    "<table",
    "<tr",
    "<ul",
];

#[test]
fn every_sample_is_rendered_as_it_was_approved() {
    for (theme, name) in themes() {
        assert!(!theme.samples.is_empty(), "{name} has samples");
        for (path, text) in &theme.samples {
            let rendered = sample(&theme, path, text);
            let file = format!("{name}-{}", stem(path));
            kept().bind(|| {
                let html = in_lines(&rendered.html.fill(&SlotValues::EXAMPLE));
                insta::assert_snapshot!(format!("{file}.html"), html);
                let text = rendered.text.fill(&SlotValues::EXAMPLE);
                insta::assert_snapshot!(format!("{file}.text"), text);
            });
        }
    }
}

#[test]
fn a_message_is_built_as_it_was_approved() {
    let theme = Theme::from_files("weekly", &embedded("weekly").unwrap()).unwrap();
    let (path, text) = theme.samples.first_key_value().unwrap();
    let campaign = campaign(path, &sample(&theme, path, text));
    let form =
        MessageForm::compile(&campaign, MessagePurpose::Campaign, Timestamp::UNIX_EPOCH).unwrap();
    let to = EmailAddress::parse("reader@example.org").unwrap();
    let mut message = Vec::new();
    let SlotValues { unsubscribe_url, first_name, last_name } = SlotValues::EXAMPLE;
    let to = CopyRecipient { subscriber: SubscriberId(1), address: &to, first_name, last_name };
    form.splice(&to, unsubscribe_url, &mut message);
    kept().bind(|| insta::assert_binary_snapshot!("message.eml", message));
}

/// The embedded themes, which stand in the repository too.
fn themes() -> Vec<(Theme, String)> {
    let entries = std::fs::read_dir(root().join("email-templates")).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let mut names: Vec<_> =
        folders.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    let theme = |name: String| Some((Theme::from_files(&name, &embedded(&name)?).unwrap(), name));
    let themes: Vec<_> = names.into_iter().filter_map(theme).collect();
    assert!(!themes.is_empty());
    themes
}

fn sample(theme: &Theme, path: &str, text: &str) -> Rendered {
    let source = SourceText::new(path, text.as_bytes()).unwrap();
    let issue = Issue::parse(&source, stem(path)).unwrap();
    let usual = letterhead();
    let language = issue.language.as_ref().map_or(&usual.language, |language| &language.value);
    let letterhead =
        Letterhead { direction: language.direction(), language: language.clone(), ..usual.clone() };
    render(&issue, theme, &letterhead, &Illustration::NONE).unwrap().0
}

fn campaign(path: &str, rendered: &Rendered) -> Campaign {
    let slug = |text: &str| Slug::from_text(text).unwrap();
    let key = CampaignKey { newsletter: slug("example-weekly"), issue: slug(stem(path)) };
    let headers = FixedHeaders {
        from: Mailbox::parse("Example & Weekly <news@example.org>").unwrap(),
        reply_to: Some(Mailbox::parse("editors@example.org").unwrap()),
        list_id: HeaderText::parse("weekly.example.org").unwrap(),
        language: "en".into(),
    };
    Campaign::freeze(key, rendered, &headers)
}

fn stem(path: &str) -> &str {
    path.trim_start_matches("samples/").trim_end_matches(".md")
}

fn in_lines(html: &str) -> String {
    let mut out = String::with_capacity(html.len() + html.len() / 16);
    for (at, c) in html.char_indices() {
        let begins = c == '<' && BLOCKS.iter().any(|block| html[at..].starts_with(block));
        if begins && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push(c);
    }
    out
}

fn kept() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../fixtures/golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}
