//! The words that readers of the web would see, by CommonMark and an HTML5 parser, and
//! those of them that a mail lacks. The fuzzer uses this, too.

use pulldown_cmark::{Options, Parser, html::push_html};
use scraper::Html;

/// Elements whose text no reader sees, or only where the element itself does not work.
const UNSEEN: [&str; 9] =
    ["script", "style", "title", "template", "iframe", "noembed", "noframes", "noscript", "head"];

/// The longest word that is looked for. The text part may break longer ones.
const LONGEST: usize = 40;

/// The words of the Markdown that are not in both parts, with the number of times
/// that they are missing.
pub fn missing(markdown: &str, html: &str, text: &str) -> Vec<String> {
    // A long line of code may be broken within a word.
    let joined = |text: &str| text.split_whitespace().collect::<String>();
    let (html, text) = (joined(&parsed_text(&Html::parse_document(html))), joined(text));
    let mut words = words_of(markdown);
    words.sort_unstable();
    let counted = words.chunk_by(|a, b| a == b).map(|same| (same[0].as_str(), same.len()));
    let lacks = |part: &str, word: &str, times| part.matches(word).count() < times;
    counted
        .filter(|(word, times)| lacks(&html, word, *times) || lacks(&text, word, *times))
        .map(|(word, _)| word.to_owned())
        .collect()
}

/// The words of a text in Markdown, as they follow each other on a page.
fn words_of(markdown: &str) -> Vec<String> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS;
    let mut page = String::new();
    push_html(&mut page, Parser::new_ext(markdown, options));
    let seen = parsed_text(&Html::parse_document(&format!("<!doctype html><body>{page}")));
    let words = seen.split(|c: char| !c.is_alphanumeric());
    let is_word = |word: &&str| {
        word.starts_with(char::is_alphabetic) && word.chars().count() <= LONGEST && word.len() > 2
    };
    words.filter(is_word).map(str::to_owned).collect()
}

/// The text of a page, with a space between two text nodes.
fn parsed_text(page: &Html) -> String {
    let mut seen = String::new();
    for node in page.tree.nodes() {
        let Some(text) = node.value().as_text() else { continue };
        let is_unseen = |name: &str| UNSEEN.contains(&name);
        // A list shows its options only.
        let parent = node.parent().and_then(|parent| parent.value().as_element());
        if parent.is_some_and(|parent| parent.name() == "select") {
            continue;
        }
        let mut around = node.ancestors().filter_map(|node| node.value().as_element());
        if !around.any(|element| is_unseen(element.name())) {
            seen.push_str(text);
            seen.push(' ');
        }
    }
    seen
}
