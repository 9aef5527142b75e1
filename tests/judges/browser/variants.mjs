// Changes that mail programs make to a mail before they show it.
//
// In: html. Out: html. Absent on purpose: any judgement.

/// Images are off: their sources are removed, and their alternative texts remain.
export function withoutImages(html) {
  return html
    .replace(/(<img\b[^>]*?\s)src="[^"]*"/gi, '$1src="file:///nowhere.png"')
    .replace(/url\([^)]*\)/gi, "none");
}

/// The mail program drops the style sheets, as Gmail does for accounts that
/// are not its own and past 16 KB.
export function withoutStyle(html) {
  return html.replace(/<style\b[^>]*>[\s\S]*?<\/style>/gi, "");
}

/// The dark mode of Outlook.com and of the Outlook apps, in the page itself:
/// the lightness of each inline colour is inverted, and the elements get the
/// attributes data-ogsc (colour) and data-ogsb (background), which rules of the
/// mail may select. It imitates Outlook by published sources
/// (github.com/microsoft/roosterjs, getDarkColor; hteumeuleu.com on the attributes).
export async function asOutlookDark(page) {
  await page.evaluate(() => {
    const ground = 41; // #292929, the reading pane
    const dark = (colour) => {
      const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
      if (a === 0) return colour;
      const max = Math.max(r, g, b) / 255;
      const min = Math.min(r, g, b) / 255;
      const lightness = (max + min) / 2;
      const spread = max - min;
      const saturation = spread === 0 ? 0 : spread / (1 - Math.abs(2 * lightness - 1));
      let hue = 0;
      if (spread !== 0) {
        if (max === r / 255) hue = 60 * (((g - b) / 255 / spread) % 6);
        else if (max === g / 255) hue = 60 * ((b - r) / 255 / spread + 2);
        else hue = 60 * ((r - g) / 255 / spread + 4);
      }
      const turned = (1 - lightness) * (1 - ground / 255) + ground / 255;
      return `hsl(${hue} ${saturation * 100}% ${turned * 100}%)`;
    };
    // Read everything first, so that no change is read as an original.
    const changes = [];
    for (const element of document.querySelectorAll("body, body *")) {
      const style = element.style;
      if (style.color) changes.push([element, "color", "ogsc", getComputedStyle(element).color]);
      else if (element.getAttribute("color")) changes.push([element, "color", "ogac", getComputedStyle(element).color]);
      if (style.backgroundColor) {
        changes.push([element, "background-color", "ogsb", getComputedStyle(element).backgroundColor]);
      } else if (element.getAttribute("bgcolor")) {
        changes.push([element, "background-color", "ogab", getComputedStyle(element).backgroundColor]);
      }
    }
    for (const [element, property, mark, original] of changes) {
      const important = element.style.getPropertyPriority(property);
      element.style.setProperty(property, dark(original), important);
      element.dataset[mark] = original;
    }
    const root = document.documentElement;
    root.dataset.ogsc = "";
    root.dataset.ogsb = "";
    root.style.colorScheme = "light";
    root.style.backgroundColor = "#292929";
  });
}
