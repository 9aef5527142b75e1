// The MJML of a mail, as the program fills it in before rendering.
//
// In: a mail of mails.mjs. Out: its MJML, with the article's html in place.
// The program has no command for this. Instead, a copy of the theme uses the MJML
// layout as its text layout, so that the text part is the MJML with every value.
// As a program, it writes the MJML of one issue.
//
//     node expanded.mjs THEME ISSUE FILE

import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { newsletter, previewIn } from "../mails.mjs";
import { repository, workshop } from "../packages.mjs";

const [begin, end] = ["@@article begins@@", "@@article ends@@"];

/// Returns the MJML with `article` in place of the mail's article.
export async function expandedMjml(mail, article, judge) {
  const root = newsletter(mail.theme, `${judge}-expanded`);
  const theme = join(root, "email-templates", mail.theme);
  if (!existsSync(theme)) {
    cpSync(join(repository, "email-templates", mail.theme), theme, { recursive: true });
    const partials = join(theme, "partials");
    for (const file of readdirSync(partials)) {
      writeFileSync(join(partials, file), unwrapped(readFileSync(join(partials, file), "utf8")));
    }
    const layout = unwrapped(readFileSync(join(theme, "layout.mjml.hbs"), "utf8"));
    writeFileSync(join(theme, "text.txt.hbs"), layout.replace("{{article}}", `${begin}{{article}}${end}`));
  }
  const folder = join(workshop, `${judge}-expanded`, "mails", mail.name);
  const name = `${mail.name}, as MJML`;
  if (!(await previewIn(root, { ...mail, name, folder }))) throw new Error(`${name} is refused`);
  const text = readFileSync(join(folder, "email.txt"), "utf8");
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${name}: the article stands nowhere`);
  return text.slice(0, from) + article + text.slice(to + end.length);
}

/// A text part wraps the values of its template, but not in lines that hold an address.
function unwrapped(template) {
  return template.replace(/^( *)(<[^>]*>)(?=.*{{)/gm, "$1<!-- :// -->$2");
}

async function main([theme, source, file]) {
  const name = basename(source).replace(/\.[^.]*$/, "");
  const folder = join(workshop, "measured", name);
  const mail = { name, theme, source, folder, kind: "corpus" };
  if (!(await previewIn(newsletter(theme, "measured"), mail))) return 1;
  const html = readFileSync(join(folder, "email.html"), "utf8");
  writeFileSync(file, await expandedMjml(mail, articleOf(html), "measured"));
  return 0;
}

/// What stands in the element that a theme marks as the article.
export function articleOf(html) {
  const opened = /<div role="main"[^>]*>/.exec(html);
  if (!opened) throw new Error('the theme marks no article with role="main"');
  const start = opened.index + opened[0].length;
  const tags = /<(\/?)div\b[^>]*>/g;
  tags.lastIndex = start;
  let depth = 1;
  for (let tag = tags.exec(html); tag; tag = tags.exec(html)) {
    depth += tag[1] ? -1 : 1;
    if (depth === 0) return html.slice(start, tag.index);
  }
  throw new Error("the article never ends");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}
