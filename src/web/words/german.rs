//! The words of the pages in German.

use super::{PageText, PageWords};

pub(super) static GERMAN: PageWords = PageWords {
    language: "de",
    button: "Abmelden",
    ask: PageText {
        heading: "Abmelden?",
        body: "Sie erhalten {name} per E-Mail. Ein Druck auf den Knopf trägt Sie aus.",
    },
    unsubscribed: PageText {
        heading: "Sie sind abgemeldet",
        body: "Sie stehen nicht mehr auf der Liste von {name}. Mehr ist nicht zu tun.",
    },
    proof: PageText {
        heading: "Das war ein Probeversand",
        body: "Diese E-Mail war eine Probe von {name} für die Redaktion. Der Link gehört deshalb \
               niemandem auf der Liste. Es hat sich nichts geändert.",
    },
    bad_link: PageText {
        heading: "Dieser Link funktioniert nicht",
        body: "Vielleicht wurde er beim Kopieren oder Weiterleiten abgeschnitten. Es hat sich \
               nichts geändert. Öffnen Sie den Link direkt aus der E-Mail, oder antworten Sie \
               auf die E-Mail und bitten Sie darum, von der Liste von {name} genommen zu werden.",
    },
    try_again: PageText {
        heading: "Das hat gerade nicht geklappt",
        body: "Vielleicht stehen Sie noch auf der Liste von {name}. Bitte versuchen Sie es in \
               einigen Minuten noch einmal.",
    },
    bad_request: PageText {
        heading: "Die Anfrage war nicht lesbar",
        body: "Sie wurden nicht von der Liste von {name} genommen. Bitte öffnen Sie den Link in \
               der E-Mail und drücken Sie den Knopf.",
    },
    not_found: PageText {
        heading: "Diese Seite gibt es nicht",
        body: "Den Link zum Abmelden von {name} finden Sie am Ende der E-Mail.",
    },
};
