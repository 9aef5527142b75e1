// A Chromium without access to the network.
//
// In: a mail's html. Out: pages that show it, and every request that it made.
// Requests other than for files and data are answered here: images by a grey
// image, so that the layout is that of a reader who sees images, and all others
// not at all. The callers judge the requests.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "../packages.mjs";

/// The widths at which a mail is shown: a reading pane, and a phone.
export const widths = [600, 375];
/// The colour schemes.
export const schemes = ["light", "dark"];

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--force-color-profile=srgb",
];

const grey =
  '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="600">' +
  '<rect width="1200" height="600" fill="#8a9099"/></svg>';

/// Starts a browser with a profile of its own, hands it over, and ends it.
export async function withChromium(work) {
  const [{ chromium }] = await load("playwright-core");
  const profile = mkdtempSync(join(tmpdir(), "judge-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: flags,
    deviceScaleFactor: 1,
    viewport: { width: widths[0], height: 800 },
  });
  const requests = new Map();
  const requestsOf = (page) => requests.get(page) ?? requests.set(page, []).get(page);
  await context.route(
    (url) => url.protocol !== "file:" && url.protocol !== "data:",
    (route) => {
      const request = route.request();
      requestsOf(request.frame().page()).push({ url: request.url(), kind: request.resourceType() });
      if (request.resourceType() !== "image") return route.abort("blockedbyclient");
      return route.fulfill({ contentType: "image/svg+xml", body: grey });
    },
  );
  try {
    return await work(context, requestsOf);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/// Shows a mail's file, or html that was made from it, as if it stood there.
export async function show(page, html, { width, scheme, height = 800 }) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: scheme });
  await page.setContent(html, { waitUntil: "load" });
}
