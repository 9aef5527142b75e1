//! The words of the pages in French.

use super::{PageText, PageWords};

pub(super) static FRENCH: PageWords = PageWords {
    language: "fr",
    button: "Se désabonner",
    ask: PageText {
        heading: "Vous désabonner\u{202f}?",
        body: "Vous recevez {name} par e-mail. En appuyant sur le bouton, vous quittez la liste.",
    },
    unsubscribed: PageText {
        heading: "Désabonnement effectué",
        body: "Vous n’êtes plus sur la liste de {name}. Vous n’avez rien d’autre à faire.",
    },
    proof: PageText {
        heading: "C’était un envoi d’essai",
        body: "Cet e-mail était un essai de {name} destiné à la rédaction. Le lien \
               n’appartient donc à personne sur la liste. Rien n’a changé.",
    },
    bad_link: PageText {
        heading: "Ce lien ne fonctionne pas",
        body: "Il a peut-être été coupé lors d’une copie ou d’un transfert. Rien n’a changé. \
               Ouvrez le lien dans l’e-mail lui-même, ou répondez à l’e-mail et demandez votre \
               retrait de la liste de {name}.",
    },
    try_again: PageText {
        heading: "Cela n’a pas fonctionné cette fois",
        body: "Vous êtes peut-être encore sur la liste de {name}. Veuillez réessayer dans \
               quelques minutes.",
    },
    bad_request: PageText {
        heading: "La demande n’a pas pu être lue",
        body: "Votre adresse n’a pas été retirée de la liste de {name}. Veuillez ouvrir le \
               lien dans l’e-mail et appuyer sur le bouton.",
    },
    not_found: PageText {
        heading: "Cette page n’existe pas",
        body: "Pour vous désabonner de {name}, ouvrez le lien au bas de l’e-mail.",
    },
};
