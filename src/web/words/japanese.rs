//! The words of the pages in Japanese.

use super::{PageText, PageWords};

pub(super) static JAPANESE: PageWords = PageWords {
    language: "ja",
    button: "配信を停止する",
    ask: PageText {
        heading: "配信を停止しますか？",
        body: "{name} をメールでお届けしています。ボタンを押すと、配信リストから外れます。",
    },
    unsubscribed: PageText {
        heading: "配信を停止しました",
        body: "{name} の配信リストから外れました。ほかに必要な操作はありません。",
    },
    proof: PageText {
        heading: "これはテスト送信でした",
        body: "このメールは {name} の編集部に宛てたテスト送信でした。そのため、このリンクは配信リストのどなたのものでもありません。何も変更されていません。",
    },
    bad_link: PageText {
        heading: "このリンクは使えません",
        body: "コピーや転送の際に、途中で切れた可能性があります。何も変更されていません。メールの中のリンクを直接開くか、メールに返信して、{name} の配信リストから外すようお申し付けください。",
    },
    try_again: PageText {
        heading: "ただいま処理できませんでした",
        body: "まだ {name} の配信リストに残っている可能性があります。数分後にもう一度お試しください。",
    },
    bad_request: PageText {
        heading: "リクエストを読み取れませんでした",
        body: "{name} の配信リストからは外れていません。メールの中のリンクを開き、ボタンを押してください。",
    },
    not_found: PageText {
        heading: "このページはありません",
        body: "{name} の配信を停止するには、メールの末尾にあるリンクを開いてください。",
    },
};
