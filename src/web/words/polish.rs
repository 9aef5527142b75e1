//! The words of the pages in Polish.

use super::{PageText, PageWords};

pub(super) static POLISH: PageWords = PageWords {
    language: "pl",
    button: "Wypisz się",
    ask: PageText {
        heading: "Wypisać się?",
        body: "Otrzymujesz {name} pocztą elektroniczną. Naciśnij przycisk, aby wypisać się z \
               listy.",
    },
    unsubscribed: PageText {
        heading: "Wypisano Cię z listy",
        body: "Nie ma Cię już na liście {name}. Nie musisz robić nic więcej.",
    },
    proof: PageText {
        heading: "To była wiadomość próbna",
        body: "Ta wiadomość była próbą {name} dla redakcji, dlatego link nie należy do nikogo \
               z listy. Nic się nie zmieniło.",
    },
    bad_link: PageText {
        heading: "Ten link nie działa",
        body: "Mógł zostać ucięty przy kopiowaniu lub przekazywaniu. Nic się nie zmieniło. \
               Otwórz link w samej wiadomości albo odpowiedz na nią i poproś o usunięcie z \
               listy {name}.",
    },
    try_again: PageText {
        heading: "Tym razem się nie udało",
        body: "Możliwe, że nadal jesteś na liście {name}. Spróbuj ponownie za kilka minut.",
    },
    bad_request: PageText {
        heading: "Nie udało się odczytać żądania",
        body: "Nie usunięto Cię z listy {name}. Otwórz link w wiadomości i naciśnij przycisk.",
    },
    not_found: PageText {
        heading: "Nie ma takiej strony",
        body: "Aby wypisać się z listy {name}, otwórz link na końcu wiadomości.",
    },
};
