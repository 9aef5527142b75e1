//! What differs between two manifests, in words for people.

use std::collections::BTreeSet;

use crate::campaign::{Manifest, ManifestAttachment, ManifestMailbox};
use crate::render::{SlotValues, Template};

/// The parts of two manifests that differ, with the first line that does.
pub(super) fn differences(before: &Manifest, now: &Manifest) -> Vec<String> {
    let mut changes = Vec::new();
    let mut note = |what: &str, before: &str, now: &str| {
        if before != now {
            changes.push(format!("{what} was `{before}` and is `{now}`"));
        }
    };
    note("From", &shown(Some(&before.from)), &shown(Some(&now.from)));
    note("Reply-To", &shown(before.reply_to.as_ref()), &shown(now.reply_to.as_ref()));
    note("the subject", &before.subject, &now.subject);
    note("List-Id", &before.list_id, &now.list_id);
    note("the language", &before.language, &now.language);
    note("the preheader", &before.preheader, &now.preheader);
    changes.extend(first_difference("text part", &before.text, &now.text));
    let images = |manifest: &Manifest| -> BTreeSet<(String, String)> {
        let of = |file: &ManifestAttachment| (file.name.clone(), file.sha256.clone());
        manifest.attachments.iter().map(of).collect()
    };
    let (old, new) = (images(before), images(now));
    changes.extend(new.difference(&old).map(|(name, _)| format!("the image `{name}` is new")));
    changes
        .extend(old.difference(&new).map(|(name, _)| {
            format!("the image `{name}` is not the one that it was, or has gone")
        }));
    changes.extend(first_difference("html part", &before.html, &now.html));
    changes
}

/// The newsletter's own addresses stand in every mail, so they may be shown.
fn shown(mailbox: Option<&ManifestMailbox>) -> String {
    mailbox
        .and_then(ManifestMailbox::to_mailbox)
        .map_or_else(|| "none".to_owned(), |mailbox| mailbox.to_lettre().to_string())
}

fn first_difference(part: &str, before: &Template, now: &Template) -> Option<String> {
    if before == now {
        return None;
    }
    let (before, now) = (before.fill(&SlotValues::EXAMPLE), now.fill(&SlotValues::EXAMPLE));
    let (mut old, mut new) = (before.lines(), now.lines());
    let mut line = 0;
    loop {
        line += 1;
        match (old.next(), new.next()) {
            (None, None) => return Some(format!("the slots of the {part} differ")),
            (old, new) if old == new => {}
            (old, new) => {
                let (old, new) = around_the_difference(old.unwrap_or(""), new.unwrap_or(""));
                return Some(format!("line {line} of the {part} was `{old}` and is `{new}`"));
            }
        }
    }
}

/// Both lines from shortly before the first character that differs.
fn around_the_difference(old: &str, new: &str) -> (String, String) {
    let same = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
    let cut = |line: &str| -> String {
        let start = same.saturating_sub(20);
        let shown: String = line.chars().skip(start).take(60).collect();
        match start {
            0 => shown,
            _ => format!("…{shown}"),
        }
    };
    (cut(old), cut(new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Piece;

    fn template(text: &str) -> Template {
        Template { pieces: vec![Piece::Literal(text.into())] }
    }

    #[test]
    fn the_first_line_that_differs_is_shown_around_its_difference() {
        let long = "a".repeat(100);
        let before = template(&format!("same\n{long}old end\n"));
        let now = template(&format!("same\n{long}new end\n"));
        let shown = first_difference("text part", &before, &now).unwrap();
        let a = "a".repeat(20);
        assert_eq!(
            shown,
            format!("line 2 of the text part was `…{a}old end` and is `…{a}new end`")
        );
        assert_eq!(first_difference("text part", &now, &now), None);
        let longer = template(&format!("same\n{long}new end\nmore\n"));
        let shown = first_difference("text part", &now, &longer).unwrap();
        assert_eq!(shown, "line 3 of the text part was `` and is `more`");
    }
}
