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
        ("a<script>b\n\nc", "(Paragraph a)(Paragraph c)", &["1:2 raw-html"]),
        (
            "<details open>\n<summary>s</summary>\n\n*b*\n\n</details>",
            "(div \n(Summary s)\n(Paragraph (Emphasis b)))",
            &[],
        ),
        (
            "<a href='https://x.example' onclick='y'>t</a>",
            "(Paragraph (link https://x.example t))",
            &["1:1 raw-html"],
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
