// Compares our text part with that of npm's html-to-text, made from our html.
//
//     node compare.mjs [NAME [HEADING]]
//
// Prints one section of both, and counts for all mails: bytes, broken URLs, and
// lines over 78 columns that are more than a URL. It checks no limits;
// tests/measure/sizes.py does.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeMails } from "../mails.mjs";
import { articleOf } from "../mjml/expanded.mjs";
import { load } from "../packages.mjs";

const columns = 78;
const [{ convert }] = await load("html-to-text");

/// Set up as its documentation describes for mail, with data tables kept.
function theirs(html) {
  return convert(html, {
    wordwrap: columns,
    selectors: [
      { selector: "table", format: "dataTable" },
      { selector: 'table[role="presentation"]', format: "block" },
      { selector: "a", options: { hideLinkHrefIfSameAsText: true } },
    ],
  });
}

/// The article alone of ours: the lines between the theme's own, which end with
/// the title's underline and begin again with the last rule.
function ours(text) {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => /^=+$/.test(line));
  const last = lines.lastIndexOf("-".repeat(20));
  return lines.slice(first + 1, last < 0 ? undefined : last).join("\n");
}

function counted(text, links) {
  const isUrl = (line) => /^\W*(\[\^?\w+\]\W*)?\S*:\/\/\S*$/.test(line);
  return {
    bytes: Buffer.byteLength(text),
    lines: text.split("\n").length,
    broken: [...links].filter((link) => !text.includes(link)).length,
    long: text.split("\n").filter((line) => line.length > columns && !isUrl(line)).length,
  };
}

function linksOf(article) {
  const entities = { "&amp;": "&", "&quot;": '"', "&lt;": "<", "&gt;": ">", "&#39;": "'" };
  const plain = (href) => href.replace(/&(amp|quot|lt|gt|#39);/g, (entity) => entities[entity]);
  const hrefs = [...article.matchAll(/<a\b[^>]*?\shref="([^"#][^"]*)"/g)].map(([, href]) => plain(href));
  return new Set(hrefs.filter((href) => !href.startsWith("mailto:")));
}

/// From a heading to the next that is underlined or shouted.
function section(text, heading) {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.trim().toLowerCase() === heading.toLowerCase());
  return start < 0 ? `(no line is "${heading}")` : lines.slice(start, start + 24).join("\n");
}

async function main([name = "2026-08-12-this-week-in-rust", heading = "Rust Walkthroughs"]) {
  const mails = await writeMails("text");
  const totals = { ours: { bytes: 0, broken: 0, long: 0 }, theirs: { bytes: 0, broken: 0, long: 0 } };
  for (const mail of mails) {
    const article = articleOf(readFileSync(join(mail.folder, "email.html"), "utf8"));
    const both = {
      ours: ours(readFileSync(join(mail.folder, "email.txt"), "utf8")),
      theirs: theirs(article),
    };
    for (const [whose, text] of Object.entries(both)) {
      const counts = counted(text, linksOf(article));
      for (const what of Object.keys(totals[whose])) totals[whose][what] += counts[what];
      if (mail.name !== name) continue;
      const { bytes, lines, broken, long } = counts;
      console.log(`== ${name}, ${whose}: ${bytes} bytes, ${lines} lines, ${broken} URLs broken, ${long} long lines\n`);
      console.log(`${section(text, heading)}\n`);
    }
  }
  for (const [whose, { bytes, broken, long }] of Object.entries(totals)) {
    console.log(`${mails.length} articles, ${whose}: ${bytes} bytes, ${broken} URLs broken, ${long} lines over ${columns}`);
  }
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
