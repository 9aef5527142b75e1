//! Slots: typed holes for what differs from recipient to recipient.

use std::borrow::Cow;

use crate::source::html;

/// What fills a hole.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "slot", rename_all = "snake_case")]
pub enum Slot {
    /// The recipient's own link to unsubscribe. A provider fills in its tag.
    UnsubscribeUrl,
    /// The sender's postal address. Our own mail always shows the default; a
    /// provider that insists on its own tag gets that instead.
    PostalAddress {
        /// The address from the configuration; in a text, in the lines that
        /// its place has room for.
        default: String,
    },
    /// The reader's first name.
    FirstName {
        /// The text where the name is unknown.
        default: String,
    },
    /// The reader's last name.
    LastName {
        /// The text where the name is unknown.
        default: String,
    },
}

/// Where a hole is, which decides how its value is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EscapeContext {
    /// Between HTML tags.
    HtmlText,
    /// Inside a quoted HTML attribute.
    HtmlAttribute,
    /// In the text part.
    PlainText,
}

/// A run of text that is the same for every recipient, or a hole.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Piece {
    /// The same for every recipient.
    Literal(String),
    /// Filled in for each reader.
    Hole {
        /// With what.
        #[serde(flatten)]
        slot: Slot,
        /// Escaped how.
        context: EscapeContext,
    },
}

/// A text with holes.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Template {
    /// The pieces in their order. The article is a literal of its own, so two
    /// literals may be side by side.
    pub pieces: Vec<Piece>,
}

/// One reader's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotValues<'a> {
    /// The whole link.
    pub unsubscribe_url: &'a str,
    /// Empty when unknown.
    pub first_name: &'a str,
    /// Empty when unknown.
    pub last_name: &'a str,
}

/// What a value may take without the text having to grow.
const ROOM_FOR_VALUES: usize = 64;

impl Slot {
    /// The value of the hole for one recipient, not yet escaped.
    pub fn value<'v>(&'v self, values: &SlotValues<'v>) -> &'v str {
        let or_default = |value: &'v str, default: &'v str| match value.trim() {
            "" => default,
            value => value,
        };
        match self {
            Self::UnsubscribeUrl => values.unsubscribe_url,
            Self::PostalAddress { default } => default,
            Self::FirstName { default } => or_default(values.first_name, default),
            Self::LastName { default } => or_default(values.last_name, default),
        }
    }

    /// Appends the value of the hole for one recipient to `out`.
    pub fn write(&self, context: EscapeContext, values: &SlotValues<'_>, out: &mut String) {
        let value = self.value(values);
        match (self, context) {
            // Its lines were made for this place, and are no reader's.
            (Self::PostalAddress { .. }, EscapeContext::PlainText) => {
                for (at, line) in value.split('\n').enumerate() {
                    if at > 0 {
                        out.push('\n');
                    }
                    context.escape_into(line, out);
                }
            }
            _ => context.escape_into(value, out),
        }
    }
}

impl EscapeContext {
    /// Escapes a value for this place, onto the end of `out`. Control
    /// characters become spaces everywhere: no reader's name has one.
    pub fn escape_into(self, value: &str, out: &mut String) {
        let value = if value.contains(char::is_control) {
            Cow::Owned(value.replace(char::is_control, " "))
        } else {
            Cow::Borrowed(value)
        };
        match self {
            Self::HtmlText => html::escape_text(&value, out),
            Self::HtmlAttribute => html::escape_attribute(&value, out),
            Self::PlainText => out.push_str(&value),
        }
    }
}

impl Piece {
    /// The piece for one reader; `scratch` holds it where it is made.
    pub fn filled<'p>(&'p self, values: &SlotValues<'_>, scratch: &'p mut String) -> &'p str {
        match self {
            Self::Literal(text) => text,
            Self::Hole { slot, context } => {
                scratch.clear();
                slot.write(*context, values, scratch);
                scratch
            }
        }
    }
}

impl Template {
    /// The text with every hole filled for one reader.
    pub fn fill(&self, values: &SlotValues<'_>) -> String {
        let literal = |piece: &Piece| match piece {
            Piece::Literal(text) => text.len(),
            Piece::Hole { .. } => 0,
        };
        let mut out = String::with_capacity(
            self.pieces.iter().map(literal).sum::<usize>() + ROOM_FOR_VALUES * self.pieces.len(),
        );
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Hole { slot, context } => slot.write(*context, values, &mut out),
            }
        }
        out
    }

    /// Whether a literal of it holds this text.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        let holds =
            |piece: &Piece| matches!(piece, Piece::Literal(literal) if literal.contains(text));
        self.pieces.iter().any(holds)
    }

    /// Whether some hole is filled by a slot that `wanted` accepts.
    pub fn has_slot(&self, wanted: impl Fn(&Slot) -> bool) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Hole { slot, .. } if wanted(slot)))
    }
}

impl SlotValues<'_> {
    /// What previews show.
    pub const EXAMPLE: SlotValues<'static> = SlotValues {
        unsubscribe_url: "https://example.org/unsubscribe/example",
        first_name: "",
        last_name: "",
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_escaped_for_its_place() {
        let name =
            |context| Piece::Hole { slot: Slot::FirstName { default: "reader".into() }, context };
        let template = Template {
            pieces: vec![
                name(EscapeContext::HtmlText),
                Piece::Literal(" | ".into()),
                name(EscapeContext::HtmlAttribute),
                Piece::Literal(" | ".into()),
                name(EscapeContext::PlainText),
            ],
        };
        let values = SlotValues { first_name: "A<b>\"&\r\nBcc", ..SlotValues::EXAMPLE };
        assert_eq!(
            template.fill(&values),
            "A&lt;b&gt;\"&amp;  Bcc | A&lt;b&gt;&quot;&amp;  Bcc | A<b>\"&  Bcc"
        );
        assert_eq!(template.fill(&SlotValues::EXAMPLE), "reader | reader | reader");
    }

    #[test]
    fn an_address_keeps_its_lines_in_a_text_alone() {
        for (context, expected) in
            [(EscapeContext::PlainText, "a\nb "), (EscapeContext::HtmlText, "a b ")]
        {
            let slot = Slot::PostalAddress { default: "a\nb\t".into() };
            let template = Template { pieces: vec![Piece::Hole { slot, context }] };
            assert_eq!(template.fill(&SlotValues::EXAMPLE), expected);
        }
    }
}
