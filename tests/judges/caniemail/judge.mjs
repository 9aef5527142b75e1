// Lists the features of our mails that mail programs do not support, by caniemail's data.
//
//     node judge.mjs               every sample of every theme, and the corpus
//     node judge.mjs --self-test   an unsupported property must be reported
//
// It checks every Gmail, Outlook, Apple Mail and Yahoo. Three things are expected
// to fail, and do no harm: Gmail's mobile web page, which drops every style sheet;
// the dark mode; and the methods to hide a preheader. To find the other errors, a
// second check leaves out Gmail's mobile web page and runs on the mail without dark
// mode and preheader. Each kind of error there needs a reason in reasons.json, and
// at most six kinds are allowed.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeMails } from "../mails.mjs";
import { load } from "../packages.mjs";

const most = 6;
const clients = ["gmail.*", "outlook.*", "apple-mail.*", "yahoo.*"];
const withoutStyles = "gmail.mobile-webmail";

const here = dirname(fileURLToPath(import.meta.url));
const reasons = JSON.parse(readFileSync(join(here, "reasons.json"), "utf8"));
const [{ caniemail }] = await load("caniemail");

/// The mail without its dark mode and its preheader.
function plain(html) {
  return withoutDarkBlocks(html)
    .replace(/<meta name="(supported-)?color-schemes?"[^>]*>/g, "")
    .replace(/:root\s*\{\s*color-scheme:[^}]*\}/g, "")
    .replace(/\[data-ogs[bc]\][^{}]*\{[^}]*\}/g, "")
    .replace(/<div style="display:none;[^"]*"[^>]*>[^<]*<\/div>/, "");
}

function withoutDarkBlocks(html) {
  let rest = html;
  for (;;) {
    const start = rest.search(/@media\s*\(prefers-color-scheme:\s*dark\)/);
    if (start < 0) return rest;
    let depth = 0;
    let end = rest.indexOf("{", start);
    do {
      if (rest[end] === "{") depth += 1;
      if (rest[end] === "}") depth -= 1;
      end += 1;
    } while (depth > 0 && end < rest.length);
    rest = rest.slice(0, start) + rest.slice(end);
  }
}

/// The kinds of errors, each with the mail programs that have them.
function kindsOf(html, asked) {
  const { issues } = caniemail({ clients: asked, html });
  const kinds = new Map();
  for (const [client, found] of issues.errors) {
    for (const { title } of found) kinds.set(title, (kinds.get(title) ?? new Set()).add(client));
  }
  return { kinds, warnings: new Set([...issues.warnings.values()].flat().map(({ title }) => title)) };
}

/// The rules and tags that hold what a kind is about.
function sourcesOf(kind, html) {
  const word = /<(\w+)>/.exec(kind)?.[1] ?? kind.split(/[ ,]/)[0];
  const escaped = word.replace(/[^\w-]/g, "\\$&");
  const tags = new RegExp(`<${escaped}\\b[^>]*>|<\\w+[^>]*(?:[ ;"])${escaped}[:=][^>]*>`, "g");
  const rules = new RegExp(`[^{}<>]*\\{[^{}]*(?<![-\\w])${escaped}(?![-\\w])[^{}]*\\}`, "g");
  const found = [...html.matchAll(tags), ...html.matchAll(rules)].map(([text]) => text.trim().slice(0, 110));
  return [...new Set(found)].slice(0, 3);
}

function merge(into, kinds, html) {
  for (const [kind, having] of kinds) {
    const known = into.get(kind) ?? { clients: new Set(), sources: new Set() };
    having.forEach((client) => known.clients.add(client));
    if (known.sources.size < 3) sourcesOf(kind, html).forEach((source) => known.sources.add(source));
    into.set(kind, known);
  }
}

async function main() {
  const mails = await writeMails("caniemail");
  const [all, left, warnings] = [new Map(), new Map(), new Set()];
  for (const mail of mails) {
    const html = readFileSync(join(mail.folder, "email.html"), "utf8");
    const whole = kindsOf(html, clients);
    merge(all, whole.kinds, html);
    whole.warnings.forEach((kind) => warnings.add(kind));
    const bare = plain(html);
    const { kinds } = kindsOf(bare, clients);
    for (const having of kinds.values()) having.delete(withoutStyles);
    merge(left, new Map([...kinds].filter(([, having]) => having.size > 0)), bare);
  }
  console.log(`${mails.length} mails: ${all.size} kinds of errors and ${warnings.size} of warnings in all`);
  const excused = [...all.keys()].filter((kind) => !left.has(kind));
  console.log(`only in Gmail's mobile web page, the dark mode or the preheader: ${excused.join(", ")}`);
  console.log(`${left.size} besides:`);
  for (const [kind, { clients, sources }] of left) {
    console.log(`  ${kind} (${[...clients].join(", ")}): ${reasons[kind] ?? "NO REASON IS GIVEN"}`);
    sources.forEach((source) => console.log(`      in ${source}`));
  }
  Object.keys(reasons).filter((kind) => !left.has(kind)).forEach((kind) => console.log(`no longer needed: ${kind}`));
  const unexplained = [...left.keys()].filter((kind) => !reasons[kind]);
  if (left.size > most) console.log(`${left.size} kinds are more than ${most}`);
  return left.size <= most && unexplained.length === 0 ? 0 : 1;
}

/// What is taken out must be the dark mode and the preheader, and nothing else.
function selfTest() {
  const dark = '<meta name="color-scheme" content="light dark"><style>:root{color-scheme:light dark}' +
    "@media (prefers-color-scheme:dark){a{color:red!important}}[data-ogsc] a{color:red}b{color:blue}</style>";
  const hidden = '<div style="display:none;opacity:0;max-height:0px">Before.</div>';
  const left = plain(`${dark}${hidden}<p>Words.</p>`);
  if (left !== "<style>b{color:blue}</style><p>Words.</p>") throw new Error(`left: ${left}`);
  const { kinds } = kindsOf('<p style="clip-path:circle(9px)">Words.</p>', clients);
  if (![...kinds.keys()].some((kind) => kind.includes("clip-path"))) throw new Error("clip-path is not noticed");
  console.log("noticed clip-path; took out the dark mode and the preheader");
  return 0;
}

process.exitCode = process.argv[2] === "--self-test" ? selfTest() : await main();
