use super::*;
use crate::source::SourceText;

/// The nodes in short, and the findings as `line:column rule`.
fn outline(markdown: &str) -> (String, Vec<String>) {
    let source = SourceText::new("a.md", markdown.as_bytes()).unwrap();
    let document = Document::parse(&source, 0).unwrap();
    let mut findings = Findings::about(&source);
    let mut out = String::new();
    write(&flow(&document, &mut findings), &mut out);
    let place = |f: &crate::source::Finding| f.place.clone().map(|p| (p.line, p.column));
    let found = findings.into_sorted();
    let short = |f: &crate::source::Finding| {
        let (line, column) = place(f).unwrap_or_default();
        format!("{line}:{column} {}", f.rule.0)
    };
    (out, found.iter().map(short).collect())
}

fn write(nodes: &[Node<'_>], out: &mut String) {
    for node in nodes {
        match node {
            Node::Element(element) => {
                match &element.kind {
                    ElementKind::Raw { name, attributes } => {
                        out.push_str(&format!("({name}"));
                        attributes.iter().for_each(|(k, v)| out.push_str(&format!(" {k}={v}")));
                        out.push(' ');
                    }
                    ElementKind::Link { target, .. } => out.push_str(&format!("(link {target} ")),
                    ElementKind::Heading { level, .. } => out.push_str(&format!("(h{level} ")),
                    kind => {
                        let name = format!("{kind:?}");
                        out.push_str(&format!("({} ", name.split([' ', '(']).next().unwrap()));
                    }
                }
                write(&element.children, out);
                out.push(')');
            }
            Node::Text(text) => out.push_str(text),
            Node::Code(text) => out.push_str(&format!("`{text}`")),
            Node::Image { source, alternative, attributes, .. } => {
                out.push_str(&format!("[{alternative}|{source}|{attributes:?}]"));
            }
            Node::SoftBreak => out.push('~'),
            Node::HardBreak => out.push('/'),
            Node::Rule => out.push('-'),
            Node::FootnoteMark(number) => out.push_str(&format!("^{number}")),
        }
    }
}

#[test]
fn raw_html_is_put_in_order() {
    let cases: [(&str, &str, &[&str]); 16] = [
        ("a <small>b</small> c", "(Paragraph a (small b) c)", &[]),
        ("a <small>b", "(Paragraph a (small b))", &["1:3 raw-html"]),
        ("*a <u>b* c</u>", "(Paragraph (Emphasis a (u b)) c)", &["1:4 raw-html", "1:11 raw-html"]),
        ("x<br>y<BR/>z", "(Paragraph x/y/z)", &[]),
        ("`x` Vec<T> y", "(Paragraph `x` Vec<T> y)", &["1:8 pseudo-tag"]),
        ("<T>\n*a*", "<T>\n*a*", &["1:1 pseudo-tag"]),
        ("a\n\n<T>\n\nb", "(Paragraph a)<T>\n(Paragraph b)", &["3:1 pseudo-tag"]),
        ("a<!-- b -->c\n\n<!-- x\n\ny -->\n", "(Paragraph ac)\n", &[]),
        ("<script>alert(1)</script>x", "x", &["1:1 raw-html"]),
        ("a<script>b*c*</script>d", "(Paragraph ad)", &["1:2 raw-html"]),
        ("a<script>b\n\nc", "(Paragraph a<script>b)(Paragraph c)", &["1:2 pseudo-tag"]),
        (
            "<details open>\n<summary>s</summary>\n\n*b*\n\n</details>",
            "(div \n(Summary s)\n(Paragraph (Emphasis b)))",
            &[],
        ),
        (
            "<a href='https://x.example' onclick='y'>t</a>",
            "(Paragraph (link https://x.example t))",
            &[],
        ),
        ("<a href='java&#115;cript:y'>t</a>", "(Paragraph (a t))", &["1:1 refused-target"]),
        (
            "[t](javascript:y) ![i](data:x)",
            "(Paragraph t i)",
            &["1:1 refused-target", "1:19 refused-target"],
        ),
        ("<img src=a.png><button>b</button>", "(Paragraph [|a.png|[]]b)", &["1:16 raw-html"]),
    ];
    for (markdown, expected, found) in cases {
        let (nodes, findings) = outline(markdown);
        assert_eq!(nodes, expected, "{markdown}");
        assert_eq!(findings, found, "{markdown}");
    }
}

#[test]
fn no_word_is_lost_to_an_element_that_a_mail_cannot_show() {
    let film = "(Paragraph (link https://e.example/f https://e.example/f))";
    let cases: &[(&str, &str, &[&str])] = &[
        // Case 01 of real use: closed by `/>`, or never.
        (
            "<div>\n<iframe src=\"https://e.example/f\" />\n</div>\n\nb",
            &format!("(div \n{film}\n)\n(Paragraph b)"),
            &["2:1 raw-html"],
        ),
        (
            "<iframe src=\"https://e.example/f\" />\n\nb",
            &format!("{film}\n(Paragraph b)"),
            &["1:1 raw-html"],
        ),
        (
            "<iframe src=https://e.example/f>\n\nb",
            &format!("{film}\n(Paragraph b)"),
            &["1:1 raw-html"],
        ),
        (
            "<iframe title=T src=//e.example/f>c</iframe>\n\nb",
            "(Paragraph (link https://e.example/f T))\n(Paragraph b)",
            &["1:1 raw-html"],
        ),
        ("<iframe src=https://e.example/f height=0></iframe>b", "b", &["1:1 raw-html"]),
        (
            "<video controls>\n<source src=https://e.example/f>\n</video>",
            &format!("\n{film}\n"),
            &["2:1 raw-html"],
        ),
        (
            "<video src='https://e.example/f' />\n\nb",
            &format!("{film}\n(Paragraph b)"),
            &["1:1 raw-html"],
        ),
        ("<svg/>\n\nb", "\n(Paragraph b)", &[]),
        ("<svg><title>a</title><path d=x /></svg>b", "(Paragraph b)", &[]),
        ("<svg>\n\n<path/>\n\n</svg>\n\nb", "\n(Paragraph b)", &[]),
        ("<svg><text>a b</text></svg>c", "(Paragraph c)", &["1:1 lost-words"]),
        ("<script src=x />\n\nb c", "", &["1:1 lost-words"]),
        ("<style>\n\nb", "", &["1:1 lost-words"]),
        ("<style><!-- </style> b\n\nc", " b\n(Paragraph c)", &["1:1 raw-html"]),
        // Case 02: mentioned in a sentence.
        (
            "- The <select> x\n- The <title> y\n",
            "(List (Item The <select> x)(Item The <title> y))",
            &["1:7 pseudo-tag", "2:7 pseudo-tag"],
        ),
        (
            "*a <video>* b <script> c",
            "(Paragraph (Emphasis a <video>) b <script> c)",
            &["1:4 pseudo-tag", "1:15 pseudo-tag"],
        ),
        ("a <title>b c</title> d", "(Paragraph a  d)", &["1:3 lost-words"]),
        (
            "<title> is an element.\n\nb",
            "<title> is an element.\n(Paragraph b)",
            &["1:1 pseudo-tag"],
        ),
        // Cases 03 and 04: instructions and comments that never end.
        ("a\n\n<?php b\n\nc", "(Paragraph a)", &["3:1 lost-words"]),
        ("<!X a\n\nb -> c", " c", &["1:1 lost-words"]),
        ("a\n\n<!-- b\n\nc", "(Paragraph a)", &["3:1 lost-words"]),
        ("a <!ELEMENT b> c", "(Paragraph a <!ELEMENT b> c)", &["1:3 pseudo-tag"]),
        ("<!DOCTYPE html>\n\na", "\n(Paragraph a)", &[]),
        ("<!---> a\n\nb", " a\n(Paragraph b)", &[]),
        // Case 30.
        (
            "<div>\nA **b c**, [d](https://e.example).\n</div>",
            "(div \nA **b c**, [d](https://e.example).\n)",
            &["1:6 markdown-in-html"],
        ),
    ];
    for (markdown, expected, found) in cases {
        let (nodes, findings) = outline(markdown);
        assert_eq!(nodes, *expected, "{markdown}");
        assert_eq!(findings, *found, "{markdown}");
    }
}

#[test]
fn a_place_inside_a_block_of_html_is_exact() {
    let (_, findings) = outline("> <div>\n> é <T> x\n> </div>\n");
    assert_eq!(findings, ["2:5 pseudo-tag"]);
}

#[test]
fn headings_begin_at_two_and_skip_nothing() {
    let (nodes, _) = outline("# a\n### b\n#### c\n## d\n# e\n");
    assert_eq!(nodes, "(h2 a)(h3 b)(h4 c)(h3 d)(h2 e)");
    assert_eq!(outline("### a\n# b\n").0, "(h2 a)(h2 b)");
    assert_eq!(outline("# a\n## b\n### c\n#### d\n##### e\n###### f\n").0.matches("h6").count(), 2);
}

#[test]
fn depth_is_bounded() {
    let (nodes, findings) = outline(&format!("{}x", "<b>".repeat(500)));
    assert_eq!(nodes.matches("(b ").count(), DEEPEST - 1);
    assert!(nodes.contains('x'));
    assert!(findings.contains(&"1:298 deep-nesting".to_owned()), "{findings:?}");
    assert_eq!(findings.len(), 2, "<b> unclosed, and depth: {findings:?}");
}

#[test]
fn images_and_addresses_are_read() {
    assert_eq!(
        outline("![a *b* `c`](x.png 'T') <a@example.org>").0,
        "(Paragraph [a b c|x.png|[(\"title\", \"T\")]] (link mailto:a@example.org a@example.org))"
    );
}

#[test]
fn an_id_stands_once_and_is_none_of_a_heading() {
    let source = "<b id=\"a\">x</b> <b id=\"a\">y</b> <b id=\"s1\">z</b> <b id=\"side\">w</b>";
    let source = SourceText::new("a.md", source.as_bytes()).unwrap();
    let document = Document::parse(&source, 0).unwrap();
    let mut findings = Findings::about(&source);
    let nodes = flow(&document, &mut findings);
    let mut kept = Vec::new();
    crate::render::node::walk(&nodes, &mut |node| {
        if let Some(ElementKind::Raw { attributes, .. }) = node.kind() {
            kept.push(attributes.len());
        }
    });
    assert_eq!(kept, [1, 0, 0, 1]);
    assert_eq!(findings.into_sorted().len(), 2);
}
