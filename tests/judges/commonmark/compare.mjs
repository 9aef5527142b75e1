// Compares the articles of rendered mails with the output of an independent CommonMark
// renderer (markdown-it, with tables, strike-through, footnotes and tasks) for the same sources:
// the words that a reader sees, and the targets of links and images, both in order.
//
//   node compare.mjs DIR               DIR holds NAME.md (the issue) and NAME.html (the mail)
//   node compare.mjs --self-test DIR   drops a word and a target from each mail; the judge must report each
//
// Exits with 1 on any difference, and if nothing was compared.
//
// Only these rules apply, to both sides:
//  1. White space counts as one space; so do the edges of a block, and a line break.
//  2. Comments, and elements whose content nobody sees (scripts, styles, plug-ins), are ignored. Scripts are switched off.
//  3. A tag that HTML does not have, or that only a script could fill, is text.
//  4. Control characters and U+FEFF are not text, and not part of a target.
//  5. An image counts as its alternative text.
//  6. A target is resolved by the URL standard on the page of the issue, after percent-encoding of the characters that RFC 3986 forbids.
//  7. A footnote's mark is its number in brackets, a footnote has no link back, and a task begins with a box.
//  8. A link to the id of a heading counts as a link to the name that git hosts give the heading.
//  9. A target whose scheme carries a program or a file (javascript, vbscript, data, file) is ignored.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { htmlTagNames } from "html-tag-names";
import MarkdownIt from "markdown-it";
import footnotes from "markdown-it-footnote";
import { parse, parseFragment } from "parse5";

const UNSEEN = new Set("embed frame head iframe math noembed noframes script style svg template title".split(" "));
const INLINE = new Set(("a abbr acronym b bdi bdo big button cite code data del dfn em font i img input ins kbd label " +
  "mark meter nobr progress q s samp small span strike strong sub sup time tt u var wbr").split(" "));
const ONLY_SCRIPTS = ["output", "slot"];
const NAMES = new Set(htmlTagNames.filter((name) => !ONLY_SCRIPTS.includes(name)));
const CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFEFF]/g;
// Where the issue stands on the web: relative links lead on from there (tests/it/support/rendering.rs).
const BASE = "https://example.org/issues/1?a=1&b=2";

const markdown = new MarkdownIt({ html: true }).use(footnotes);
markdown.inline.ruler.disable("footnote_inline");
markdown.renderer.rules.footnote_ref = (tokens, at) => `<sup>[${tokens[at].meta.id + 1}]</sup>`;
markdown.renderer.rules.footnote_anchor = () => "";
markdown.core.ruler.push("tasks", ({ tokens }) => {
  tokens.forEach((token, at) => {
    const begins = tokens[at - 1]?.type === "paragraph_open" && tokens[at - 2]?.type === "list_item_open";
    const first = token.children?.[0];
    if (!begins || first?.type !== "text") return;
    first.content = first.content.replace(/^\[([ xX])\]\s/, (_, mark) => (mark === " " ? "☐ " : "☑ "));
  });
});
// Rule 9 is applied to both sides alike, so markdown-it is not to apply its own.
markdown.validateLink = () => true;
markdown.normalizeLink = (target) => target;
markdown.normalizeLinkText = (text) => text;
markdown.renderer.rules.html_inline = (tokens, at) => pseudoTagsAsText(tokens[at].content);
markdown.renderer.rules.html_block = (tokens, at) => pseudoTagsAsText(tokens[at].content);

function pseudoTagsAsText(html) {
  return html.replace(/<!--[\s\S]*?(?:-->|$)|<\/?([a-zA-Z][^\s/>]*)[^>]*>/g, (tag, name) =>
    name === undefined || NAMES.has(name.toLowerCase()) ? tag : tag.replaceAll("<", "&lt;"));
}

/** What a reader of the source should see. */
function expected(issue) {
  return seen(parseFragment(markdown.render(withoutFrontMatter(issue)), { scriptingEnabled: false }));
}

/** What a reader of the mail sees of the article. */
function found(mail) {
  return seen(articleOf(mail));
}

function articleOf(mail) {
  const root = parse(mail, { sourceCodeLocationInfo: true, scriptingEnabled: false });
  const article = find(root, (node) => attribute(node, "role") === "main");
  if (article === undefined) throw new Error("the mail has no element with role=main");
  return article;
}

function withoutFrontMatter(issue) {
  const text = issue.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  const fence = text.match(/^(---|\+\+\+)\n/)?.[1];
  if (fence !== undefined) return text.slice(text.indexOf(`\n${fence}\n`, 3) + fence.length + 2);
  return /^[A-Za-z_]+:/.test(text) ? text.slice(text.indexOf("\n\n") + 2) : text;
}

function seen(root) {
  let text = "";
  const targets = [];
  const visit = (node) => {
    if (node.nodeName === "#text") text += node.value;
    if (node.nodeName === "#comment" || UNSEEN.has(node.tagName)) return;
    const block = node.tagName !== undefined && !INLINE.has(node.tagName);
    if (block) text += " ";
    if (node.tagName === "a") targets.push(...target(aim(attribute(node, "href"), root)));
    if (node.tagName === "img") {
      text += attribute(node, "alt") ?? "";
      targets.push(...target(attribute(node, "src")));
    }
    (node.childNodes ?? []).forEach(visit);
    if (block) text += " ";
  };
  visit(root);
  return { words: text.replace(CONTROL, "").split(/\s+/).filter(Boolean), targets };
}

function target(written) {
  if (written === undefined) return [];
  const encode = (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase();
  const cleaned = written.replace(CONTROL, "").trim().replace(/[\\^`{|}"<> ]/g, encode);
  let url;
  try {
    url = new URL(cleaned, BASE);
  } catch {
    return [cleaned];
  }
  return /^(javascript|vbscript|data|file):$/.test(url.protocol) ? [] : [url.href];
}

/// The name of the heading that a target within the page means.
function aim(written, root) {
  if (!/^#./.test(written ?? "")) return written;
  const heading = find(root, (node) => /^h[1-6]$/.test(node.tagName) && attribute(node, "id") === written.slice(1));
  if (heading === undefined) return written.toLowerCase();
  const words = textOf(heading).trim().split(/\s+/).join(" ").toLowerCase();
  return "#" + words.replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");
}

function textOf(node) {
  return node.value ?? (node.childNodes ?? []).map(textOf).join("");
}

function attribute(node, name) {
  return node.attrs?.find((attr) => attr.name === name)?.value;
}

function find(node, wanted) {
  if (wanted(node)) return node;
  for (const child of node.childNodes ?? []) {
    const inside = find(child, wanted);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** The first place where two lists differ, with what stands around it. */
function difference(kind, left, right) {
  const at = left.findIndex((item, index) => item !== right[index]);
  const place = at >= 0 ? at : left.length;
  if (at < 0 && left.length === right.length) return [];
  const around = (list) => list.slice(Math.max(0, place - 3), place + 5).join(" ");
  return [`${kind} ${place + 1}: expected ... ${around(left)}\n      found ... ${around(right)}`];
}

function differences(issue, mail) {
  const [left, right] = [expected(issue), found(mail)];
  return [...difference("word", left.words, right.words), ...difference("target", left.targets, right.targets)];
}

function pairs(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith(".html")).sort();
  return names.map((name) => {
    const path = join(folder, name);
    return { name, mail: readFileSync(path, "utf8"), issue: readFileSync(path.replace(/html$/, "md"), "utf8") };
  });
}

function compare(folder) {
  let [words, targets, differing] = [0, 0, 0];
  const all = pairs(folder);
  for (const { name, issue, mail } of all) {
    const { words: w, targets: t } = expected(issue);
    words += w.length;
    targets += t.length;
    for (const text of differences(issue, mail)) {
      differing += 1;
      console.log(`${name}: ${text}`);
    }
  }
  console.log(`${all.length} issues, ${words} words and ${targets} targets compared, ${differing} differences`);
  return differing === 0 && words > 0 && targets > 0;
}

/** Changes one of the places that a pattern finds in the article. */
function spoilt(mail, pattern, change) {
  const { startTag, endOffset } = articleOf(mail).sourceCodeLocation;
  const inside = (match) => match.index > startTag.endOffset && match.index < endOffset;
  const matches = [...mail.matchAll(pattern)].filter(inside);
  const match = matches[Math.floor(matches.length / 2)];
  if (match === undefined) return undefined;
  return mail.slice(0, match.index) + change(match[0]) + mail.slice(match.index + match[0].length);
}

function selfTest(folder) {
  let [made, missed] = [0, 0];
  for (const { name, issue, mail } of pairs(folder)) {
    const faults = {
      "a dropped word": spoilt(mail, /(?<=[a-z]) [a-z]+(?= [a-z]+ )(?=[^<>]*<)/g, () => ""),
      "a dropped target": spoilt(mail, /<a href="[^"]*"/g, () => "<a"),
      "a changed target": spoilt(mail, /<a href="https:\/\/[^"]*(?=")/g, (tag) => tag + "x"),
    };
    for (const [fault, broken] of Object.entries(faults)) {
      if (broken === undefined) continue;
      made += 1;
      if (differences(issue, broken).length === 0) {
        missed += 1;
        console.log(`${name}: ${fault} was not found`);
      }
    }
  }
  console.log(`${made} faults made, ${missed} not found`);
  return made > 0 && missed === 0;
}

const args = process.argv.slice(2);
const folder = args.find((arg) => !arg.startsWith("--"));
const good = args.includes("--self-test") ? selfTest(folder) : compare(folder);
process.exitCode = good ? 0 : 1;
