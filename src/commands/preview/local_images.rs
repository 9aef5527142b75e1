//! The images of a preview: copies in its folder, and HTML that links to them.

use std::collections::HashMap;

use crate::domain::Digest;
use crate::error::Failure;
use crate::publish::newsletter::ReadyIssue;
use crate::render::{ImageContent, ImageFinder};
use crate::source::html::{self, HtmlToken};

/// The folder of the copies, in the preview's folder.
pub(super) const FOLDER: &str = "images";

/// The HTML with the names of the copies instead of the URLs and `cid:`s that
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
            // If the file was removed after the rendering, its URL still shows the image.
            ImageContent::Linked { from, path, format } => {
                match prepared.image_files.find(*from, path) {
                    Ok(file) => (*format, file.bytes),
                    Err(_) => continue,
                }
            }
        };
        let hash = Digest::new(&bytes).to_string();
        let name = format!("{}.{}", &hash[..16], format.extension());
        keep(&name, &bytes)?;
        names.insert(image.source.clone(), format!("{FOLDER}/{name}"));
    }
    // Most issues have no local image, and need no look at their tags.
    Ok(if names.is_empty() { html } else { with_sources(&html, &names) })
}

/// Replaces the `src` of each image that has a copy.
fn with_sources(page: &str, names: &HashMap<String, String>) -> String {
    let mut out = String::with_capacity(page.len());
    let mut done = 0;
    for (token, _) in html::tokens(page) {
        let HtmlToken::Open(tag) = token else { continue };
        let Some(source) = tag.attribute("src").filter(|_| tag.name == "img") else { continue };
        if let Some(name) = names.get(&*source.value) {
            out.push_str(&page[done..source.span.start]);
            out.push_str(name);
            done = source.span.end;
        }
    }
    out.push_str(&page[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_replaced_and_words_are_not() {
        let names =
            HashMap::from([("https://e.org/a.png?b&c".to_owned(), "images/1.png".to_owned())]);
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
