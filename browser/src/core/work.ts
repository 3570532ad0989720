import { sha256 } from "@noble/hashes/sha2.js";

import { joined, toHex, toUtf8 } from "./bytes.ts";
import { Refusal } from "./refusal.ts";

/** How many small puzzles make one work: many small ones take a more even time than a large one. */
export const WORK_PARTS = 16;
/** The hardest that a server may ask for: this many zero bits of each part. */
export const MOST_WORK_BITS = 17;
const LABEL = "alongside-work-v1\n";
const LIST_AT = 2;
const LIST_BYTES = 16;
const SEED_BYTES = 32;

/** Return what a work is bound to: the list and every byte of the request's body. */
export function workSeed(frame: Uint8Array): Uint8Array {
  return sha256(joined(toUtf8(LABEL), frame.subarray(LIST_AT, LIST_AT + LIST_BYTES), sha256(frame)));
}

/** Return how many zero bits a digest begins with. */
export function zeroBits(digest: Uint8Array): number {
  let bits = 0;
  for (const byte of digest) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24;
    bits += 8;
  }
  return bits;
}

/** The calculation that a busy server asks for, done a little at a time. */
export class Work {
  readonly #bits: number;
  readonly #tried = new Uint8Array(SEED_BYTES + 5);
  readonly #view = new DataView(this.#tried.buffer);
  #found = "";
  #part = 0;
  #nonce = 0;
  #tries = 0;

  /** @throws {@link Refusal} `bad-work` when a server asks for nothing or for more than a phone should do. */
  constructor(frame: Uint8Array, bits: number) {
    if (!Number.isInteger(bits) || bits < 1 || bits > MOST_WORK_BITS) throw new Refusal("bad-work");
    this.#bits = bits;
    this.#tried.set(workSeed(frame));
  }

  /** How many tries are left, as far as chance can say. */
  get left(): number {
    return (WORK_PARTS - this.#part) * 2 ** this.#bits;
  }

  /** How many tries were made. */
  get tries(): number {
    return this.#tries;
  }

  /** Try `count` times; return the text of the header when all is found, else null. */
  go(count: number): string | null {
    for (const end = this.#tries + count; this.#tries < end && this.#part < WORK_PARTS; this.#tries++) {
      this.#tried[SEED_BYTES] = this.#part;
      this.#view.setUint32(SEED_BYTES + 1, this.#nonce++);
      if (zeroBits(sha256(this.#tried)) < this.#bits) continue;
      this.#found += toHex(this.#tried.subarray(SEED_BYTES + 1));
      this.#part += 1;
      this.#nonce = 0;
    }
    return this.#part === WORK_PARTS ? this.#found : null;
  }
}
