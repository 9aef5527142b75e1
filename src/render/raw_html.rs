//! What the mail makes of the elements that an author writes as HTML.
//!
//! In: the name of an element or an attribute. Out: whether the mail keeps it.
//! The mail never gets a byte of the author's tags: an element that is allowed
//! is written anew, and everything else becomes text or is left out.
//! Absent on purpose: reading tags ([`html`](crate::source::html)), and their
//! nesting, which [`flow`](super::flow) puts in order.

/// What the mail makes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// It is written under this name.
    Kept(&'static str),
    /// The tag is left out, and what it holds is shown.
    Unwrapped,
    /// It is left out with all that it holds.
    Dropped,
    /// HTML has no such element, so it is text: a Rust generic, a placeholder.
    NotHtml,
}

/// Elements that mail programs show.
const KEPT: &str = "a abbr b bdi bdo big blockquote br caption center cite code dd del details dfn div \
    dl dt em figcaption figure font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre \
    q s samp small span strike strong sub summary sup table tbody td tfoot th thead time \
    tr tt u ul var";

/// Blocks that mean nothing in a mail, or cannot work there; a `div` takes their place.
const BLOCKS: &str = "address article aside body dialog fieldset footer form header hgroup legend main \
    menu nav search section";

/// Elements of which only what they hold is shown: a mail program plays no film and
/// runs no script, so readers get the text for programs that cannot.
const UNWRAPPED: &str = "acronym applet area audio base button canvas col colgroup data datalist frame \
    frameset head html input label link map meta meter nobr noscript object optgroup option param \
    picture progress rp rt ruby select source textarea track video wbr";

/// Those of them whose loss a reader notices.
const MISSED: &str =
    "button input meter progress select textarea canvas applet audio video object frame";

/// Elements that are left out with all that they hold.
const DROPPED: &str = "embed iframe math noembed noframes script style svg template title";

/// Elements that show a document or a film of their own.
const FILMS: &str = "audio embed frame iframe object source video";

/// The attributes that any kept element may have.
const ANYWHERE: [&str; 5] = ["title", "lang", "dir", "align", "id"];

/// The attributes that one element may have. `href` and `src` are targets and
/// are looked at elsewhere.
const ATTRIBUTES: [(&str, &[&str]); 7] = [
    ("td", &["colspan", "rowspan", "valign"]),
    ("th", &["colspan", "rowspan", "valign", "scope", "abbr"]),
    ("ol", &["start", "type", "reversed"]),
    ("li", &["value"]),
    ("img", &["width", "height"]),
    ("time", &["datetime"]),
    ("a", &["name"]),
];

pub(crate) fn treatment(name: &str) -> Treatment {
    let name = name.to_ascii_lowercase();
    let is_in = |list: &str| list.split(' ').any(|known| known == name);
    match KEPT.split(' ').find(|known| *known == name) {
        Some(name) => Treatment::Kept(name),
        None if is_in(BLOCKS) => Treatment::Kept("div"),
        None if is_in(UNWRAPPED) => Treatment::Unwrapped,
        None if is_in(DROPPED) => Treatment::Dropped,
        None => Treatment::NotHtml,
    }
}

/// Whether an element may be among words, and holds words.
pub(crate) fn is_among_words(name: &str) -> bool {
    const AMONG_WORDS: &str = "a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp \
        small span strike strong sub sup time tt u var";
    AMONG_WORDS.split(' ').any(|known| known == name)
}

/// The name of an element that is not kept, as this file spells it.
pub(crate) fn dropped_or_unwrapped(name: &str) -> &'static str {
    DROPPED.split(' ').chain(UNWRAPPED.split(' ')).find(|known| *known == name).unwrap_or_default()
}

/// Whether readers miss something of an element of which only the content is shown.
pub(crate) fn is_missed(name: &str) -> bool {
    MISSED.split(' ').any(|missed| missed.eq_ignore_ascii_case(name))
}

/// Whether an element shows a document or a film of its own, to which a mail can link.
pub(crate) fn is_film(name: &str) -> bool {
    FILMS.split(' ').any(|film| film.eq_ignore_ascii_case(name))
}

/// Whether no program shows what an element holds, because it is code.
pub(crate) fn is_code_for_programs(name: &str) -> bool {
    ["script", "style", "template"].iter().any(|code| code.eq_ignore_ascii_case(name))
}

/// Whether an element has no end tag.
pub(crate) fn is_void(name: &str) -> bool {
    const VOID: &str = "area base br col embed frame hr img input link meta param source track wbr";
    VOID.split(' ').any(|void| void.eq_ignore_ascii_case(name))
}

/// The name of an attribute, if the element may have it.
pub(crate) fn allowed_attribute(element: &str, attribute: &str) -> Option<&'static str> {
    let of_element = ATTRIBUTES.iter().filter(|(name, _)| *name == element);
    let mut allowed = ANYWHERE.iter().chain(of_element.flat_map(|(_, names)| names.iter()));
    allowed.find(|name| **name == attribute).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_standing() {
        let cases = [
            ("SMALL", Treatment::Kept("small")),
            ("section", Treatment::Kept("div")),
            ("Script", Treatment::Dropped),
            ("button", Treatment::Unwrapped),
            ("T", Treatment::NotHtml),
            ("output", Treatment::NotHtml),
            ("dyn", Treatment::NotHtml),
        ];
        for (name, expected) in cases {
            assert_eq!(treatment(name), expected, "{name}");
        }
        assert_eq!(allowed_attribute("td", "colspan"), Some("colspan"));
        assert_eq!(allowed_attribute("p", "colspan"), None);
        assert_eq!(allowed_attribute("p", "onclick"), None);
    }
}
