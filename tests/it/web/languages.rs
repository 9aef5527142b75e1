//! The pages speak the language of the mail, as far as they know it.

use axum::body::Body;
use axum::http::Request;
use postrider::campaign::LinkPurpose;
use postrider::domain::{Direction, LanguageTag};

use super::asking::{FORM, List, ONE_CLICK, ask, get, keys, link, masthead, pages, path_of, post};

#[tokio::test]
async fn a_page_says_truly_which_language_it_is_in() {
    let arabic = masthead("النشرة", "ar", Direction::RightToLeft);
    let body = get(&pages(&List::open(), arabic), &link()).await.body;
    assert!(body.contains("<html lang=\"ar\" dir=\"rtl\">"), "{body}");
    assert!(body.contains("<bdi lang=\"ar\" dir=\"rtl\">النشرة</bdi>"));
    assert!(body.contains("<button>إلغاء الاشتراك</button>"), "{body}");

    let austrian = masthead("Die Woche", "de-AT", Direction::LeftToRight);
    let body = get(&pages(&List::open(), austrian), &link()).await.body;
    assert!(body.contains("<html lang=\"de-AT\" dir=\"ltr\">"));
    assert!(body.contains("<button>Abmelden</button>"));

    let persian = masthead("هفته‌نامه", "fa", Direction::RightToLeft);
    let body = get(&pages(&List::open(), persian), &link()).await.body;
    assert!(
        body.contains("<html lang=\"en\" dir=\"ltr\">"),
        "nobody has written Persian words yet"
    );
    assert!(body.contains("<bdi lang=\"fa\" dir=\"rtl\">هفته‌نامه</bdi>"));
}

#[tokio::test]
async fn the_language_of_the_mail_wins_then_the_newsletter_s_then_the_browser_s() {
    for (mail, newsletter, browser, spoken) in [
        (Some("ja"), "en", Some("fr"), "ja"),
        (Some("pt-BR"), "pt", None, "pt-BR"),
        (None, "nl", Some("fr"), "nl"),
        (Some("sv"), "en", Some("pl;q=0.5, it"), "it"),
        (Some("sv"), "fr", Some("sv"), "en"),
        (None, "sv", Some("sv, de-CH;q=0.9"), "de-CH"),
        (None, "sv", None, "en"),
        (None, "zh-Hant", Some("zh-TW, he"), "he"),
    ] {
        let list = List::open().speaking(mail.map(|tag| LanguageTag::parse(tag).unwrap()));
        let router = pages(&list, masthead("Weekly", newsletter, Direction::LeftToRight));
        let case = format!("{mail:?}, {newsletter}, {browser:?}");
        for purpose in [LinkPurpose::Campaign, LinkPurpose::Proof] {
            let mut request = Request::get(path_of(purpose, &keys(1, &[])));
            if let Some(browser) = browser {
                request = request.header("accept-language", browser);
            }
            let body = ask(&router, request.body(Body::empty()).unwrap()).await.body;
            assert!(body.contains(&format!("<html lang=\"{spoken}\"")), "{case}: {body}");
        }
    }
}

#[tokio::test]
async fn what_the_button_does_is_said_in_the_language_of_the_mail() {
    let list = List::open().speaking(Some(LanguageTag::parse("he").unwrap()));
    let router = pages(&list, masthead("The Weekly", "en", Direction::LeftToRight));
    let body = post(&router, &link(), FORM, ONE_CLICK).await.body;
    assert!(body.contains("<html lang=\"he\" dir=\"rtl\">"), "{body}");
    assert!(body.contains("<bdi lang=\"en\" dir=\"ltr\">The Weekly</bdi>"));
    let lost = get(&router, "/unsubscribe/cut").await.body;
    assert!(lost.contains("<html lang=\"en\""), "without a token nobody knows the mail: {lost}");
}
