// Makes screenshots of mails, as readers see them.
//
//     node screenshots.mjs OUTDIR FILE.html...
//
// Each mail is shown at 600 and 375 px: light, dark, with images off, without
// <style>, and in the dark mode of Outlook.com. Pages are cut at 3000 px.

import { mkdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { show, widths, withChromium } from "./chromium.mjs";
import { asOutlookDark, withoutImages, withoutStyle } from "./variants.mjs";

const longest = 3000;

const looks = [
  { name: "light", scheme: "light" },
  { name: "dark", scheme: "dark" },
  { name: "images-off", scheme: "light", change: withoutImages },
  { name: "images-off-dark", scheme: "dark", change: withoutImages },
  { name: "no-style", scheme: "light", change: withoutStyle },
  { name: "outlook-dark", scheme: "light", afterwards: asOutlookDark },
];

/// A file of a preview is named after its folder.
function nameOf(file) {
  const name = basename(file).replace(/\.html?$/, "");
  return name === "email" ? basename(dirname(resolve(file))) : name;
}

/// The html with a base, so that files beside it are found.
export function located(file) {
  const base = `<base href="${pathToFileURL(resolve(file))}">`;
  return readFileSync(file, "utf8").replace(/<head>/i, (head) => head + base);
}

async function main([folder, ...files]) {
  if (!folder || files.length === 0) {
    console.error("usage: node screenshots.mjs OUTDIR FILE.html...");
    return 2;
  }
  mkdirSync(folder, { recursive: true });
  await withChromium(async (context) => {
    const page = await context.newPage();
    for (const file of files) {
      // A page of about:blank may not load files, so the mail's own is opened first.
      await page.goto(String(pathToFileURL(resolve(file))));
      const html = located(file);
      for (const width of widths) {
        for (const look of looks) {
          await show(page, look.change ? look.change(html) : html, { width, scheme: look.scheme });
          await look.afterwards?.(page);
          const height = await page.evaluate(() => document.documentElement.scrollHeight);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          const path = join(folder, `${nameOf(file)}--${width}-${look.name}.png`);
          const clip = { x: 0, y: 0, width: Math.max(wide, width), height: Math.min(height, longest) };
          await page.screenshot({ path, fullPage: true, clip });
          console.log(path);
        }
      }
    }
  });
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
