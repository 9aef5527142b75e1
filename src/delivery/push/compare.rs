//! Whether a provider has the draft as it was uploaded.

use crate::delivery::provider::{Draft, Reach, ReadBack};

/// Checks that the provider has the draft as it was uploaded.
///
/// Line ends become LF on both sides, because HTTP and databases change them
/// without harm. Every other byte must be the same. The address is compared
/// without regard to case, as receivers do.
///
/// # Errors
/// Names the first difference.
pub(super) fn compare(put: &Draft, found: &ReadBack) -> Result<(), String> {
    match found.reach {
        Reach::WholeList => {}
        Reach::Segment => {
            return Err("it would go to a segment of the list and not to the whole list".into());
        }
        Reach::OtherList => return Err("it would go to another list".into()),
    }
    if !put.reply_to.as_str().eq_ignore_ascii_case(&found.reply_to.0) {
        return Err("the address in `From` differs".into());
    }
    for (part, put, found) in [
        ("subject", &put.subject, &found.subject),
        ("preheader", &put.preheader, &found.preheader),
        ("name in `From`", &put.from_name, &found.from_name),
        ("html part", &put.html, &found.html),
        ("text part", &put.text, &found.text),
    ] {
        same(part, put, found)?;
    }
    Ok(())
}

fn same(part: &str, put: &str, found: &str) -> Result<(), String> {
    let (put, found) = (with_lf(put), with_lf(found));
    if put == found {
        return Ok(());
    }
    let shared = put.bytes().zip(found.bytes()).take_while(|(a, b)| a == b).count();
    let (put, found) = (excerpt(&put, shared), excerpt(&found, shared));
    Err(format!("the {part} differs from byte {shared}: uploaded {put:?}, found {found:?}"))
}

fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Up to 60 characters, from at most 20 bytes before `offset`.
fn excerpt(text: &str, offset: usize) -> String {
    let start = text.floor_char_boundary(offset.saturating_sub(20));
    text[start..].chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_do_not_count_and_every_other_byte_does() {
        assert_eq!(same("text part", "a\r\nb\n", "a\nb\n"), Ok(()));
        assert_eq!(same("text part", "a\rb", "a\nb"), Ok(()));
        let difference = same("html part", "<p>Grüße, alle</p>\n", "<p>Grüsse, alle</p>\n");
        assert_eq!(
            difference.unwrap_err(),
            "the html part differs from byte 7: uploaded \"<p>Grüße, alle</p>\\n\", \
             found \"<p>Grüsse, alle</p>\\n\""
        );
        assert!(same("text part", "a\n", "a").is_err(), "a lost last line end is a difference");
        assert!(same("text part", "ä", "å").is_err(), "they differ inside a character");
    }
}
