// Runs TypeScript scripts in the order given: `node scripts/run.mjs scripts/demo_vectors.ts`.
import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
// Inside node_modules, so that the bundle finds its packages and git does not see it.
const cache = join(root, "node_modules/.cache");
mkdirSync(cache, { recursive: true });

for (const script of process.argv.slice(2)) {
  const outfile = join(cache, `${basename(script, ".ts")}.mjs`);
  await build({
    entryPoints: [script],
    absWorkingDir: root,
    outfile,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "es2022",
    logLevel: "warning",
  });
  await import(pathToFileURL(outfile).href);
}
