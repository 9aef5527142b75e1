//! The words of the pages in Arabic.

use super::{PageText, PageWords};

pub(super) static ARABIC: PageWords = PageWords {
    language: "ar",
    button: "إلغاء الاشتراك",
    ask: PageText {
        heading: "هل تريد إلغاء الاشتراك؟",
        body: "تصلك نشرة {name} بالبريد الإلكتروني. بالضغط على الزر يُحذف عنوانك من القائمة.",
    },
    unsubscribed: PageText {
        heading: "تم إلغاء اشتراكك",
        body: "لم يعد عنوانك في قائمة {name}. لا يلزمك فعل أي شيء آخر.",
    },
    proof: PageText {
        heading: "كانت هذه رسالة تجريبية",
        body: "كانت هذه الرسالة نسخة تجريبية من {name} للمحررين، ولذلك لا يخص الرابط أحدًا في \
               القائمة. لم يتغير شيء.",
    },
    bad_link: PageText {
        heading: "هذا الرابط لا يعمل",
        body: "ربما انقطع جزء منه عند النسخ أو إعادة التوجيه. لم يتغير شيء. افتح الرابط من \
               الرسالة نفسها، أو رُدَّ على الرسالة واطلب حذف عنوانك من قائمة {name}.",
    },
    try_again: PageText {
        heading: "تعذّر إتمام ذلك الآن",
        body: "ربما لا يزال عنوانك في قائمة {name}. يرجى المحاولة مرة أخرى بعد بضع دقائق.",
    },
    bad_request: PageText {
        heading: "تعذّرت قراءة الطلب",
        body: "لم يُحذف عنوانك من قائمة {name}. يرجى فتح الرابط الموجود في الرسالة والضغط على \
               الزر.",
    },
    not_found: PageText {
        heading: "لا توجد صفحة كهذه",
        body: "لإلغاء الاشتراك في {name}، افتح الرابط الموجود في نهاية الرسالة.",
    },
};
