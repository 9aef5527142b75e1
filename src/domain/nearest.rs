//! The name that was probably meant by a mistyped one.

/// The known name that differs from `mistyped` by the fewest letters, whatever
/// their case; `None` if even that one differs in more than a third of its letters.
pub(crate) fn nearest<'n>(
    mistyped: &str,
    known: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    let mistyped = mistyped.to_lowercase();
    let distance = |name: &'n str| {
        let most = name.chars().count().div_ceil(3);
        distance_within(most, &mistyped, &name.to_lowercase()).map(|distance| (distance, name))
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
    let most = match name.chars().count() {
        0..4 => return None,
        4..8 => 1,
        _ => 2,
    };
    let is_near = |known: &&str| {
        known.chars().next() == name.chars().next() && distance_within(most, name, known).is_some()
    };
    known.into_iter().find(is_near)
}

/// The number of letters by which two names differ, if it is `most` or fewer.
fn distance_within(most: usize, a: &str, b: &str) -> Option<usize> {
    // A text of a megabyte can stand where a name is expected.
    if a.chars().count().abs_diff(b.chars().count()) > most {
        return None;
    }
    Some(strsim::damerau_levenshtein(a, b)).filter(|distance| *distance <= most)
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
