//! Control characters, found at the speed of reading.
//!
//! Most texts have none, and an issue is searched for them several times. So bytes
//! are compared first. Absent on purpose: the decision what to do about one.

/// Whether a character is a control character other than a line end or a tab.
pub(crate) fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n')
}

/// Whether [`is_control`] is true of any character of a text.
pub(crate) fn holds_control(text: &str) -> bool {
    let bytes = text.as_bytes();
    // No branch inside, so that many bytes are compared at once.
    let low = bytes.chunks(64).any(|chunk| chunk.iter().fold(0, |found, b| found | low(*b)) != 0);
    // U+0080 to U+009F are this byte and one below 0xA0 in UTF-8.
    low || memchr::memchr_iter(0xC2, bytes).any(|at| bytes.get(at + 1).is_some_and(|b| *b < 0xA0))
}

fn low(byte: u8) -> u8 {
    u8::from((byte < b' ') & (byte != b'\t') & (byte != b'\n') | (byte == 0x7F))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_of_bytes_agrees_with_the_test_of_characters() {
        for c in
            (0..0x300).chain(0x2000..0x2100).chain([0xFEFF, 0x1F980]).filter_map(char::from_u32)
        {
            for text in [format!("{c}"), format!("{}{c} é", "a".repeat(100))] {
                assert_eq!(holds_control(&text), is_control(c), "U+{:04X}", u32::from(c));
            }
        }
        assert!(!holds_control(""));
    }
}
