import { readFileSync } from "node:fs";
import { join } from "node:path";

import { fromBase64, fromHex, joined, toUtf8 } from "../src/core/bytes.ts";

/** A change to an example; vectors/README.md says how to read one. */
export interface Edit {
  at?: number | null;
  remove?: number | "rest";
  insert?: string;
  insert_hex?: string;
  copy?: [number, number];
  times?: number;
  xor?: number;
  armor?: boolean;
  crlf?: boolean;
}

/** A sealed example. */
export interface Sealed {
  sealed: string;
  identities: string[];
  recipients: string[];
  text: string;
}

/** Read a file of the examples that the server's tests read too. */
export function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, "../../vectors", name), "utf8")) as T;
}

const envelopes = read<Record<string, Sealed>>("envelopes.json");

/** Return an example of envelopes.json. */
export function example(name: string): Sealed & { data: Uint8Array } {
  const found = envelopes[name];
  if (found === undefined) throw new Error(name);
  return { ...found, data: fromBase64(found.sealed) };
}

/** Return `data` after the edits. */
export function edited(data: Uint8Array, edits: readonly Edit[]): Uint8Array {
  return edits.reduce(editedOnce, data);
}

function editedOnce(data: Uint8Array, edit: Edit): Uint8Array {
  if (edit.armor) {
    const lines = Buffer.from(data).toString("base64").match(/.{1,64}/g) ?? [];
    return toUtf8(["-----BEGIN AGE ENCRYPTED FILE-----", ...lines, "-----END AGE ENCRYPTED FILE-----", ""].join("\n"));
  }
  if (edit.crlf) {
    const end = Buffer.from(data).indexOf("\n--- ") + 49;
    const header = Buffer.from(data.subarray(0, end)).toString("latin1").replaceAll("\n", "\r\n");
    return joined(Buffer.from(header, "latin1"), data.subarray(end));
  }
  const at = edit.at == null ? data.length : edit.at < 0 ? data.length + edit.at : edit.at;
  if (edit.xor !== undefined) {
    const changed = data.slice();
    changed[at] = (changed[at] ?? 0) ^ edit.xor;
    return changed;
  }
  const removed = edit.remove === "rest" ? data.length - at : (edit.remove ?? 0);
  const piece = edit.copy
    ? data.subarray(edit.copy[0], edit.copy[0] + edit.copy[1])
    : joined(toUtf8(edit.insert ?? ""), fromHex(edit.insert_hex ?? ""));
  const put = joined(...Array<Uint8Array>(edit.times ?? 1).fill(piece));
  return joined(data.subarray(0, at), put, data.subarray(at + removed));
}
