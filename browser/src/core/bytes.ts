import { base64, base64urlnopad, hex } from "@scure/base";

import { Refusal } from "./refusal.ts";

/**
 * Read bytes as UTF-8, strictly and without dropping a byte order mark.
 *
 * @throws {@link Refusal} `bad-padding` when they are not UTF-8.
 */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refusal("bad-padding");
  }
}

/** Write text as UTF-8; a lone surrogate becomes U+FFFD. */
export function toUtf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Write bytes as padded base64, as the JSON of the server carries them. */
export function toBase64(bytes: Uint8Array): string {
  return base64.encode(bytes);
}

/**
 * Read padded, canonical base64.
 *
 * @throws {@link Refusal} `bad-base64`.
 */
export function fromBase64(text: string): Uint8Array {
  return reading(() => base64.decode(text));
}

/** Write bytes as base64url without padding, as payloads carry them. */
export function toBase64Url(bytes: Uint8Array): string {
  return base64urlnopad.encode(bytes);
}

/**
 * Read canonical base64url without padding.
 *
 * @throws {@link Refusal} `bad-base64`.
 */
export function fromBase64Url(text: string): Uint8Array {
  return reading(() => base64urlnopad.decode(text));
}

/** Write bytes as lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  return hex.encode(bytes);
}

/**
 * Read hexadecimal digits, two a byte.
 *
 * @throws {@link Refusal} `bad-base64`: to a page it is the same broken reference.
 */
export function fromHex(text: string): Uint8Array {
  return reading(() => hex.decode(text));
}

/** Join pieces into one array. */
export function joined(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Return `count` bytes of the platform's cryptographic randomness. */
export function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** Return the items in an order drawn evenly from all orders, by cryptographic randomness; the given array stays as it is. */
export function shuffled<T>(items: readonly T[]): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = below(last + 1);
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}

// Values past the last whole multiple would make small numbers likelier, so they are drawn again.
function below(limit: number): number {
  const fair = 256 - (256 % limit);
  for (;;) {
    const [value] = randomBytes(1);
    if (value !== undefined && value < fair) return value % limit;
  }
}

function reading(read: () => Uint8Array): Uint8Array {
  try {
    return read();
  } catch {
    throw new Refusal("bad-base64");
  }
}
