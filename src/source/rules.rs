//! Every rule that a finding can be about, each declared once.
//!
//! The manuals, `--allow` and the tests take the rules from here. Absent on
//! purpose: the checks themselves; each room checks its own subject.

use super::{RuleId, Severity};

/// A rule. Every finding about it has these values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Rule {
    /// The identifier, as `--allow` takes it.
    pub id: RuleId,
    /// The severity of a finding, unless the case is less or more grave.
    pub severity: Severity,
    /// The demand of the rule, in one sentence.
    pub description: &'static str,
    /// The thing that the rule judges.
    pub subject: Subject,
}

/// The thing that a rule judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// An issue, or the mail that is rendered from it. `--allow` takes these rules.
    Issue,
    /// Whether a file is an issue at all.
    IssueFile,
    /// A theme by itself.
    Theme,
    /// `postrider.toml`, the environment and the flags.
    Configuration,
}

impl Rule {
    /// The same rule, for a case that does not stop an issue.
    pub(crate) const fn as_warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// The rule of an identifier, if `--allow` may take it.
    pub fn allowable(id: &str) -> Option<&'static Self> {
        Self::about(Subject::Issue).find(|rule| rule.id.0 == id)
    }

    /// The rules about one subject, in the order of the manual.
    pub fn about(subject: Subject) -> impl Iterator<Item = &'static Self> {
        RULES.iter().filter(move |rule| rule.subject == subject)
    }
}

macro_rules! rules {
    ($($name:ident: $subject:ident $severity:ident $id:literal $description:literal)*) => {
        $(
            #[doc = $description]
            pub const $name: Rule = Rule {
                id: RuleId($id),
                severity: Severity::$severity,
                description: $description,
                subject: Subject::$subject,
            };
        )*

        /// Every rule, in the order of the manual.
        pub const RULES: &[Rule] = &[$($name),*];
    };
}

rules! {
    MISSING_TITLE: Issue Error "missing-title"
        "The front matter has a title."
    EMPTY_ISSUE: Issue Error "empty-issue"
        "A reader sees something in the issue."
    MOJIBAKE: Issue Error "mojibake"
        "No text is UTF-8 that was read as MacRoman, Windows-1252 or Latin-1."
    CONTROL_CHARACTER: Issue Error "control-character"
        "The file holds no control characters except tabs and line ends."
    PLACEHOLDER: Issue Error "placeholder-link"
        "No target, link text or title is a placeholder such as `LINK_HERE` or `{{name}}`."
    EMPTY_LINK: Issue Error "empty-link"
        "Every link has a target and a text to click."
    MALFORMED_LINK: Issue Warning "malformed-link"
        "Every link is written as `[text](target)`, and its target is a URL or a path, and no word or bare host."
    UNDEFINED_REFERENCE: Issue Warning "undefined-reference"
        "Every `[text][name]` has a definition of its name."
    DEAD_ANCHOR: Issue Warning "dead-anchor"
        "Every link within the mail leads to a heading or an id in it."
    UNUSED_FOOTNOTE: Issue Warning "unused-footnote"
        "Every footnote has a reference in the text."
    EMPTY_SECTION: Issue Warning "empty-section"
        "Every heading has something under it."
    LOST_WORDS: Issue Error "lost-words"
        "No word is hidden by HTML: every comment, script and instruction has its end."
    MARKDOWN_IN_HTML: Issue Warning "markdown-in-html"
        "No Markdown is in a block of HTML, where it is shown as it was written."
    UNBALANCED_COMMENT: Issue Warning "unbalanced-comment"
        "Every `<!--` has its `-->`, and every `-->` its `<!--`."
    TURNED_TEXT: Issue Warning "turned-text"
        "No invisible character embeds or overrides a direction, or isolates one past its line."
    UNCLOSED_EMPHASIS: Issue Warning "unclosed-emphasis"
        "Every `**` or `~~` before a word is closed in its paragraph."
    ODD_BACKQUOTE: Issue Warning "odd-backquote"
        "Every backquote has its second one in the same paragraph, item or cell."
    RAW_HTML: Issue Warning "raw-html"
        "The HTML in an issue reaches the mail as it was written."
    PSEUDO_TAG: Issue Warning "pseudo-tag"
        "Every tag outside of code is one that HTML has."
    REFUSED_TARGET: Issue Warning "refused-target"
        "No target has a scheme that runs code or reads files."
    DEEP_NESTING: Issue Warning "deep-nesting"
        "Elements of HTML are not nested too deeply."
    UNKNOWN_FIELD: Issue Warning "unknown-field"
        "No key of the front matter is a misspelling of one that postrider or the theme knows."
    FIELD_KIND: Issue Warning "field-kind"
        "Every field of the theme has a value of the kind that the theme declares."
    RELATIVE_TARGET: Issue Error "relative-target"
        "Every relative target can be resolved: links by `web_url`, images by `assets_url`."
    MISSING_IMAGE: Issue Error "missing-image"
        "Every image that is a file exists inside the newsletter's folder."
    IMAGE_FORMAT: Issue Error "image-format"
        "Every image is a PNG, JPEG or GIF, and its name has the right extension."
    IMAGE_SIZE: Issue Error "image-size"
        "The images in the mail have at most 7 MB together, and a known width."
    MISSING_ALT: Issue Warning "missing-alt"
        "Every image has an alternative text; `![ ](...)` marks a decoration."
    MISSING_STRING: Issue Warning "missing-string"
        "The theme has all its words in the language of the issue."
    UNSUBSCRIBE: Issue Error "unsubscribe"
        "Both parts of the mail hold the reader's unsubscribe link."
    POSTAL_ADDRESS: Issue Error "postal-address"
        "Both parts of the mail hold the sender's postal address."
    PIXEL: Issue Error "pixel"
        "No image is too small to be seen."
    BUDGET: Issue Error "budget"
        "The encoded HTML part is smaller than `[budget]` allows, and its style sheets than 16,000 bytes."
    CONTRAST: Issue Error "contrast"
        "Text has a contrast of 4.5:1 to its background, in the light and the dark scheme."
    PURE_PAIR: Issue Warning "pure-pair"
        "No text is pure black on pure white, or pure white on pure black."
    TOP_LINKS: Issue Warning "top-links"
        "The web page of the issue and the unsubscribe page are linked at the top of the HTML part."
    WEB_URL: Issue Warning "web-url"
        "The issue has everything that `[newsletter] web_url` needs for its permalink."
    SHARED_SLUG: Issue Warning "shared-slug"
        "No two issues have the same slug."

    FRONT_MATTER: IssueFile Error "front-matter"
        "The front matter can be read, and every key has a value of its kind."
    FRONT_MATTER_DATE: IssueFile Error "front-matter-date"
        "The date exists and is written as one."
    FRONT_MATTER_LANGUAGE: IssueFile Error "front-matter-language"
        "The language is a language tag."
    FRONT_MATTER_NUMBER: IssueFile Error "front-matter-number"
        "The number is a whole number."
    FRONT_MATTER_SLUG: IssueFile Error "front-matter-slug"
        "The slug can stand in a URL."
    FRONT_MATTER_TITLE: IssueFile Error "front-matter-title"
        "The title can be a subject."
    NESTING: IssueFile Error "nesting"
        "Quotes and lists are not nested too deeply."

    THEME_FAULT: Theme Error "theme-fault"
        "The theme can be read and rendered."
    UNDECLARED_NAME: Theme Error "undeclared-name"
        "Every name in a template is declared."
    UNUSED: Theme Warning "unused"
        "Every field and every partial is used by a template."
    STYLE_BYTES: Theme Warning "style-bytes"
        "The rules in `<style>` have at most 4,096 bytes."
    LATE_UNSUBSCRIBE: Theme Warning "late-unsubscribe"
        "An unsubscribe link stands in the first 5,000 bytes of the HTML part."
    NO_SAMPLE: Theme Warning "no-sample"
        "The theme has sample issues, and they can be read."

    SYNTAX: Configuration Error "syntax"
        "The file is TOML."
    UNKNOWN_KEY: Configuration Error "unknown-key"
        "Every key is known, and stands in its section."
    UNKNOWN_VARIABLE: Configuration Error "unknown-variable"
        "Every variable `POSTRIDER_...` is known."
    MISSING_KEY: Configuration Error "missing-key"
        "Every key without a default is set."
    WRONG_TYPE: Configuration Error "wrong-type"
        "Every value has the type of its key."
    BAD_VALUE: Configuration Error "bad-value"
        "Every value is one that its key allows."
    SECRET_IN_FILE: Configuration Error "secret-in-file"
        "No secret stands in the file."
    NOT_BUILT: Configuration Error "not-built"
        "No section asks for what postrider does not do yet."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_an_identifier_of_its_own() {
        let mut ids: Vec<_> = RULES.iter().map(|rule| rule.id.0).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len());
    }

    #[test]
    fn only_rules_about_an_issue_can_be_allowed() {
        assert_eq!(Rule::allowable("pixel"), Some(&PIXEL));
        for id in ["front-matter", "theme-fault", "syntax", "nothing"] {
            assert_eq!(Rule::allowable(id), None, "{id}");
        }
    }

    #[test]
    fn the_manuals_list_every_rule_as_it_is_declared() {
        let manual = |path: &str| {
            std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
        };
        for (path, subjects) in [
            ("issues/README.md", [Subject::Issue, Subject::IssueFile]),
            ("email-templates/README.md", [Subject::Theme, Subject::Theme]),
        ] {
            let expected: Vec<String> = RULES
                .iter()
                .filter(|rule| subjects.contains(&rule.subject))
                .map(|rule| {
                    let severity = match rule.severity {
                        Severity::Error => "error",
                        Severity::Warning => "warning",
                    };
                    format!("| `{}` | {severity} | {} |", rule.id.0, rule.description)
                })
                .collect();
            let manual = manual(path);
            let is_rule = |line: &&str| line.contains("| error |") || line.contains("| warning |");
            let listed: Vec<&str> = manual.lines().filter(is_rule).collect();
            assert_eq!(listed, expected, "{path} should list:\n{}", expected.join("\n"));
        }
    }
}
