//! The words of the pages in English.

use super::{PageText, PageWords};

pub(super) static ENGLISH: PageWords = PageWords {
    language: "en",
    button: "Unsubscribe",
    ask: PageText {
        heading: "Unsubscribe?",
        body: "You get {name} by e-mail. One press of the button takes you off the list.",
    },
    unsubscribed: PageText {
        heading: "You are unsubscribed",
        body: "You are off the list of {name}. There is nothing else to do.",
    },
    proof: PageText {
        heading: "This was a proof",
        body: "The mail was a proof of {name} for its editors, so this link belongs to nobody on \
               the list. Nothing has changed.",
    },
    bad_link: PageText {
        heading: "This link does not work",
        body: "It may have been cut when it was copied or forwarded. Nothing has changed. Open \
               the link in the mail itself, or answer the mail and ask to be taken off the list \
               of {name}.",
    },
    try_again: PageText {
        heading: "That did not work just now",
        body: "You may still be on the list of {name}. Please try again in a few minutes.",
    },
    bad_request: PageText {
        heading: "That request could not be read",
        body: "You have not been taken off the list of {name}. Please open the link in the mail \
               and press the button.",
    },
    not_found: PageText {
        heading: "There is no such page",
        body: "To unsubscribe from {name}, open the link at the foot of the mail.",
    },
};
