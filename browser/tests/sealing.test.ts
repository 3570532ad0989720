import { Encrypter, identityToRecipient } from "age-encryption";
import { describe, expect, it } from "vitest";

import { fromBase64, toBase64 } from "../src/core/bytes.ts";
import { isRecipient, sealedBytes, stanzasOf } from "../src/core/envelope.ts";
import { openBytes, openSealed } from "../src/core/open.ts";
import { pad } from "../src/core/pad.ts";
import { newRingKey, openRingKey, wordsMember } from "../src/core/ring.ts";
import { sealBytes, sealFor, sealToBox } from "../src/core/seal.ts";
import { isOwnWeek, makeWeeks, unwrap, wrapKeys, wrapped } from "../src/core/supporter_keys.ts";
import { newSecret, secretOf } from "../src/core/words.ts";
import { refused } from "./refused.ts";
import { type Edit, edited, example, read, type Sealed } from "./vectors.ts";

interface Case {
  name: string;
  base: string;
  edits: Edit[];
  code: string | null;
  slots?: number[];
}
interface Keys {
  good: [string, string];
  unusable: Record<string, string>;
  "spare bits": string;
  "one byte short": string;
  "tag recipient": string;
  "classical recipient": string;
}
interface Demo {
  supporters: Record<string, { words: string; wrap_recipient: string; public_key: string; wrap: string; ring_key: string; ring_seal: string }>;
  receipt: { words: string };
}

const cases = read<Case[]>("envelope_cases.json");
const keys = read<Keys>("keys.json");
const demo = read<Demo>("demo.json");
const python = read<Record<"request" | "reply" | "wrap", Sealed>>("python.json");

async function people(count: number): Promise<{ identity: string; recipient: string }[]> {
  return Promise.all(Array.from({ length: count }, () => wrapKeys(newSecret())));
}

describe("sealing for people", () => {
  it.each([
    [1, 12, 22_882],
    [12, 12, 22_882],
    [1, 24, 41_566],
    [24, 24, 41_566],
  ] as const)("hides that %i of %i can open it", async (count, slots, size) => {
    const pairs = await people(count);
    const sealed = await sealFor(pairs.map(({ recipient }) => recipient), "a text", slots);
    expect(sealed.length).toBe(size);
    expect(stanzasOf(sealed, [slots])).toBe(slots);
    for (const { identity } of [...pairs.slice(0, 2), ...pairs.slice(-1)]) {
      expect(await openSealed(sealed, identity)).toBe("a text");
    }
    await refused(async () => openSealed(sealed, ...(await people(1)).map(({ identity }) => identity)), "cannot-open");
  });

  it("puts the only person in any place", async () => {
    const [person] = await people(1);
    const places = new Set<number>();
    for (let round = 0; round < 12; round++) {
      const sealed = await sealFor([person!.recipient], "where", 12);
      places.add(await placeOf(sealed, person!.identity));
    }
    // All twelve times the same place: once in 12^11.
    expect(places.size).toBeGreaterThan(1);
  });

  it("refuses none, too many, a repeat, a too long text", async () => {
    const [one, two] = keys.good;
    await refused(() => sealFor([], "a", 12), "no-recipient");
    await refused(() => sealFor(Array<string>(13).fill(one), "a", 12), "too-many");
    await refused(() => sealFor(Array<string>(25).fill(one), "a", 24), "too-many");
    await refused(() => sealFor([one, two, one], "a", 12), "bad-recipient", 2);
    await refused(() => sealFor([one], "x".repeat(4095), 12), "too-long");
    await refused(() => sealToBox(one, "x".repeat(4095)), "too-long");
  });

  it.each([
    ["nothing", ""],
    ["spare bits", keys["spare bits"]],
    ["a byte short", keys["one byte short"]],
    ["a tag recipient", keys["tag recipient"]],
    ["a classical recipient", keys["classical recipient"]],
    ["capitals", keys.good[0].toUpperCase()],
    ["a slip", keys.good[0].replace(/.$/, (last) => (last === "q" ? "p" : "q"))],
    ...Object.entries(keys.unusable),
  ])("refuses %s, alone and among good ones", async (_, recipient) => {
    await refused(() => sealFor([recipient], "a", 12), "bad-recipient");
    await refused(() => sealFor([...keys.good, recipient], "a", 12), "bad-recipient");
    await refused(() => sealToBox(recipient, "a"), "bad-recipient");
  });

  it.each(read<{ name: string; edits: Edit[] }[]>("key_cases.json"))("refuses a changed key: $name", async ({ edits }) => {
    const changed = new TextDecoder().decode(edited(new TextEncoder().encode(keys.good[0]), edits));
    await refused(() => sealToBox(changed, "a"), "bad-recipient");
  });

  it("knows the form of a recipient", () => {
    expect(keys.good.every(isRecipient)).toBe(true);
    expect([undefined, 5, keys["classical recipient"], `${keys.good[0]}\n`].some(isRecipient)).toBe(false);
  });
});

describe("opening", () => {
  it.each(["twelve", "twelve-full", "twenty-four", "one"])("every recipient opens the example: %s", async (name) => {
    const { data, identities, text } = example(name);
    for (const identity of identities) expect(await openSealed(data, identity)).toBe(text);
  });

  it("takes the first identity that fits", async () => {
    const { data, identities, text } = example("twelve");
    const others = (await people(2)).map(({ identity }) => identity);
    expect(await openSealed(data, ...others, ...identities)).toBe(text);
    await refused(() => openSealed(data), "cannot-open");
    await refused(() => openSealed(data, "not an identity"), "cannot-open");
  });

  it.each(["request", "reply"] as const)("opens what the independent writer sealed: %s", async (name) => {
    const { sealed, identities, text } = python[name];
    for (const identity of identities) expect(await openSealed(fromBase64(sealed), identity)).toBe(text);
  });

  it.each(cases.filter(({ code }) => code !== null))("refuses the shape: $name", async ({ base, edits, slots }) => {
    const data = edited(example(base).data, edits);
    await refused(() => stanzasOf(data, slots ?? [12, 24]), "bad-envelope");
    await refused(() => openBytes(data, example(base).identities, slots ?? [12, 24], 4096), "bad-envelope");
  });

  it.each(cases.filter(({ code }) => code === null))("notices the change: $name", async ({ base, edits, slots }) => {
    const { data, identities } = example(base);
    const changed = edited(data, edits);
    expect(changed).not.toEqual(data);
    expect(stanzasOf(changed, slots ?? [12, 24])).toBeGreaterThan(0);
    for (const identity of identities) await refused(() => openSealed(changed, identity), "cannot-open");
  });

  it("refuses a sound envelope around a block that is not padded", async () => {
    const { data, identities } = example("badly-padded");
    await refused(() => openSealed(data, ...identities), "bad-padding");
  });

  it("refuses a real mix with a classical recipient, which age itself would open", async () => {
    const [person] = await people(1);
    const encrypter = new Encrypter();
    encrypter.addRecipient(person!.recipient);
    encrypter.addRecipient(keys["classical recipient"]);
    await refused(async () => openSealed(await encrypter.encrypt(pad("mixed")), person!.identity), "bad-envelope");
    const classical = example("classical");
    await refused(() => openSealed(classical.data, ...classical.identities), "bad-envelope");
  });
});

describe("a supporter's keys", () => {
  const weeks = ["2026-11-23", "2026-11-30"];
  const ringKey = newRingKey();
  const ring = { key: ringKey, vouch: { seed: ringKey, publicKey: ringKey } };
  const ofWords = (recipient: string) => [wordsMember(recipient)];
  const withWrap = (public_key: string, wrap: string) => ({ week: weeks[0]!, public_key, mac: null, signature: null, wraps: { words: wrap } });

  it("are one for each week, wrapped for every member of the ring and nobody else", async () => {
    const [words, passkey] = [await wrapKeys(newSecret()), await wrapKeys(newRingKey(), "p".repeat(22))];
    const members = [wordsMember(words.recipient), { name: "p".repeat(22), host: "example.org", recipient: passkey.recipient }];
    const made = await makeWeeks(ring, members, weeks);
    expect(made.map(({ published }) => published.week)).toEqual(weeks);
    expect(new Set(made.map(({ identity }) => identity)).size).toBe(2);
    for (const { published, identity } of made) {
      expect(await identityToRecipient(identity)).toBe(published.public_key);
      expect(Object.keys(published.wraps)).toEqual(["words", "p".repeat(22)]);
      for (const wrap of Object.values(published.wraps)) expect(fromBase64(wrap).length).toBe(sealedBytes(1, 77));
      expect(await unwrap(published, "words", words.identity)).toBe(identity);
      expect(await unwrap(published, "p".repeat(22), passkey.identity)).toBe(identity);
      await refused(() => unwrap(published, "words", passkey.identity), "cannot-open");
    }
    const sealed = await sealFor([made[0]!.published.public_key], "for this week", 12);
    expect(await openSealed(sealed, made[0]!.identity)).toBe("for this week");
    await refused(() => openSealed(sealed, made[1]!.identity), "cannot-open");
  });

  it("stay shut for other words, and tell when somebody exchanged them", async () => {
    const [wrap, other] = await people(2);
    const [first, second] = await makeWeeks(ring, ofWords(wrap!.recipient), weeks);
    const key = first!.published;
    await refused(() => unwrap(key, "words", other!.identity), "cannot-open");
    await refused(() => unwrap({ ...key, wraps: second!.published.wraps }, "words", wrap!.identity), "bad-wrap");
    await refused(() => unwrap({ ...key, wraps: { words: "?" } }, "words", wrap!.identity), "bad-base64");
    await refused(() => unwrap({ ...key, wraps: { words: "QUJD" } }, "words", wrap!.identity), "bad-envelope");
    await refused(() => unwrap({ ...key, wraps: {} }, "words", wrap!.identity), "bad-envelope");
    await refused(() => unwrap(key, "toString", wrap!.identity), "bad-envelope");
    const noise = await wrapped("x".repeat(77), wrap!.recipient);
    await refused(() => unwrap({ ...key, wraps: { words: noise } }, "words", wrap!.identity), "bad-wrap");
    await refused(() => makeWeeks(ring, ofWords(keys["classical recipient"]), weeks), "bad-recipient");
  });

  // req: K-34
  it("carry a mark that fits one week, one public key and one ring", async () => {
    const [wrap] = await people(1);
    const [first, second] = (await makeWeeks(ring, ofWords(wrap!.recipient), weeks)).map(({ published }) => published);
    expect(isOwnWeek(ringKey, first!)).toBe(true);
    expect(isOwnWeek(newRingKey(), first!)).toBe(false);
    expect(isOwnWeek(ringKey, { ...first!, week: weeks[1]! })).toBe(false);
    expect(isOwnWeek(ringKey, { ...first!, public_key: second!.public_key })).toBe(false);
    expect(isOwnWeek(ringKey, { ...second!, mac: first!.mac })).toBe(false);
    expect(isOwnWeek(ringKey, { ...first!, mac: null })).toBe(false);
  });

  it("agree with the example and with the independent writer", async () => {
    const { data, sealed, identities, text } = example("wrap");
    expect(data.length).toBe(1736);
    expect(await unwrap(withWrap(await identityToRecipient(text), sealed), "words", identities[0]!)).toBe(text);
    const theirs = withWrap(python.wrap.text, python.wrap.sealed);
    expect(await identityToRecipient(await unwrap(theirs, "words", python.wrap.identities[0]!))).toBe(python.wrap.text);
  });

  it.each(Object.entries(demo.supporters))("of the demonstration open with its known words: %s", async (_, row) => {
    const wrap = await wrapKeys(secretOf(row.words));
    expect(wrap.recipient).toBe(row.wrap_recipient);
    const identity = await unwrap(withWrap(row.public_key, row.wrap), "words", wrap.identity);
    expect(toBase64(await openRingKey(row.ring_seal, "words", secretOf(row.words)))).toBe(row.ring_key);
    expect(await openSealed(await sealToBox(row.public_key, "demo"), identity)).toBe("demo");
  });
});

async function placeOf(sealed: Uint8Array, identity: string): Promise<number> {
  // Leaving stanzas out breaks the MAC; which error it is tells whether the person's stanza was still there.
  const { Decrypter, Stanza } = await import("age-encryption");
  const lines = new TextDecoder("latin1").decode(sealed).split("\n").slice(1, 25);
  for (let place = 0; place < 12; place++) {
    const [intro, body] = lines.slice(place * 2, place * 2 + 2) as [string, string];
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const stanza = new Stanza(intro.split(" ").slice(1), Buffer.from(body, "base64"));
    const found = await (decrypter as unknown as { unwrapFileKey(of: unknown[]): Promise<unknown> }).unwrapFileKey([stanza]);
    if (found !== null) return place;
  }
  throw new Error("nowhere");
}

describe("sealing bytes", () => {
  it("keeps the given order and adds nothing", async () => {
    const pairs = await people(2);
    const sealed = await sealBytes(pairs.map(({ recipient }) => recipient), Uint8Array.of(1, 2, 3));
    expect(sealed.length).toBe(sealedBytes(2, 3));
    expect(await openBytes(sealed, [pairs[1]!.identity], [2], 3)).toEqual(Uint8Array.of(1, 2, 3));
  });
});
