import { sha256 } from "@noble/hashes/sha2.js";
import { wordlist } from "@scure/bip39/wordlists/english.js";

import { toBase64, toBase64Url, toUtf8 } from "./bytes.ts";
import { derived } from "./derive.ts";
import { publicHalf, SEED_BYTES, sign } from "./ed25519.ts";

/** How many words tell one key from another: 66 bits of its SHA-256. */
const CHECK_WORDS = 6;
const BITS_A_WORD = 11;
const CODE_BYTES = 16;
const SIGNING = "alongside signing v1";

/** The seed of a signing key and its public half. */
export interface SigningKey {
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Derive the key with which a supporter's devices sign their weekly keys, from the key of their ring. */
export function vouchKey(ringKey: Uint8Array): Promise<SigningKey> {
  return keyFrom(derived(ringKey, "", "alongside vouch v1", SEED_BYTES));
}

/** Derive an organisation's root from the secret of its signing words. */
export function rootKey(secret: Uint8Array): Promise<SigningKey> {
  return keyFrom(derived(secret, SIGNING, "root", SEED_BYTES));
}

/** Derive a witness's key from the secret of their own words. */
export function witnessKey(secret: Uint8Array): Promise<SigningKey> {
  return keyFrom(derived(secret, "alongside witness v1", "witness", SEED_BYTES));
}

/** Derive the code of a poster from the secret of the signing words; another number is another code. */
export function posterCode(secret: Uint8Array, number: number): Uint8Array {
  return derived(secret, SIGNING, ["alongside poster v1", number].join(" "), CODE_BYTES);
}

async function keyFrom(seed: Uint8Array): Promise<SigningKey> {
  return { seed, publicKey: await publicHalf(seed) };
}

/** Return the six words by which people compare a public key. */
export function checkWords(publicKey: Uint8Array): string[] {
  const bits = [...sha256(publicKey)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return Array.from({ length: CHECK_WORDS }, (_, at) =>
    wordlist[Number.parseInt(bits.slice(at * BITS_A_WORD, (at + 1) * BITS_A_WORD), 2)] as string);
}

/** Sign a week's public key; base64, as it is published. */
export async function signWeek({ seed }: SigningKey, week: string, publicKey: string): Promise<string> {
  return toBase64(await sign(seed, keyStatement(week, publicKey)));
}

/** What a supporter's device signs for each weekly key. */
export function keyStatement(week: string, publicKey: string): Uint8Array {
  return lines("alongside key v1", week, publicKey);
}

/** What a coordinator signs for each supporter; `organisation` is its id in 32 hexadecimal digits. */
export function peerStatement(organisation: string, epoch: number, until: string, vouch: Uint8Array, office: string): Uint8Array {
  return lines("alongside peer v1", organisation, String(epoch), until, toBase64Url(vouch), office);
}

/** What the old root and its witness sign under a new root. */
export function rootStatement(organisation: string, old: Uint8Array, next: Uint8Array): Uint8Array {
  return lines("alongside root v1", organisation, toBase64Url(old), toBase64Url(next));
}

/** What a root signs to name its witness. */
export function witnessStatement(organisation: string, root: Uint8Array, witness: Uint8Array): Uint8Array {
  return lines("alongside witness v1", organisation, toBase64Url(root), toBase64Url(witness));
}

function lines(...parts: readonly string[]): Uint8Array {
  return toUtf8([...parts, ""].join("\n"));
}
