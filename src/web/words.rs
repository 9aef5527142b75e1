//! The words of the pages, in English and German.

use super::page::WebPage;

/// The words of all pages in one language.
#[derive(Debug)]
pub(super) struct PageWords {
    /// The language (BCP 47), written from left to right.
    pub(super) language: &'static str,
    pub(super) button: &'static str,
    ask: Text,
    unsubscribed: Text,
    proof: Text,
    bad_link: Text,
    try_again: Text,
    bad_request: Text,
    not_found: Text,
}

/// What one page says. `{name}` is replaced by the newsletter's name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    pub(super) heading: &'static str,
    pub(super) body: &'static str,
}

impl PageWords {
    /// The words in that language, or in English.
    pub(super) fn in_language(language: &str) -> &'static Self {
        [&GERMAN, &ENGLISH].into_iter().find(|words| words.speaks(language)).unwrap_or(&ENGLISH)
    }

    /// Whether these words are in that language, in whatever region.
    pub(super) fn speaks(&self, language: &str) -> bool {
        language.split('-').next().is_some_and(|it| it.eq_ignore_ascii_case(self.language))
    }

    pub(super) fn for_page(&self, page: WebPage) -> Text {
        match page {
            WebPage::Ask => self.ask,
            WebPage::Unsubscribed => self.unsubscribed,
            WebPage::Proof => self.proof,
            WebPage::BadLink => self.bad_link,
            WebPage::TryAgain => self.try_again,
            WebPage::BadRequest => self.bad_request,
            WebPage::NotFound => self.not_found,
        }
    }
}

static ENGLISH: PageWords = PageWords {
    language: "en",
    button: "Unsubscribe",
    ask: Text {
        heading: "Unsubscribe?",
        body: "You get {name} by e-mail. One press of the button takes you off the list.",
    },
    unsubscribed: Text {
        heading: "You are unsubscribed",
        body: "You are off the list of {name}. There is nothing else to do.",
    },
    proof: Text {
        heading: "This was a proof",
        body: "The mail was a proof of {name} for its editors, so this link belongs to nobody on \
               the list. Nothing has changed.",
    },
    bad_link: Text {
        heading: "This link does not work",
        body: "It may have been cut when it was copied or forwarded. Nothing has changed. Open \
               the link in the mail itself, or answer the mail and ask to be taken off the list \
               of {name}.",
    },
    try_again: Text {
        heading: "That did not work just now",
        body: "You may still be on the list of {name}. Please try again in a few minutes.",
    },
    bad_request: Text {
        heading: "That request could not be read",
        body: "You have not been taken off the list of {name}. Please open the link in the mail \
               and press the button.",
    },
    not_found: Text {
        heading: "There is no such page",
        body: "To unsubscribe from {name}, open the link at the foot of the mail.",
    },
};

static GERMAN: PageWords = PageWords {
    language: "de",
    button: "Abmelden",
    ask: Text {
        heading: "Abmelden?",
        body: "Sie erhalten {name} per E-Mail. Ein Druck auf den Knopf trägt Sie aus.",
    },
    unsubscribed: Text {
        heading: "Sie sind abgemeldet",
        body: "Sie stehen nicht mehr auf der Liste von {name}. Mehr ist nicht zu tun.",
    },
    proof: Text {
        heading: "Das war ein Probeversand",
        body: "Diese E-Mail war eine Probe von {name} für die Redaktion. Der Link gehört deshalb \
               niemandem auf der Liste. Es hat sich nichts geändert.",
    },
    bad_link: Text {
        heading: "Dieser Link funktioniert nicht",
        body: "Vielleicht wurde er beim Kopieren oder Weiterleiten abgeschnitten. Es hat sich \
               nichts geändert. Öffnen Sie den Link direkt aus der E-Mail, oder antworten Sie \
               auf die E-Mail und bitten Sie darum, von der Liste von {name} genommen zu werden.",
    },
    try_again: Text {
        heading: "Das hat gerade nicht geklappt",
        body: "Vielleicht stehen Sie noch auf der Liste von {name}. Bitte versuchen Sie es in \
               einigen Minuten noch einmal.",
    },
    bad_request: Text {
        heading: "Die Anfrage war nicht lesbar",
        body: "Sie wurden nicht von der Liste von {name} genommen. Bitte öffnen Sie den Link in \
               der E-Mail und drücken Sie den Knopf.",
    },
    not_found: Text {
        heading: "Diese Seite gibt es nicht",
        body: "Den Link zum Abmelden von {name} finden Sie am Ende der E-Mail.",
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_without_words_gets_english() {
        for (asked, spoken) in [
            ("en", "en"),
            ("en-GB", "en"),
            ("DE-at", "de"),
            ("den", "en"),
            ("ar", "en"),
            ("", "en"),
            ("-", "en"),
        ] {
            assert_eq!(PageWords::in_language(asked).language, spoken, "{asked:?}");
        }
    }
}
