//! The encodings that UTF-8 is mistaken for.

use std::sync::LazyLock;

/// An encoding with one byte a character, in which a program read UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// Mac OS Roman.
    MacRoman,
    /// Windows-1252, with the C1 controls at its five free places, as the WHATWG
    /// Encoding Standard has it.
    Windows1252,
    /// ISO 8859-1, with the C1 controls.
    Latin1,
}

/// What Mac OS Roman has at 0x80 to 0xFF.
const MAC_ROMAN: &str = "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø\
    ¿¡¬√ƒ≈∆«»…\u{A0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{F8FF}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";

/// What Windows-1252 has at 0x80 to 0x9F.
const WINDOWS_1252: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ";

/// Code points with their bytes, sorted by code point.
type ByteTable<const N: usize> = [(char, u8); N];

static MAC_ROMAN_BYTES: LazyLock<ByteTable<128>> = LazyLock::new(|| table(MAC_ROMAN));
static WINDOWS_1252_BYTES: LazyLock<ByteTable<32>> = LazyLock::new(|| table(WINDOWS_1252));

impl Encoding {
    /// All of them, the likelier ones first where two explain a text as well.
    pub const ALL: [Self; 3] = [Self::MacRoman, Self::Windows1252, Self::Latin1];

    /// The name that people and `iconv` know.
    pub fn name(self) -> &'static str {
        match self {
            Self::MacRoman => "MacRoman",
            Self::Windows1252 => "Windows-1252",
            Self::Latin1 => "Latin-1",
        }
    }

    /// The byte that was read as `c`, if it is one from 0x80 on.
    pub(super) fn byte(self, c: char) -> Option<u8> {
        match (self, c) {
            (Self::MacRoman, _) => look_up(&*MAC_ROMAN_BYTES, c),
            (Self::Latin1, '\u{80}'..='\u{FF}') | (Self::Windows1252, '\u{A0}'..='\u{FF}') => {
                u8::try_from(c).ok()
            }
            (Self::Windows1252, _) => look_up(&*WINDOWS_1252_BYTES, c),
            (Self::Latin1, _) => None,
        }
    }
}

fn look_up(table: &[(char, u8)], c: char) -> Option<u8> {
    table.binary_search_by_key(&c, |entry| entry.0).ok().map(|at| table[at].1)
}

/// Sorts the characters of `text`, which stand for 0x80 and what follows.
fn table<const N: usize>(text: &str) -> ByteTable<N> {
    let mut table = [('\0', 0); N];
    for ((entry, c), byte) in table.iter_mut().zip(text.chars()).zip(0x80..=0xFF) {
        *entry = (c, byte);
    }
    table.sort_unstable();
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_whole() {
        assert_eq!(MAC_ROMAN.chars().count(), 128);
        assert_eq!(WINDOWS_1252.chars().count(), 32);
        let bytes = [
            (Encoding::MacRoman, 'Ä', Some(0x80)),
            (Encoding::MacRoman, '√', Some(0xC3)),
            (Encoding::MacRoman, '\u{F8FF}', Some(0xF0)),
            (Encoding::MacRoman, 'ˇ', Some(0xFF)),
            (Encoding::MacRoman, 'я', None),
            (Encoding::Windows1252, '€', Some(0x80)),
            (Encoding::Windows1252, 'Ÿ', Some(0x9F)),
            (Encoding::Windows1252, '\u{9D}', Some(0x9D)),
            (Encoding::Windows1252, '\u{80}', None),
            (Encoding::Windows1252, 'ÿ', Some(0xFF)),
            (Encoding::Latin1, '\u{80}', Some(0x80)),
            (Encoding::Latin1, '€', None),
            (Encoding::Latin1, 'a', None),
        ];
        for (encoding, c, byte) in bytes {
            assert_eq!(encoding.byte(c), byte, "{encoding:?} {c:?}");
        }
    }
}
