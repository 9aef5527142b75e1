//! The name that was probably meant by a mistyped one.

/// The known name that differs from `mistyped` by the fewest letters, whatever
/// their case; `None` if even that one differs in more than a third of its letters.
pub(crate) fn nearest<'n>(
    mistyped: &str,
    known: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    let mistyped = mistyped.to_lowercase();
    let length = mistyped.chars().count();
    let distance = |name: &'n str| {
        let letters = name.chars().count();
        let most = letters.div_ceil(3);
        // A text of a megabyte can stand where a name is expected.
        if length.abs_diff(letters) > most {
            return None;
        }
        let distance = strsim::damerau_levenshtein(&mistyped, &name.to_lowercase());
        (distance <= most).then_some((distance, name))
    };
    let near = known.into_iter().filter_map(distance).min_by_key(|(distance, _)| *distance)?;
    Some(near.1)
}

/// The known name of which `name` is probably a misspelling: it begins alike and has one
/// wrong letter, or two in a long name. Stricter than [`nearest`], for names that
/// may be right as they are.
pub(crate) fn misspelled<'n>(
    name: &str,
    known: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    let length = name.chars().count();
    let most = match length {
        0..4 => return None,
        4..8 => 1,
        _ => 2,
    };
    let is_near = |known: &&str| {
        known.chars().next() == name.chars().next()
            && length.abs_diff(known.chars().count()) <= most
            && strsim::damerau_levenshtein(name, known) <= most
    };
    known.into_iter().find(is_near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_close_misspelling_is_told_from_a_name_of_its_own() {
        let known = ["title", "date", "summary", "category", "preheader", "sponsor"];
        for (name, expected) in [
            ("titel", Some("title")),
            ("dates", Some("date")),
            ("sumary", Some("summary")),
            ("prehaeder", Some("preheader")),
            ("sponser", Some("sponsor")),
            ("path", None),
            ("update", None),
            ("categories", None),
            ("layout", None),
            ("tag", None),
        ] {
            assert_eq!(misspelled(name, known), expected, "{name}");
        }
    }

    #[test]
    fn a_name_is_near_if_two_thirds_of_it_are_right() {
        let known = ["title", "preheader", "web_url", "alt"];
        for (mistyped, expected) in [
            ("titel", Some("title")),
            ("TITLE", Some("title")),
            ("weburl", Some("web_url")),
            ("atl", Some("alt")),
            ("at", Some("alt")),
            ("xly", None),
            ("sponsor", None),
        ] {
            assert_eq!(nearest(mistyped, known), expected, "{mistyped}");
        }
        assert_eq!(nearest(&"title".repeat(1_000_000), known), None);
    }
}
