//! Partials that would expand without end.
//!
//! In: compiled templates. Out: the first fault at its own line: a partial
//! that includes itself, also through other partials, partials that multiply, or
//! one whose name depends on the issue. Handlebars would follow each until the
//! stack or the memory is full. Deliberately absent: a partial that does not
//! exist, which is reported when the template is filled in.

use std::collections::HashMap;

use handlebars::Template;
use handlebars::template::{HelperTemplate, TemplateElement};

use super::templates::Templates;
use super::{ThemeFault, theme_fault};

/// How many partials a layout may include, also inside other partials.
const MOST_INCLUDED: usize = 1000;

/// How deep partials may be nested.
const DEEPEST: usize = 50;

/// Refuses partials that cannot be expanded.
pub(super) fn check(templates: &Templates) -> Result<(), ThemeFault> {
    let mut mentions = HashMap::new();
    for (name, template) in templates.compiled() {
        let mut found = Vec::new();
        mentioned(template, &mut found).map_err(|(line, column, message)| {
            fault(templates, name, (line, column), message, "Write the name of a file in partials.")
        })?;
        mentions.insert(name, found);
    }
    let mut counter = Counter { templates, mentions, counted: HashMap::new(), open: Vec::new() };
    for (name, _) in templates.compiled() {
        counter.count(name)?;
    }
    Ok(())
}

/// Where a template includes a partial: its name, the line and the column.
type PartialMention = (String, usize, usize);

struct Counter<'t> {
    templates: &'t Templates,
    mentions: HashMap<&'t str, Vec<PartialMention>>,
    /// How many partials each template includes.
    counted: HashMap<&'t str, usize>,
    /// The templates that are being counted, from the outermost.
    open: Vec<&'t str>,
}

impl<'t> Counter<'t> {
    fn count(&mut self, name: &'t str) -> Result<usize, ThemeFault> {
        if let Some(count) = self.counted.get(name) {
            return Ok(*count);
        }
        self.open.push(name);
        let mut count = 0_usize;
        for (partial, line, column) in self.mentions.get(name).cloned().unwrap_or_default() {
            let refusal = |message: String, advice: &str| {
                Err(fault(self.templates, name, (line, column), message, advice))
            };
            let advice = "Remove it, or write its text in its place.";
            let mut known = self.templates.compiled().map(|(name, _)| name);
            let Some(partial) = known.find(|known| *known == partial) else { continue };
            if self.open.contains(&partial) {
                return refusal(format!("the partial `{partial}` includes itself"), advice);
            }
            if self.open.len() > DEEPEST {
                return refusal(format!("more than {DEEPEST} partials are nested"), advice);
            }
            count = count.saturating_add(1).saturating_add(self.count(partial)?);
            if count > MOST_INCLUDED {
                let message = format!("more than {MOST_INCLUDED} partials are included");
                return Err(fault(
                    self.templates,
                    name,
                    (line, column),
                    message,
                    "Include fewer; {{#each}} repeats one.",
                ));
            }
        }
        self.open.pop();
        self.counted.insert(name, count);
        Ok(count)
    }
}

/// The partials that a template includes.
///
/// # Errors
/// The line and the column of a partial that cannot be known, and why.
fn mentioned(
    template: &Template,
    found: &mut Vec<PartialMention>,
) -> Result<(), (usize, usize, String)> {
    for (at, element) in template.elements.iter().enumerate() {
        let (line, column) = template.mapping.get(at).map_or((1, 1), |at| (at.0, at.1));
        match element {
            TemplateElement::PartialExpression(partial)
            | TemplateElement::PartialBlock(partial) => {
                match partial.name.as_name().filter(|name| !name.starts_with('@')) {
                    Some(name) => found.push((name.to_owned(), line, column)),
                    None => {
                        let message = "the name of this partial is not a constant".to_owned();
                        return Err((line, column, message));
                    }
                }
                partial.template.iter().try_for_each(|inner| mentioned(inner, found))?;
            }
            TemplateElement::DecoratorExpression(_) | TemplateElement::DecoratorBlock(_) => {
                let message = "a template cannot define a partial".to_owned();
                return Err((line, column, message));
            }
            TemplateElement::Expression(helper)
            | TemplateElement::HtmlExpression(helper)
            | TemplateElement::HelperBlock(helper) => {
                let HelperTemplate { template, inverse, .. } = &**helper;
                template.iter().try_for_each(|inner| mentioned(inner, found))?;
                inverse.iter().try_for_each(|inner| mentioned(inner, found))?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn fault(
    templates: &Templates,
    template: &str,
    (line, column): (usize, usize),
    message: String,
    advice: &str,
) -> ThemeFault {
    let place = templates.place(template, line, column);
    theme_fault(template, place, message, advice)
}

#[cfg(test)]
mod tests {
    use crate::theme::{Theme, fixture};

    /// The fault of the theme with these changes.
    fn fault_of(changes: &[(&str, &str, &str)]) -> Option<String> {
        let theme = Theme::from_files("w", &fixture::changed(changes));
        theme.err().map(|fault| fault.to_string())
    }

    #[test]
    fn a_partial_never_includes_itself() {
        let itself = fault_of(&[("partials/a.mjml.hbs", "", "x\n {{#if title}}{{> a}}{{/if}}")]);
        assert_eq!(
            itself.as_deref(),
            Some(
                "w/partials/a.mjml.hbs:2:15: the partial `a` includes itself\n   {{#if title}}{{> a}}{{/if}}\n\
                 Remove it, or write its text in its place."
            )
        );
        let detour =
            [("partials/a.mjml.hbs", "", "{{> b}}"), ("partials/b.mjml.hbs", "", "{{> a}}")];
        assert!(
            fault_of(&detour)
                .is_some_and(|fault| fault.contains("the partial `a` includes itself"))
        );
        for text in [
            "{{> (lookup this \"title\")}}",
            "{{#*inline \"x\"}}{{> x}}{{/inline}}",
            "{{> @partial-block}}",
        ] {
            assert!(fault_of(&[("partials/a.mjml.hbs", "", text)]).is_some(), "{text}");
        }
        assert_eq!(fault_of(&[("partials/a.mjml.hbs", "", "{{> nope}}")]), None);
    }

    #[test]
    fn partials_do_not_multiply() {
        let files: Vec<(String, String)> = (0..9)
            .map(|n| {
                (format!("partials/a{n}.mjml.hbs"), format!("{{{{> a{}}}}}", n + 1).repeat(10))
            })
            .collect();
        let changes: Vec<_> = files.iter().map(|(path, text)| (&**path, "", &**text)).collect();
        assert!(
            fault_of(&changes)
                .is_some_and(|fault| fault.contains("more than 1000 partials are included"))
        );
        let files: Vec<(String, String)> = (0..99)
            .map(|n| (format!("partials/a{n:02}.mjml.hbs"), format!("{{{{> a{:02}}}}}", n + 1)))
            .collect();
        let changes: Vec<_> = files.iter().map(|(path, text)| (&**path, "", &**text)).collect();
        assert!(fault_of(&changes).is_some_and(|fault| fault.contains("more than 50 partials")));
    }
}
