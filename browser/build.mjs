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
// Beside the one sheet of all pages: what a few pages of the team need and no member should load.
entries.push({ in: join(here, "styles/calendar.css"), out: "calendar" });

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

// What the age library and the word list could do and nothing here asks for.
const unused = ["html2canvas", "canvg", "dompurify"].map((name) => [name, join(here, "src/pages/team/not_needed.ts")]);
const passphrases = ["pbkdf2", "scrypt"].map((name) => [`@noble/hashes/${name}.js`, join(here, "src/pages/member/no_passphrases.ts")]);

// What the pages of members load, now or later: what a phone keeps to work without a network (alongside/site/installable.py).
const MEMBER_PAGES = [/^(ask|back|refer|waiting|limits)$/, /^(choose|resources)$/];

// Each of these groups is bundled by itself: the more pages share code, the more and the smaller are the files it is split into, and
// each file costs its own head on the wire (bench: ask.extra_bytes).
/** @type {(mine: typeof entries) => import("esbuild").BuildOptions} */
const options = (mine) => ({
  absWorkingDir: here,
  entryPoints: mine,
  outdir: target,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  platform: "browser",
  chunkNames: "chunk-[hash]",
  alias: {
    "@noble/curves/nist.js": join(here, "src/core/no_nist_curves.ts"),
    ...Object.fromEntries([...unused, ...passphrases]),
  },
  minify: true,
  charset: "utf8",
  legalComments: "linked",
  logLevel: "warning",
  plugins: [apart],
});
const forMembers = MEMBER_PAGES.map((pages) => ({ ...options(entries.filter(({ out }) => pages.test(out))), metafile: true }));
const forOthers = options(entries.filter(({ out }) => !MEMBER_PAGES.some((pages) => pages.test(out))));

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
writeIcons(target);
if (process.argv.includes("--watch")) {
  await build(curve);
  for (const one of [worker, leave, ...forMembers, forOthers]) await (await context(one)).watch();
} else if (entries.length > 0) {
  await build(worker);
  await build(leave);
  await build(curve);
  await build(forOthers);
  const built = await Promise.all(forMembers.map((one) => build(one)));
  const outputs = built.flatMap(({ metafile }) => Object.keys(metafile.outputs));
  const files = outputs.map((path) => relative(target, join(here, path))).filter((name) => name.endsWith(".js"));
  writeFileSync(join(target, "member.json"), JSON.stringify(["leave.js", "main.css", ...new Set(files.sort())]));
}
