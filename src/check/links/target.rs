//! The checks of the target of a link.

use crate::issue::{LinkKind, scheme, template_field};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// There is no target, or only a scheme.
    Empty,
    /// It is a text that the author forgot to replace.
    Placeholder,
    /// It holds a space, a line end or a tab.
    WhiteSpace,
    /// Its scheme is not in [`SCHEMES`].
    UnknownScheme,
    /// `https://http://...` or `https:/...`.
    BrokenScheme,
    /// It looks like a URL, and without a scheme it is the name of a file.
    NoScheme,
    /// It is one word without a mark, as `[text](Name)` has.
    Word,
}

/// The schemes for which mail programs open another program.
const SCHEMES: [&str; 13] = [
    "http", "https", "mailto", "tel", "sms", "irc", "ircs", "ftp", "ftps", "xmpp", "matrix",
    "gemini", "webcal",
];

/// Words that authors write in place of a target. Words with an underscore are
/// recognised without a list.
const STAND_INS: [&str; 10] =
    ["URL", "LINK", "HREF", "TARGET", "TODO", "TBD", "TBA", "FIXME", "XXX", "PLACEHOLDER"];

/// The first fault of `target`.
pub(super) fn fault(target: &str, kind: LinkKind) -> Option<Fault> {
    let trimmed = target.trim();
    // The parser has recognised an email address.
    if kind == LinkKind::Autolink && trimmed.contains('@') && !trimmed.contains(':') {
        return None;
    }
    let scheme = split_scheme(trimmed);
    let has_scheme = scheme.is_some();
    if scheme.as_ref().map_or(trimmed, |(_, rest)| rest.trim_matches('/')).is_empty() {
        return Some(Fault::Empty);
    }
    if is_placeholder(trimmed, has_scheme) {
        return Some(Fault::Placeholder);
    }
    // Most targets are ASCII, where a look at the bytes is enough.
    let holds_space = if target.is_ascii() {
        target.bytes().any(|byte| matches!(byte, b' ' | b'\t'..=b'\r'))
    } else {
        target.contains(char::is_whitespace)
    };
    // The name of a file may hold spaces; the mail encodes them.
    let is_file = kind == LinkKind::Image
        && !has_scheme
        && trimmed == target
        && !target.contains(['\n', '\t', '\r']);
    if holds_space && !is_file {
        return Some(Fault::WhiteSpace);
    }
    let Some((scheme, rest)) = scheme else {
        return match kind {
            _ if hides_a_scheme(trimmed) => Some(Fault::BrokenScheme),
            LinkKind::Image => None,
            _ if lacks_scheme(trimmed) => Some(Fault::NoScheme),
            _ => trimmed.chars().all(char::is_alphabetic).then_some(Fault::Word),
        };
    };
    if !SCHEMES.contains(&scheme.as_str()) {
        // `mumble://example.org` opens a program, and `hhttps://` is a slip.
        let may_be_meant =
            rest.starts_with("//") && crate::domain::nearest(&scheme, ["http", "https"]).is_none();
        return (!may_be_meant).then_some(Fault::UnknownScheme);
    }
    let host = rest.strip_prefix("//");
    let is_web = matches!(scheme.as_str(), "http" | "https");
    let host_is_scheme = |host: &str| {
        let host = host.split('/').next().unwrap_or_default().to_ascii_lowercase();
        matches!(host.as_str(), "" | "http:" | "https:" | "http" | "https")
    };
    (is_web && host.is_none_or(host_is_scheme)).then_some(Fault::BrokenScheme)
}

/// Whether a mark stands before the scheme, as in `(https://example.org`. A path may
/// hold a whole URL, as in `/login?to=https://example.org`.
fn hides_a_scheme(target: &str) -> bool {
    target.find("://").is_some_and(|at| !target[..at].contains(['/', '?', '#']))
}

/// Whether `https://` or `mailto:` is missing before the target. Other targets
/// without a scheme are relative, and `render` resolves them.
fn lacks_scheme(target: &str) -> bool {
    let first = target.split(['/', '?', '#']).next().unwrap_or_default();
    let is_port = |port: &str| port.starts_with(|c: char| c.is_ascii_digit());
    first.starts_with("www.")
        || is_host(first, first.len() < target.len() && target[first.len()..].starts_with('/'))
        || first.contains('@') && first.contains('.') && first == target
        || first.rsplit_once(':').is_some_and(|(_, port)| is_port(port))
}

/// Ends of file names that are no top-level domains, as far as two letters go, and of
/// pages that sites have.
const EXTENSIONS: &str = "js ts rb gz xz cs hs kt db md rs py pl sh ps zip mov app";

/// Those that are top-level domains too: a file has nothing below it.
const ALSO_DOMAINS: &str = "md rs py pl sh ps zip mov app";

/// The top-level domains of more than two letters that are most in use. Any of two
/// letters is a country's.
const DOMAINS: &str = "com org net edu gov mil int info biz name pro dev app blog news tech xyz \
    site online store shop cloud page club live world life media social network digital agency \
    studio design academy email today space wiki team tools guide science systems software \
    codes community events foundation global group health host land link press report review \
    rocks run school services show solutions top travel video works zone";

/// Whether the first segment of a target is the name of a host. A relative target may
/// have dots there too, as `page.html`, `v1.2/notes` and `node.js/x` do.
fn is_host(first: &str, has_path: bool) -> bool {
    let is_label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let Some((names, last)) = first.rsplit_once('.') else { return false };
    if !names.split('.').all(is_label) {
        return false;
    }
    let last = last.to_lowercase();
    let is_in = |list: &str| list.split(' ').any(|known| known == last);
    let is_country = last.chars().count() == 2 && last.chars().all(char::is_alphabetic);
    let is_file = is_in(EXTENSIONS) && !(has_path && is_in(ALSO_DOMAINS));
    (is_country || is_in(DOMAINS)) && !is_file
}

/// The scheme in lower case, and the text after its `:`. A target with a space inside
/// its scheme has none here, because the space is what is reported.
fn split_scheme(target: &str) -> Option<(String, &str)> {
    let scheme = scheme(target)?;
    let rest = target.get(scheme.len()..)?.strip_prefix(':')?;
    // `example.org:8080` has no scheme, and `localhost:3000` has none either.
    let is_port =
        rest.starts_with(|c: char| c.is_ascii_digit()) && !matches!(&*scheme, "tel" | "sms");
    (!is_port).then_some((scheme, rest))
}

fn is_placeholder(target: &str, has_scheme: bool) -> bool {
    if has_scheme && memchr::memchr2(b'_', b'{', target.as_bytes()).is_none() {
        return false;
    }
    let mut segments = target.split(['/', '?', '#', '=', '&']);
    let is_capital = |word: &str| {
        word.len() >= 3
            && word
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
    };
    let says_so = |word: &str| word.ends_with("_HERE") || word.starts_with("INSERT_");
    if segments.any(|segment| is_capital(segment) && says_so(segment)) || target.contains("{{") {
        return true;
    }
    if has_scheme {
        return false;
    }
    let last_word = target.rsplit([' ', '_', '-']).next().unwrap_or_default();
    target == "#"
        || target == "..."
        || target == "…"
        || is_capital(target) && target.contains('_')
        || STAND_INS.contains(&last_word)
        || STAND_INS.iter().any(|word| word.eq_ignore_ascii_case(target))
        || template_field(target).is_some()
        || target.starts_with("${")
}

impl Fault {
    /// Whether it is none if the target leads to a file of the newsletter.
    pub(super) fn may_be_file(self) -> bool {
        matches!(self, Self::WhiteSpace | Self::NoScheme | Self::Word)
    }

    /// The message about `target`, and the advice.
    pub(super) fn words(self, target: &str) -> (String, &'static str) {
        let shown = target.replace(['\n', '\t'], " ");
        let shown = shown.chars().filter(|c| !c.is_control()).take(100).collect::<String>();
        match self {
            Self::Empty => {
                ("the link has no target".to_owned(), "Write its target, or remove the link.")
            }
            Self::Placeholder => (
                format!("`{shown}` is a placeholder, not a target"),
                "Write the target, or remove the link.",
            ),
            Self::WhiteSpace => (
                format!("the target `{shown}` holds white space"),
                "Remove it, or write `%20` for a space that is meant.",
            ),
            Self::UnknownScheme => (
                format!("mail programs do not know what to do with `{shown}`"),
                "Begin the target with `https://`, `http://` or `mailto:`; put code between backquotes.",
            ),
            Self::BrokenScheme => (
                format!("the target `{shown}` does not begin well"),
                "Begin it with `https://` once, and the name of the site after it.",
            ),
            Self::NoScheme => (
                format!("the target `{shown}` has no scheme, so it leads to a page of that name"),
                "Write the whole target, with `https://` or `mailto:` at its beginning.",
            ),
            Self::Word => (
                format!("the target `{shown}` is a word, and no file here has that name"),
                "Write the whole URL; a page of the newsletter's own site begins with `/`.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_told_apart() {
        let inline = [
            ("", Some(Fault::Empty)),
            (" ", Some(Fault::Empty)),
            ("https://", Some(Fault::Empty)),
            ("mailto:", Some(Fault::Empty)),
            ("REDDIT_LINK_HERE", Some(Fault::Placeholder)),
            ("https://example.org/INSERT_LINK_HERE", Some(Fault::Placeholder)),
            ("URL", Some(Fault::Placeholder)),
            ("Feature URL", Some(Fault::Placeholder)),
            ("todo", Some(Fault::Placeholder)),
            ("#", Some(Fault::Placeholder)),
            ("$url", Some(Fault::Placeholder)),
            ("https://example.org/{{slug}}", Some(Fault::Placeholder)),
            ("https://example.org/a b", Some(Fault::WhiteSpace)),
            ("hhttps://example.org", Some(Fault::UnknownScheme)),
            ("htp://example.org", Some(Fault::UnknownScheme)),
            ("mumble://mumble.example.org/?version=1.2.0", None),
            ("vscode://file/x", None),
            ("std::vec", Some(Fault::UnknownScheme)),
            ("https://https://example.org", Some(Fault::BrokenScheme)),
            ("https:/example.org", Some(Fault::BrokenScheme)),
            ("https:///x", Some(Fault::BrokenScheme)),
            ("(https://example.org/", Some(Fault::BrokenScheme)),
            ("“https://example.org”", Some(Fault::BrokenScheme)),
            ("/login?to=https://example.org", None),
            ("web/https://example.org", None),
            ("www.example.org/x", Some(Fault::NoScheme)),
            ("example.org:8080", Some(Fault::NoScheme)),
            ("riders.example.org", Some(Fault::NoScheme)),
            ("example.com/inn", Some(Fault::NoScheme)),
            ("Example.Co.UK", Some(Fault::NoScheme)),
            ("crates.io?q=x", Some(Fault::NoScheme)),
            ("lib.rs/crates", Some(Fault::NoScheme)),
            ("пример.рф", Some(Fault::NoScheme)),
            ("lib.rs", None),
            ("README.md#use", None),
            ("page.html", None),
            ("posts/example.org", None),
            ("v1.2/notes", None),
            ("node.js/guide", None),
            ("./example.org", None),
            ("..", None),
            ("2026/x", None),
            ("?page=2", None),
            ("/about/", None),
            ("../2026/x", None),
            ("posts/x.md", None),
            ("issue-12", None),
            ("eurorust", Some(Fault::Word)),
            ("Name", Some(Fault::Word)),
            ("//example.org/x", None),
            ("../archive/", None),
            ("img/a@2x.png", None),
            ("LICENSE", Some(Fault::Word)),
            ("#section", None),
            ("https://example.org/TODO?URL=$x#LINK", None),
            ("https://en.example.org/wiki/SOME_CONSTANT", None),
            ("HTTPS://EXAMPLE.ORG", None),
            ("mailto:editor@example.org", None),
            ("irc://irc.example.org/#rust", None),
            ("tel:112", None),
            ("TEL:112", None),
            ("java\tscript:x", Some(Fault::WhiteSpace)),
            ("http://localhost:3000/", None),
        ];
        for (target, expected) in inline {
            assert_eq!(fault(target, LinkKind::Inline), expected, "{target}");
        }
        assert_eq!(fault("img/a b.png", LinkKind::Image), None);
        assert_eq!(fault(" a.png", LinkKind::Image), Some(Fault::WhiteSpace));
        assert_eq!(fault("https://example.org/a b.png", LinkKind::Image), Some(Fault::WhiteSpace));
        assert_eq!(fault("editor@example.org", LinkKind::Autolink), None);
        assert_eq!(fault("editor@example.org", LinkKind::Inline), Some(Fault::NoScheme));
        assert_eq!(fault("a@2x.png", LinkKind::Image), None);
    }
}
