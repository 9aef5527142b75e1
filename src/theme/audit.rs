//! What is wrong with a theme, found without an issue.
//!
//! In: a theme whose templates are compiled. Out: findings at its own lines:
//! names that nothing declares, declared names that nothing shows, words that a
//! language lacks, and colours with too little contrast. Rendering
//! finds a wrong name only in those branches that an issue takes.

use handlebars::Template;
use handlebars::template::{HelperTemplate, Parameter, TemplateElement};

use super::Theme;
use super::strings::LAST_LANGUAGE;
use super::templates::{HELPERS, known_instead};
use crate::domain::nearest;
use crate::source::Finding;
use crate::source::rules::{MISSING_STRING, UNDECLARED_NAME, UNUSED};

impl Theme {
    /// All findings about the theme without an issue.
    pub fn audit(&self) -> Vec<Finding> {
        let mut findings = self.findings();
        let known = self.known_values();
        let mut used = Vec::new();
        for (name, template) in self.templates.compiled() {
            let mut mentions = Mentions::default();
            mentions.template(template, Scope::Issue);
            for mention in mentions.found {
                let named = &mention.name;
                let unknown = match mention.kind {
                    MentionKind::Partial if !self.templates.sources.contains_key(named) => {
                        let advice = match nearest(named, self.templates.partials()) {
                            Some(near) => format!("Did you mean `{near}`?"),
                            None => format!("Add partials/{named}.mjml.hbs."),
                        };
                        Some((format!("there is no partial `{named}`"), advice))
                    }
                    MentionKind::Value if !is_known(named, &known) => {
                        Some((format!("nothing declares `{named}`"), known_instead(named, &known)))
                    }
                    MentionKind::Partial | MentionKind::Value | MentionKind::OfItem => None,
                };
                findings.extend(unknown.map(|(message, advice)| {
                    let place = self.templates.place(name, mention.line, mention.column);
                    Finding::new(UNDECLARED_NAME, place, message, advice)
                }));
                used.push(mention.name);
            }
        }
        self.unused(&used, &mut findings);
        self.lacking_words(&mut findings);
        findings
    }

    fn unused(&self, used: &[String], findings: &mut Vec<Finding>) {
        let is_unused = |name: &str| used.iter().all(|used| head(used) != name);
        for (name, field) in self.fields.iter().filter(|(name, _)| is_unused(name)) {
            let message = format!("no template shows the field `{name}`");
            let advice = format!("Write {{{{{name}}}}} where it belongs, or remove the field.");
            findings.push(Finding::new(UNUSED, Some(field.place.clone()), message, advice));
        }
        for name in self.templates.partials().into_iter().filter(|name| is_unused(name)) {
            let place = self.templates.place(name, 1, 1);
            let message = format!("no template uses the partial `{name}`");
            let advice = format!("Write {{{{> {name}}}}} where it belongs, or remove the file.");
            findings.push(Finding::new(UNUSED, place, message, advice));
        }
    }

    fn lacking_words(&self, findings: &mut Vec<Finding>) {
        for language in self.strings.languages.keys().filter(|language| *language != LAST_LANGUAGE)
        {
            let lacking = self.strings.in_language(language).lacking;
            if lacking.is_empty() {
                continue;
            }
            let message = format!(
                "the language `{language}` has no words for {}; they are in English",
                lacking.join(", ")
            );
            let advice = "Add them to the language's file.".to_owned();
            let file = format!("{}/strings/{language}.toml", self.name);
            findings.push(Finding::new(MISSING_STRING, None, message, advice).in_file(&file));
        }
    }
}

/// `tags.0` is known if `tags` is; of a group, the whole name has to be.
fn is_known(name: &str, known: &[String]) -> bool {
    let is = |name: &str| known.iter().any(|known| known == name);
    is(name) || is(head(name))
}

fn head(name: &str) -> &str {
    name.split(['.', '[']).next().unwrap_or(name)
}

/// A name in a template.
#[derive(Debug, PartialEq, Eq)]
struct Mention {
    name: String,
    kind: MentionKind,
    line: usize,
    column: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MentionKind {
    Value,
    /// Perhaps of an item of a list, so the theme need not declare it.
    OfItem,
    Partial,
}

/// What a plain name refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Issue,
    Item,
}

#[derive(Default)]
struct Mentions {
    found: Vec<Mention>,
    line: usize,
    column: usize,
}

impl Mentions {
    fn template(&mut self, template: &Template, scope: Scope) {
        for (at, element) in template.elements.iter().enumerate() {
            if let Some(mapping) = template.mapping.get(at) {
                (self.line, self.column) = (mapping.0, mapping.1);
            }
            self.element(element, scope);
        }
    }

    fn element(&mut self, element: &TemplateElement, scope: Scope) {
        match element {
            TemplateElement::Expression(helper)
            | TemplateElement::HtmlExpression(helper)
            | TemplateElement::HelperBlock(helper) => self.helper(helper, scope),
            TemplateElement::PartialExpression(partial)
            | TemplateElement::PartialBlock(partial) => {
                if let Some(name) = partial.name.as_name() {
                    self.push(name.to_owned(), MentionKind::Partial);
                }
                partial.params.iter().for_each(|parameter| self.parameter(parameter, scope));
                partial.hash.values().for_each(|parameter| self.parameter(parameter, scope));
            }
            // Text, comments and decorators name no value.
            _ => {}
        }
    }

    fn helper(&mut self, helper: &HelperTemplate, scope: Scope) {
        let name = helper.name.as_name().unwrap_or_default();
        let stands_alone = helper.params.is_empty() && helper.hash.is_empty();
        if stands_alone && HELPERS.iter().all(|(helper, _)| *helper != name) && name != "else" {
            self.parameter(&helper.name, scope);
        }
        helper.params.iter().for_each(|parameter| self.parameter(parameter, scope));
        helper.hash.values().for_each(|parameter| self.parameter(parameter, scope));
        let within = if ["each", "with"].contains(&name) { Scope::Item } else { scope };
        helper.template.iter().for_each(|template| self.template(template, within));
        helper.inverse.iter().for_each(|template| self.template(template, scope));
    }

    fn parameter(&mut self, parameter: &Parameter, scope: Scope) {
        match parameter {
            Parameter::Subexpression(inner) => self.element(inner.as_element(), scope),
            Parameter::Name(_) | Parameter::Path(_) => {
                let raw = parameter.as_name().unwrap_or_default();
                let (name, kind) = match raw.strip_prefix("@root.") {
                    Some(name) => (name, MentionKind::Value),
                    None if raw.starts_with('@') || raw.is_empty() => return,
                    None => {
                        let name = raw.trim_start_matches("../").trim_start_matches("./");
                        let name = name.strip_prefix("this.").unwrap_or(name);
                        let is_plain = name == raw && scope == Scope::Issue;
                        (name, if is_plain { MentionKind::Value } else { MentionKind::OfItem })
                    }
                };
                if name != "this" && name != "." {
                    self.push(name.to_owned(), kind);
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, name: String, kind: MentionKind) {
        self.found.push(Mention { name, kind, line: self.line, column: self.column });
    }
}

#[cfg(test)]
mod tests {
    use super::super::{embedded, embedded_names, fixture};
    use super::*;

    /// `file:line:column rule: message` of each finding on the theme with these changes.
    fn audit(changes: &[(&str, &str, &str)]) -> Vec<String> {
        let shown = |finding: Finding| {
            let place = finding.place.map_or("-".to_owned(), |place| {
                format!("{}:{}:{}", place.file, place.line, place.column)
            });
            format!("{place} {}: {} {}", finding.rule.0, finding.message, finding.advice)
        };
        let theme = Theme::from_files("w", &fixture::changed(changes)).unwrap();
        theme.audit().into_iter().map(shown).collect()
    }

    #[test]
    fn the_embedded_themes_are_without_finding() {
        for name in embedded_names() {
            let theme = Theme::from_files(name, &embedded(name).unwrap()).unwrap();
            assert_eq!(theme.audit(), [], "{name}");
        }
    }

    #[test]
    fn names_are_looked_at_in_branches_that_no_sample_takes() {
        let text = |inserted: &str| {
            let found =
                audit(&[("text.txt.hbs", "{{article}}", &format!("{inserted}{{{{article}}}}"))]);
            found.join("\n")
        };
        for (inserted, expected) in [
            ("{{#if category}}{{sponsr}}{{/if}}", "nothing declares `sponsr`"),
            ("{{#if sponsr}}x{{/if}}", "nothing declares `sponsr`"),
            (
                "{{#if (eq categry \"a\")}}x{{/if}}",
                "nothing declares `categry` Did you mean `category`?",
            ),
            ("{{#if category}}x{{else}}{{strings.isue}}{{/if}}", "Did you mean `strings.issue`?"),
            (
                "{{#each sections}}{{@root.titel}}{{/each}}",
                "nothing declares `titel` Did you mean `title`?",
            ),
            (
                "{{#each tags}}{{#unless @last}}{{@root.light.txt}}{{/unless}}{{/each}}",
                "`light.txt`",
            ),
            ("{{slot \"first_name\" default=nme}}", "nothing declares `nme`"),
            (
                "{{#if category}}{{> heder}}{{/if}}",
                "there is no partial `heder` Did you mean `header`?",
            ),
        ] {
            let found = text(inserted);
            assert!(found.contains(expected), "{inserted}: {found}");
            assert!(found.starts_with("w/text.txt.hbs:"), "{inserted}: {found}");
        }
        for fine in [
            "{{#each sections}}{{title}} {{href}} {{this.level}} {{@index}} {{../number}}{{/each}}",
            "{{#each tags}}{{this}}{{/each}}{{tags.0}}{{#with title}}{{this}}{{/with}}",
            "{{#if (and number (not category))}}{{light.text}}{{else if tags}}x{{/if}}",
        ] {
            assert_eq!(text(fine), "", "{fine}");
        }
    }

    #[test]
    fn declared_and_unused_names_are_reported() {
        let field =
            "[fields.sponsor]\ntype = \"text\"\ndefault = \"\"\ndoc = \"\"\n\n[fields.reason]";
        assert_eq!(
            audit(&[
                ("theme.toml", "[fields.reason]", field),
                ("partials/extra.mjml.hbs", "", "x"),
                ("strings/de.toml", "contents", "#"),
                ("theme.toml", "light = \"#1c1e21\"", "light = \"#9c9e91\""),
            ]),
            [
                "w/theme.toml:13:9 contrast: `text` (#9c9e91) on `background` (#ffffff) has a contrast of 2.72:1 in the light scheme; text needs 4.5:1 The nearest shade of `text` with enough contrast is \"#6e7063\"; a colour for each scheme is written as `{ light = \"#6e7063\", dark = \"#e3e6ea\" }`.",
                "w/theme.toml:13:9 contrast: `text` (#9c9e91) on `panel` (#f0f2f5) has a contrast of 2.42:1 in the light scheme; text needs 4.5:1 The nearest shade of `text` with enough contrast is \"#6e7063\"; a colour for each scheme is written as `{ light = \"#6e7063\", dark = \"#e3e6ea\" }`.",
                "w/theme.toml:58:9 unused: no template shows the field `sponsor` Write {{sponsor}} where it belongs, or remove the field.",
                "w/partials/extra.mjml.hbs:1:1 unused: no template uses the partial `extra` Write {{> extra}} where it belongs, or remove the file.",
                "- missing-string: the language `de` has no words for contents; they are in English Add them to the language's file.",
            ]
        );
    }
}
