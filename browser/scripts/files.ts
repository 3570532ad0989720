import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where the vectors are; scripts are run from `browser/` or through its npm scripts. */
const VECTORS = join(process.cwd(), "../vectors");

/** Read a vector file, or return `otherwise` when there is none yet. */
export function readVectors<T>(name: string, otherwise: T): T {
  const path = join(VECTORS, name);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T) : otherwise;
}

/** Write a vector file, one key a line. */
export function writeVectors(name: string, value: unknown): void {
  writeFileSync(join(VECTORS, name), `${JSON.stringify(value, null, 1)}\n`);
}
