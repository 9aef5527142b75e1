//! Images that nobody can see, which is how mail tells on its readers.

/// The source of every image in finished html that is at most one pixel wide
/// or high, or is not displayed.
pub(super) fn unseen_images(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let lower = html.to_ascii_lowercase();
    for (at, _) in lower.match_indices("<img") {
        let tag = tag_at(&html[at..]);
        let attributes = attributes(tag);
        let value =
            |name: &str| attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let is_tiny = |length: &str| {
            let digits = length.trim().trim_end_matches("px");
            matches!(digits.parse::<f32>(), Ok(pixels) if pixels <= 1.0)
        };
        let style = value("style").unwrap_or_default().to_ascii_lowercase();
        let is_unseen_by_style =
            style.split(';').filter_map(|rule| rule.split_once(':')).any(|(property, value)| {
                match property.trim() {
                    "width" | "height" | "max-width" | "max-height" => is_tiny(value),
                    "display" => value.trim().starts_with("none"),
                    "visibility" => value.trim().starts_with("hidden"),
                    "opacity" => is_tiny(value) && value.trim().parse() == Ok(0.0_f32),
                    _ => false,
                }
            });
        if ["width", "height"].iter().any(|name| value(name).is_some_and(is_tiny))
            || is_unseen_by_style
        {
            found.push(value("src").unwrap_or_default().to_owned());
        }
    }
    found
}

/// The tag that begins the text, with its quoted attributes whole.
fn tag_at(html: &str) -> &str {
    let mut quote = None;
    for (at, c) in html.char_indices() {
        match (quote, c) {
            (None, '>') => return &html[..at],
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    html
}

/// Names in lower case, and values without quotes.
fn attributes(tag: &str) -> Vec<(String, String)> {
    let mut rest = tag.trim_start_matches(|c: char| !c.is_whitespace()).trim_start();
    let mut attributes = Vec::new();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let after = after.trim_start();
        let (value, left) = match after.strip_prefix('=').map(str::trim_start) {
            None => ("", after),
            Some(value) => match value.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    value[1..].split_once(quote).unwrap_or((&value[1..], ""))
                }
                _ => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
            },
        };
        attributes.push((name.to_ascii_lowercase(), value.to_owned()));
        // A lone `=` has no name, and must not be met for ever.
        rest = if name.is_empty() && left.len() == rest.len() { "" } else { left.trim_start() };
    }
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_too_small_to_see_is_found_however_it_is_written() {
        for html in [
            r#"<img src="p.gif" width="1" height="1" alt="">"#,
            "<IMG SRC='p.gif' WIDTH=1 />",
            r#"<img src="p.gif" style="border:0; height: 1px">"#,
            r#"<img src="p.gif" style="display:none">"#,
            r#"<img alt="a > b" src="p.gif" height=0>"#,
        ] {
            assert_eq!(unseen_images(html), ["p.gif"], "{html}");
        }
    }

    #[test]
    fn pictures_and_odd_html_are_let_through() {
        for html in [
            r#"<img src="a.png" width="600" style="max-width:100%;height:auto">"#,
            r#"<img src="a.png" alt="width=1">"#,
            "<img",
            "<img =",
            "<img = = =",
            "<img src",
            "<p>&lt;img width=1&gt;</p>",
        ] {
            assert_eq!(unseen_images(html), Vec::<String>::new(), "{html}");
        }
    }
}
