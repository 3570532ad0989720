import { Refusal } from "./refusal.ts";

/** The sizes of Ed25519 (RFC 8032): a public key, a signature, the seed that both follow from. */
export const PUBLIC_BYTES = 32;
export const SIGNATURE_BYTES = 64;
export const SEED_BYTES = 32;

/** Say whether `signature` over `statement` was made by the holder of `publicKey`. Uses the platform, or a library where it lacks this. */
export async function isSigned(publicKey: Uint8Array, statement: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (publicKey.length !== PUBLIC_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  const key = await platformKey(publicKey);
  if (key) return crypto.subtle.verify("Ed25519", key, new Uint8Array(signature), new Uint8Array(statement));
  const { ed25519 } = await curve();
  try {
    return ed25519.verify(signature, statement, publicKey, { zip215: false });
  } catch {
    return false;
  }
}

async function platformKey(publicKey: Uint8Array): Promise<CryptoKey | null> {
  try {
    return await crypto.subtle.importKey("raw", new Uint8Array(publicKey), "Ed25519", false, ["verify"]);
  } catch {
    return null;
  }
}

/** Sign a statement with the key that follows from a seed. */
export async function sign(seed: Uint8Array, statement: Uint8Array): Promise<Uint8Array> {
  return (await curve()).ed25519.sign(statement, seed);
}

/** Return the public half of the key that follows from a seed. */
export async function publicHalf(seed: Uint8Array): Promise<Uint8Array> {
  if (seed.length !== SEED_BYTES) throw new Refusal("bad-base64");
  return (await curve()).ed25519.getPublicKey(seed);
}

// Fetched only by those who sign, and on old browsers.
function curve(): Promise<typeof import("./curve.ts")> {
  return import("./curve.ts");
}
