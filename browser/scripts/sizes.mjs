// Prints what sealing and opening weigh over the wire, as JSON: `npm run sizes`.
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const wanted = {
  "seal only": `export { sealFor } from "./src/core/seal.ts";`,
  "ask page's core": `export { sealFor } from "./src/core/seal.ts"; export { choose, readList } from "./src/core/match.ts";
    export { newAttempt, requestFrame } from "./src/core/frame.ts"; export { writePayload } from "./src/core/payload.ts";
    export { progressToken, replyBox } from "./src/core/receipt.ts";`,
  "words only": `export { newSecret, wordsOf, secretOf } from "./src/core/words.ts";`,
  "seal and open": `export { sealToBox } from "./src/core/seal.ts"; export { openSealed } from "./src/core/open.ts";`,
  "inbox page's core": `export { sealToBox, sealFor } from "./src/core/seal.ts"; export { openSealed } from "./src/core/open.ts";
    export { readPayload, writePayload } from "./src/core/payload.ts"; export { replyFrame } from "./src/core/frame.ts";
    export { secretOf } from "./src/core/words.ts"; export { wrapKeys, makeWeeks, unwrap } from "./src/core/supporter_keys.ts";`,
};

const sizes = {};
for (const [name, contents] of Object.entries(wanted)) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    write: false,
  });
  const code = outputFiles[0].contents;
  const brotli = brotliCompressSync(code, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  sizes[name] = { bytes: code.length, brotli: brotli.length };
}
console.log(JSON.stringify(sizes, null, 2));
