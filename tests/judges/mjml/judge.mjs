// Checks that the reference renderer of MJML and mrml give the same page, to the pixel.
//
//     node judge.mjs               every sample of every theme
//     node judge.mjs --self-test   a difference of one pixel must be reported
//
// npm's mjml renders the filled-in MJML of each sample, with the article of our
// mail. Chromium shows both pages at both widths and in both schemes, and the judge
// compares them pixel by pixel. The known differences are listed below, each with
// its reason.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { schemes, show, widths, withChromium } from "../browser/chromium.mjs";
import { writeMails } from "../mails.mjs";
import { load, workshop } from "../packages.mjs";
import { articleOf, expandedMjml } from "./expanded.mjs";

/// The known differences of the two renderers. Each is undone in the reference
/// before the comparison; it is an error if a difference does not occur.
const known = [
  {
    reason: "mjml 5 writes the css-class of mj-body on <body>, and mrml (as mjml 4 did) on the <div> inside it",
    undo: (html) =>
      html.replace(/<body\s+class="([^"]*)"([\s\S]*?)<div(\s+aria-label=)/, '<body$2<div class="$1"$3'),
  },
];

/// The smallest difference of a colour that counts, between 0 and 1: all count.
const threshold = 0;

const [{ default: mjml }, { default: pixelmatch }, { PNG }] = await load("mjml", "pixelmatch", "pngjs");

async function reference(mail, html) {
  const source = await expandedMjml(mail, articleOf(html), "mjml");
  const { html: made, errors } = await mjml(source, { validationLevel: "soft" });
  errors.forEach((error) => console.log(`${mail.name}: mjml says: ${error.formattedMessage ?? error.message}`));
  const undone = known.reduce((html, { reason, undo }) => {
    const after = undo(html);
    if (after === html) throw new Error(`${mail.name}: this is a difference no more: ${reason}`);
    return after;
  }, made);
  return { html: undone, errors: errors.length };
}

async function image(page, file, html, look) {
  // Opened from its file first, so that images beside it may be loaded.
  await page.goto(String(pathToFileURL(file)));
  const base = `<base href="${pathToFileURL(file)}">`;
  await show(page, html.replace(/<head>/i, (head) => head + base), look);
  return PNG.sync.read(await page.screenshot({ fullPage: true }));
}

function compare(one, other, file) {
  if (one.width !== other.width || one.height !== other.height) {
    return `${one.width} x ${one.height} by mjml, ${other.width} x ${other.height} by ours`;
  }
  const difference = new PNG({ width: one.width, height: one.height });
  const options = { threshold, includeAA: true };
  const pixels = pixelmatch(one.data, other.data, difference.data, one.width, one.height, options);
  if (pixels === 0) return null;
  writeFileSync(file, PNG.sync.write(difference));
  return `${pixels} of ${one.width * one.height} pixels differ: ${file}`;
}

async function main(isSelfTest) {
  const samples = (await writeMails("mjml")).filter((mail) => mail.kind === "sample");
  const folder = join(workshop, "mjml", "differences");
  mkdirSync(folder, { recursive: true });
  let [equal, different, complaints] = [0, 0, 0];
  await withChromium(async (context) => {
    const page = await context.newPage();
    for (const mail of isSelfTest ? samples.slice(0, 1) : samples) {
      const file = join(mail.folder, "email.html");
      const ours = readFileSync(file, "utf8");
      const theirs = await reference(mail, ours);
      complaints += theirs.errors;
      const shown = isSelfTest ? ours.replace("</h1>", ".</h1>") : ours;
      for (const width of widths) {
        for (const scheme of schemes) {
          const look = { width, scheme };
          const name = `${mail.name} ${width} ${scheme}`;
          const images = [await image(page, file, theirs.html, look), await image(page, file, shown, look)];
          const difference = compare(...images, join(folder, `${name.replaceAll(" ", "-")}.png`));
          if (!difference) equal += 1;
          else {
            different += 1;
            console.log(`${name}: ${difference}`);
          }
        }
      }
    }
  });
  console.log(`${equal} images equal to the pixel, ${different} not; mjml complains ${complaints} times`);
  known.forEach(({ reason }) => console.log(`undone before comparing: ${reason}`));
  if (isSelfTest) return equal === 0 ? 0 : 1;
  return different === 0 && complaints === 0 && equal > 0 ? 0 : 1;
}

process.exitCode = await main(process.argv[2] === "--self-test");
