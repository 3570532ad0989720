import { generateHybridIdentity, identityToRecipient } from "age-encryption";

import { fromBase64, fromUtf8, toBase64, toUtf8 } from "./bytes.ts";
import { derivedKeys, type KeyPair } from "./derive.ts";
import { openBytes } from "./open.ts";
import { Refusal } from "./refusal.ts";
import { sealBytes } from "./seal.ts";

/** The characters of an identity: `AGE-SECRET-KEY-PQ-1`, 32 bytes in bech32, a checksum. */
const IDENTITY_CHARACTERS = 77;

/** A week's key as it is published: its Monday (UTC), what seals for it, its secret half wrapped, in base64. */
export interface WeekKey {
  readonly week: string;
  readonly public_key: string;
  readonly wrap: string;
}

/** A week's key with its secret half, as it stays on the device until the page goes. */
export interface MadeWeek {
  readonly published: WeekKey;
  readonly identity: string;
}

/** Derive the key pair that wraps a supporter's weekly keys from the secret of their 12 words. */
export function wrapKeys(secret: Uint8Array): Promise<KeyPair> {
  return derivedKeys(secret, "alongside supporter v1", "wrap");
}

/**
 * Make one fresh random key for each of the weeks, wrapped for `wrapRecipient`.
 *
 * @throws {@link Refusal} `bad-recipient`.
 */
export async function makeWeeks(wrapRecipient: string, weeks: readonly string[]): Promise<MadeWeek[]> {
  return Promise.all(
    weeks.map(async (week) => {
      const identity = await generateHybridIdentity();
      const public_key = await identityToRecipient(identity);
      return { identity, published: { week, public_key, wrap: await wrapped(identity, wrapRecipient) } };
    }),
  );
}

/**
 * Wrap an identity: an age file of the identity itself, one stanza, always the same size.
 *
 * @throws {@link Refusal} `bad-recipient`.
 */
export async function wrapped(identity: string, wrapRecipient: string): Promise<string> {
  return toBase64(await sealBytes([wrapRecipient], toUtf8(identity)));
}

/**
 * Return the identity of a published week.
 *
 * @throws {@link Refusal} `bad-base64` or `bad-envelope` for what is no wrap, `cannot-open` when it was wrapped for other words,
 * `bad-wrap` when what it holds is not the secret half of the week's public key: then somebody exchanged one of them.
 */
export async function unwrap(key: WeekKey, wrapIdentity: string): Promise<string> {
  const plain = await openBytes(fromBase64(key.wrap), [wrapIdentity], [1], IDENTITY_CHARACTERS);
  try {
    const identity = fromUtf8(plain);
    if ((await identityToRecipient(identity)) === key.public_key) return identity;
  } catch {
    // Whatever else it holds, it is no identity of ours.
  }
  throw new Refusal("bad-wrap");
}
