//! A font stack that is safe in every style and attribute.

use std::fmt;

/// Names of installed fonts, in the form of CSS `font-family`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FontStack(String);

/// Fonts that mrml links from the web as soon as a style names them.
const LINKED_BY_MRML: [&str; 5] = ["Droid Sans", "Lato", "Open Sans", "Roboto", "Ubuntu"];

impl FontStack {
    /// Reads a stack such as `Georgia, 'Times New Roman', serif`.
    ///
    /// # Errors
    /// A clause without a subject that says why the stack cannot be used.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some(c) = text.chars().find(|c| !may_stand(*c)) {
            return Err(format!(
                "holds {c:?}; a font stack has only letters, digits, spaces, commas, hyphens \
                 and single quotes"
            ));
        }
        for name in text.split(',').map(str::trim) {
            let bare = name.strip_prefix('\'').and_then(|name| name.strip_suffix('\''));
            let bare = bare.unwrap_or(name);
            if bare.is_empty() || bare.contains('\'') {
                return Err("has an empty name, or a quote that is not closed".to_owned());
            }
            if LINKED_BY_MRML.iter().any(|linked| bare.eq_ignore_ascii_case(linked)) {
                return Err(format!(
                    "names {bare}, which MJML would fetch from the web when the mail is opened"
                ));
            }
        }
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Display for FontStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// No quote but the single one, nothing that ends a declaration or a tag, and
/// nothing that mrml would print as an escape.
fn may_stand(c: char) -> bool {
    let is_printed_as_it_is = c == '\'' || c.escape_debug().len() == 1;
    (c.is_alphanumeric() || matches!(c, ' ' | ',' | '-' | '\'' | '_')) && is_printed_as_it_is
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_ends_no_declaration_and_fetches_nothing() {
        for text in [
            "-apple-system,'Segoe UI',Helvetica,Arial,sans-serif",
            "Georgia, serif",
            "'Hiragino Kaku Gothic ProN', 'ヒラギノ角ゴ', sans-serif",
        ] {
            assert_eq!(FontStack::parse(text).unwrap().to_string(), text);
        }
        for (text, expected) in [
            ("\"Segoe UI\"", "holds '\"'"),
            ("Arial;color:red", "holds ';'"),
            ("Arial}", "holds '}'"),
            ("Arial</style>", "holds '<'"),
            ("Arial\\", "holds '\\\\'"),
            ("Arial\nx", "holds '\\n'"),
            ("a,,b", "has an empty name"),
            ("", "has an empty name"),
            ("'Segoe UI", "a quote that is not closed"),
            ("Arial, roboto", "names roboto"),
            ("'Open Sans', sans-serif", "names Open Sans"),
        ] {
            let refused = FontStack::parse(text).unwrap_err();
            assert!(refused.contains(expected), "{text}: {refused}");
        }
    }
}
