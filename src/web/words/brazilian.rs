//! The words of the pages in Brazilian Portuguese.

use super::{PageText, PageWords};

pub(super) static BRAZILIAN: PageWords = PageWords {
    language: "pt-BR",
    button: "Cancelar inscrição",
    ask: PageText {
        heading: "Cancelar a inscrição?",
        body: "Você recebe {name} por e-mail. Ao pressionar o botão, você sai da lista.",
    },
    unsubscribed: PageText {
        heading: "Inscrição cancelada",
        body: "Você não está mais na lista de {name}. Não é preciso fazer mais nada.",
    },
    proof: PageText {
        heading: "Era um envio de teste",
        body: "Este e-mail era um teste de {name} para a redação, por isso o link não pertence \
               a ninguém da lista. Nada mudou.",
    },
    bad_link: PageText {
        heading: "Este link não funciona",
        body: "Talvez ele tenha sido cortado ao ser copiado ou encaminhado. Nada mudou. Abra o \
               link no próprio e-mail, ou responda ao e-mail e peça para sair da lista de \
               {name}.",
    },
    try_again: PageText {
        heading: "Não deu certo desta vez",
        body: "Talvez você ainda esteja na lista de {name}. Tente novamente em alguns minutos.",
    },
    bad_request: PageText {
        heading: "Não foi possível ler a solicitação",
        body: "O seu endereço não foi removido da lista de {name}. Abra o link no e-mail e \
               pressione o botão.",
    },
    not_found: PageText {
        heading: "Esta página não existe",
        body: "Para cancelar a inscrição em {name}, abra o link no final do e-mail.",
    },
};
