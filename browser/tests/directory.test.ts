import { describe, expect, it } from "vitest";

import { fromHex, toBase64, toHex } from "../src/core/bytes.ts";
import { cardKeys, type Details, DETAILS_BYTES, nameRoom, openDetails, openName, sealDetails, sealName } from "../src/core/cards.ts";
import { fitting, isOutside, type Peer, plainly, readBlock, readDirectory, type Wanted } from "../src/core/directory.ts";
import { waysOf } from "../src/pages/member/cards.ts";
import { refused } from "./refused.ts";
import { read } from "./vectors.ts";

const CODE = fromHex("000102030405060708090a0b0c0d0e0f");
const REFERENCE = fromHex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
const DETAILS: Details = { name: "Renée", phone: "+1 218 555 0111", email: "renee@home.example", picture: "" };
const keys = read<{ good: [string, string] }>("keys.json");

describe("cards", () => {
  it("are opened with the code they were sealed with, and have one size each", async () => {
    const own = await cardKeys(CODE);
    for (const name of ["Renée", "J", "Marie-Élisabeth Lô"]) {
      const sealed = await sealName(own, name, REFERENCE);
      expect(sealed).toHaveLength(36);
      expect(await openName(own, sealed, REFERENCE)).toBe(name);
    }
    const vouch = new Uint8Array(32).fill(7);
    for (const key of [vouch, null]) {
      const sealed = await sealDetails(own, DETAILS, REFERENCE, key);
      expect(sealed).toHaveLength(DETAILS_BYTES + 16);
      expect(await openDetails(own, sealed, REFERENCE, key)).toEqual(DETAILS);
    }
  });

  it("stay shut for another code, another card, and beside another person's key", async () => {
    const [own, other] = [await cardKeys(CODE), await cardKeys(new Uint8Array(16))];
    const [vouch, stranger] = [new Uint8Array(32).fill(7), new Uint8Array(32).fill(8)];
    const [name, details] = [await sealName(own, "Renée", REFERENCE), await sealDetails(own, DETAILS, REFERENCE, vouch)];
    const elsewhere = REFERENCE.map((byte) => byte ^ 1);
    await refused(() => openName(other, name, REFERENCE), "cannot-open");
    await refused(() => openName(own, name, elsewhere), "cannot-open");
    await refused(() => openName(own, name.subarray(1), REFERENCE), "cannot-open");
    await refused(() => openName(own, details.subarray(0, 36), REFERENCE), "cannot-open");
    for (const key of [stranger, null]) await refused(() => openDetails(own, details, REFERENCE, key), "cannot-open");
    await refused(() => openDetails(own, details, elsewhere, vouch), "cannot-open");
    await refused(() => openDetails(own, details.map((byte, at) => (at === 9 ? byte ^ 1 : byte)), REFERENCE, vouch), "cannot-open");
  });

  it("take no more than fits, and no code of another size", async () => {
    const own = await cardKeys(CODE);
    expect(nameRoom("Renée")).toBe(14);
    await refused(() => sealName(own, "x".repeat(21), REFERENCE), "too-long");
    await refused(() => sealDetails(own, { ...DETAILS, picture: "A".repeat(2600) }, REFERENCE, null), "too-long");
    await refused(() => cardKeys(new Uint8Array(15)), "bad-code");
  });

  it("are read as another reader wrote them (HKDF-SHA256, AES-256-GCM)", async () => {
    const vector = read<{ code: string; reference: string; name: string; sealed_name: string; details: Details; sealed_details: string; vouch: string; bound_details: string }>(
      "cards.json",
    );
    const own = await cardKeys(fromHex(vector.code));
    const reference = fromHex(vector.reference);
    expect(await openName(own, fromHex(vector.sealed_name), reference)).toBe(vector.name);
    expect(await openDetails(own, fromHex(vector.sealed_details), reference, null)).toEqual(vector.details);
    expect(await openDetails(own, fromHex(vector.bound_details), reference, fromHex(vector.vouch))).toEqual(vector.details);
    expect(toHex(await sealName(own, vector.name, reference))).toBe(vector.sealed_name);
  });
});

const column = (value: number, people: number): number[] => Array.from({ length: people }, () => value);

function published(people = 3): Record<string, unknown> {
  const reference = Uint8Array.from({ length: 16 * people }, (_, at) => Math.floor(at / 16) + 1);
  return {
    list: "0".repeat(32),
    at: "2026-11-23T09:00:00+00:00",
    zone: "America/Chicago",
    offices: ["Jail", "Patrol"],
    disciplines: ["police", "dispatch"],
    bands: ["front", "lead"],
    genders: ["woman"],
    languages: ["en", "fr"],
    tags: ["sober", "parent"],
    channels: ["call"],
    people,
    references: toBase64(reference),
    names: toBase64(new Uint8Array(36 * people)),
    office: [0, 1, -1].slice(0, people).concat(column(0, Math.max(0, people - 3))),
    shown: column(1, people),
    discipline: column(0, people),
    band: column(1, people),
    gender: column(-1, people),
    speaks: [1, 3, 2].slice(0, people).concat(column(1, Math.max(0, people - 3))),
    tagged: column(2, people),
    reached: column(1, people),
    on: [0, 0, 1].slice(0, people).concat(column(0, Math.max(0, people - 3))),
    next: [30, 5, -1].slice(0, people).concat(column(-1, Math.max(0, people - 3))),
    over: [[1, 0]],
  };
}

const NOTHING: Wanted = { text: "", discipline: "", band: "", language: "", tag: "", channel: "", on: false, outside: null };

describe("the directory", () => {
  const { people } = readDirectory(published());
  const [jail, patrol, none] = people as [Peer, Peer, Peer];
  const spoken = (peer: Peer): string => ` ${plainly(`Équipe ${peer.reference.slice(0, 2)} ${peer.languages.join(" ")}`)}`;
  const found = (wanted: Partial<Wanted>): Peer[] => fitting(people, { ...NOTHING, ...wanted }, spoken);

  it("is read from its columns", () => {
    expect(jail).toMatchObject({ office: 0, discipline: "police", band: "lead", gender: null, languages: ["en"], tags: ["parent"], channels: ["call"] });
    expect([jail.over, patrol.over, none.office]).toEqual([[], [0], null]);
    expect([jail.on, none.on, jail.next, none.next]).toEqual([false, true, 30, null]);
    expect(readDirectory(published(0)).people).toEqual([]);
    expect(readDirectory(published(60)).people.map(({ block }) => block)).toEqual([...column(0, 24), ...column(1, 24), ...column(2, 12)]);
    expect(readDirectory({ ...published(), speaks: [1, 0, 2] }).people).toHaveLength(2);
  });

  it("is refused when any of it is not as agreed", async () => {
    const wrong: unknown[] = [
      null,
      [],
      { ...published(), list: "x" },
      { ...published(), people: -1 },
      { ...published(), people: 4 },
      { ...published(), people: 1e9 },
      { ...published(), at: "soon" },
      { ...published(), office: [0, 1] },
      { ...published(), office: [0, 1, "0"] },
      { ...published(), offices: [1] },
      { ...published(), disciplines: "police" },
      { ...published(), references: toBase64(new Uint8Array(47)) },
      { ...published(), names: 7 },
      { ...published(), over: [1] },
      { ...published(), over: {} },
    ];
    for (const value of wrong) await refused(() => readDirectory(value), "bad-list");
  });

  it("shows who is on call first, then who is soonest", () => {
    expect(found({})).toEqual([none, patrol, jail]);
  });

  it("is searched by the beginnings of words, without capitals and accents, all of them at once", () => {
    expect(found({ text: "  ÉQUIPE fr " })).toEqual([none, patrol]);
    expect(found({ text: "equip 02" })).toEqual([patrol]);
    expect(found({ text: "quipe" })).toEqual([]);
    expect(found({ text: "fr es" })).toEqual([]);
  });

  it("is filtered by each fact, and by several together", () => {
    expect(found({ language: "fr" })).toEqual([none, patrol]);
    expect(found({ on: true })).toEqual([none]);
    expect(found({ discipline: "dispatch" })).toEqual([]);
    expect(found({ discipline: "police", band: "lead", tag: "parent", channel: "call", language: "en" })).toEqual([patrol, jail]);
    expect(found({ tag: "sober" })).toEqual([]);
  });

  it("knows as outside of an office who neither belongs to it nor leads it", () => {
    expect(found({ outside: 0 })).toEqual([none]);
    expect(isOutside(patrol, 1)).toBe(false);
    expect(isOutside(jail, 1)).toBe(true);
  });
});

describe("a block", () => {
  const entry = { reference: "a".repeat(32), key: keys.good[0], vouch: null, proof: null, details: null };
  const block = { list: "0".repeat(32), block: 2, entries: [entry] };

  it("is read when it is the one that was asked for", () => {
    expect(readBlock(block, block.list, 2)).toBe(block);
    expect(readBlock({ ...block, entries: [{ ...entry, reference: null, key: null }] }, block.list, 2).entries).toHaveLength(1);
  });

  it("is refused when it is another, or not as agreed", async () => {
    const wrong: unknown[] = [
      null,
      { ...block, list: "1".repeat(32) },
      { ...block, block: 3 },
      { ...block, entries: Array.from({ length: 25 }, () => entry) },
      { ...block, entries: [{ ...entry, reference: "x" }] },
      { ...block, entries: [{ ...entry, key: "age1short" }] },
      { ...block, entries: [{ ...entry, key: null }] },
      { ...block, entries: [{ ...entry, proof: 1 }] },
    ];
    for (const value of wrong) await refused(() => readBlock(value, block.list, 2), "bad-list");
  });
});

describe("direct contact", () => {
  it("is offered by the ways that somebody likes, as links of this device", () => {
    expect(waysOf(DETAILS, ["call", "text", "email", "meet"]).map(({ href }) => href)).toEqual([
      "tel:+12185550111",
      "sms:+12185550111",
      "mailto:renee@home.example",
    ]);
    expect(waysOf(DETAILS, ["meet"])).toEqual([]);
  });

  it("never makes a link of more than a number or one plain address", () => {
    expect(waysOf({ phone: "call me", email: "a@b.example?bcc=chief@b.example" }, ["call", "text", "email"])).toEqual([]);
    expect(waysOf({ phone: "911;ext=javascript:1", email: "a@b.example,c@d.example" }, ["call", "email"]).map(({ href }) => href)).toEqual(["tel:9111"]);
  });
});
