import { describe, expect, it } from "vitest";

import { fromHex, toBase64, toHex, toUtf8 } from "../src/core/bytes.ts";
import {
  MAX_RING,
  newRingKey,
  openRing,
  openRingKey,
  readRing,
  type Ring,
  ringMac,
  sealRingKey,
  weekMac,
  wordsMember,
  wrapKeys,
  writeRing,
} from "../src/core/ring.ts";
import { newSecret } from "../src/core/words.ts";
import { refused } from "./refused.ts";
import { vouchKey } from "../src/core/vouch.ts";
import { type Edit, edited, read } from "./vectors.ts";

const known = read<{
  ring_key: string;
  words: { secret: string; sealed: string };
  passkey: { name: string; host: string; secret: string; wrap_identity: string; wrap_recipient: string; sealed: string };
  listed: string;
  mac: string;
  week: { week: string; public_key: string; mac: string };
}>("rings.json");
const cases = read<{ name: string; edits: Edit[]; code: string }[]>("ring_cases.json");
const python = read<Record<"ring", { name: string; secret: string; key: string; sealed: string }>>("python.json");
const [key, words, passkey] = [fromHex(known.ring_key), fromHex(known.words.secret), fromHex(known.passkey.secret)];
const served: Ring = { listed: known.listed, mac: known.mac, keys: { words: known.words.sealed, [known.passkey.name]: known.passkey.sealed }, vouch: null };

describe("the list of a ring", () => {
  it("is read and written in one spelling", () => {
    const members = readRing(known.listed);
    expect(members.map(({ name, host }) => [name, host])).toEqual([["words", "-"], [known.passkey.name, known.passkey.host]]);
    expect(writeRing([...members].reverse())).toBe(known.listed);
  });

  it.each(cases)("is refused with $name", async ({ edits }) => {
    const changed = new TextDecoder().decode(edited(toUtf8(known.listed), edits));
    expect(changed).not.toBe(known.listed);
    await refused(() => readRing(changed), "bad-ring");
  });

  it("has a largest size", async () => {
    const members = [...readRing(known.listed)];
    while (members.length < MAX_RING) members.push({ ...members[1]!, name: `${members.length}`.padStart(22, "p") });
    expect(readRing(writeRing(members))).toHaveLength(MAX_RING);
    members.push({ ...members[1]!, name: "q".repeat(22) });
    await refused(() => readRing(writeRing(members)), "bad-ring");
  });
});

describe("a ring", () => {
  it("agrees with the example in everything that is derived", async () => {
    expect(await wrapKeys(passkey, known.passkey.name)).toEqual({
      identity: known.passkey.wrap_identity,
      recipient: known.passkey.wrap_recipient,
    });
    expect(ringMac(key, known.listed)).toBe(known.mac);
    expect(weekMac(key, known.week.week, known.week.public_key)).toBe(known.week.mac);
    expect(toHex(await openRingKey(known.words.sealed, "words", words))).toBe(known.ring_key);
    expect(toHex(await openRingKey(known.passkey.sealed, known.passkey.name, passkey))).toBe(known.ring_key);
    const theirs = await openRingKey(python.ring.sealed, python.ring.name, fromHex(python.ring.secret));
    expect(toHex(theirs)).toBe(python.ring.key);
  });

  it("gives words and a passkey of the same bytes nothing in common", async () => {
    expect(await wrapKeys(words, known.passkey.name)).not.toEqual(await wrapKeys(words));
    await refused(() => openRingKey(known.words.sealed, known.passkey.name, words), "cannot-open");
    await refused(() => openRingKey(known.words.sealed.slice(4), "words", words), "cannot-open");
    await refused(() => openRingKey("?", "words", words), "bad-base64");
  });

  it("opens for each of its members, and for nobody else", async () => {
    for (const [name, secret] of [["words", words], [known.passkey.name, passkey]] as const) {
      const ring = await openRing(served, name, secret);
      expect(toHex(ring!.key)).toBe(known.ring_key);
      expect(ring!.members).toHaveLength(2);
      expect(ring!.gone).toEqual([]);
      expect(ring!.signed).toBe(true);
    }
    expect(await openRing(served, "words", newSecret())).toBeNull();
    expect(await openRing(served, "words", passkey)).toBeNull();
    expect(await openRing(served, "p".repeat(22), passkey)).toBeNull();
    expect(await openRing(served, "constructor", passkey)).toBeNull();
  });

  // req: K-34
  it("tells who is gone once a passkey was removed, and stays shut for that one", async () => {
    const after = { ...served, keys: { words: known.words.sealed } };
    const ring = await openRing(after, "words", words);
    expect(ring!.members.map(({ name }) => name)).toEqual(["words"]);
    expect(ring!.gone).toEqual([known.passkey.name]);
    expect(await openRing(after, known.passkey.name, passkey)).toBeNull();
  });
});

describe("a server that cheats", () => {
  const other = { name: "A".repeat(43), host: "help.example.org", recipient: readRing(known.listed)[1]!.recipient };
  const sealedAs = async (name: string): Promise<string> => sealRingKey(newRingKey(), name, newSecret());

  // req: K-34
  it("cannot add a recipient of its own to the list", async () => {
    const listed = writeRing([...readRing(known.listed), other]);
    const keys = { ...served.keys, [other.name]: await sealedAs(other.name) };
    const macs = [known.mac, ringMac(newRingKey(), listed), toBase64(new Uint8Array(32)), ""];
    for (const mac of macs) await refused(() => openRing({ listed, mac, keys, vouch: null }, "words", words), "bad-ring");
    // Nor name it beside a list that is sound.
    await refused(() => openRing({ ...served, keys }, "words", words), "bad-ring");
  });

  // req: K-34
  it("cannot exchange a recipient on the list, nor the words", async () => {
    const theirs = (await wrapKeys(newSecret())).recipient;
    for (const place of [0, 1]) {
      const listed = writeRing(readRing(known.listed).map((one, at) => (at === place ? { ...one, recipient: theirs } : one)));
      await refused(() => openRing({ ...served, listed }, "words", words), "bad-ring");
      await refused(() => openRing({ ...served, listed }, known.passkey.name, passkey), "bad-ring");
    }
  });

  // req: K-34
  it("cannot put a ring of its own in the place: the secret does not open it, and nothing is sealed", async () => {
    const own = newRingKey();
    const listed = writeRing([wordsMember((await wrapKeys(words)).recipient), other]);
    const keys = { words: await sealedAs("words"), [other.name]: await sealedAs(other.name) };
    expect(await openRing({ listed, mac: ringMac(own, listed), keys, vouch: null }, "words", words)).toBeNull();
  });

  // req: K-34
  it("cannot claim that there is no mark yet, to have its own list signed", async () => {
    await refused(() => openRing({ ...served, mac: null }, "words", words), "bad-ring");
    expect(await openRing({ ...served, mac: null }, known.passkey.name, passkey)).toBeNull();
    const alone = { listed: writeRing([readRing(known.listed)[0]!]), mac: null, keys: { words: null }, vouch: null };
    // What comes of it is a fresh ring of the words alone.
    expect((await openRing(alone, "words", words))?.members.map(({ name }) => name)).toEqual(["words"]);
    await refused(() => openRing({ ...alone, keys: { words: null, [other.name]: null } }, "words", words), "bad-ring");
  });

  // req: K-34
  it("cannot give out a key of its own as the one that signs the weekly keys", async () => {
    const opened = await openRing(served, "words", words);
    const own = toBase64((await vouchKey(key)).publicKey);
    expect(toBase64(opened!.vouch.publicKey)).toBe(own);
    expect((await openRing({ ...served, vouch: own }, "words", words))?.vouched).toBe(true);
    const theirs = toBase64((await vouchKey(newRingKey())).publicKey);
    await refused(() => openRing({ ...served, vouch: theirs }, "words", words), "bad-ring");
  });

  // req: K-34
  it("cannot leave out the words, so that only a passkey would be left", async () => {
    await refused(() => openRing({ ...served, keys: { [known.passkey.name]: known.passkey.sealed } }, known.passkey.name, passkey), "bad-ring");
  });

  // req: K-34
  it("can play back an old list of this ring: a stated limit", async () => {
    const old = { ...served, listed: writeRing([readRing(known.listed)[0]!]) };
    const before = { ...old, mac: ringMac(key, old.listed), keys: { words: known.words.sealed } };
    expect((await openRing(before, "words", words))?.members).toHaveLength(1);
  });
});
