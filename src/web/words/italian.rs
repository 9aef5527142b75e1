//! The words of the pages in Italian.

use super::{PageText, PageWords};

pub(super) static ITALIAN: PageWords = PageWords {
    language: "it",
    button: "Annulla l’iscrizione",
    ask: PageText {
        heading: "Annullare l’iscrizione?",
        body: "Riceve {name} per e-mail. Premendo il pulsante, il Suo indirizzo viene tolto \
               dalla lista.",
    },
    unsubscribed: PageText {
        heading: "Iscrizione annullata",
        body: "Il Suo indirizzo non è più nella lista di {name}. Non deve fare altro.",
    },
    proof: PageText {
        heading: "Era un invio di prova",
        body: "Questa e-mail era una prova di {name} per la redazione, quindi il link non \
               appartiene a nessuno della lista. Non è cambiato nulla.",
    },
    bad_link: PageText {
        heading: "Questo link non funziona",
        body: "Forse è stato tagliato quando è stato copiato o inoltrato. Non è cambiato \
               nulla. Apra il link nell’e-mail stessa, oppure risponda all’e-mail e chieda di \
               togliere il Suo indirizzo dalla lista di {name}.",
    },
    try_again: PageText {
        heading: "Questa volta non ha funzionato",
        body: "Il Suo indirizzo potrebbe essere ancora nella lista di {name}. Riprovi tra \
               qualche minuto.",
    },
    bad_request: PageText {
        heading: "Non è stato possibile leggere la richiesta",
        body: "Il Suo indirizzo non è stato tolto dalla lista di {name}. Apra il link \
               nell’e-mail e prema il pulsante.",
    },
    not_found: PageText {
        heading: "Questa pagina non esiste",
        body: "Per annullare l’iscrizione a {name}, apra il link in fondo all’e-mail.",
    },
};
