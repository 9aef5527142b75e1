//! The words of the pages in Chinese in simplified characters.

use super::{PageText, PageWords};

pub(super) static CHINESE: PageWords = PageWords {
    language: "zh",
    button: "退订",
    ask: PageText {
        heading: "要退订吗？",
        body: "您正在通过电子邮件接收 {name}。点击按钮，即可从名单中移除。",
    },
    unsubscribed: PageText {
        heading: "您已退订",
        body: "您已不在 {name} 的名单中，无需再做其他操作。",
    },
    proof: PageText {
        heading: "这是一封测试邮件",
        body: "这封邮件是发给 {name} 编辑的测试邮件，因此其中的链接不属于名单上的任何人。没有任何更改。",
    },
    bad_link: PageText {
        heading: "此链接无效",
        body: "链接可能在复制或转发时被截断。没有任何更改。请直接在邮件中打开链接，或回复邮件，要求从 {name} 的名单中移除。",
    },
    try_again: PageText {
        heading: "刚才未能完成",
        body: "您可能仍在 {name} 的名单中。请过几分钟再试。",
    },
    bad_request: PageText {
        heading: "无法读取该请求",
        body: "您没有从 {name} 的名单中移除。请打开邮件中的链接，然后点击按钮。",
    },
    not_found: PageText {
        heading: "没有这个页面", body: "要退订 {name}，请打开邮件末尾的链接。"
    },
};
