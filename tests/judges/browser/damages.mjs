// Damages that the self-test does to a mail, and the kind of defect that the judge must report.

const intoArticle = (added) => (html) => html.replace(/<\/h1>/, `</h1>${added}`);
const rule = (added) => (html) => html.replace("</head>", `<style>${added}</style></head>`);
const filler = `<!-- ${"x".repeat(6000)} -->`;

export const damages = [
  { name: "an image without alt", noticed: "axe image-alt", change: intoArticle('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" width="9">') },
  { name: "a pale text", noticed: "axe color-contrast", change: intoArticle('<p style="color:#bbb!important">Pale words.</p>') },
  { name: "a dark text in the dark", noticed: "axe color-contrast", change: rule("@media(prefers-color-scheme:dark){p,li{color:#333!important}}") },
  { name: "a text on a gradient", noticed: "axe incomplete contrast", change: intoArticle('<p style="background:linear-gradient(#fff,#000)">Words on a slope.</p>') },
  { name: "no dark mode", noticed: "dark-background", change: (html) => html.replaceAll("prefers-color-scheme:dark", "prefers-color-scheme:no-preference").replaceAll("color-scheme:light dark", "color-scheme:light").replaceAll('content="light dark"', 'content="light"') },
  { name: "the article stays light in the dark", noticed: "dark-background", change: rule("@media(prefers-color-scheme:dark){body div{background:#fff!important}}") },
  { name: "the text stays dark in the dark", noticed: "dark-text", change: rule("@media(prefers-color-scheme:dark){body *{color:#1c1e21!important}}") },
  { name: "black on white", noticed: "black-on-white", change: rule("@media(prefers-color-scheme:light){body *{color:#000!important;background:#fff!important}}") },
  { name: "no language", noticed: "lang", change: (html) => html.replace(/<html lang="[^"]*"/, "<html") },
  { name: "no direction", noticed: "dir", change: (html) => html.replace(/(<html[^>]*) dir="[^"]*"/, "$1") },
  { name: "no title", noticed: "title", change: (html) => html.replace(/<title>[^<]*<\/title>/, "") },
  { name: "a link without a name", noticed: "axe link-name", change: intoArticle('<p><a href="https://example.org/"></a></p>') },
  { name: "a layout table without its role", noticed: "layout-table", change: intoArticle("<table><tr><td>Laid out.</td></tr></table>") },
  { name: "a table for Outlook without its role", noticed: "layout-table", change: intoArticle("<!--[if mso]><table><tr><td><![endif]--><!--[if mso]></td></tr></table><![endif]-->") },
  { name: "a table header without scope", noticed: "th-scope", change: intoArticle("<table><tr><th>What</th></tr><tr><td>One</td></tr></table>") },
  { name: "a block wider than the phone", noticed: "too-wide", change: intoArticle('<div style="width:420px">Wide.</div>') },
  { name: "a line that only a style breaks", noticed: "too-wide-bare", change: intoArticle(`<p class="wrapped" style="white-space:nowrap">${"word ".repeat(60)}</p><style>.wrapped{white-space:normal!important}</style>`) },
  { name: "a preheader that shows", noticed: "preheader", change: (html) => html.replace(/<div style="display:none[^"]*"/, '<div style="display:block"') },
  { name: "links behind the first kilobytes", noticed: "late-link", change: (html) => html.replace(/(<body[^>]*>)/, `$1${filler}`) },
  { name: "a font from a third party", noticed: "third-party", change: (html) => html.replace("</head>", '<link rel="stylesheet" href="https://fonts.example.net/a.css"></head>') },
  { name: "a counting pixel", noticed: "third-party", change: intoArticle('<img src="https://count.example.net/1.gif" alt="" width="1" height="1">') },
  { name: "a background image", noticed: "third-party", change: rule("h1{background:url(https://count.example.net/1.png)}") },
  { name: "a script", noticed: "script", change: intoArticle("<script>1</script>") },
];
