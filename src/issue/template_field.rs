//! Fields of a template that an author copied and did not fill in.

/// The whole text, if it is one field of a template: `$name`, `${name}` or `{{name}}`.
pub(crate) fn template_field(text: &str) -> Option<&str> {
    let text = text.trim();
    let inside = text
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .or_else(|| text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')))
        .or_else(|| text.strip_prefix('$'))?;
    is_field_name(inside.trim_matches(['{', '}', ' '])).then_some(text)
}

/// The first field of a template in `text`. A bare `$name` counts only if it has an
/// underscore: prose mentions `$PATH` and `$this`.
pub(crate) fn template_field_in(text: &str) -> Option<&str> {
    if template_field(text).is_some() {
        return Some(text.trim());
    }
    if let Some((start, length)) = text.find("{{").and_then(|at| Some((at, text[at..].find("}}")?)))
    {
        return Some(&text[start..start + length + 2]);
    }
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ':' | '(' | ')' | '#'));
    words
        .into_iter()
        .find(|word| template_field(word).is_some_and(|word| word.contains(['_', '{'])))
}

fn is_field_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_a_template_is_distinguished_from_prose() {
        let left = [
            ("$name", "$name"),
            ("Weekly $issue_number", "$issue_number"),
            ("Weekly #${number}: x", "${number}"),
            ("Weekly {{ issue.number }}", "{{ issue.number }}"),
        ];
        for (text, field) in left {
            assert_eq!(template_field_in(text), Some(field));
        }
        let prose = [
            "What is $PATH?",
            "$100 for a word",
            "PHP's $this",
            "a_b",
            "",
            "$",
            "{}",
            "{{",
            "}}{{",
        ];
        for text in prose {
            assert_eq!(template_field_in(text), None, "{text}");
        }
    }
}
