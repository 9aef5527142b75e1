use super::*;
use crate::issue::Document;
use crate::render::article_html::{self, Look};
use crate::render::article_text;
use crate::render::flow::flow;
use crate::render::images::{Illustration, ImageFault, ImageFile, ImageFinder, ImageMode};
use crate::source::SourceText;

/// Every path that begins with `w` is a PNG of that width, half as high.
struct Widths;

impl ImageFinder for Widths {
    fn find(&self, _from: Start, path: &str) -> Result<ImageFile, ImageFault> {
        let width = path.strip_prefix('w').and_then(|rest| rest.split('.').next()?.parse().ok());
        let missing = || ImageFault::Missing { tried: Vec::new() };
        let width: u32 = width.ok_or_else(missing)?;
        let mut bytes = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend((width / 2).to_be_bytes());
        Ok(ImageFile { bytes, published: Some(path.to_owned()) })
    }
}

/// Both parts, and the findings as `line:column rule`.
fn shown(mode: ImageMode, page: Option<&str>, markdown: &str) -> (String, String, Vec<String>) {
    let source = SourceText::new("a.md", markdown.as_bytes()).unwrap();
    let document = Document::parse(&source, 0).unwrap();
    let mut findings = Findings::about(&source);
    let mut nodes = flow(&document, &mut findings);
    let assets = Url::parse("https://e.org/").unwrap();
    let page = page.map(|page| Url::parse(page).unwrap());
    let rules = Illustration { files: &Widths, mode, assets_url: Some(&assets), logo: None };
    resolve(&mut nodes, page.as_ref(), &mut Gallery::new(rules), &mut findings);
    let short = |f: &crate::source::Finding| {
        let (line, column) = f.place.as_ref().map_or((0, 0), |p| (p.line, p.column));
        format!("{line}:{column} {}", f.rule.0)
    };
    let found = findings.into_sorted().iter().map(short).collect();
    (article_html::write(&nodes, &Look::default(), &[]).html, article_text::write(&nodes), found)
}

fn linked(markdown: &str) -> (String, String, Vec<String>) {
    shown(ImageMode::Link, Some("https://e.org/issues/1/"), markdown)
}

#[test]
fn an_image_alone_is_as_wide_as_the_column_and_one_in_a_line_as_it_is() {
    let style = "style=\"max-width:100%\"";
    let cases = [
        ("![a](w900.png)", format!("<p><img src=\"https://e.org/w900.png\" alt=\"a\" width=\"568\" {style}></p>\n")),
        ("![a](w90.png)", format!("<p><img src=\"https://e.org/w90.png\" alt=\"a\" width=\"90\" {style}></p>\n")),
        (
            "[![a](w900.png)](https://x.example)",
            format!("<p><a href=\"https://x.example\"><img src=\"https://e.org/w900.png\" alt=\"a\" width=\"568\" {style}></a></p>\n"),
        ),
        (
            "![a](w90.png) b",
            "<p><img src=\"https://e.org/w90.png\" alt=\"a\" width=\"90\" height=\"45\"> b</p>\n".into(),
        ),
        (
            "b ![a](w900.png)",
            format!("<p>b <img src=\"https://e.org/w900.png\" alt=\"a\" width=\"568\" {style}></p>\n"),
        ),
        (
            "![a](w90.png \"T\")\n![b](w80.png)",
            "<p><img src=\"https://e.org/w90.png\" alt=\"a\" title=\"T\" width=\"90\" height=\"45\">\n\
             <img src=\"https://e.org/w80.png\" alt=\"b\" width=\"80\" height=\"40\"></p>\n"
                .into(),
        ),
        ("![a](https://x.example/y.png)", format!("<p><img src=\"https://x.example/y.png\" alt=\"a\" {style}></p>\n")),
        (
            "> ![a](w900.png)",
            format!("<blockquote><p><img src=\"https://e.org/w900.png\" alt=\"a\" width=\"528\" {style}></p></blockquote>\n"),
        ),
        (
            "<img src='https://x.example/y.png' alt='a' width=1200 height=600>",
            "<img src=\"https://x.example/y.png\" alt=\"a\" width=\"568\" height=\"284\" style=\"max-width:100%;height:auto\">".into(),
        ),
        (
            "<center>\n<img src='w900.png' alt='a' width=300>\n</center>",
            format!("<center>\n<img src=\"https://e.org/w900.png\" alt=\"a\" width=\"300\" {style}>\n</center>\n"),
        ),
    ];
    for (markdown, expected) in cases {
        let (html, _, found) = linked(markdown);
        assert_eq!((html, found), (expected, vec![]), "{markdown}");
    }
}

#[test]
fn an_image_without_words_is_told_unless_it_is_decoration() {
    for (markdown, html, text, found) in [
        ("![](w9.png) b", "alt=\"\"", " b\n<https://e.org/w9.png>\n", vec!["1:1 missing-alt"]),
        ("![ ](w9.png) b", "alt=\"\" role=\"presentation\"", "b\n", vec![]),
        ("<img src=w9.png> b", "alt=\"\"", " b\n<https://e.org/w9.png>\n", vec!["1:1 missing-alt"]),
        ("<img src=w9.png alt=''> b", "alt=\"\" role=\"presentation\"", "b\n", vec![]),
        ("![a](w9.png) b", "alt=\"a\"", "a b\n<https://e.org/w9.png>\n", vec![]),
    ] {
        let (shown_html, shown_text, shown_found) = linked(markdown);
        assert!(shown_html.contains(html), "{shown_html}");
        assert_eq!(
            (shown_text.trim_start(), shown_found),
            (text.trim_start(), found.iter().map(|f| f.to_string()).collect()),
            "{markdown}"
        );
    }
}

#[test]
fn the_text_of_a_mail_that_carries_its_images_names_none_of_them() {
    let markdown = "![a](w9.png)\n\n![](w8.png)\n\n[![c](w7.png)](https://x.example)\n\nd";
    let (html, text, _) = shown(ImageMode::Embed, None, markdown);
    assert_eq!(text, "a\n\nc\n<https://x.example>\n\nd\n");
    assert_eq!(html.matches("src=\"cid:").count(), 3);
}

#[test]
fn an_image_that_is_not_there_leaves_its_words() {
    let (html, text, found) = linked("> ![*a* chart](no.png) b\n");
    assert_eq!(html, "<blockquote><p>a chart b</p></blockquote>\n");
    assert_eq!(text, "> a chart b\n");
    assert_eq!(found, ["1:3 missing-image"]);
}

#[test]
fn links_lead_on_from_the_page_of_the_issue() {
    let cases = [
        ("../archive/", "https://e.org/issues/archive/"),
        ("x.html#y", "https://e.org/issues/1/x.html#y"),
        ("?page=2", "https://e.org/issues/1/?page=2"),
        ("/root", "https://e.org/root"),
        ("//other.example/x", "https://other.example/x"),
        ("../../../../x", "https://e.org/x"),
        ("#here", "#here"),
        ("https://x.example/a", "https://x.example/a"),
        ("mailto:a@example.org", "mailto:a@example.org"),
    ];
    for (target, expected) in cases {
        for markdown in [format!("[t]({target})"), format!("<a href=\"{target}\">t</a>")] {
            let (html, text, found) = linked(&markdown);
            assert!(html.contains(&format!("href=\"{expected}\"")), "{html}");
            assert_eq!(text.contains(expected), !expected.starts_with('#'), "{text}");
            assert_eq!(found, Vec::<String>::new(), "{markdown}");
        }
    }
    let (html, _, found) =
        shown(ImageMode::Link, None, "a\n\nb [t](x) <a href='/y'>u</a> [v](#w)\n");
    assert_eq!(found, ["3:3 relative-target"], "one setting is missing");
    assert!(html.contains("href=\"x\"") && html.contains("href=\"#w\""), "{html}");
}

#[test]
fn an_error_never_hides_behind_warnings() {
    let markdown = format!("{}![a](no.png)\n", "![](w9.png)\n".repeat(200));
    let (_, _, found) = linked(&markdown);
    assert_eq!(found, ["1:1 missing-alt", "201:1 missing-image"]);
}

/// Were each image compared with the gaps that those before it left, this
/// would take minutes.
#[test]
fn a_hundred_thousand_images_that_are_not_there_are_no_burden() {
    let (html, _, _) = linked(&"<img src=x.png> ".repeat(100_000));
    assert!(!html.contains("<img"));
}

#[test]
fn a_size_of_the_authors_fits_the_column() {
    for (written, expected) in [
        ("width=1136 height=500", "width=\"568\" height=\"250\""),
        ("width=120px height=80", "width=\"120\" height=\"80\""),
        ("width=50%", "width=\"50%\" style"),
        ("width=x height=-1", "width=\"300\" style"),
        ("width=0 height=auto", "width=\"300\" style"),
        ("width=101%", "width=\"300\" style"),
    ] {
        let (html, _, _) = linked(&format!("<img src=w300.png alt=a {written}>"));
        assert!(html.contains(&format!(" alt=\"a\" {expected}")), "{written}: {html}");
    }
}
