import { fromUtf8, toUtf8 } from "./bytes.ts";
import { Refusal } from "./refusal.ts";

/** The size of every padded text, so that an envelope's length says nothing of what is in it. */
export const PADDED_BYTES = 4096;
/** The longest text that fits, in bytes of UTF-8: two bytes hold its length. */
export const MAX_TEXT_BYTES = PADDED_BYTES - 2;

/**
 * Pad text to {@link PADDED_BYTES}: its length as two bytes, big end first, its UTF-8, zero bytes.
 *
 * @throws {@link Refusal} `too-long` beyond {@link MAX_TEXT_BYTES}.
 */
export function pad(text: string): Uint8Array {
  const bytes = toUtf8(text);
  if (bytes.length > MAX_TEXT_BYTES) throw new Refusal("too-long");
  const padded = new Uint8Array(PADDED_BYTES);
  new DataView(padded.buffer).setUint16(0, bytes.length);
  padded.set(bytes, 2);
  return padded;
}

/**
 * Return the text of a padded block.
 *
 * @throws {@link Refusal} `bad-padding` when the size, the length, a filler byte or the UTF-8 is wrong.
 */
export function unpad(padded: Uint8Array): string {
  if (padded.length !== PADDED_BYTES) throw new Refusal("bad-padding");
  const length = new DataView(padded.buffer, padded.byteOffset).getUint16(0);
  if (length > MAX_TEXT_BYTES || padded.subarray(2 + length).some((byte) => byte !== 0)) {
    throw new Refusal("bad-padding");
  }
  return fromUtf8(padded.subarray(2, 2 + length));
}
