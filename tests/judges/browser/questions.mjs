// Checks that run inside the page. Each function runs there alone, so it cannot
// use other names of this file.

/// Runs axe-core; returns serious and critical defects, and contrasts that it cannot decide.
export async function askAxe() {
  const results = await window.axe.run(document, {
    resultTypes: ["violations", "incomplete", "passes"],
    selectors: false,
  });
  const defects = [];
  const moderate = {};
  for (const rule of results.violations) {
    for (const node of rule.nodes) {
      if (["serious", "critical"].includes(rule.impact)) {
        defects.push([`axe ${rule.id}`, `${rule.impact}: ${node.html.slice(0, 120)}: ${node.failureSummary?.slice(0, 200)}`]);
      } else moderate[rule.id] = (moderate[rule.id] ?? 0) + 1;
    }
  }
  for (const rule of results.incomplete.filter((rule) => rule.id === "color-contrast")) {
    for (const node of rule.nodes) {
      defects.push(["axe incomplete contrast", `${node.html.slice(0, 120)}: ${node.any[0]?.message}`]);
    }
  }
  const all = [...results.violations, ...results.incomplete, ...results.passes];
  const contrast = all.filter((rule) => rule.id === "color-contrast");
  const count = (rules) => rules.reduce((sum, rule) => sum + rule.nodes.length, 0);
  return { defects, moderate, nodes: document.body.querySelectorAll("*").length, contrasts: count(contrast) };
}

/// Checks the document: language, title, tables, the preheader.
export function questions(preheader) {
  const defects = [];
  const root = document.documentElement;
  if (!/^[a-z]{2,3}(-|$)/i.test(root.lang)) defects.push(["lang", `<html lang="${root.lang}">`]);
  if (!["ltr", "rtl"].includes(root.dir)) defects.push(["dir", `<html dir="${root.dir}">`]);
  if (document.title.trim() === "") defects.push(["title", "the title is empty"]);
  for (const table of document.querySelectorAll("table")) {
    const own = (selector) => [...table.querySelectorAll(selector)].filter((cell) => cell.closest("table") === table);
    const role = table.getAttribute("role");
    const heads = own("th");
    if (heads.length === 0 && !["presentation", "none"].includes(role)) {
      defects.push(["layout-table", table.outerHTML.slice(0, 120)]);
    }
    if (heads.length > 0 && role) defects.push(["data-table-role", table.outerHTML.slice(0, 120)]);
    for (const head of heads) {
      if (!["col", "row", "colgroup", "rowgroup"].includes(head.getAttribute("scope"))) {
        defects.push(["th-scope", head.outerHTML.slice(0, 120)]);
      }
    }
  }
  if (preheader) {
    const plain = (text) => text.replace(/[\s\u00a0\u034f\u200b-\u200d\u2007\ufeff\u00ad]+/g, " ").trim();
    const holds = (element) => {
      const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
      return plain(own.map((node) => node.data).join("")).startsWith(plain(preheader));
    };
    const first = [...document.body.querySelectorAll("*")].find(holds);
    if (!first) defects.push(["preheader", `it stands nowhere: ${preheader.slice(0, 60)}`]);
    else {
      const { width, height } = first.getBoundingClientRect();
      const shows = first.checkVisibility({ opacityProperty: true, visibilityProperty: true });
      if (shows && width * height > 1) defects.push(["preheader", `readers see it: ${first.outerHTML.slice(0, 120)}`]);
    }
  }
  return defects;
}

/// The colours that a reader has before them: of the page, of the article, and
/// of most of the text.
export function dressOf() {
  const parse = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const luminance = (colour) => {
    const { r, g, b } = parse(colour);
    const linear = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const painted = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (parse(colour).a > 0) return colour;
    }
    // Nothing is painted: what shows is the canvas of the scheme.
    return getComputedStyle(document.documentElement).colorScheme.includes("dark") &&
      matchMedia("(prefers-color-scheme: dark)").matches ? "rgb(18, 18, 18)" : "rgb(255, 255, 255)";
  };
  const texts = new Map();
  const grounds = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    const length = walker.currentNode.data.trim().length;
    if (length === 0 || parent.closest("a, style, script") || !parent.checkVisibility()) continue;
    const add = (map, key) => map.set(key, (map.get(key) ?? 0) + length);
    add(texts, getComputedStyle(parent).color);
    add(grounds, painted(parent));
  }
  const most = (map) => [...map].sort((one, other) => other[1] - one[1])[0][0];
  const told = (colour) => ({ colour, luminance: luminance(colour) });
  const article = document.querySelector('[role="article"]') ?? document.querySelector("h1, h2, p");
  return { page: told(painted(document.body)), article: told(painted(article)), reading: told(most(grounds)), text: told(most(texts)) };
}

/// How wide the page is once its style sheets are gone.
export function widthWithoutStyle() {
  document.querySelectorAll("style").forEach((style) => style.remove());
  return document.documentElement.scrollWidth;
}
