import { toBase64 } from "../../core/bytes.ts";
import { MAX_RING, type Member, newRingKey, type OpenRing, ringMac, sealRingKey, weekMac, WORDS_NAME, wordsMember, wrapKeys, writeRing } from "../../core/ring.ts";
import { isOwnWeek, makeWeeks, type WeekKey, wrapsFor } from "../../core/supporter_keys.ts";
import { signWeek, vouchKey } from "../../core/vouch.ts";
import { recallPasskey } from "./device.ts";
import type { KeyState } from "./unlock.ts";
import { missingWeeks } from "./weeks.ts";

/** What a device publishes, for the ring whose MAC it knew. */
export interface Publication {
  readonly on: string | null;
  readonly vouch: string;
  readonly ring: { readonly listed: string; readonly mac: string; readonly keys: Readonly<Record<string, string>> } | null;
  readonly keys: readonly WeekKey[];
}

/** A passkey that this device can add to the ring, with the ring's key sealed for it. */
interface Newcomer extends Member {
  readonly sealed: string;
}

/** What a device would publish now, and what that does; `body` is null when all is well as it is. */
export interface Plan {
  readonly body: Publication | null;
  readonly made: number;
  readonly linked: readonly string[];
}

/** Begin a ring with fresh words. */
export async function beginRing(secret: Uint8Array): Promise<OpenRing> {
  const pair = await wrapKeys(secret);
  const key = newRingKey();
  const vouch = await vouchKey(key);
  return { name: WORDS_NAME, pair, key, vouch, vouched: false, members: [wordsMember(pair.recipient)], gone: [], signed: false };
}

/**
 * Work out what is missing: weeks without a key, passkeys of this device that are not in the ring, a list to sign.
 *
 * Once a member is gone from the ring the weeks after this one get new keys: it could have opened the old ones.
 */
export async function planned(
  ring: OpenRing,
  state: KeyState,
  host: string,
  secret: Uint8Array,
  identityOf: (key: WeekKey) => Promise<string>,
): Promise<Plan> {
  const newcomers = await found(ring, state, host);
  const members = [...ring.members, ...newcomers.map(({ name, recipient }) => ({ name, host, recipient }))];
  const stale = ring.gone.length > 0 ? state.weeks.slice(1) : [];
  const missing = [...new Set([...missingWeeks(state), ...stale])].sort();
  const made = (await makeWeeks(ring, members, missing)).map(({ published }) => published);
  const carried = state.keys.filter((key) => !missing.includes(key.week));
  const all = newcomers.length > 0 || !ring.signed;
  const unsigned = carried.filter((key) => all || key.signature === null);
  const added = await Promise.all(unsigned.map((key) => more(ring, key, newcomers, identityOf)));
  const signing = newcomers.length > 0 || ring.gone.length > 0 || !ring.signed;
  const keys = [...made, ...added];
  const linked = newcomers.map(({ name }) => name);
  if (!signing && keys.length === 0 && ring.vouched) return { body: null, made: 0, linked };
  const list = signing ? await signed(ring, members, newcomers, secret) : null;
  const vouch = toBase64(ring.vouch.publicKey);
  return { body: { on: state.ring?.mac ?? null, vouch, ring: list, keys }, made: made.length, linked };
}

// A passkey with which its owner does not sign in any more is left alone: it was removed.
async function found(ring: OpenRing, state: KeyState, host: string): Promise<Newcomer[]> {
  const there = new Set(ring.members.map(({ name }) => name));
  const newcomers: Newcomer[] = [];
  for (const name of state.passkeys) {
    if (there.has(name) || ring.members.length + newcomers.length >= MAX_RING) continue;
    const secret = await recallPasskey(name);
    if (!secret) continue;
    const { recipient } = await wrapKeys(secret, name);
    newcomers.push({ name, host, recipient, sealed: await sealRingKey(ring.key, name, secret) });
  }
  return newcomers;
}

async function signed(ring: OpenRing, members: readonly Member[], newcomers: readonly Newcomer[], secret: Uint8Array): Promise<Publication["ring"]> {
  const listed = writeRing(members);
  const keys = Object.fromEntries(newcomers.map(({ name, sealed }) => [name, sealed]));
  if (!ring.signed) keys[WORDS_NAME] = await sealRingKey(ring.key, WORDS_NAME, secret);
  return { listed, mac: ringMac(ring.key, listed), keys };
}

async function more(
  ring: OpenRing,
  key: WeekKey,
  newcomers: readonly Member[],
  identityOf: (key: WeekKey) => Promise<string>,
): Promise<WeekKey> {
  const { week, public_key } = key;
  // Also where there is nobody to wrap for: a MAC is put under such keys only as the words open.
  const identity = await identityOf(key);
  const signature = await signWeek(ring.vouch, week, public_key);
  return { week, public_key, mac: weekMac(ring.key, week, public_key), signature, wraps: await wrapsFor(identity, newcomers) };
}

/** Say whether every key that the server gave out was made by the ring's owner for its week. */
export function areOwn(ring: OpenRing, keys: readonly WeekKey[]): boolean {
  return !ring.signed || keys.every((key) => isOwnWeek(ring.key, key));
}
