//! The words of the pages in Portuguese.

use super::{PageText, PageWords};

pub(super) static PORTUGUESE: PageWords = PageWords {
    language: "pt",
    button: "Cancelar a subscrição",
    ask: PageText {
        heading: "Cancelar a subscrição?",
        body: "Recebe {name} por e-mail. Ao premir o botão, sai da lista.",
    },
    unsubscribed: PageText {
        heading: "Subscrição cancelada",
        body: "Já não está na lista de {name}. Não precisa de fazer mais nada.",
    },
    proof: PageText {
        heading: "Era um envio de teste",
        body: "Este e-mail era um teste de {name} para a redação, por isso a ligação não \
               pertence a ninguém da lista. Nada mudou.",
    },
    bad_link: PageText {
        heading: "Esta ligação não funciona",
        body: "Talvez tenha sido cortada ao ser copiada ou reencaminhada. Nada mudou. Abra a \
               ligação no próprio e-mail, ou responda ao e-mail e peça para sair da lista de \
               {name}.",
    },
    try_again: PageText {
        heading: "Desta vez não foi possível",
        body: "Talvez ainda esteja na lista de {name}. Tente novamente dentro de alguns minutos.",
    },
    bad_request: PageText {
        heading: "Não foi possível ler o pedido",
        body: "O seu endereço não foi retirado da lista de {name}. Abra a ligação no e-mail e \
               prima o botão.",
    },
    not_found: PageText {
        heading: "Esta página não existe",
        body: "Para cancelar a subscrição de {name}, abra a ligação no fim do e-mail.",
    },
};
