import { Decrypter } from "age-encryption";

import { stanzasOf } from "./envelope.ts";
import { PADDED_BYTES, unpad } from "./pad.ts";
import { Refusal } from "./refusal.ts";

/** The numbers of stanzas in use: a reply to a box, a request or message, the same where the pool is large. */
export const STANZAS = [1, 12, 24] as const;

/**
 * Open a sealed text with the first of the identities that fits. Each identity tried costs up to 24 trials: give the likeliest first.
 *
 * @throws {@link Refusal} `bad-envelope` when it is not one of ours, `cannot-open` when no identity fits or a byte was changed,
 * `bad-padding` when what is inside is not a padded text.
 */
export async function openSealed(data: Uint8Array, ...identities: readonly string[]): Promise<string> {
  return unpad(await openBytes(data, identities, STANZAS, PADDED_BYTES));
}

/**
 * Open an age file of exactly `plainBytes` bytes of plaintext and one of the numbers of stanzas.
 *
 * @throws {@link Refusal} `bad-envelope` or `cannot-open`.
 */
export async function openBytes(
  data: Uint8Array,
  identities: readonly string[],
  stanzas: readonly number[],
  plainBytes: number,
): Promise<Uint8Array> {
  stanzasOf(data, stanzas, plainBytes);
  const decrypter = new Decrypter();
  try {
    for (const identity of identities) decrypter.addIdentity(identity);
    return await decrypter.decrypt(data);
  } catch {
    throw new Refusal("cannot-open");
  }
}
