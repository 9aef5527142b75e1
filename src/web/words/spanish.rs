//! The words of the pages in Spanish.

use super::{PageText, PageWords};

pub(super) static SPANISH: PageWords = PageWords {
    language: "es",
    button: "Darse de baja",
    ask: PageText {
        heading: "¿Quiere darse de baja?",
        body: "Recibe {name} por correo electrónico. Al pulsar el botón, saldrá de la lista.",
    },
    unsubscribed: PageText {
        heading: "Se ha dado de baja",
        body: "Ya no está en la lista de {name}. No tiene que hacer nada más.",
    },
    proof: PageText {
        heading: "Era un envío de prueba",
        body: "Este correo era una prueba de {name} para la redacción, así que el enlace no \
               pertenece a nadie de la lista. No ha cambiado nada.",
    },
    bad_link: PageText {
        heading: "Este enlace no funciona",
        body: "Quizá se cortó al copiarlo o al reenviarlo. No ha cambiado nada. Abra el enlace \
               en el propio correo, o responda al correo y pida salir de la lista de {name}.",
    },
    try_again: PageText {
        heading: "Esta vez no ha funcionado",
        body: "Puede que siga en la lista de {name}. Inténtelo de nuevo dentro de unos \
               minutos, por favor.",
    },
    bad_request: PageText {
        heading: "No se ha podido leer la solicitud",
        body: "Su dirección no se ha quitado de la lista de {name}. Abra el enlace del correo \
               y pulse el botón, por favor.",
    },
    not_found: PageText {
        heading: "Esta página no existe",
        body: "Para darse de baja de {name}, abra el enlace que está al final del correo.",
    },
};
