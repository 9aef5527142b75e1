//! Outputs of mrml that damage a newsletter, and the guards against them.
//!
//! Each test first shows the output of mrml, so that a fix in a new version of mrml
//! is noticed, and then the result for a theme with the guard.

use std::collections::BTreeMap;

use postrider::render::SlotValues;
use postrider::theme::{REQUIRED, Theme};

use crate::support::rendering::rendered;

/// What mrml makes of something in a column, or why it refuses it.
fn mrml_alone(body: &str) -> Result<String, String> {
    mrml_whole(&format!(
        "<mjml><mj-body><mj-section><mj-column>{body}</mj-column></mj-section></mj-body></mjml>"
    ))
}

fn mrml_whole(mjml: &str) -> Result<String, String> {
    let parsed = mrml::parse(mjml).map_err(|error| error.to_string())?;
    let options = mrml::prelude::render::RenderOptions::default();
    parsed.element.render(&options).map_err(|error| error.to_string())
}

/// The files of a theme that has nothing but what it must have.
fn files(head: &str, body: &str) -> BTreeMap<String, String> {
    let colour = |name: &str| {
        format!("[palette.{name}]\nlight = \"#767676\"\ndark = \"#767676\"\ndoc = \"A colour.\"\n")
    };
    let palette: String = REQUIRED.into_iter().map(colour).collect();
    let layout = format!(
        "<mjml lang=\"{{{{language}}}}\" dir=\"{{{{direction}}}}\">\n<mj-head>\n\
         <mj-title>{{{{title}}}}</mj-title>\n\
         <mj-attributes><mj-all font-family=\"serif\" /></mj-attributes>\n{head}</mj-head>\n\
         <mj-body>\n<mj-section>\n<mj-column>\n\
         <mj-text>{{{{article}}}}</mj-text>\n{body}\n</mj-column>\n</mj-section>\n</mj-body>\n</mjml>\n"
    );
    let files = [
        ("theme.toml", format!("description = \"A theme of the tests.\"\n{palette}")),
        ("layout.mjml.hbs", layout),
        ("text.txt.hbs", "{{article}}\n".to_owned()),
    ];
    files.map(|(name, text)| (name.to_owned(), text)).into()
}

fn html_of(files: &BTreeMap<String, String>) -> Result<String, String> {
    let theme = Theme::from_files("plain", files).map_err(|fault| fault.to_string())?;
    let source = postrider::source::SourceText::new("a.md", b"Title: T\n\ntext\n").unwrap();
    let issue = postrider::issue::Issue::parse(&source, "a").unwrap();
    let letterhead = crate::support::rendering::letterhead();
    let (mail, _) = postrider::render::render(
        &issue,
        &theme,
        &letterhead,
        &postrider::render::Illustration::NONE,
    )
    .map_err(|fault| fault.to_string())?;
    Ok(mail.html.fill(&SlotValues::EXAMPLE))
}

/// What a theme of ours makes of something in a column.
fn ours(body: &str) -> Result<String, String> {
    html_of(&files("", body))
}

/// The line of the layout at which [`files`] puts the body.
const BODY_LINE: &str = "plain/layout.mjml.hbs:10:";

#[track_caller]
fn refused(body: &str, expected: &str) {
    let fault = ours(body).expect_err(body);
    assert!(fault.starts_with(BODY_LINE), "{body}: {fault}");
    assert!(fault.contains(expected), "{body}: {fault}");
}

#[test]
fn line_ends_of_windows() {
    let mjml =
        "<mjml>\r\n<mj-head>\r\n<mj-title>T</mj-title>\r\n</mj-head>\r\n<mj-body></mj-body></mjml>";
    assert!(mrml_whole(mjml).is_err(), "mrml reads CRLF now");
    let mut files = files("", "<mj-text>a</mj-text>");
    for text in files.values_mut() {
        *text = text.replace('\n', "\r\n");
    }
    assert!(!html_of(&files).unwrap().contains('\r'));
}

/// b1: values of attributes are printed with Rust's `Debug`.
#[test]
fn attributes_are_printed_as_rust_would() {
    for (attribute, spoilt) in [
        ("style=\"color:red;\nmargin:0\"", "style=\"color:red;\\nmargin:0\""),
        ("title=\"a\tb\"", "title=\"a\\tb\""),
        ("title=\"C:\\x\"", "title=\"C:\\\\x\""),
        ("title='a \"b\"'", "title=\"a \\\"b\\\"\""),
        ("title=\"a\u{a0}b\"", "title=\"a\\u{a0}b\""),
        ("title=\"👩\u{200d}🚀\"", "title=\"👩\\u{200d}🚀\""),
    ] {
        let body = format!("<mj-text><p {attribute}>x</p></mj-text>");
        let html = mrml_alone(&body).unwrap();
        assert!(html.contains(spoilt), "mrml writes {attribute} in another way now: {html}");
        refused(&body, "which mrml cannot write");
    }
    let references = "<p title=\"a &quot;b&quot;&nbsp;&#9;c\">x</p>";
    assert!(ours(&format!("<mj-text>{references}</mj-text>")).unwrap().contains(references));
    assert!(ours("<mj-text><p title=\"it's 👩 é\">x</p></mj-text>").unwrap().contains("it's 👩 é"));
}

/// b2: the title is repeated in `aria-label`, unescaped.
#[test]
fn a_title_with_quotes() {
    let html = mrml_whole(
        "<mjml><mj-head><mj-title>a \"b\"</mj-title></mj-head><mj-body></mj-body></mjml>",
    );
    assert!(html.unwrap().contains("aria-label=\"a \\\"b\\\"\""), "mrml escapes the title now");
    let mut files = files("", "");
    let layout = files["layout.mjml.hbs"].replace("{{title}}", "a \"b\" {{title}}");
    files.insert("layout.mjml.hbs".into(), layout);
    let fault = html_of(&files).unwrap_err();
    assert!(fault.starts_with("plain/layout.mjml.hbs:3:11: the title holds '\"'"), "{fault}");
    let theme = Theme::from_files("plain", &self::files("", "")).unwrap();
    let (mail, _) = rendered("a.md", b"Title: <a> \"b\" & c\n\ntext\n", &theme).unwrap();
    let html = mail.html.fill(&SlotValues::EXAMPLE);
    assert!(html.contains("<title>&lt;a&gt; \"b\" &amp; c</title>"), "{html}");
    assert!(!html.contains("aria-label"), "{html}");
}

/// b3: blank text that begins with a line break is dropped between words.
#[test]
fn a_line_break_between_words() {
    let body =
        "<mj-text><a href=\"https://one.example\">one</a>\n<b>two</b>\n  <i>three</i></mj-text>";
    let html = mrml_alone(body).unwrap();
    assert!(html.contains("one</a><b>two</b><i>three"), "mrml keeps the line break now: {html}");
    let html = ours(body).unwrap();
    assert!(html.contains("one</a> <b>two</b>   <i>three</i>"), "{html}");
    let html = ours("<mj-text><p>one</p>\n<p>two</p></mj-text>").unwrap();
    assert!(html.contains("<p>one</p><p>two</p>"), "blocks need no space: {html}");
}

/// b4: no `alt` where MJML writes an empty one.
#[test]
fn images_without_words() {
    for body in [
        "<mj-image src=\"https://x.example/x.png\" />",
        "<mj-text><img src=\"https://x.example/x.png\" /></mj-text>",
        "<mj-carousel><mj-carousel-image src=\"https://x.example/x.png\" /></mj-carousel>",
        "<mj-social><mj-social-element src=\"https://x.example/x.png\" href=\"https://x.example\">x</mj-social-element></mj-social>",
    ] {
        let html = mrml_alone(body).unwrap();
        let image = html.find("<img").unwrap();
        let tag = &html[image..image + html[image..].find('>').unwrap()];
        assert!(!tag.contains("alt="), "mrml writes an alt now: {tag}");
        refused(body, "has no alt");
        let html = ours(&body.replace(" src=", " alt=\"\" src=")).unwrap();
        assert!(html.contains("alt=\"\""), "{html}");
    }
    let everywhere = "<mj-attributes><mj-image alt=\"\" /></mj-attributes>";
    let image = "<mj-image src=\"https://x.example/x.png\" />";
    assert!(html_of(&files(everywhere, image)).unwrap().contains("alt=\"\""));
}

/// b5: what stands in `mj-text` has to be well-formed, and mrml does not always say where it is not.
#[test]
fn html_that_is_not_well_formed() {
    for (body, expected) in [
        ("<mj-text><ul><li>a<li>b</ul></mj-text>", "</ul> closes nothing: <li> is open"),
        ("<mj-text>a < b</mj-text>", "mrml cannot read the MJML: invalid element"),
        ("<mj-text><p class=x>a</p></mj-text>", "mrml cannot read the MJML: invalid attribute"),
        ("<mj-text><![CDATA[ x ]]></mj-text>", "mrml cannot read the MJML: unexpected token"),
        ("<mj-text><% x %></mj-text>", "mrml cannot read the MJML: invalid element"),
        ("<mj-text><!-- a <!-- b --></mj-text>", "mrml cannot read the MJML: invalid comment"),
        ("<mj-text>a\u{1}b</mj-text>", "mrml cannot read the MJML: invalid character data"),
    ] {
        let said = mrml_alone(body).expect_err("mrml reads this now");
        assert!(!said.contains("line"), "{said}");
        refused(body, expected);
    }
    assert!(
        mrml_alone("<mj-text><p>a</mj-text>").is_err_and(|said| said.contains("end of stream"))
    );
    let css = "<mj-style>\n/* a < b */ .x{color:red}</mj-style>\n";
    let fault = html_of(&files(css, "")).unwrap_err();
    assert!(fault.starts_with("plain/layout.mjml.hbs:6:"), "{fault}");
}

/// b6: tags that overlap are put in another order, without a word.
#[test]
fn tags_that_overlap() {
    let body = "<mj-text><b><i>x</b></i></mj-text>";
    assert!(mrml_alone(body).unwrap().contains("<b><i>x</i></b>"), "mrml refuses this now");
    refused(body, "</b> closes nothing: <i> is open");
    refused("<mj-text><b>x</i></b></mj-text>", "</i> closes nothing: <b> is open");
}

/// b7, b8: parts of MJML that mrml does not have.
#[test]
fn elements_that_mrml_does_not_have() {
    let attributes =
        "<mj-html-attributes><mj-selector path=\".x\"></mj-selector></mj-html-attributes>";
    let head = format!("<mjml><mj-head>{attributes}</mj-head><mj-body></mj-body></mjml>");
    assert!(mrml_whole(&head).is_err(), "mrml has mj-html-attributes now");
    let fault = html_of(&files(&format!("{attributes}\n"), "")).unwrap_err();
    let expected = "plain/layout.mjml.hbs:5:1: mrml does not know the element <mj-html-attributes>";
    assert!(fault.starts_with(expected), "{fault}");
    for misplaced in
        ["<mj-raw position=\"file-start\">x</mj-raw>", "<mj-style>.x{color:red}</mj-style>"]
    {
        let whole = format!("<mjml>{misplaced}<mj-body></mj-body></mjml>");
        assert!(mrml_whole(&whole).is_err(), "mrml takes {misplaced} now");
        let mut files = files("", "");
        let layout =
            files["layout.mjml.hbs"].replace("<mj-head>", &format!("{misplaced}<mj-head>"));
        files.insert("layout.mjml.hbs".into(), layout);
        let fault = html_of(&files).unwrap_err();
        let expected = "plain/layout.mjml.hbs:2:1: mrml cannot read the MJML: unexpected element";
        assert!(fault.starts_with(expected), "{fault}");
    }
}

/// b9: attributes that mrml reads and forgets.
#[test]
fn attributes_that_mrml_forgets() {
    for (name, attribute, body) in [
        (
            "mj-image",
            "sizes=\"10px\"",
            "<mj-image sizes=\"10px\" alt=\"\" src=\"https://x.example\" />",
        ),
        ("mj-table", "role=\"list\"", "<mj-table role=\"list\"><tr><td>x</td></tr></mj-table>"),
    ] {
        assert!(!mrml_alone(body).unwrap().contains(attribute), "mrml writes {attribute} now");
        refused(body, &format!("for <{name}>"));
    }
    let wrapped = "<mjml><mj-body><mj-wrapper gap=\"77px\"><mj-section gutter=\"78px\"></mj-section></mj-wrapper></mj-body></mjml>";
    let html = mrml_whole(wrapped).unwrap();
    assert!(!html.contains("77px") && !html.contains("78px"), "mrml has gaps now: {html}");
}

/// b10: an element of MJML that does not exist goes into the mail.
#[test]
fn elements_that_nobody_has() {
    for body in ["<mj-txt>x</mj-txt>", "<mj-text><mj-txt>x</mj-txt></mj-text>"] {
        assert!(mrml_alone(body).unwrap().contains("<mj-txt>x"), "mrml refuses {body} now");
        refused(body, "mrml does not know the element <mj-txt>");
        refused(body, "Is <mj-text> meant?");
    }
}

/// b11: a font from the web, and icons of a third party.
#[test]
fn what_would_be_fetched() {
    let html = mrml_alone("<mj-text>x</mj-text>").unwrap();
    assert!(html.contains("fonts.googleapis.com"), "mrml links no font by itself now");
    assert!(!ours("<mj-text>x</mj-text>").unwrap().contains("googleapis"));
    for font in ["Roboto", "Open Sans", "Lato", "Ubuntu", "Droid Sans"] {
        let body = format!("<mj-text font-family=\"{font}\">x</mj-text>");
        assert!(mrml_alone(&body).unwrap().contains("fonts.googleapis.com"), "{font}");
        let fault = ours(&body).unwrap_err();
        assert!(fault.contains("a font would be fetched"), "{fault}");
    }
    let social = "<mj-social><mj-social-element alt=\"\" name=\"github\" href=\"https://x.example\">x</mj-social-element></mj-social>";
    assert!(mrml_alone(social).unwrap().contains("www.mailjet.com"));
    let fault = ours(social).unwrap_err();
    assert!(fault.contains("an icon would be fetched from a third party"), "{fault}");
}

/// b12: an attribute that HTML does not have, and conditions that open where one has just closed.
#[test]
fn what_mrml_stammers() {
    let body = "<mj-button vertical-align=\"top\" href=\"https://x.example\">x</mj-button>";
    let html = mrml_alone(body).unwrap();
    assert!(html.contains(" vertical-align=\"top\""), "mrml has mended the attribute: {html}");
    assert!(html.contains("<![endif]--><!--[if mso | IE]>"), "mrml joins conditions now");
    let html = ours(body).unwrap();
    assert!(!html.contains(" vertical-align=\""), "{html}");
    assert!(!html.contains("<![endif]--><!--[if mso | IE]>"), "{html}");
    let count = |text: &str| html.matches(text).count();
    assert_eq!(count("<!--["), count("<![endif]"), "{html}");
}

/// b13: mrml finds no file by itself.
#[test]
fn a_theme_includes_its_own_files_alone() {
    let include = "<mj-include path=\"partials/x.mjml\" />";
    assert!(mrml_alone(include).is_err(), "mrml reads files by itself now");
    let with = |body: &str, included: &[(&str, &str)]| {
        let mut files = files("", body);
        files.extend(included.iter().map(|(path, text)| (path.to_string(), text.to_string())));
        html_of(&files)
    };
    let html = with(include, &[("partials/x.mjml", "<mj-text><a>one</a>\n<b>two</b></mj-text>")]);
    assert!(html.unwrap().contains("<a>one</a> <b>two</b>"));
    let html = with("<mj-include type=\"html\" path=\"x.html\" />", &[("x.html", "<p>plain</p>")]);
    assert!(html.unwrap().contains("<p>plain</p>"));
    let mut styled = files("<mj-include type=\"css\" path=\"x.css\" />", "");
    styled.insert("x.css".into(), ".x > .y{color:#767676}".into());
    assert!(html_of(&styled).unwrap().contains(".x > .y{color:#767676}"));

    for path in ["/etc/passwd", "../x.mjml", "https://x.example/x.mjml", "partials/y.mjml"] {
        let fault = with(&include.replace("partials/x.mjml", path), &[("partials/x.mjml", "")]);
        let fault = fault.unwrap_err();
        let expected = format!("{BODY_LINE}1: the theme has no file `{path}` to include");
        assert!(fault.starts_with(&expected), "{fault}");
    }
    let fault = with(include, &[("partials/x.mjml", "\n <mj-text>a</p></mj-text>")]).unwrap_err();
    assert!(fault.starts_with("plain/partials/x.mjml:2:12: </p> closes nothing"), "{fault}");
    let fault = with(include, &[("partials/x.mjml", "\n <mj-text>a < b</mj-text>")]).unwrap_err();
    assert!(fault.starts_with("plain/partials/x.mjml:2:"), "{fault}");
    let fault = with(include, &[("partials/x.mjml", include)]).unwrap_err();
    assert!(
        fault.starts_with("plain/partials/x.mjml:1:1: `partials/x.mjml` is included again"),
        "{fault}"
    );
    // mrml alone would exhaust the stack with some thousands of them.
    let deep = |levels| format!("{}a{}", "<div>".repeat(levels), "</div>".repeat(levels));
    let text = |levels| format!("<mj-text>{}</mj-text>", deep(levels));
    assert!(with(&text(150), &[]).is_ok());
    let message = "more than 200 elements are nested";
    assert!(with(&text(10_000), &[]).unwrap_err().contains(message));
    let fault = with(&deep(100).replace('a', include), &[("partials/x.mjml", &deep(100))]);
    assert!(fault.unwrap_err().contains(message));
    let fault = with(include, &[("partials/x.mjml", "<mj-text>{{title}}</mj-text>")]).unwrap_err();
    assert!(fault.starts_with("plain/partials/x.mjml:1:10: nothing fills this in"), "{fault}");
}

#[test]
fn a_theme_holds_no_script_and_nothing_that_would_be_fetched() {
    for (body, expected) in [
        ("<mj-text><p onclick=\"x\">a</p></mj-text>", "onclick of <p> is a script"),
        ("<mj-button href=\"javascript:x\">a</mj-button>", "href of <mj-button> is a script"),
        ("<mj-text><iframe src=\"https://e.org\"></iframe></mj-text>", "no mail program shows it"),
        ("<mj-text><style>@font-face{}</style></mj-text>", "a font would be fetched"),
    ] {
        let fault = ours(body).unwrap_err();
        assert!(fault.contains(expected), "{body}: {fault}");
    }
    for name in ["p", "a", "h2"] {
        let mut files = files("", "");
        let held = format!("<mj-text><{name}><span>{{{{article}}}}</span></{name}></mj-text>");
        let layout = files["layout.mjml.hbs"].replace("<mj-text>{{article}}</mj-text>", &held);
        files.insert("layout.mjml.hbs".into(), layout);
        let fault = html_of(&files).unwrap_err();
        assert!(fault.contains(&format!("the article is in <{name}>")), "{fault}");
    }
}

#[test]
fn a_theme_says_its_language_direction_and_title() {
    let html = ours("").unwrap();
    assert_eq!(html.matches("lang=\"en\" dir=\"ltr\"").count(), 2, "on html and on the outer div");
    for (written, expected) in [
        (" lang=\"{{language}}\"", "plain/layout.mjml.hbs:1:1: the html does not say its language"),
        (
            " dir=\"{{direction}}\"",
            "plain/layout.mjml.hbs:1:1: the html does not say which way it runs",
        ),
        ("<mj-title>{{title}}</mj-title>", "plain/layout.mjml.hbs:1:1: the html has no title"),
    ] {
        let mut files = files("", "");
        let layout = files["layout.mjml.hbs"].replace(written, "");
        files.insert("layout.mjml.hbs".into(), layout);
        let fault = html_of(&files).unwrap_err();
        assert!(fault.starts_with(expected), "{fault}");
    }
}

#[test]
fn a_preheader_is_in_the_body_and_not_seen() {
    let preview = files("<mj-preview>{{preheader}}</mj-preview>", "");
    let html = html_of(&preview).unwrap();
    let body = &html[html.find("<body").unwrap()..];
    let hidden = body.find("<div style=\"display:none;").expect("mrml hides the preheader");
    let preheader = body.find(">text</div>").unwrap();
    assert!(hidden < preheader && body[hidden..preheader].matches('<').count() == 1, "{body}");
    assert!(body[hidden..preheader].contains("max-height:0px"), "{body}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    /// A theme may be anything, and is then refused or renders; it does no harm.
    #[test]
    fn no_theme_brings_the_program_down(
        pieces in proptest::collection::vec((piece(), 0..3_usize, 0..2_000_usize), 1..6)
    ) {
        let mut files = files("<mj-style>.x{color:red}</mj-style>\n", "<mj-text><p>text</p></mj-text>");
        files.insert("partials/x.mjml".into(), "<mj-text>x</mj-text>".into());
        let names = ["layout.mjml.hbs", "partials/x.mjml", "theme.toml"];
        for (piece, file, at) in pieces {
            let text = files.get_mut(names[file]).unwrap();
            let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            text.insert_str(at, &piece);
        }
        if let Ok(theme) = Theme::from_files("plain", &files) {
            theme.audit();
        }
        if let Ok(html) = html_of(&files) {
            for unwanted in ["<mj-", "\\u{", "fonts.googleapis.com", "<script", "{{"] {
                proptest::prop_assert!(!html.contains(unwanted), "{}: {}", unwanted, html);
            }
        }
    }
}

fn piece() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    prop_oneof![
        "[a-z <>/\"'=&;#{}\n\\[\\]-]{1,12}",
        "\\PC{1,4}",
        Just("<mj-include path=\"partials/x.mjml\" />".to_owned()),
        Just("<mj-text>".to_owned()),
        Just("</mj-text>".to_owned()),
        Just("<mj-image src=\"x\" alt=\"\" />".to_owned()),
        Just("<a>b</a>\n<b>c</b>".to_owned()),
        Just("{{#each sections}}{{title}}{{/each}}".to_owned()),
        Just("{{format_date date \"long\"}}".to_owned()),
        Just("{{light.text}}".to_owned()),
        Just("<!--".to_owned()),
        Just("-->".to_owned()),
        Just("\r\n\t\u{0}\u{2028}".to_owned()),
    ]
}
