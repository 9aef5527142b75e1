//! What `postrider new` writes: a newsletter that works at once, into an outbox.
//!
//! In: a name and a day. Out: files by their paths. Absent on purpose: writing
//! them, and the theme, of which the program has its own copy.

use std::collections::BTreeMap;

use crate::domain::{HeaderText, Slug};

/// What a new newsletter is called, and the day of its first issue.
#[derive(Debug, Clone)]
pub(crate) struct Scaffold {
    pub(crate) name: HeaderText,
    pub(crate) slug: Slug,
    pub(crate) date: jiff::civil::Date,
}

impl Scaffold {
    /// Takes the name of the new folder for the newsletter's: `rust-weekly`
    /// becomes "Rust weekly". A folder without a usable name makes none.
    pub(crate) fn named(folder: &str, date: jiff::civil::Date) -> Option<Self> {
        let slug = Slug::from_text(folder)?;
        let words = folder.replace(['-', '_'], " ");
        let mut letters = words.trim().chars();
        let first = letters.next()?.to_uppercase();
        let name = HeaderText::parse(&first.chain(letters).collect::<String>()).ok()?;
        Some(Self { name, slug, date })
    }

    /// The file of the first issue, by its path from the newsletter's folder.
    pub(crate) fn issue(&self) -> String {
        format!("issues/{}", self.issue_file())
    }

    /// Every file, by its path from the newsletter's folder.
    pub(crate) fn files(&self) -> BTreeMap<String, String> {
        let own = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        BTreeMap::from([
            (super::FILE_NAME.to_owned(), self.configuration()),
            (self.issue(), self.first_issue()),
            own(".gitignore", include_str!("scaffold/gitignore")),
            own("subscribers/.gitignore", include_str!("scaffold/subscribers_gitignore")),
            own("subscribers/README.md", include_str!("scaffold/subscribers_readme.md")),
            own("subscribers/example.csv", include_str!("scaffold/example.csv")),
            own(
                ".github/workflows/check-issues.yml",
                include_str!("../../deploy/ci/check-issues.yml"),
            ),
        ])
    }

    fn configuration(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let name = self.name.as_str();
        let shown = name.replace(['"', '\\', '<', '>'], "");
        include_str!("scaffold/postrider.toml")
            .replace("@NAME@", &quoted(name))
            .replace("@SLUG@", &quoted(self.slug.as_str()))
            .replace("@FROM@", &quoted(&format!("{shown} <news@example.org>")))
    }

    fn first_issue(&self) -> String {
        include_str!("scaffold/issue.md")
            .replace("@PLAIN_NAME@", self.name.as_str())
            .replace("@DATE@", &self.date.to_string())
            .replace("@FILE@", &self.issue_file())
            .replace("@ISSUE@", self.issue_file().trim_end_matches(".md"))
    }

    fn issue_file(&self) -> String {
        format!("{}-first-issue.md", self.date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Environment, FILE_NAME, Root, Via};
    use crate::source::SourceText;

    fn configuration(folder: &str) -> Config {
        let scaffold = Scaffold::named(folder, jiff::civil::date(2026, 8, 26)).unwrap();
        let environment = Environment::for_test("/news", []);
        let root = Root::at("/news".as_ref(), &environment);
        let text = &scaffold.files()[FILE_NAME];
        let source = SourceText::new(FILE_NAME, text.as_bytes()).unwrap();
        Config::resolve(&root, &source, &environment, None).unwrap()
    }

    #[test]
    fn a_new_newsletter_is_configured_whatever_its_folder_is_called() {
        let config = configuration("rust-weekly");
        assert_eq!(config.newsletter.name.as_str(), "Rust weekly");
        assert_eq!(config.newsletter.slug.as_str(), "rust-weekly");
        assert!(matches!(config.delivery.via, Via::Outbox(_)));
        for folder in ["\"quoted\" \\ <b> news", "a'''b\"\"\"c", "@NAME@ x", "été-2026"] {
            configuration(folder);
        }
        assert!(Scaffold::named("日本", jiff::civil::date(2026, 8, 26)).is_none());
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        let scaffold = Scaffold::named("weekly", jiff::civil::date(2026, 8, 26)).unwrap();
        let files = scaffold.files();
        assert_eq!(
            files.keys().map(String::as_str).collect::<Vec<_>>(),
            [
                ".github/workflows/check-issues.yml",
                ".gitignore",
                "issues/2026-08-26-first-issue.md",
                "postrider.toml",
                "subscribers/.gitignore",
                "subscribers/README.md",
                "subscribers/example.csv",
            ]
        );
        for (path, text) in &files {
            for hole in
                ["@NAME@", "@SLUG@", "@FROM@", "@PLAIN_NAME@", "@DATE@", "@FILE@", "@ISSUE@"]
            {
                assert!(!text.contains(hole), "{path} holds {hole}");
            }
        }
        assert!(
            files[&scaffold.issue()].starts_with("Title: Weekly 1: the first issue\nNumber: 1\n")
        );
    }

    /// Who takes the comments out of the configuration gets keys that are known.
    #[test]
    fn the_configuration_that_is_commented_out_is_right_too() {
        let scaffold = Scaffold::named("weekly", jiff::civil::date(2026, 8, 26)).unwrap();
        let is_setting =
            |line: &str| line.contains(" = ") && !line.contains("For via") || line.starts_with('[');
        let text: String = scaffold.files()[FILE_NAME]
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(rest) if is_setting(rest) => format!("{rest}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let environment = Environment::for_test("/news", []);
        let root = Root::at("/news".as_ref(), &environment);
        let source = SourceText::new(FILE_NAME, text.as_bytes()).unwrap();
        let config = Config::resolve(&root, &source, &environment, None).unwrap();
        assert!(config.schedule.is_some() && config.newsletter.web_url.is_some());
    }
}
