import { fromBase64, fromUtf8, joined, toBase64, toUtf8 } from "./bytes.ts";
import { Refusal } from "./refusal.ts";

/** The size of the code on a poster: whoever has it can open names, numbers and pictures of one organisation's cards. */
export const CODE_BYTES = 16;
/** The size of a card's reference, which is drawn anew each time the card is sealed. */
export const REFERENCE_BYTES = 16;
/** The longest name, in bytes of UTF-8. */
export const NAME_BYTES = 20;
/** The size of every padded set of details. */
export const DETAILS_BYTES = 2560;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const LENGTH_BYTES = 2;

/** What of a card only holders of the poster see; an empty text stands for what the supporter does not give. */
export interface Details {
  readonly name: string;
  readonly phone: string;
  readonly email: string;
  /** A small JPEG in base64. */
  readonly picture: string;
}

/** The keys that belong to the code of one poster. */
export interface CardKeys {
  readonly name: CryptoKey;
  readonly details: CryptoKey;
}

/** Derive the keys of a poster's code. @throws {@link Refusal} `bad-code` when it has another size. */
export async function cardKeys(code: Uint8Array): Promise<CardKeys> {
  if (code.length !== CODE_BYTES) throw new Refusal("bad-code");
  const secret = await crypto.subtle.importKey("raw", new Uint8Array(code), "HKDF", false, ["deriveKey"]);
  const derive = (info: string): Promise<CryptoKey> =>
    crypto.subtle.deriveKey(
      { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: new Uint8Array(toUtf8(info)) },
      secret,
      { name: "AES-GCM", length: 256 },
      false,
      ["encrypt", "decrypt"],
    );
  return { name: await derive("alongside card name v1"), details: await derive("alongside card details v1") };
}

/** Seal a name. @throws {@link Refusal} `too-long` */
export function sealName(keys: CardKeys, name: string, reference: Uint8Array): Promise<Uint8Array> {
  const bytes = toUtf8(name);
  if (bytes.length > NAME_BYTES) throw new Refusal("too-long");
  return sealed(keys.name, padded(bytes, NAME_BYTES), reference, reference);
}

/** Open a sealed name. @throws {@link Refusal} `cannot-open` with another poster's code. */
export async function openName(keys: CardKeys, data: Uint8Array, reference: Uint8Array): Promise<string> {
  const bytes = await opened(keys.name, data, reference, reference, NAME_BYTES);
  const end = bytes.indexOf(0);
  return fromUtf8(end < 0 ? bytes : bytes.subarray(0, end));
}

/**
 * Seal the details, bound to the supporter's vouching key where they have one: the card cannot be put beside another person's key.
 *
 * @throws {@link Refusal} `too-long`
 */
export function sealDetails(keys: CardKeys, details: Details, reference: Uint8Array, vouch: Uint8Array | null): Promise<Uint8Array> {
  const bytes = toUtf8(JSON.stringify(details));
  if (bytes.length > DETAILS_BYTES - LENGTH_BYTES) throw new Refusal("too-long");
  const plain = padded(joined(Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes), DETAILS_BYTES);
  return sealed(keys.details, plain, reference, bound(reference, vouch));
}

/** Open sealed details. @throws {@link Refusal} `cannot-open`, also beside another person's key; `bad-payload` */
export async function openDetails(keys: CardKeys, data: Uint8Array, reference: Uint8Array, vouch: Uint8Array | null): Promise<Details> {
  const plain = await opened(keys.details, data, reference, bound(reference, vouch), DETAILS_BYTES);
  const length = ((plain[0] ?? 0) << 8) | (plain[1] ?? 0);
  return readDetails(fromUtf8(plain.subarray(LENGTH_BYTES, LENGTH_BYTES + length)));
}

/** Say how many bytes of a name are left; below zero it is too long. */
export function nameRoom(name: string): number {
  return NAME_BYTES - toUtf8(name).length;
}

/** Write a picture as details carry it. */
export function pictureText(bytes: Uint8Array): string {
  return toBase64(bytes);
}

/** Return the bytes of a picture. @throws {@link Refusal} `bad-base64` */
export function pictureBytes(text: string): Uint8Array {
  return fromBase64(text);
}

function readDetails(text: string): Details {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal("bad-payload");
  }
  const { name, phone, email, picture } = (value ?? {}) as Partial<Record<keyof Details, unknown>>;
  const parts = [name, phone, email, picture];
  if (!parts.every((part) => typeof part === "string")) throw new Refusal("bad-payload");
  return { name, phone, email, picture } as Details;
}

function bound(reference: Uint8Array, vouch: Uint8Array | null): Uint8Array {
  return vouch ? joined(reference, vouch) : reference;
}

function padded(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  whole.set(bytes);
  return whole;
}

// The reference is drawn anew for each sealing and the two keys differ, so no nonce is used twice with a key.
function parameters(reference: Uint8Array, tied: Uint8Array): AesGcmParams {
  return { name: "AES-GCM", iv: new Uint8Array(reference.subarray(0, NONCE_BYTES)), additionalData: new Uint8Array(tied) };
}

async function sealed(key: CryptoKey, plain: Uint8Array<ArrayBuffer>, reference: Uint8Array, tied: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.encrypt(parameters(reference, tied), key, plain));
}

async function opened(key: CryptoKey, data: Uint8Array, reference: Uint8Array, tied: Uint8Array, size: number): Promise<Uint8Array> {
  if (data.length !== size + TAG_BYTES || reference.length !== REFERENCE_BYTES) throw new Refusal("cannot-open");
  try {
    return new Uint8Array(await crypto.subtle.decrypt(parameters(reference, tied), key, new Uint8Array(data)));
  } catch {
    throw new Refusal("cannot-open");
  }
}
