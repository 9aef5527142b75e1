//! The words of the pages in Dutch.

use super::{PageText, PageWords};

pub(super) static DUTCH: PageWords = PageWords {
    language: "nl",
    button: "Uitschrijven",
    ask: PageText {
        heading: "Wilt u zich uitschrijven?",
        body: "U ontvangt {name} per e-mail. Met één druk op de knop gaat u van de lijst af.",
    },
    unsubscribed: PageText {
        heading: "U bent uitgeschreven",
        body: "U staat niet meer op de lijst van {name}. U hoeft verder niets te doen.",
    },
    proof: PageText {
        heading: "Dit was een proefzending",
        body: "Deze e-mail was een proef van {name} voor de redactie. De link hoort daarom bij \
               niemand op de lijst. Er is niets veranderd.",
    },
    bad_link: PageText {
        heading: "Deze link werkt niet",
        body: "Misschien is hij bij het kopiëren of doorsturen afgebroken. Er is niets \
               veranderd. Open de link in de e-mail zelf, of beantwoord de e-mail en vraag om \
               van de lijst van {name} te worden gehaald.",
    },
    try_again: PageText {
        heading: "Het is deze keer niet gelukt",
        body: "Misschien staat u nog op de lijst van {name}. Probeer het over een paar minuten \
               opnieuw.",
    },
    bad_request: PageText {
        heading: "Het verzoek kon niet worden gelezen",
        body: "U bent niet van de lijst van {name} gehaald. Open de link in de e-mail en druk \
               op de knop.",
    },
    not_found: PageText {
        heading: "Deze pagina bestaat niet",
        body: "Om u uit te schrijven voor {name}, opent u de link onderaan de e-mail.",
    },
};
