import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bech32 } from "@scure/base";
import { identityToRecipient } from "age-encryption";

import { toUtf8 } from "./bytes.ts";

/** An age identity (secret) and the recipient that seals for it. */
export interface KeyPair {
  readonly identity: string;
  readonly recipient: string;
}

/** Derive bytes from a secret: HKDF-SHA256 (RFC 5869), one `salt` for each kind of secret, one `info` for each use. */
export function derived(secret: Uint8Array, salt: string, info: string, bytes: number): Uint8Array {
  return hkdf(sha256, secret, toUtf8(salt), toUtf8(info), bytes);
}

/** Derive the hybrid key pair that belongs to a secret and a use. */
export async function derivedKeys(secret: Uint8Array, salt: string, info: string): Promise<KeyPair> {
  const seed = derived(secret, salt, info, 32);
  const identity = bech32.encodeFromBytes("AGE-SECRET-KEY-PQ-", seed).toUpperCase();
  return { identity, recipient: await identityToRecipient(identity) };
}
