// Runs axe-core and some further checks on every mail, in Chromium.
//
//     node judge.mjs               every sample of every theme, and the corpus
//     node judge.mjs --self-test   damages one mail; the judge must report each damage
//
// Each mail is shown at 600 and 375 px, in light and in dark. axe may find nothing
// serious or critical, and no contrast that it cannot decide. The dark scheme must
// be dark, the phone must not scroll sideways, and the mail may load only the
// author's images.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { writeMails } from "../mails.mjs";
import { load, packageFolder, workshop } from "../packages.mjs";
import { schemes, widths, withChromium } from "./chromium.mjs";
import { askAxe, dressOf, questions, widthWithoutStyle } from "./questions.mjs";
import { damages } from "./damages.mjs";

/// The top of a mail, which must link the web page and the unsubscribe page.
const firstBytes = 5 * 1024;
/// The host of the sample newsletter, from which its mails may load.
const ownHost = "news.example.org";
const unsubscribe = "https://example.org/unsubscribe/example";

/// Returns the defects of one mail: a list of [kind, sentence].
async function judge(page, requests, mail, tally) {
  const file = join(mail.folder, "email.html");
  const html = readFileSync(file);
  const report = JSON.parse(readFileSync(join(mail.folder, "report.json"), "utf8"));
  const defects = bytes(html);
  requests.length = 0;
  await page.setViewportSize({ width: widths[0], height: 800 });
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto(String(pathToFileURL(file)));
  await page.addScriptTag({ path: join(packageFolder("axe-core"), "axe.min.js") });
  defects.push(...(await page.evaluate(questions, report.preheader)));
  const dress = {};
  for (const scheme of schemes) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 });
      const found = await page.evaluate(askAxe);
      const where = `${width} px, ${scheme}`;
      defects.push(...found.defects.map(([kind, said]) => [kind, `${where}: ${said}`]));
      tally[scheme].nodes += found.nodes;
      tally[scheme].contrasts += found.contrasts;
      for (const [rule, nodes] of Object.entries(found.moderate)) {
        tally.moderate[rule] = (tally.moderate[rule] ?? 0) + nodes;
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) defects.push(["too-wide", `${where}: the page is ${wide} px wide`]);
    }
    dress[scheme] = await page.evaluate(dressOf);
  }
  defects.push(...darkness(dress));
  await page.emulateMedia({ colorScheme: "light" });
  const bare = await page.evaluate(widthWithoutStyle);
  if (bare > widths[1]) defects.push(["too-wide-bare", `without <style> the page is ${bare} px wide at ${widths[1]}`]);
  const hidden = await page.evaluate(questions, report.preheader);
  defects.push(...hidden.filter(([kind]) => kind === "preheader").map(([kind, said]) => [kind, `without <style>: ${said}`]));
  defects.push(...strangers(requests, readFileSync(mail.source, "utf8"), tally));
  return defects;
}

/// Checks the source of the mail, without showing it.
function bytes(html) {
  const defects = [];
  const text = html.toString("utf8");
  const links = { "the web page": `href="https://${ownHost}/issues/`, "unsubscribing": `href="${unsubscribe}` };
  for (const [what, link] of Object.entries(links)) {
    const at = html.indexOf(link);
    if (at < 0 || at > firstBytes) defects.push(["late-link", `the first link for ${what} is at byte ${at}`]);
  }
  // Tables for Outlook are in comments, so the browser does not see them.
  for (const [, comment] of text.matchAll(/<!--\[if([\s\S]*?)<!\[endif\]-->/g)) {
    for (const [table] of comment.matchAll(/<table\b[^>]*>/g)) {
      if (!table.includes('role="presentation"')) defects.push(["layout-table", `for Outlook: ${table}`]);
    }
  }
  if (/<script\b/i.test(text)) defects.push(["script", "the mail holds a script"]);
  return defects;
}

/// Checks that dark is darker than light, and that its text is lighter.
function darkness({ light, dark }) {
  const defects = [];
  for (const part of ["page", "article", "reading"]) {
    const [before, after] = [light[part], dark[part]];
    if (before.colour === after.colour || after.luminance > 0.2 || before.luminance < 0.5) {
      defects.push(["dark-background", `${part}: ${before.colour} in light, ${after.colour} in dark`]);
    }
  }
  const [before, after] = [light.text, dark.text];
  if (before.colour === after.colour || after.luminance < 0.4 || before.luminance > 0.3) {
    defects.push(["dark-text", `text: ${before.colour} in light, ${after.colour} in dark`]);
  }
  for (const [scheme, { reading, text }] of Object.entries({ light, dark })) {
    const pair = [reading, text].map(({ colour }) => colour.replaceAll(" ", ""));
    if (pair.includes("rgb(0,0,0)") && pair.includes("rgb(255,255,255)")) {
      defects.push(["black-on-white", `${scheme}: pure black and pure white`]);
    }
  }
  return defects;
}

/// Requests for other things than images of the author or the newsletter.
function strangers(requests, markdown, tally) {
  const isOwn = ({ url, kind }) => {
    const host = new URL(url).host;
    return kind === "image" && (host === ownHost || markdown.includes(url.replace(/\/$/, "")));
  };
  tally.images += requests.filter(isOwn).length;
  return requests.filter((request) => !isOwn(request)).map(({ url, kind }) => ["third-party", `${kind} ${url}`]);
}

async function judgeAll(mails, tally) {
  return withChromium(async (context, requestsOf) => {
    const left = [...mails];
    const found = new Map();
    const worker = async () => {
      const page = await context.newPage();
      for (let mail = left.shift(); mail; mail = left.shift()) {
        found.set(mail, await judge(page, requestsOf(page), mail, tally));
      }
    };
    await Promise.all([worker(), worker()]);
    return found;
  });
}

function emptyTally() {
  const none = () => ({ nodes: 0, contrasts: 0 });
  return { light: none(), dark: none(), moderate: {}, images: 0 };
}

/// Some of the defects, with their numbers.
function print(name, defects) {
  for (const [kind, those] of grouped(defects)) {
    console.log(`${name}: ${kind}, ${those.length} times; first: ${those[0][1]}`);
  }
}

function grouped(defects) {
  const kinds = new Map();
  for (const defect of defects) kinds.set(defect[0], [...(kinds.get(defect[0]) ?? []), defect]);
  return kinds;
}

async function whole() {
  const mails = await writeMails("browser");
  const tally = emptyTally();
  const began = performance.now();
  const found = await judgeAll(mails, tally);
  const total = [...found.values()].flat().length;
  for (const [mail, defects] of found) print(mail.name, defects);
  for (const scheme of schemes) {
    const { nodes, contrasts } = tally[scheme];
    console.log(`${scheme}: axe checked ${nodes} nodes, the contrast of ${contrasts} among them`);
    if (contrasts === 0) throw new Error("axe checked no contrast");
  }
  const samples = mails.filter((mail) => mail.kind === "sample").length;
  console.log(
    `${samples} samples and ${mails.length - samples} issues, ${widths.join(" and ")} px: ${total} defects; ` +
      `moderate or minor nodes: ${JSON.stringify(tally.moderate)}; ${tally.images} images of authors asked for; ` +
      `${((performance.now() - began) / 1000).toFixed(0)} s`,
  );
  return total === 0 ? 0 : 1;
}

/// Every damage must be reported, and the undamaged mail must have no defect.
async function selfTest() {
  const sound = (await writeMails("browser-self-test")).find((mail) => mail.kind === "sample");
  const html = readFileSync(join(sound.folder, "email.html"), "utf8");
  const mails = damages.map(({ name, change, noticed }) => {
    const folder = join(workshop, "browser-self-test/damaged", name.replaceAll(" ", "-"));
    const damaged = change(html);
    if (damaged === html) throw new Error(`the damage "${name}" changed nothing`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "email.html"), damaged);
    writeFileSync(join(folder, "report.json"), readFileSync(join(sound.folder, "report.json")));
    return { ...sound, name, folder, noticed };
  });
  const found = await judgeAll([sound, ...mails], emptyTally());
  // Ignore defects that the undamaged mail has.
  const before = new Set(found.get(sound).map(([kind]) => kind));
  let missed = 0;
  for (const mail of mails) {
    const kinds = new Set(found.get(mail).map(([kind]) => kind));
    const seen = kinds.has(mail.noticed) && !before.has(mail.noticed);
    if (!seen) missed += 1;
    console.log(`${seen ? "noticed" : "MISSED "} ${mail.name}: ${[...kinds].filter((kind) => !before.has(kind)).join(", ")}`);
  }
  print(`${sound.name}, undamaged`, found.get(sound));
  return missed === 0 ? 0 : 1;
}

process.exitCode = await (process.argv[2] === "--self-test" ? selfTest() : whole());
