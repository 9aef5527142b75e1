//! A small theme for tests, which stays as it is when the embedded ones change.

use std::collections::BTreeMap;

/// Its files.
pub(super) fn files() -> BTreeMap<String, String> {
    let files = [
        ("theme.toml", DESCRIPTION),
        ("layout.mjml.hbs", HTML),
        ("partials/header.mjml.hbs", "<h1>{{title}}</h1>\n"),
        ("text.txt.hbs", TEXT),
        ("strings/en.toml", ENGLISH),
        ("strings/de.toml", GERMAN),
    ];
    files.map(|(name, text)| (name.to_owned(), text.to_owned())).into()
}

/// Its files, with one text in each of some replaced; a file that is not there is made.
pub(super) fn changed(changes: &[(&str, &str, &str)]) -> BTreeMap<String, String> {
    let mut files = files();
    for (file, old, new) in changes {
        let text = match files.get(*file) {
            Some(text) => {
                assert!(text.contains(old), "{file} lacks {old}");
                text.replacen(old, new, 1)
            }
            None => (*new).to_owned(),
        };
        files.insert((*file).to_owned(), text);
    }
    files
}

const DESCRIPTION: &str = r##"description = "One calm column for a weekly letter: no images, no tracking, light and dark."

# A newsletter changes each of these in its postrider.toml, under [theme], and
# needs no copy of the theme for it.

# `on` names the colours that this one must read on: 4.5:1 in both schemes.
[palette.background]
light = "#ffffff"
dark = "#16181c"
doc = "Behind everything."

[palette.text]
light = "#1c1e21"
dark = "#e3e6ea"
on = ["background", "panel"]
doc = "What is read."

[palette.muted]
light = "#565d66"
dark = "#a9b0ba"
on = ["background"]
doc = "The small print, and what stands beside a title."

[palette.link]
light = "#1a5fb4"
dark = "#8ab8ff"
on = ["background", "panel"]
doc = "Links."

[palette.panel]
light = "#f0f2f5"
dark = "#262a31"
doc = "Behind code."

[palette.line]
light = "#d0d4da"
dark = "#454b54"
doc = "Rules, and the borders of tables and quotes."

[palette.button]
light = "#1a5fb4"
dark = "#1a5fb4"
doc = "Behind the words of a button."

[palette.button_text]
light = "#ffffff"
dark = "#ffffff"
on = ["button"]
doc = "The words of a button."

[fonts]
body = "-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"
code = "Consolas,Menlo,monospace"

# Each field can be set in an issue's front matter, or for every issue under
# [theme.fields] in postrider.toml.

[fields.reason]
type = "text"
default = ""
doc = "Why the reader gets the mail, in one sentence, where it is not what the theme says."

[fields.date_format]
type = "text"
default = "long"
doc = "How the date is written: full, long, medium, short, or a form of strftime."
"##;

const HTML: &str = r#"<mjml lang="{{language}}" dir="{{direction}}">
  <mj-head><mj-title>{{title}}</mj-title></mj-head>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text color="{{light.text}}" font-family="{{fonts.body}}">
          {{> header}}
          {{#if date}}<p>{{format_date date date_format}}</p>{{/if}}
          {{article}}
          <p>{{#if reason}}{{reason}}{{else}}{{strings.reason}}{{/if}}</p>
        </mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"#;

const TEXT: &str = "{{title}}\n\n{{article}}\n";

const ENGLISH: &str = r#"web_view = "Read on the web"
unsubscribe = "Unsubscribe"
reason = "You get this letter because you subscribed to {newsletter}."
issue = "Issue {number}"
contents = "In this issue"
"#;

const GERMAN: &str = r#"web_view = "Im Web lesen"
unsubscribe = "Abbestellen"
reason = "Sie erhalten diesen Brief, weil Sie {newsletter} abonniert haben."
issue = "Ausgabe {number}"
contents = "In dieser Ausgabe"
"#;
