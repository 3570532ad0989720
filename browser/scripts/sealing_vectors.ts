// Writes the generated vectors: words.json, keys.json and envelopes.json.
// Run in browser/: npm run vectors. Sealing is random, so envelopes and wraps that still open are kept.
// The other vectors are written by hand and describe changes to these.
import { bech32 } from "@scure/base";
import { Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";

import { fromBase64, fromHex, toBase64, toBase64Url, toHex, toUtf8 } from "../src/core/bytes.ts";
import { derived } from "../src/core/derive.ts";
import type { Slots } from "../src/core/envelope.ts";
import { openBytes, openSealed } from "../src/core/open.ts";
import { pad, PADDED_BYTES } from "../src/core/pad.ts";
import { progressToken, replyBox } from "../src/core/receipt.ts";
import { openRingKey, ringMac, sealRingKey, weekMac, WORDS_NAME, wordsMember, writeRing } from "../src/core/ring.ts";
import { sealBytes, sealFor, sealToBox } from "../src/core/seal.ts";
import { unwrap, wrapKeys, wrapped } from "../src/core/supporter_keys.ts";
import { wordsOf } from "../src/core/words.ts";
import { readVectors, writeVectors } from "./files.ts";

/** A sealed example: who opens it and what is in it (`plain` in hexadecimal where it is no padded text). */
interface Sealed {
  sealed: string;
  identities: string[];
  recipients: string[];
  text?: string;
}

// The first four are BIP-39's own examples.
const SECRETS = [
  "00000000000000000000000000000000",
  "7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
  "80808080808080808080808080808080",
  "ffffffffffffffffffffffffffffffff",
  "9e885d952ad362caeb4efe34a8e91bd2",
];
const TEXT = '{"v":1,"how":"call","reach":"555 0100, after six","words":"Un appel difficile. 消防"}';

async function keys(name: string): Promise<[identity: string, recipient: string]> {
  const seed = derived(toUtf8("vectors"), "alongside vectors", name, 32);
  const identity = bech32.encodeFromBytes("AGE-SECRET-KEY-PQ-", seed).toUpperCase();
  return [identity, await identityToRecipient(identity)];
}

const before = readVectors<Record<string, Sealed>>("envelopes.json", {});

async function kept(
  name: string,
  opens: (sealed: Uint8Array) => Promise<unknown>,
  make: () => Promise<Uint8Array>,
): Promise<string> {
  const old = before[name]?.sealed;
  const good =
    old !== undefined &&
    (await opens(fromBase64(old)).then(
      () => true,
      () => false,
    ));
  return good ? old : toBase64(await make());
}

async function request(name: string, people: number, slots: Slots): Promise<Sealed> {
  const pairs = await Promise.all(Array.from({ length: people }, (_, number) => keys(`${name} ${number}`)));
  const identities = pairs.map(([identity]) => identity);
  const recipients = pairs.map(([, recipient]) => recipient);
  const openForAll = (sealed: Uint8Array) => Promise.all(identities.map((identity) => openSealed(sealed, identity)));
  // Recipients can be had from the identities; written down once, they would only make the file large.
  return { sealed: await kept(name, openForAll, () => sealFor(recipients, TEXT, slots)), identities, recipients: [], text: TEXT };
}

async function single(name: string, make: (recipient: string, identity: string) => Promise<Uint8Array>, plainBytes = PADDED_BYTES): Promise<Sealed> {
  const [identity, recipient] = await keys(name);
  const sealed = await kept(
    name,
    (data) => openBytes(data, [identity], [1], plainBytes),
    () => make(recipient, identity),
  );
  return { sealed, identities: [identity], recipients: [recipient] };
}

function badlyPadded(): Uint8Array {
  const block = pad("not alone in here");
  block[PADDED_BYTES - 1] = 1;
  return block;
}

async function classical(): Promise<Sealed> {
  const old = before["classical"];
  if (old !== undefined) return old;
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return { sealed: toBase64(await encrypter.encrypt(pad("shut for a few years"))), identities: [identity], recipients: [recipient] };
}

async function envelopes(): Promise<Record<string, Sealed>> {
  const [weekIdentity] = await keys("week");
  return {
    twelve: await request("twelve", 3, 12),
    "twelve-full": await request("twelve-full", 12, 12),
    "twenty-four": await request("twenty-four", 5, 24),
    one: { ...(await single("one", (recipient) => sealToBox(recipient, TEXT))), text: TEXT },
    "badly-padded": await single("badly-padded", (recipient) => sealBytes([recipient], badlyPadded())),
    wrap: {
      ...(await single("wrap", async (recipient) => fromBase64(await wrapped(weekIdentity, recipient)), weekIdentity.length)),
      text: weekIdentity,
    },
    classical: await classical(),
  };
}

async function words(): Promise<unknown> {
  const receipts = [];
  const supporters = [];
  for (const hex of SECRETS) {
    const secret = fromHex(hex);
    const spelled = wordsOf(secret).join(" ");
    const { address, identity, recipient } = await replyBox(secret);
    receipts.push({ words: spelled, secret: hex, token: toHex(progressToken(secret)), address: toHex(address), identity, recipient });
    const wrap = await wrapKeys(secret);
    supporters.push({ words: spelled, secret: hex, wrap_identity: wrap.identity, wrap_recipient: wrap.recipient });
  }
  return { receipts, supporters };
}

// Well spelled, right checksum, and still no good.
async function publicKeys(): Promise<unknown> {
  const [, good] = await keys("public key");
  const { words: digits } = bech32.decode(good as `${string}1${string}`, false);
  const bytes = bech32.fromWords(digits);
  const spelled = (prefix: string, key: Uint8Array): string => bech32.encode(prefix, bech32.toWords(key), false);
  const changed = (at: number, values: number[]): string => {
    const key = bytes.slice();
    key.set(values, at);
    return spelled("age1pq", key);
  };
  const point = bytes.length - 32;
  const spare = digits.slice();
  spare[spare.length - 1] = (spare[spare.length - 1] as number) | 1;
  return {
    good: [good, (await keys("another public key"))[1]],
    // The server refuses these; this version of noble would seal for them, and their owners could not open.
    not_canonical: {
      "first coefficient is the prime": changed(0, [0x01, ((bytes[1] as number) & 0xf0) | 0x0d]),
      "last coefficient too large": changed(1150, [(bytes[1150] as number) | 0xf0, 0xff]),
    },
    unusable: {
      "point of order 1": changed(point, Array<number>(32).fill(0)),
      "point of order 4": changed(point, [1, ...Array<number>(31).fill(0)]),
      "point beyond the prime": changed(point, [0xed, ...Array<number>(30).fill(0xff), 0x7f]),
      "point beyond the prime, high bit set": changed(point, [0xee, ...Array<number>(31).fill(0xff)]),
      "point of order 8": changed(point, [...fromHex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]),
      "another point of order 8": changed(point, [...fromHex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]),
    },
    "spare bits": bech32.encode("age1pq", spare, false),
    "one byte short": spelled("age1pq", bytes.slice(1)),
    "tag recipient": spelled("age1tagpq", new Uint8Array([...bytes, ...bytes.slice(0, 33)])),
    "classical recipient": await identityToRecipient(bech32.encodeFromBytes("AGE-SECRET-KEY-", bytes.slice(0, 32)).toUpperCase()),
  };
}

/** The ring of words and a passkey, in the form in which both sides read it. */
interface RingVector {
  ring_key: string;
  words: { secret: string; sealed: string };
  passkey: { name: string; host: string; secret: string; wrap_identity: string; wrap_recipient: string; sealed: string };
  listed: string;
  mac: string;
  week: { week: string; public_key: string; mac: string };
}

async function ring(): Promise<RingVector> {
  const old = readVectors<Partial<RingVector>>("rings.json", {});
  const known = (name: string, bytes: number): Uint8Array => derived(toUtf8("vectors"), "alongside vectors", name, bytes);
  const [key, words, secret] = [known("ring key", 32), known("ring words", 16), known("ring passkey", 32)];
  const [name, host] = [toBase64Url(known("ring credential", 32)), "help.example.org"];
  const seal = async (before: string | undefined, member: string, its: Uint8Array): Promise<string> => {
    const opened = await openRingKey(before ?? "", member, its).catch(() => null);
    return opened && before && toHex(opened) === toHex(key) ? before : sealRingKey(key, member, its);
  };
  const pair = await wrapKeys(secret, name);
  const listed = writeRing([{ name, host, recipient: pair.recipient }, wordsMember((await wrapKeys(words)).recipient)]);
  const [, public_key] = await keys("week");
  return {
    ring_key: toHex(key),
    words: { secret: toHex(words), sealed: await seal(old.words?.sealed, WORDS_NAME, words) },
    passkey: {
      name,
      host,
      secret: toHex(secret),
      wrap_identity: pair.identity,
      wrap_recipient: pair.recipient,
      sealed: await seal(old.passkey?.sealed, name, secret),
    },
    listed,
    mac: ringMac(key, listed),
    week: { week: "2026-11-23", public_key, mac: weekMac(key, "2026-11-23", public_key) },
  };
}

writeVectors("words.json", await words());
writeVectors("rings.json", await ring());
writeVectors("keys.json", await publicKeys());
const made = await envelopes();
writeVectors("envelopes.json", made);

// A wrap that does not belong to its key would be a broken vector.
const [, weekRecipient] = await keys("week");
const wraps = { [WORDS_NAME]: made["wrap"]?.sealed ?? "" };
await unwrap({ week: "", public_key: weekRecipient, mac: null, signature: null, wraps }, WORDS_NAME, made["wrap"]?.identities[0] ?? "");
