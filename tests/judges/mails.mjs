// The mails that the judges read: every sample of every theme of this repository,
// and every issue of the corpus outside it.
//
// In: the built program `postrider`. Out: for each issue a folder with the output
// of `preview`, under target/judge, in a separate folder for each judge. As a
// program, it writes the samples and prints the paths of their html; with ISSUE,
// those of the named issues, in the theme that THEME names; with --json, it prints
// the data of every mail as JSON.
//
//     node mails.mjs [ISSUE...]
//     node mails.mjs --json JUDGE

import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { repository, workshop } from "./packages.mjs";

const corpus = process.env.CORPUS ?? join(repository, "../shared/corpus");
/// A template for authors, full of placeholders, which `check` must refuse.
const noIssue = "DRAFT_TEMPLATE";
const languagesFromTheRight = /^language: *"?(ar|fa|he|ur|yi)\b/im;

/// Writes every mail, and returns its name, theme, kind, source file, and the
/// folder with its files.
export async function writeMails(judge) {
  const themes = themeNames();
  const wanted = themes.flatMap((theme) =>
    markdownIn(join(repository, "email-templates", theme, "samples")).map((source) => ({
      name: `${theme}-${stem(source)}`, theme, kind: "sample", source,
    })),
  );
  if (wanted.length === 0) throw new Error("email-templates holds no sample");
  if (!existsSync(corpus)) console.log(`${corpus} is missing: only samples are judged`);
  for (const source of markdownIn(corpus)) {
    wanted.push({ name: stem(source), theme: "weekly", kind: "corpus", source });
  }
  const written = await write(wanted, judge);
  const refused = wanted.filter((mail) => !written.includes(mail)).map((mail) => mail.name);
  if (refused.some((name) => name !== noIssue)) throw new Error(`refused: ${refused.join(", ")}`);
  return written;
}

/// The folders of email-templates that are themes.
export function themeNames() {
  const folder = join(repository, "email-templates");
  const isTheme = (name) => existsSync(join(folder, name, "theme.toml"));
  return readdirSync(folder).filter(isTheme).sort();
}

/// The program, as it was built last.
export function program() {
  if (process.env.POSTRIDER) return resolve(process.env.POSTRIDER);
  const target = process.env.CARGO_TARGET_DIR ?? join(repository, "target");
  const built = ["release", "debug"].map((kind) => join(target, kind, "postrider")).filter(existsSync);
  if (built.length === 0) throw new Error("postrider is not built: cargo build");
  return built.sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)[0];
}

async function write(mails, judge) {
  const folder = join(workshop, judge, "mails");
  rmSync(folder, { recursive: true, force: true });
  const left = [...mails];
  const written = [];
  const worker = async () => {
    for (let mail = left.shift(); mail; mail = left.shift()) {
      mail.folder = join(folder, mail.name);
      if (await preview(mail, judge)) written.push(mail);
    }
  };
  await Promise.all([worker(), worker()]);
  return mails.filter((mail) => written.includes(mail));
}

async function preview({ name, theme, source, folder, kind }, judge) {
  return previewIn(newsletter(theme, judge), { name, source, folder, kind });
}

/// Previews an issue in the newsletter of a folder; false if it is none.
export async function previewIn(root, { name, source, folder, kind }) {
  const issue = join(root, "issues", basename(source));
  cpSync(source, issue);
  const environment = { ...process.env };
  if (kind === "sample" && languagesFromTheRight.test(readFileSync(source, "utf8"))) {
    environment.POSTRIDER_NEWSLETTER_DIRECTION = "rtl";
  }
  const command = ["--quiet", "--root", root, "preview", issue, "--out", folder];
  try {
    await promisify(execFile)(program(), command, { env: environment });
    return true;
  } catch (error) {
    if (error.code !== 3) throw error;
    console.log(`${name} is no issue: ${error.stderr.trim().split("\n").at(-1)}`);
    return false;
  }
}

/// The sample newsletter of this repository, in a theme. What stands beside
/// the theme's samples, such as images, stands beside the issues.
export function newsletter(theme, judge) {
  const root = join(workshop, judge, "newsletters", theme);
  if (made.has(root)) return root;
  made.add(root);
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, "issues"), { recursive: true });
  const configuration = readFileSync(join(repository, "postrider.toml"), "utf8");
  const themed = configuration.replace(/^theme = .*$/m, `theme = "${theme}"`);
  writeFileSync(join(root, "postrider.toml"), themed);
  for (const beside of [join(repository, "issues"), join(repository, "email-templates", theme, "samples")]) {
    const isNoIssue = (path) => !/\.(md|markdown)$/.test(path);
    cpSync(beside, join(root, "issues"), { recursive: true, filter: isNoIssue });
  }
  return root;
}

const made = new Set();

function markdownIn(folder) {
  if (!existsSync(folder)) return [];
  const isIssue = (name) => /\.(md|markdown)$/.test(name) && name !== "README.md";
  return readdirSync(folder).filter(isIssue).sort().map((name) => join(folder, name));
}

function stem(path) {
  return basename(path).replace(/\.[^.]*$/, "");
}

async function main(issues) {
  // What is said on the way must not stand among the data.
  console.log = console.error;
  if (issues[0] === "--json") {
    process.stdout.write(JSON.stringify(await writeMails(issues[1] ?? "mails")));
    return 0;
  }
  const mails = issues.length === 0
    ? (await writeMails("samples")).filter((mail) => mail.kind === "sample")
    : await write(
        issues.map((source) => ({ name: stem(source), theme: process.env.THEME ?? "weekly", kind: "sample", source })),
        "named",
      );
  mails.forEach((mail) => process.stdout.write(`${join(mail.folder, "email.html")}\n`));
  return mails.length === 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}
