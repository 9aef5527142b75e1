//! The encodings that UTF-8 is mistaken for.

use std::sync::LazyLock;

use encoding_rs::{MACINTOSH, WINDOWS_1252};

/// An encoding with one byte a character, in which a program read UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    MacRoman,
    /// With the C1 controls at its five free places, as in the WHATWG Encoding Standard.
    Windows1252,
    /// ISO 8859-1, with the C1 controls.
    Latin1,
}

/// The characters of the bytes from 0x80 on, with their bytes, sorted by character.
type ByteTable = Vec<(char, u8)>;

static MAC_ROMAN_BYTES: LazyLock<ByteTable> = LazyLock::new(|| table(MACINTOSH));
static WINDOWS_1252_BYTES: LazyLock<ByteTable> = LazyLock::new(|| table(WINDOWS_1252));

impl Encoding {
    /// All encodings. Of two that explain a text equally well, the likelier one is first.
    pub(super) const ALL: [Self; 3] = [Self::MacRoman, Self::Windows1252, Self::Latin1];

    /// The name that people and `iconv` use.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::MacRoman => "MacRoman",
            Self::Windows1252 => "Windows-1252",
            Self::Latin1 => "Latin-1",
        }
    }

    /// The byte that was read as `c`, if it is one from 0x80 on.
    pub(super) fn byte(self, c: char) -> Option<u8> {
        match (self, c) {
            (Self::MacRoman, _) => look_up(&MAC_ROMAN_BYTES, c),
            (Self::Latin1, '\u{80}'..='\u{FF}') | (Self::Windows1252, '\u{A0}'..='\u{FF}') => {
                u8::try_from(c).ok()
            }
            (Self::Windows1252, _) => look_up(&WINDOWS_1252_BYTES, c),
            (Self::Latin1, _) => None,
        }
    }
}

fn look_up(table: &ByteTable, c: char) -> Option<u8> {
    table.binary_search_by_key(&c, |entry| entry.0).ok().map(|at| table[at].1)
}

fn table(encoding: &'static encoding_rs::Encoding) -> ByteTable {
    let bytes: [u8; 128] = std::array::from_fn(|at| at as u8 | 0x80);
    let (characters, _) = encoding.decode_without_bom_handling(&bytes);
    let mut table: ByteTable = characters.chars().zip(bytes).collect();
    table.sort_unstable();
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_whole() {
        assert_eq!((MAC_ROMAN_BYTES.len(), WINDOWS_1252_BYTES.len()), (128, 128));
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
