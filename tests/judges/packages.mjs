// The npm packages that the judges use.
//
// In: their names, pinned in packages/package-lock.json. Out: the modules.
// They are installed under target/judge, once for each lock file. So a judge can
// run alone, and the working tree does not change.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/// The repository.
export const repository = resolve(here, "../..");
/// The folder for the files of the judges.
export const workshop = join(repository, "target/judge");

const installed = join(workshop, "packages");

/// Loads modules, like `import`.
export async function load(...names) {
  install();
  // A module resolves names from its own folder, so the loader must be in this one.
  const loader = await import(pathToFileURL(join(installed, "loader.mjs")));
  return Promise.all(names.map((name) => loader.load(name)));
}

/// The folder of a package, for its programs and data.
export function packageFolder(name) {
  install();
  return join(installed, "node_modules", name);
}

function install() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`Node ${process.versions.node} is too old for the judges: 20.19 or newer is needed`);
  }
  const wanted = readFileSync(join(here, "packages/package-lock.json"), "utf8");
  const mark = join(installed, "installed.json");
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return;
  rmSync(installed, { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  cpSync(join(here, "packages"), installed, { recursive: true });
  execFileSync("npm", ["ci", "--silent", "--no-audit", "--no-fund"], { cwd: installed, stdio: "inherit" });
  writeFileSync(join(installed, "loader.mjs"), "export const load = (name) => import(name);\n");
  writeFileSync(mark, wanted);
}
