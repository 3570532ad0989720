import { PADDED_BYTES } from "./pad.ts";
import { Refusal } from "./refusal.ts";

/** How many stanzas a request or message has: 24 where the pool of candidates is larger than 12. */
export type Slots = 12 | 24;

/** The header's first line, then one stanza for each recipient: the type, 1,120 bytes of key share, 32 bytes of sealed file key. */
const INTRO = "age-encryption.org/v1\n";
const STANZA_BYTES = 1557;
const MAC_LINE_BYTES = 48;
const NONCE_BYTES = 16;
const TAG_BYTES = 16;

/** The characters of a hybrid recipient: `age1pq1`, 1,216 bytes in bech32, a checksum. */
const RECIPIENT = /^age1pq1[02-9ac-hj-np-z]{1952}$/;

/** Return the exact size of an age file with `stanzas` hybrid recipients around `plainBytes` bytes of plaintext (one chunk). */
export function sealedBytes(stanzas: number, plainBytes: number = PADDED_BYTES): number {
  return headerBytes(stanzas) + NONCE_BYTES + plainBytes + TAG_BYTES;
}

/**
 * Return the number of stanzas of an age file that has only hybrid recipients, in canonical form, and the exact size.
 *
 * The same grammar as `check_envelope` on the server (age-encryption.org/v1, C2SP).
 *
 * @throws {@link Refusal} `bad-envelope` for anything else: a foreign, classical or passphrase stanza, a wrong count, a wrong size.
 */
export function stanzasOf(data: Uint8Array, allowed: readonly number[], plainBytes: number = PADDED_BYTES): number {
  const stanzas = allowed.find((count) => sealedBytes(count, plainBytes) === data.length);
  if (stanzas === undefined) throw new Refusal("bad-envelope");
  const header = new TextDecoder("latin1").decode(data.subarray(0, headerBytes(stanzas)));
  if (!grammarOf(stanzas).test(header)) throw new Refusal("bad-envelope");
  return stanzas;
}

/** Say whether text has the form of a hybrid recipient; its checksum is judged when it is used. */
export function isRecipient(text: unknown): text is string {
  return typeof text === "string" && RECIPIENT.test(text);
}

function headerBytes(stanzas: number): number {
  return INTRO.length + stanzas * STANZA_BYTES + MAC_LINE_BYTES;
}

// The last character of each base64 text carries unused bits, which must be zero.
function grammarOf(stanzas: number): RegExp {
  const digit = "[A-Za-z0-9+/]";
  const of32 = `${digit}{42}[AEIMQUYcgkosw048]`;
  const stanza = `-> mlkem768x25519 ${digit}{1493}[AQgw]\n${of32}\n`;
  return new RegExp(`^${INTRO.replace(".", "\\.")}(?:${stanza}){${stanzas}}--- ${of32}\n$`);
}
