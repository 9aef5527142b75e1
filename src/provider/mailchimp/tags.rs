//! Slots become merge tags. The issue's own text must not become one.

use crate::delivery::provider::PlanError;
use crate::render::{EscapeContext, Piece, Slot, Template};

use super::NAME;

/// What a merge tag begins with. Mailchimp reads it anywhere: in html, inside
/// attributes and comments, in the text part and in the subject.
const TAG_START: &str = "*|";

/// The template with a merge tag in place of every slot. A conditional tag
/// keeps the default of a name, because the list may have another default.
/// Whether a subscriber's name is escaped is up to Mailchimp.
pub(super) fn with_merge_tags(template: &Template) -> String {
    let mut out = String::new();
    for piece in &template.pieces {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Hole { slot, context } => push_tag(slot, *context, &mut out),
        }
    }
    out
}

/// Refuses a template whose own text has the beginning of a merge tag.
///
/// # Errors
/// Shows the text around it.
pub(super) fn refuse_tags_in_template(part: &str, template: &Template) -> Result<(), PlanError> {
    let mut follows_a_star = false;
    for piece in &template.pieces {
        match piece {
            Piece::Literal(text) => {
                refuse_tags(part, text)?;
                // A tag before this text ends in a star. With the `|` it would begin another tag.
                if follows_a_star && text.starts_with('|') {
                    return Err(reads_as_tag(part, text, 0));
                }
                follows_a_star = text.ends_with('*');
            }
            Piece::Hole { slot, .. } => {
                if let Slot::FirstName { default } | Slot::LastName { default } = slot {
                    refuse_tags(part, default)?;
                    if default.starts_with('|') || default.ends_with('*') {
                        return Err(reads_as_tag(part, default, 0));
                    }
                }
                follows_a_star = true;
            }
        }
    }
    Ok(())
}

/// Refuses a text that has the beginning of a merge tag.
///
/// # Errors
/// Shows the text around it.
pub(super) fn refuse_tags(part: &str, text: &str) -> Result<(), PlanError> {
    match text.find(TAG_START) {
        None => Ok(()),
        Some(at) => Err(reads_as_tag(part, text, at)),
    }
}

fn push_tag(slot: &Slot, context: EscapeContext, out: &mut String) {
    let mut name = |field: &str, default: &str| {
        out.push_str(&format!("*|IF:{field}|**|{field}|**|ELSE:|*"));
        context.escape_into(default, out);
        out.push_str("*|END:IF|*");
    };
    match (slot, context) {
        (Slot::FirstName { default }, _) => name("FNAME", default),
        (Slot::LastName { default }, _) => name("LNAME", default),
        (Slot::UnsubscribeUrl, _) => out.push_str("*|UNSUB|*"),
        (Slot::PostalAddress { .. }, EscapeContext::HtmlText) => {
            out.push_str("*|HTML:LIST_ADDRESS_HTML|*");
        }
        // The other address tag becomes markup, which an attribute cannot have.
        (Slot::PostalAddress { .. }, EscapeContext::HtmlAttribute | EscapeContext::PlainText) => {
            out.push_str("*|LIST:ADDRESS|*");
        }
    }
}

fn reads_as_tag(part: &str, text: &str, at: usize) -> PlanError {
    let start = text.floor_char_boundary(at.saturating_sub(30));
    let line = text[start..].chars().take(70).map(|c| if c.is_control() { ' ' } else { c });
    let excerpt: String = line.collect();
    PlanError(format!(
        "the {part} has the characters `{TAG_START}`, which {NAME} reads as a merge tag, \
         in: {excerpt}; write them in another way, for instance with a space between them"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(slot: Slot, context: EscapeContext) -> Piece {
        Piece::Hole { slot, context }
    }

    fn template(pieces: Vec<Piece>) -> Template {
        Template { pieces }
    }

    #[test]
    fn every_slot_has_a_tag_in_every_place() {
        use EscapeContext::{HtmlAttribute, HtmlText, PlainText};
        let name = || "a & \"b\"".to_owned();
        for (slot, context, tag) in [
            (Slot::UnsubscribeUrl, HtmlText, "*|UNSUB|*"),
            (Slot::UnsubscribeUrl, HtmlAttribute, "*|UNSUB|*"),
            (Slot::UnsubscribeUrl, PlainText, "*|UNSUB|*"),
            (Slot::PostalAddress { default: name() }, HtmlText, "*|HTML:LIST_ADDRESS_HTML|*"),
            (Slot::PostalAddress { default: name() }, HtmlAttribute, "*|LIST:ADDRESS|*"),
            (Slot::PostalAddress { default: name() }, PlainText, "*|LIST:ADDRESS|*"),
            (
                Slot::FirstName { default: name() },
                HtmlAttribute,
                "*|IF:FNAME|**|FNAME|**|ELSE:|*a &amp; &quot;b&quot;*|END:IF|*",
            ),
            (
                Slot::FirstName { default: name() },
                PlainText,
                "*|IF:FNAME|**|FNAME|**|ELSE:|*a & \"b\"*|END:IF|*",
            ),
            (
                Slot::LastName { default: name() },
                HtmlText,
                "*|IF:LNAME|**|LNAME|**|ELSE:|*a &amp; \"b\"*|END:IF|*",
            ),
        ] {
            let said = with_merge_tags(&template(vec![
                Piece::Literal("<".into()),
                hole(slot.clone(), context),
                Piece::Literal(">".into()),
            ]));
            assert_eq!(said, format!("<{tag}>"), "{slot:?} {context:?}");
        }
    }

    #[test]
    fn text_that_reads_as_a_tag_is_refused_with_its_place() {
        let unsub = || hole(Slot::UnsubscribeUrl, EscapeContext::PlainText);
        let first = |default: &str| {
            hole(Slot::FirstName { default: default.into() }, EscapeContext::PlainText)
        };
        let literal = |text: &str| Piece::Literal(text.into());
        for pieces in [
            vec![literal("let x = *|MC:SUBJECT|*;")],
            vec![literal("ends in *|")],
            vec![unsub(), literal("| and on")],
            vec![literal("ends in *"), literal("|and on|*")],
            vec![first("*|EMAIL|*")],
            vec![first("|x")],
            vec![first("x*")],
        ] {
            let refused = refuse_tags_in_template("text part", &template(pieces.clone()));
            assert!(refused.is_err(), "{pieces:?}");
        }
        for pieces in [
            vec![literal("a * | b, |*x| x + 1, 2 ** 3"), unsub(), literal(" | ")],
            vec![literal("*"), unsub(), literal("*")],
            vec![literal("| a table |\n"), first("reader")],
        ] {
            assert_eq!(
                refuse_tags_in_template("text part", &template(pieces.clone())),
                Ok(()),
                "{pieces:?}"
            );
        }
        let refused = refuse_tags("html part", "before\nthe *|TAG|* after").unwrap_err();
        assert!(refused.to_string().contains("before the *|TAG|* after"), "{refused}");
    }
}
