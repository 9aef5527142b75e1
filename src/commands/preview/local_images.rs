//! The images of a preview: copies beside the page, and html that names them.

use std::collections::HashMap;

use crate::domain::Digest;
use crate::error::Failure;
use crate::publish::newsletter::ReadyIssue;
use crate::render::{ImageContent, Images};

/// Where the copies are, below the preview's folder.
pub(super) const FOLDER: &str = "images";

/// The html with the copies' names in place of the addresses and `cid:`s that
/// readers get. `keep` stores a copy under its name; equal files have one name.
pub(super) fn in_place(
    html: String,
    prepared: &ReadyIssue,
    mut keep: impl FnMut(&str, &[u8]) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let mut names = HashMap::new();
    for image in &prepared.rendered.images {
        let (format, bytes) = match &image.content {
            ImageContent::Attached(file) => (file.format, file.bytes.to_vec()),
            // It was there a moment ago; if it has gone, its address still shows it.
            ImageContent::Linked { from, path, format } => {
                match prepared.image_files.find(*from, path) {
                    Ok(file) => (*format, file.bytes),
                    Err(_) => continue,
                }
            }
        };
        let hash = Digest::of(&bytes).to_string();
        let name = format!("{}.{}", &hash[..16], format.ending());
        keep(&name, &bytes)?;
        names.insert(escaped(&image.source), format!("{FOLDER}/{name}"));
    }
    Ok(with_sources(&html, &names))
}

/// Replaces the `src` of images. Text has no `<` of its own, so each `<img` is
/// a tag, and its values stand between double quotes.
fn with_sources(html: &str, names: &HashMap<String, String>) -> String {
    const SOURCE: &str = " src=\"";
    if names.is_empty() {
        return html.to_owned();
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("<img") {
        let end = end_of_tag(&rest[at..]) + at;
        let (tag, after) = rest.split_at(end);
        let source = tag[at..].find(SOURCE).map(|found| at + found + SOURCE.len());
        let value = source.and_then(|start| {
            let length = tag[start..].find('"')?;
            Some((start, start + length, names.get(&tag[start..start + length])?))
        });
        match value {
            Some((start, end, name)) => {
                out.push_str(&tag[..start]);
                out.push_str(name);
                out.push_str(&tag[end..]);
            }
            None => out.push_str(tag),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The length of the tag that begins the text, with its quoted values whole.
fn end_of_tag(html: &str) -> usize {
    let mut quoted = false;
    let end = html.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    });
    end.map_or(html.len(), |end| end + 1)
}

/// As the html has it in an attribute.
fn escaped(source: &str) -> String {
    source.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_replaced_and_words_are_not() {
        let names =
            HashMap::from([("https://e.org/a.png?b&amp;c".to_owned(), "images/1.png".to_owned())]);
        let shown = |html| with_sources(html, &names);
        assert_eq!(
            shown(
                "<img alt=\"a > b\" src=\"https://e.org/a.png?b&amp;c\" width=\"1\"><a href=\"https://e.org/a.png?b&amp;c\">"
            ),
            "<img alt=\"a > b\" src=\"images/1.png\" width=\"1\"><a href=\"https://e.org/a.png?b&amp;c\">"
        );
        for html in [
            "<img src=\"https://e.org/b.png\"> src=\"https://e.org/a.png?b&amp;c\"",
            "<img",
            "<img src=\"",
            "<img alt=\"> src=",
        ] {
            assert_eq!(shown(html), html);
        }
    }
}
