//! Mojibake: UTF-8 that a program read in another encoding and wrote out
//! again, so that `—` became `â€”` or `‚Äî`.
//!
//! In: a text. Out: its damaged places, each with the text that was meant, and the
//! whole text repaired. Absent on purpose: changing the file, because it may quote
//! an example of mojibake.

mod encoding;
mod sequence;

use crate::source::rules::MOJIBAKE;
use crate::source::{Findings, Span};
use encoding::Encoding;
use sequence::Evidence;

/// A run of damaged characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DamagedPlace {
    pub(super) span: Span,
    /// The text that should stand there.
    meant: String,
    /// The encoding in which it was misread.
    encoding: Encoding,
}

/// A text with all of its mojibake undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repaired {
    pub(super) text: String,
    /// The encoding in which it was misread.
    encoding: Encoding,
    /// The number of repaired places.
    places: usize,
    /// The number of characters outside ASCII in the damaged text.
    pub(super) non_ascii: usize,
    /// The number of those that the repair explains. If it explains all of them,
    /// the whole file was misread.
    pub(super) explained: usize,
}

/// Undoes mojibake, if there is any, in the encoding that explains the most
/// characters.
pub(super) fn repair(text: &str) -> Option<Repaired> {
    let best = damage_by_encoding(text).into_iter().next()?;
    let encoding = best.first()?.encoding;
    let mut repaired = String::with_capacity(text.len());
    let mut done = 0;
    for place in &best {
        repaired.push_str(&text[done..place.span.start]);
        repaired.push_str(&place.meant);
        done = place.span.end;
    }
    repaired.push_str(&text[done..]);
    Some(Repaired {
        text: repaired,
        encoding,
        places: best.len(),
        non_ascii: text.chars().filter(|c| !c.is_ascii()).count(),
        explained: characters_in(text, &best),
    })
}

/// Every damaged place, in order.
fn damaged_places(text: &str) -> Vec<DamagedPlace> {
    let mut places: Vec<DamagedPlace> = Vec::new();
    for found in damage_by_encoding(text) {
        let new: Vec<_> = found.into_iter().filter(|place| !overlaps(&places, place)).collect();
        places.extend(new);
        places.sort_by_key(|place| place.span.start);
    }
    places
}

/// Whether `place` overlaps one of `places`, which are sorted.
fn overlaps(places: &[DamagedPlace], place: &DamagedPlace) -> bool {
    let after = places.partition_point(|other| other.span.end <= place.span.start);
    places.get(after).is_some_and(|other| other.span.start < place.span.end)
}

/// Reports and returns the damaged places that are visible.
pub(super) fn discover(
    text: &str,
    is_visible: impl Fn(&Span) -> bool,
    findings: &mut Findings<'_>,
) -> Vec<DamagedPlace> {
    let mut places = damaged_places(text);
    places.retain(|place| is_visible(&place.span));
    for DamagedPlace { span, meant, encoding } in &places {
        let (damaged, name) = (&text[span.clone()], encoding.name());
        findings.at(
            span,
            MOJIBAKE,
            format!("`{damaged}` is `{meant}` that was read as {name}"),
            format!("Write `{meant}`, or save the original again as UTF-8."),
        );
    }
    if !places.is_empty()
        && let Some(repaired) = repair(text)
    {
        propose(&repaired, findings);
    }
    places
}

/// Reports how to repair the whole file at once.
fn propose(repaired: &Repaired, findings: &mut Findings<'_>) {
    let Repaired { encoding, places, non_ascii, explained, .. } = repaired;
    let name = encoding.name();
    let confidence = if explained == non_ascii {
        "all of it was misread".to_owned()
    } else {
        format!("the other {} are right as they stand", non_ascii - explained)
    };
    findings.overall(
        MOJIBAKE,
        format!(
            "the file was UTF-8, was read as {name} and saved again: {places} places, \
             {explained} of its {non_ascii} characters outside ASCII; {confidence}"
        ),
        format!(
            "Export the file again as UTF-8, or replace these {places} places; \
             a program that opens it must be told UTF-8 and not {name}."
        ),
    );
}

/// The damage that each encoding explains, the best explanation first. An
/// encoding that explains nothing for certain is left out.
fn damage_by_encoding(text: &str) -> Vec<Vec<DamagedPlace>> {
    let mut found: Vec<_> =
        Encoding::ALL.into_iter().filter_map(|encoding| damage(text, encoding)).collect();
    found.sort_by_key(|places| std::cmp::Reverse(characters_in(text, places)));
    found
}

fn damage(text: &str, encoding: Encoding) -> Option<Vec<DamagedPlace>> {
    let mut places = Vec::new();
    let mut at = 0;
    while let Some(start) = next_non_ascii(text.as_bytes(), at) {
        let mut end = start;
        let mut meant = String::new();
        let mut strongest = Evidence::Possible;
        while let Some(sequence) = sequence::read(text, end, encoding) {
            end += sequence.len;
            meant.push(sequence.meant);
            strongest = strongest.max(sequence.evidence);
        }
        if end == start {
            at = start + text[start..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        // Three letters that were read as two each, or two that were read as three.
        if strongest == Evidence::Letter && text[start..end].chars().count() >= 6 {
            strongest = Evidence::Word;
        }
        places.push((DamagedPlace { span: start..end, meant, encoding }, strongest));
        at = end;
    }
    let has = |evidence| places.iter().any(|(_, strongest)| *strongest == evidence);
    let has_words = has(Evidence::Word);
    if !has_words && !has(Evidence::Certain) {
        return None;
    }
    // Short words count where there are longer ones.
    places.retain(|(_, strongest)| *strongest != Evidence::Letter || has_words);
    Some(places.into_iter().map(|(place, _)| place).collect())
}

/// The next byte from `at` on that is not ASCII. Most bytes are ASCII, so many are
/// skipped at a time.
fn next_non_ascii(bytes: &[u8], mut at: usize) -> Option<usize> {
    const MANY: usize = 32;
    while bytes.get(at..at + MANY).is_some_and(<[u8]>::is_ascii) {
        at += MANY;
    }
    bytes[at..].iter().position(|byte| !byte.is_ascii()).map(|found| at + found)
}

fn characters_in(text: &str, places: &[DamagedPlace]) -> usize {
    places.iter().map(|place| text[place.span.clone()].chars().count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceText;

    /// Reads the UTF-8 of `text` in `encoding`.
    fn misread(text: &str, encoding: Encoding) -> String {
        let all = ('\u{80}'..='\u{FF}').chain('\u{100}'..='\u{FB02}');
        let all: Vec<_> = all.filter_map(|c| encoding.byte(c).map(|byte| (byte, c))).collect();
        let read = |byte: u8| {
            if byte.is_ascii() {
                byte.into()
            } else {
                all.iter().find(|(b, _)| *b == byte).expect("every byte is some character").1
            }
        };
        text.bytes().map(read).collect()
    }

    #[test]
    fn what_was_misread_is_repaired_whole() {
        let texts = [
            "A dash — here, “quotes” and it’s fine…",
            "Rust en Español, N\u{FC}rnberg, Möglichkeiten, Montréal, QC",
            "Ferris 🦀 and a flag 🏳️\u{200D}🌈 and ✅ ❌ → ok",
            "Élan vital, à la carte, où, naïve, Ångström, Österreich, Ñandú",
            "Zażółć gęślą jaźń; Příliš žluťoučký kůň; İstanbul'da şeker",
            "Новости недели: выпуск готов",
            "Τα νέα της εβδομάδας",
            "今週のニュース、編集部より。",
            "이번 주의 소식 모음",
            "שיחה חופשית ווירטואלית",
            "Tiếng Việt rất đẹp",
            "5 °C, £5, © 2026, ½ × 3, µm, «oui»",
            "mañana",
        ];
        for encoding in Encoding::ALL {
            for text in texts {
                let damaged = misread(text, encoding);
                let repaired =
                    repair(&damaged).unwrap_or_else(|| panic!("{encoding:?}: {damaged}"));
                assert_eq!(repaired.text, text, "{encoding:?}: {damaged}");
                assert_eq!(repaired.explained, repaired.non_ascii, "{damaged}");
                assert_eq!(repair(&repaired.text), None);
            }
        }
    }

    #[test]
    fn good_prose_of_many_languages_is_left_alone() {
        let texts = [
            "NÃO! MANHÃ… “IRMÔ, «MAÇû, PÃO—VINHO, SÃO PAULO, ÂMAGO",
            "«\u{A0}Café\u{A0}» préféré…», voilà\u{A0}» été”… mot—été–là à «\u{A0}la",
            "VOILÀ\u{A0}» CAFÉ\u{A0}: JOSÉ’s ÎLE FLOTTANTE",
            "HYVÄ… ELÄMÄ” ”ÄÄNI” SKÅ» Å’s Ö–Ü HYVÄ—ei TÄÄ» 5 Å² und 3 Å·m",
            "„Spaß“ und „Größe“… ‚Ärger‘ ‚Übermut‘ »Straße« Fuß– weiß”",
            "¿Qué? ¡Está»! ¿«está»\u{A0}no? ÑANDÚ® n.º 5, 1.ª",
            "√2 ≈ 1.41, √π, 2√πr, √Ω, sin√µ, √∞, ¬Ω, ¬p, ≈£5, ≈∞, ƒ∘g, x≈π, √(a)",
            "Îles… Ïa Ðor Ñu × ”×” ø Øre» Ùr",
            "PŘÍŠTÍ týden, ČŠOB, žluť, VŠE, Žižkov, ĽUDIA, PAMÄŤ, Äž",
            "Новости недели. Τα νέα. 今週のニュース。 שיחה חופשית. สวัสดี ข่าว.",
            "col·lecció, L’ÀREA·s, étudiant·é·e, à·é",
            "Zażółć gęślą jaźń, ĄĆĘŁŃÓŚŹŻ, şçğıöü İĞŞ, ăâîșț ÂÎ",
            "Tiếng Việt ĐẸP LẮM, THÁNG NÃ” MỘT",
            "🦀 ✅ ❌ → ½ — “x” ’ … • ™ \u{FEFF} \u{FFFD} \u{200B}",
            "Apple’s \u{F8FF} sign, Ô mon bateau, Êtes-vous là",
        ];
        for text in texts {
            assert_eq!(damaged_places(text), [], "{text}");
        }
    }

    #[test]
    fn what_may_be_meant_counts_only_beside_what_cannot() {
        assert_eq!(repair("x Ã\u{A0} la"), None);
        assert_eq!(repair("cafÃ© Ã\u{A0} la").unwrap().text, "café à la");
    }

    #[test]
    fn a_file_with_both_says_how_many_are_right() {
        let text = "Espa√±ol and é";
        let repaired = repair(text).unwrap();
        assert_eq!((repaired.encoding, repaired.places), (Encoding::MacRoman, 1));
        assert_eq!((repaired.explained, repaired.non_ascii), (2, 3));
        let source = SourceText::new("a.md", text.as_bytes()).unwrap();
        let mut findings = Findings::about(&source);
        discover(text, |_| true, &mut findings);
        let proposal = findings.into_sorted().pop().unwrap();
        assert!(proposal.message.ends_with("the other 1 are right as they stand"));
    }

    #[test]
    fn a_large_text_takes_linear_time() {
        for text in ["√±é".repeat(100_000), "Ã©".repeat(200_000), "\u{80}".repeat(400_000)] {
            damaged_places(&text);
        }
    }
}
