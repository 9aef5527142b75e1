//! One character of UTF-8 that was read as two, three or four others, and
//! whether an author could have written those others on purpose.

use super::Encoding;

/// A character that became several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sequence {
    pub meant: char,
    /// The number of bytes of the text that stand there instead.
    pub len: usize,
    pub evidence: Evidence,
}

/// How certain it is that a sequence is damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Evidence {
    /// An author may have written it: `Å”` ends a Swedish quotation, `√π` is
    /// mathematics. It counts only where the same mistake is certain elsewhere.
    Possible,
    /// A letter of another script. One or two may be a coincidence.
    Letter,
    /// A whole word of another script.
    Word,
    /// No author writes this.
    Certain,
}

/// Characters that follow a capital letter in good text: closing marks, spaces,
/// units, and letters of other alphabets.
const AFTER_A_CAPITAL: &str = "\u{A0}\u{AD}»›«‹”’“‘…–—•·™®©°ªº¹²³†‡§¶´ŠŒŽšœžŸƒ";
/// Characters that may also follow a small letter, two in a row.
const CLOSING: &str = "\u{A0}»›”’“‘…–—";
/// Characters that follow a sign such as `√` or `≈` in good mathematics.
const MATHEMATICS: &str = "πΩµ∂∑∏∫∞±≤≥≠";
/// Of these, the ones that are themselves followed by letters.
const VARIABLES: &str = "πΩµ∂";
/// Amounts: `≈£5`.
const CURRENCY: &str = "£¥¢§";

/// Reads the sequence that begins at `at`, if there is one and it means
/// something plausible.
pub(super) fn read(text: &str, at: usize, encoding: Encoding) -> Option<Sequence> {
    let mut chars = text[at..].chars();
    let lead = chars.next()?;
    let first = encoding.byte(lead)?;
    let length = match first {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    let mut bytes = [first, 0, 0, 0];
    let mut read = [lead; 4];
    for (byte, c) in bytes.iter_mut().zip(&mut read).take(length).skip(1) {
        *c = chars.next()?;
        *byte = encoding.byte(*c)?;
    }
    let meant = std::str::from_utf8(&bytes[..length]).ok()?.chars().next()?;
    let read = &read[..length];
    let len = read.iter().map(|c| c.len_utf8()).sum();
    let context = Surroundings { before: &text[..at], after: &text[at + len..] };
    let evidence = match kind_of(meant)? {
        CharacterKind::Script => Evidence::Letter,
        CharacterKind::Common if could_be_written(read, encoding, &context) => Evidence::Possible,
        CharacterKind::Common => Evidence::Certain,
    };
    Some(Sequence { meant, len, evidence })
}

/// The kind of a character that was probably meant.
enum CharacterKind {
    /// Punctuation, symbols, emoji, accented Latin letters.
    Common,
    /// Letters of other scripts.
    Script,
}

fn kind_of(c: char) -> Option<CharacterKind> {
    match c {
        '\u{A0}'..='\u{17F}' | '\u{1E00}'..='\u{1EFF}' => Some(CharacterKind::Common),
        '\u{2009}'..='\u{206F}' | '\u{20A0}'..='\u{20BF}' | '\u{2100}'..='\u{2BFF}' => {
            Some(CharacterKind::Common)
        }
        '\u{FE0F}' | '\u{FEFF}' | '\u{FFFD}' => Some(CharacterKind::Common),
        '\u{1D400}'..='\u{1D7FF}' | '\u{1F000}'..='\u{1FBFF}' => Some(CharacterKind::Common),
        '\u{370}'..='\u{6FF}' | '\u{900}'..='\u{EFF}' | '\u{3000}'..='\u{9FFF}' => {
            Some(CharacterKind::Script)
        }
        '\u{AC00}'..='\u{D7AF}' | '\u{FF01}'..='\u{FFEF}' => Some(CharacterKind::Script),
        '\u{20000}'..='\u{2FA1F}' => Some(CharacterKind::Script),
        _ => None,
    }
}

struct Surroundings<'t> {
    before: &'t str,
    after: &'t str,
}

impl Surroundings<'_> {
    fn follows_small_letter(&self) -> bool {
        self.before.chars().next_back().is_some_and(char::is_lowercase)
    }

    fn begins_a_word(&self) -> bool {
        let inside_a_word = self.before.chars().next_back().is_some_and(char::is_alphanumeric);
        !inside_a_word && self.after.chars().next().is_some_and(char::is_lowercase)
    }

    fn touches_a_word(&self) -> bool {
        let two = |chars: &mut dyn Iterator<Item = char>| {
            chars.take(2).filter(|c| c.is_alphabetic()).count() == 2
        };
        two(&mut self.before.chars().rev()) || two(&mut self.after.chars())
    }
}

/// Whether good text may hold `read`, which would be mojibake of a common character.
fn could_be_written(read: &[char], encoding: Encoding, context: &Surroundings<'_>) -> bool {
    let holds = |set: &str, c: char| set.contains(c);
    match (encoding, read) {
        (Encoding::MacRoman, ['√', second]) if holds(MATHEMATICS, *second) => {
            holds(VARIABLES, *second) || !context.touches_a_word()
        }
        (Encoding::MacRoman, [_, second]) => {
            holds(MATHEMATICS, *second) || holds(CURRENCY, *second)
        }
        (Encoding::MacRoman, _) => false,
        // `Â` ends no word, and stands alone only where it is spoken about.
        (_, ['Â', second]) => holds("\u{A0}»«”“’‘", *second) && !context.follows_small_letter(),
        (_, ['Ã', second]) if holds(AFTER_A_CAPITAL, *second) => {
            let begins_a_word = *second != '’' && context.begins_a_word();
            !context.follows_small_letter() && !begins_a_word
        }
        (_, [_, second]) => holds(AFTER_A_CAPITAL, *second) && !context.follows_small_letter(),
        (_, [_, rest @ ..]) => rest.iter().all(|c| holds(CLOSING, *c)),
        (_, []) => true,
    }
}
