use crate::issue::Document;
use crate::render::article_html::{Look, write};
use crate::render::flow::flow;
use crate::source::{Findings, SourceText};

fn html(markdown: &str) -> String {
    let source = SourceText::new("a.md", markdown.as_bytes()).unwrap();
    let document = Document::parse(&source, 0).unwrap();
    let html = write(&flow(&document, &mut Findings::about(&source)), &Look::default(), &[]);
    html.html.replace('\n', "")
}

#[test]
fn a_paragraph_ends_where_a_block_begins() {
    let cases = [
        ("a <div>b</div> c", "<p>a </p><div>b</div><p> c</p>"),
        ("a <p>b</p>", "<p>a </p><p>b</p>"),
        ("a <hr> b", "<p>a </p><hr><p> b</p>"),
        ("a *b <div>c</div> d*", "<p>a </p><em>b <div>c</div> d</em>"),
        ("<p>\n\na\n\n</p>", "<p>a</p>"),
        ("<p align=\"center\">\n\na\n\n</p>", "<div align=\"center\"><p>a</p></div>"),
        ("<p>a<ul><li>b</ul></p>", "<p>a</p><ul><li>b</li></ul>"),
        ("<h2>a<h3>b</h3>c</h2>", "<h2 class=\"top\">a</h2><h3>b</h3><h2>c</h2>"),
        ("<b><p>a</p></b>", "<b><p>a</p></b>"),
    ];
    for (markdown, expected) in cases {
        assert_eq!(html(markdown), expected, "{markdown}");
    }
}

#[test]
fn a_part_of_a_table_without_its_table_is_a_block() {
    let cases = [
        ("<td>a</td>", "<div>a</div>"),
        ("<td colspan=\"2\" align=\"right\">a</td>", "<div align=\"right\">a</div>"),
        ("a <td>b</td>", "<p>a </p><div>b</div>"),
        ("<tr><td>a</td></tr>", "<div><div>a</div></div>"),
        ("<caption>a</caption>", "<div>a</div>"),
        ("<div><td>a</td></div>", "<div><div>a</div></div>"),
        (
            "<table><tr><td><div><tr>a</tr></div></td></tr></table>",
            "<table><tr><td><div><div>a</div></div></td></tr></table>",
        ),
    ];
    for (markdown, expected) in cases {
        assert_eq!(html(markdown), expected, "{markdown}");
    }
}

#[test]
fn all_that_a_table_holds_stands_in_its_cells() {
    let cases = [
        ("<table>a</table>", "<table><tr><td>a</td></tr></table>"),
        ("<table><tr>a<td>b</td></tr></table>", "<table><tr><td>a</td><td>b</td></tr></table>"),
        (
            "<table><tbody><td>a</td></tbody></table>",
            "<table><tbody><tr><td>a</td></tr></tbody></table>",
        ),
        ("<table><br><tr><br><td>a</td></tr></table>", "<table><tr><td>a</td></tr></table>"),
        (
            "<table>\n<caption>a</caption>\n<tr><td>b</td></tr>\n</table>",
            "<table><caption>a</caption><tr><td>b</td></tr></table>",
        ),
    ];
    for (markdown, expected) in cases {
        assert_eq!(html(markdown), expected, "{markdown}");
    }
}

#[test]
fn what_has_no_place_is_told() {
    let source = "<td>a</td>\n\n<table><tr><td>b</td></tr></table>\n\n[c <https://d>](https://e)\n";
    let source = SourceText::new("a.md", source.as_bytes()).unwrap();
    let document = Document::parse(&source, 0).unwrap();
    let mut findings = Findings::about(&source);
    flow(&document, &mut findings);
    let told: Vec<_> = findings.into_sorted().iter().map(|f| f.message.clone()).collect();
    assert_eq!(
        told,
        ["<td> is outside of <tr>; it is shown as a block", "a link is inside another link"]
    );
}

#[test]
fn an_item_has_a_list() {
    let cases = [
        ("<li>a</li>", "<ul><li>a</li></ul>"),
        ("<dt>a<dd>b", "<dl><dt>a</dt><dd>b</dd></dl>"),
        ("<ul><li>a <div><li>b</div></ul>", "<ul><li>a <div><ul><li>b</li></ul></div></li></ul>"),
    ];
    for (markdown, expected) in cases {
        assert_eq!(html(markdown), expected, "{markdown}");
    }
}

#[test]
fn a_link_ends_where_another_begins() {
    let link = |target: &str, text: &str| format!("<a href=\"https://{target}\">{text}</a>");
    let two = format!("<p>{}{}{}</p>", link("x", "a "), link("y", "b"), link("x", " c"));
    assert_eq!(html("<a href=\"https://x\">a [b](https://y) c</a>"), two);
    let written = html("<a href=\"https://x\">\n\n[b](https://y)\n\n</a>");
    assert_eq!(written, format!("<p>{}</p>", link("y", "b")));
}
