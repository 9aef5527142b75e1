//! The words of the pages in Hebrew.

use super::{PageText, PageWords};

pub(super) static HEBREW: PageWords = PageWords {
    language: "he",
    button: "הסרה מהרשימה",
    ask: PageText {
        heading: "להסיר אותך מהרשימה?",
        body: "{name} מגיע אליך בדואר אלקטרוני. לחיצה על הכפתור תסיר אותך מהרשימה.",
    },
    unsubscribed: PageText {
        heading: "הוסרת מהרשימה",
        body: "הכתובת שלך אינה עוד ברשימה של {name}. אין צורך בפעולה נוספת.",
    },
    proof: PageText {
        heading: "זו הייתה הודעת ניסיון",
        body: "ההודעה הייתה ניסיון של {name} עבור העורכים, ולכן הקישור אינו שייך לאיש מן \
               הרשימה. דבר לא השתנה.",
    },
    bad_link: PageText {
        heading: "הקישור הזה אינו פועל",
        body: "ייתכן שהוא נקטע בהעתקה או בהעברה. דבר לא השתנה. אפשר לפתוח את הקישור בהודעה \
               עצמה, או להשיב להודעה ולבקש הסרה מהרשימה של {name}.",
    },
    try_again: PageText {
        heading: "הפעולה לא הצליחה הפעם",
        body: "ייתכן שהכתובת שלך עדיין ברשימה של {name}. אפשר לנסות שוב בעוד כמה דקות.",
    },
    bad_request: PageText {
        heading: "לא ניתן היה לקרוא את הבקשה",
        body: "הכתובת שלך לא הוסרה מהרשימה של {name}. יש לפתוח את הקישור שבהודעה וללחוץ על הכפתור.",
    },
    not_found: PageText {
        heading: "אין דף כזה",
        body: "להסרה מהרשימה של {name} יש לפתוח את הקישור שבסוף ההודעה.",
    },
};
