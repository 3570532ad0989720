// Bundles every page of src/pages and styles/main.css into the site's static files.
// `node build.mjs --watch` builds again on each change.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { build, context } from "esbuild";

import { writeIcons } from "./scripts/icons.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const target = join(here, "../alongside/site/static/build");
const pages = join(here, "src/pages");
const style = join(here, "styles/main.css");

const entries = (existsSync(pages) ? readdirSync(pages) : [])
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts") && name !== "leave.ts")
  .sort()
  .map((name) => ({ in: join(pages, name), out: basename(name, ".ts") }));
if (existsSync(style)) entries.push({ in: style, out: "main" });

// A service worker is one plain file: it cannot share chunks with pages.
/** @type {import("esbuild").BuildOptions} */
const worker = {
  absWorkingDir: here,
  entryPoints: [
    { in: join(here, "src/worker/sw.ts"), out: "sw" },
    { in: join(here, "src/worker/member.ts"), out: "member-sw" },
  ],
  outdir: target,
  bundle: true,
  format: "iife",
  target: "es2022",
  platform: "browser",
  minify: true,
  charset: "utf8",
  logLevel: "warning",
};

// On every page of a member, the first one too: one file, so that it costs one request.
/** @type {import("esbuild").BuildOptions} */
const leave = { ...worker, entryPoints: [{ in: join(pages, "leave.ts"), out: "leave" }], format: "esm" };

// Built apart, so that splitting does not move it into what every member's page loads.
/** @type {import("esbuild").BuildOptions} */
const curve = {
  absWorkingDir: here,
  entryPoints: [join(here, "src/core/curve.ts")],
  outdir: target,
  entryNames: "chunk-curve-[hash]",
  bundle: true,
  format: "esm",
  target: "es2022",
  platform: "browser",
  minify: true,
  charset: "utf8",
  legalComments: "linked",
  logLevel: "warning",
  metafile: true,
};

/** @type {import("esbuild").Plugin} */
const apart = {
  name: "curve-apart",
  setup(bundle) {
    bundle.onResolve({ filter: /\/curve\.ts$/ }, async () => {
      const outputs = Object.keys((await build({ ...curve, write: false })).metafile?.outputs ?? {});
      const name = outputs.map((path) => basename(path)).find((file) => file.endsWith(".js"));
      return { path: `./${name}`, external: true };
    });
  },
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
  plugins: [apart],
};

// What the pages of members load, now or later: what a phone keeps to work without a network (alongside/site/installable.py).
const MEMBER_PAGES = /^src\/pages\/(ask|back|limits|waiting|refer|colleague|manager|choose|directory|resources)\.ts$/;

function memberFiles(outputs) {
  const names = new Map(Object.keys(outputs).map((path) => [path, relative(target, join(here, path))]));
  const found = new Set();
  const follow = (path) => {
    if (!names.has(path) || found.has(path)) return;
    found.add(path);
    for (const { path: next } of outputs[path].imports) follow(next);
  };
  for (const [path, { entryPoint }] of Object.entries(outputs)) if (MEMBER_PAGES.test(entryPoint ?? "")) follow(path);
  return [...found].map((path) => names.get(path)).sort();
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
writeIcons(target);
if (process.argv.includes("--watch")) {
  await build(curve);
  for (const one of [worker, leave, options]) await (await context(one)).watch();
} else if (entries.length > 0) {
  await build(worker);
  await build(leave);
  await build(curve);
  const { metafile } = await build({ ...options, metafile: true });
  writeFileSync(join(target, "member.json"), JSON.stringify(["leave.js", "main.css", ...memberFiles(metafile.outputs)]));
}
