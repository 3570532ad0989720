// Bundles every page of src/pages and styles/main.css into the site's static files.
// `node build.mjs --watch` builds again on each change.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build, context } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const target = join(here, "../alongside/site/static/build");
const pages = join(here, "src/pages");
const style = join(here, "styles/main.css");

const entries = (existsSync(pages) ? readdirSync(pages) : [])
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
  .sort()
  .map((name) => ({ in: join(pages, name), out: basename(name, ".ts") }));
if (existsSync(style)) entries.push({ in: style, out: "main" });

// A service worker is one plain file: it cannot share chunks with pages.
/** @type {import("esbuild").BuildOptions} */
const worker = {
  absWorkingDir: here,
  entryPoints: [{ in: join(here, "src/worker/sw.ts"), out: "sw" }],
  outdir: target,
  bundle: true,
  format: "iife",
  target: "es2022",
  platform: "browser",
  minify: true,
  charset: "utf8",
  logLevel: "warning",
};

/** @type {import("esbuild").BuildOptions} */
const options = {
  absWorkingDir: here,
  entryPoints: entries,
  outdir: target,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  platform: "browser",
  chunkNames: "chunk-[hash]",
  alias: {
    "@noble/curves/nist.js": join(here, "src/core/no_nist_curves.ts"),
    ...Object.fromEntries(["html2canvas", "canvg", "dompurify"].map((name) => [name, join(here, "src/pages/team/not_needed.ts")])),
  },
  minify: true,
  charset: "utf8",
  legalComments: "linked",
  logLevel: "warning",
};

rmSync(target, { recursive: true, force: true });
if (process.argv.includes("--watch")) {
  await (await context(worker)).watch();
  await (await context(options)).watch();
} else if (entries.length > 0) {
  await build(worker);
  await build(options);
}
