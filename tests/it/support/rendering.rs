//! Renders a file as the program does.

use std::path::{Path, PathBuf};

use postrider::domain::{Direction, HeaderText, LanguageTag};
use postrider::issue::Issue;
use postrider::render::{Illustration, Letterhead, Rendered, render};
use postrider::source::{Finding, SourceText};
use postrider::theme::{Theme, embedded};

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Real issues that stand beside the repository on the machines of the
/// project. They are not part of it, and may be absent.
pub fn corpus() -> Vec<PathBuf> {
    markdown_in(&root().join("../shared/corpus"))
}

/// The Markdown files of a folder but for a README, by name.
pub fn markdown_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let is_issue = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        matches!(ending, Some("md" | "markdown")) && !path.ends_with("README.md")
    };
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(is_issue).collect();
    found.sort();
    found
}

pub fn weekly() -> Theme {
    Theme::from_files("weekly", &embedded("weekly").unwrap()).unwrap()
}

pub fn letterhead() -> Letterhead {
    Letterhead {
        name: HeaderText::parse("Example & Weekly").unwrap(),
        postal_address: "Example Association\n1 Example Street\n12345 Example".into(),
        language: LanguageTag::english(),
        direction: Direction::LeftToRight,
        web_url: Some("https://example.org/issues/1?a=1&b=2".into()),
        home_url: Some("https://example.org/".into()),
    }
}

/// Renders a text, or says why it is no issue.
pub fn rendered(
    name: &str,
    bytes: &[u8],
    theme: &Theme,
) -> Result<(Rendered, Vec<Finding>), String> {
    let source = SourceText::new(name, bytes).map_err(|error| error.to_string())?;
    let issue = Issue::parse(&source, "issue").map_err(|findings| format!("{findings:?}"))?;
    Ok(render(&issue, theme, &letterhead(), &Illustration::NONE).unwrap())
}
