import { generateHybridIdentity, identityToRecipient } from "age-encryption";

import { fromBase64, fromUtf8, toBase64, toUtf8 } from "./bytes.ts";
import { openBytes } from "./open.ts";
import { Refusal } from "./refusal.ts";
import { type Member, type OpenRing, weekMac } from "./ring.ts";
import { sealBytes } from "./seal.ts";
import { signWeek } from "./vouch.ts";

export { wrapKeys } from "./ring.ts";

/** The characters of an identity: `AGE-SECRET-KEY-PQ-1`, 32 bytes in bech32, a checksum. */
const IDENTITY_CHARACTERS = 77;

/**
 * A week's key as it is published: its Monday (UTC), what seals for it, a MAC over both, and its secret half wrapped for each
 * member of the ring. The MAC is null for keys of before there were rings.
 */
export interface WeekKey {
  readonly week: string;
  readonly public_key: string;
  readonly mac: string | null;
  readonly wraps: Readonly<Record<string, string>>;
  /** The ring's vouching key over week and public key; null for keys of before there were such signatures. */
  readonly signature: string | null;
}

/** A week's key with its secret half, as it stays on the device until the page goes. */
export interface MadeWeek {
  readonly published: WeekKey;
  readonly identity: string;
}

/**
 * Make one fresh random key for each of the weeks, wrapped for every member of the ring.
 *
 * @throws {@link Refusal} `bad-recipient`.
 */
export async function makeWeeks({ key, vouch }: Pick<OpenRing, "key" | "vouch">, members: readonly Member[], weeks: readonly string[]): Promise<MadeWeek[]> {
  return Promise.all(
    weeks.map(async (week) => {
      const identity = await generateHybridIdentity();
      const public_key = await identityToRecipient(identity);
      const mac = weekMac(key, week, public_key);
      const signature = await signWeek(vouch, week, public_key);
      return { identity, published: { week, public_key, mac, signature, wraps: await wrapsFor(identity, members) } };
    }),
  );
}

/** Wrap an identity once for each of the members. @throws {@link Refusal} `bad-recipient`. */
export async function wrapsFor(identity: string, members: readonly Member[]): Promise<Record<string, string>> {
  const wraps = members.map(async ({ name, recipient }) => [name, await wrapped(identity, recipient)] as const);
  return Object.fromEntries(await Promise.all(wraps));
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
 * Return the identity of a published week, from the wrap for the member `name`.
 *
 * @throws {@link Refusal} `bad-base64` or `bad-envelope` for what is no wrap, `cannot-open` when it was wrapped for somebody else,
 * `bad-wrap` when what it holds is not the secret half of the week's public key: then somebody exchanged one of them.
 */
export async function unwrap(key: WeekKey, name: string, wrapIdentity: string): Promise<string> {
  const wrap = Object.hasOwn(key.wraps, name) ? key.wraps[name] : "";
  const plain = await openBytes(fromBase64(wrap ?? ""), [wrapIdentity], [1], IDENTITY_CHARACTERS);
  try {
    const identity = fromUtf8(plain);
    if ((await identityToRecipient(identity)) === key.public_key) return identity;
  } catch {
    // Whatever else it holds, it is no identity of ours.
  }
  throw new Refusal("bad-wrap");
}

/** Say whether the owner of the ring made this key for this week. */
export function isOwnWeek(ringKey: Uint8Array, { week, public_key, mac }: WeekKey): boolean {
  return mac === weekMac(ringKey, week, public_key);
}
