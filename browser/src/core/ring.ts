import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";

import { fromBase64, joined, randomBytes, toBase64, toUtf8 } from "./bytes.ts";
import { derived, derivedKeys, type KeyPair } from "./derive.ts";
import { isRecipient } from "./envelope.ts";
import { Refusal } from "./refusal.ts";
import { type SigningKey, vouchKey } from "./vouch.ts";

/** The name of a person's 12 words in their ring; every other name in it is a passkey's id. */
export const WORDS_NAME = "words";
/** The most that unlocks one person's keys: their words and four passkeys. */
export const MAX_RING = 5;
const RING_KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD = "alongside ring v1";
const NO_HOST = "-";
const PASSKEY = /^[A-Za-z0-9_-]{22,1364}$/;
const HOST = /^(?!-)[a-z0-9.-]{1,253}$/;

/** What unlocks a person's keys: their words or a passkey, the host it was made for, and what wraps for it. */
export interface Member {
  readonly name: string;
  readonly host: string;
  readonly recipient: string;
}

/**
 * A ring as the server keeps it: the list of members, its MAC, and the ring's key sealed for each member that may unlock now.
 *
 * `mac` and the sealed keys are null for words of before there were rings.
 */
export interface Ring {
  readonly listed: string;
  readonly mac: string | null;
  readonly keys: Readonly<Record<string, string | null>>;
  /** The public half of what signs this person's weekly keys; null until a device of theirs has published it. */
  readonly vouch: string | null;
}

/** Return the member that stands for a person's 12 words. */
export function wordsMember(recipient: string): Member {
  return { name: WORDS_NAME, host: NO_HOST, recipient };
}

/** Derive the key pair that wraps a supporter's weekly keys from the secret of their words, or of a passkey. */
export function wrapKeys(secret: Uint8Array, name: string = WORDS_NAME): Promise<KeyPair> {
  return derivedKeys(secret, saltOf(name), "wrap");
}

// One kind of secret, one salt.
function saltOf(name: string): string {
  return name === WORDS_NAME ? "alongside supporter v1" : "alongside passkey v1";
}

/** Return the one spelling of a list of members: a line each, words first, passkeys by name. */
export function writeRing(members: readonly Member[]): string {
  const rising = [...members].sort((one, other) => (place(one) < place(other) ? -1 : 1));
  return [HEAD, ...rising.map(({ name, host, recipient }) => `${name} ${host} ${recipient}`), ""].join("\n");
}

function place({ name }: Member): string {
  return name === WORDS_NAME ? "" : name;
}

/**
 * Read a list of members, which has one spelling only.
 *
 * @throws {@link Refusal} `bad-ring`.
 */
export function readRing(listed: string): Member[] {
  const lines = listed.split("\n").slice(1, -1);
  const members = lines.map((line) => {
    const [name = "", host = "", recipient = ""] = line.split(" ");
    return { name, host, recipient };
  });
  const names = new Set(members.map(({ name }) => name));
  const sound = members.every(({ name, host, recipient }, at) =>
    isRecipient(recipient) && (at === 0 ? name === WORDS_NAME && host === NO_HOST : PASSKEY.test(name) && HOST.test(host)));
  if (!sound || members.length === 0 || members.length > MAX_RING || names.size !== members.length || writeRing(members) !== listed) {
    throw new Refusal("bad-ring");
  }
  return members;
}

/** Return a fresh key for a ring: whoever has it may say what belongs to the ring. */
export function newRingKey(): Uint8Array<ArrayBuffer> {
  return randomBytes(RING_KEY_BYTES);
}

/** Return the MAC of a list, under the ring's key. */
export function ringMac(ringKey: Uint8Array, listed: string): string {
  return toBase64(hmac(sha256, ringKey, toUtf8(listed)));
}

/** Return the MAC that ties a public key to its week, under the ring's key. */
export function weekMac(ringKey: Uint8Array, week: string, publicKey: string): string {
  return toBase64(hmac(sha256, ringKey, toUtf8(["alongside week v1", week, publicKey, ""].join("\n"))));
}

/** Seal a ring's key for the member whose secret this is: AES-256-GCM, nonce first. */
export async function sealRingKey(ringKey: Uint8Array, name: string, secret: Uint8Array): Promise<string> {
  const nonce = randomBytes(NONCE_BYTES);
  const key = await ringSealKey(secret, name);
  const sealed = await crypto.subtle.encrypt(bound(nonce, name), key, new Uint8Array(ringKey));
  return toBase64(joined(nonce, new Uint8Array(sealed)));
}

/**
 * Open a ring's key with a member's secret.
 *
 * @throws {@link Refusal} `bad-base64`, or `cannot-open` when it was sealed for another secret or name, or was changed.
 */
export async function openRingKey(sealed: string, name: string, secret: Uint8Array): Promise<Uint8Array> {
  const data = fromBase64(sealed);
  if (data.length !== NONCE_BYTES + RING_KEY_BYTES + TAG_BYTES) throw new Refusal("cannot-open");
  const key = await ringSealKey(secret, name);
  try {
    return new Uint8Array(await crypto.subtle.decrypt(bound(data.slice(0, NONCE_BYTES), name), key, data.slice(NONCE_BYTES)));
  } catch {
    throw new Refusal("cannot-open");
  }
}

function ringSealKey(secret: Uint8Array, name: string): Promise<CryptoKey> {
  const raw = new Uint8Array(derived(secret, saltOf(name), "ring", 32));
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

function bound(iv: Uint8Array, name: string): AesGcmParams {
  return { name: "AES-GCM", iv: new Uint8Array(iv), additionalData: new Uint8Array(toUtf8(`${HEAD}\n${name}\n`)) };
}

/** A ring that one of its members has opened. */
export interface OpenRing {
  /** The member that opened it, with what opens its wraps. */
  readonly name: string;
  readonly pair: KeyPair;
  readonly key: Uint8Array;
  /** What signs this person's weekly keys, and whether the server has its public half. */
  readonly vouch: SigningKey;
  readonly vouched: boolean;
  /** Those who may unlock now. */
  readonly members: readonly Member[];
  /** Members that the list names and that may not unlock any more. */
  readonly gone: readonly string[];
  /** Whether the list is under a MAC already; it was made before there were rings otherwise. */
  readonly signed: boolean;
}

/**
 * Open a ring with a member's secret; null when the secret is not that member's.
 *
 * @throws {@link Refusal} `bad-ring` when what the server gave out is not what this person's devices made.
 */
export async function openRing(ring: Ring, name: string, secret: Uint8Array): Promise<OpenRing | null> {
  const listed = readRing(ring.listed);
  const pair = await wrapKeys(secret, name);
  if (ring.mac === null) return await unsigned(ring, listed, name, pair);
  const sealed = Object.hasOwn(ring.keys, name) ? ring.keys[name] : null;
  const key = sealed ? await openRingKey(sealed, name, secret).catch(() => null) : null;
  if (key === null) return null;
  const names = Object.keys(ring.keys);
  const members = listed.filter((one) => names.includes(one.name));
  const own = members.find((one) => one.name === name);
  const sound = ringMac(key, ring.listed) === ring.mac && own?.recipient === pair.recipient;
  // The server may name fewer than the list, since a passkey can be removed; never others, and never without the words.
  if (!sound || members.length !== names.length || members[0]?.name !== WORDS_NAME) throw new Refusal("bad-ring");
  const gone = listed.map((one) => one.name).filter((other) => !names.includes(other));
  const vouch = await vouchKey(key);
  if (ring.vouch !== null && ring.vouch !== toBase64(vouch.publicKey)) throw new Refusal("bad-ring");
  return { name, pair, key, vouch, vouched: ring.vouch !== null, members, gone, signed: true };
}

// Words of before there were rings: what such a list names beside the words could be anybody's.
async function unsigned(ring: Ring, listed: readonly Member[], name: string, pair: KeyPair): Promise<OpenRing | null> {
  if (name !== WORDS_NAME || listed[0]?.recipient !== pair.recipient) return null;
  if (listed.length !== 1 || Object.keys(ring.keys).join() !== WORDS_NAME) throw new Refusal("bad-ring");
  const key = newRingKey();
  return { name, pair, key, vouch: await vouchKey(key), vouched: false, members: listed, gone: [], signed: false };
}
