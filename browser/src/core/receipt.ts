import { derived, derivedKeys } from "./derive.ts";

const SALT = "alongside receipt v1";
/** The size of the token that lets its holder ask how a request stands. */
export const TOKEN_BYTES = 16;
/** The size of a reply box's address. */
export const ADDRESS_BYTES = 16;

/** What a member's device needs to read replies. */
export interface Box {
  /** Names the box to the server; told only when asking for replies, and inside the envelope to who may reply. */
  readonly address: Uint8Array;
  /** Opens replies; never leaves the device. */
  readonly identity: string;
  /** Seals replies; travels inside the envelope. */
  readonly recipient: string;
}

/** Derive the token that asks for progress from the secret of a receipt (12 words, or 16 bytes kept on the device). */
export function progressToken(secret: Uint8Array): Uint8Array {
  return derived(secret, SALT, "progress", TOKEN_BYTES);
}

/** Derive the reply box from the secret of a receipt. It cannot be linked to the progress token without the secret. */
export async function replyBox(secret: Uint8Array): Promise<Box> {
  const address = derived(secret, SALT, "box address", ADDRESS_BYTES);
  return { address, ...(await derivedKeys(secret, SALT, "box identity")) };
}
