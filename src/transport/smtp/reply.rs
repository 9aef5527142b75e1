//! Converts a reply into the core's type: its lines joined, its text made safe to show.

use super::framer::RawReply;
use crate::delivery::{EnhancedCode, Reply};
use crate::domain::safe_text;

pub(super) fn safe(raw: &RawReply) -> Reply {
    let joined = joined(raw);
    // RFC 2034 section 4: an enhanced code of another class than the reply's is wrong.
    let enhanced = EnhancedCode::parse_prefix(&joined)
        .filter(|enhanced| u16::from(enhanced.class) == raw.code / 100);
    Reply { code: raw.code, enhanced, text: safe_text(&joined) }
}

/// The lines as one line. An enhanced code that every line repeats is kept once.
fn joined(raw: &RawReply) -> String {
    let Some((first, rest)) = raw.lines.split_first() else {
        return String::new();
    };
    let repeated = EnhancedCode::parse_prefix(first).map(|code| format!("{code} "));
    let mut text = first.clone();
    for line in rest {
        let line = repeated.as_deref().and_then(|code| line.strip_prefix(code)).unwrap_or(line);
        text.push(' ');
        text.push_str(line);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16, lines: &[&str]) -> Reply {
        safe(&RawReply { code, lines: lines.iter().map(|line| (*line).to_owned()).collect() })
    }

    #[test]
    fn lines_are_joined_and_their_common_code_kept_once() {
        let gmail = reply(550, &["5.7.25 no PTR", "5.7.25 record", "5.7.250 x"]);
        assert_eq!(gmail.text, "5.7.25 no PTR record 5.7.250 x");
        assert_eq!(gmail.enhanced, Some(EnhancedCode { class: 5, subject: 7, detail: 25 }));
        assert_eq!(reply(250, &[]).text, "");
    }

    #[test]
    fn an_enhanced_code_of_another_class_does_not_count() {
        assert_eq!(reply(550, &["4.7.1 later"]).enhanced, None);
        assert!(reply(450, &["4.7.1 later"]).enhanced.is_some());
    }
}
