//! The newsletter that is sent by the programs which need a whole one.

use std::fmt::Write as _;

/// Its configuration, which sends to the server at `url`.
pub(crate) fn configuration(url: &str, connections: usize) -> String {
    format!(
        r#"[newsletter]
name = "The Weekly Waybill"
slug = "weekly-waybill"
from = "The Weekly Waybill <waybill@news.example.org>"
reply_to = "editors@example.org"
language = "en"
postal_address = "The Weekly Waybill, 1 Coach Road, 9000 Ghent, Belgium"
web_url = "https://news.example.org/issues/{{slug}}/"
public_url = "https://news.example.org"
theme = "weekly"

[proof]
required = false

[delivery]
via = "smtp"

[store]
url = "sqlite:subscribers/postrider.sqlite3"

[schedule]
time = "09:30"
time_zone = "UTC"

[smtp]
url = "{url}"
connections = {connections}
client_name = "news.example.org"
"#
    )
}

/// Its one issue.
pub(crate) fn issue() -> String {
    let mut text = "Title: A waybill for the sink\nNumber: 7\nDate: 2026-11-18\n\n".to_owned();
    for section in 1..=20 {
        let _ = write!(
            text,
            "## Section {section}\n\nThe coach leaves at {section} o'clock, whatever the weather, \
             and carries [letters](https://example.org/letters/{section}) for everybody on the \
             list, once each.\n\n"
        );
    }
    text
}
