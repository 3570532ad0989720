import { describe, expect, it } from "vitest";

import type { RequestPayload } from "../src/core/payload.ts";
import { sealFor } from "../src/core/seal.ts";
import { Refusal } from "../src/core/refusal.ts";
import { openRing, ringMac, sealRingKey, writeRing } from "../src/core/ring.ts";
import { fromBase64, toBase64 } from "../src/core/bytes.ts";
import { isSigned } from "../src/core/ed25519.ts";
import { keyStatement } from "../src/core/vouch.ts";
import { isOwnWeek, makeWeeks, type WeekKey } from "../src/core/supporter_keys.ts";
import { newSecret, wordsOf } from "../src/core/words.ts";
import { firstLine, linesOf, reachLink } from "../src/pages/team/asked.ts";
import { TYPED_BACK, wrongPlaces } from "../src/pages/team/enrolment.ts";
import { type Card, isOfAnotherRank, offered, type Peer, unmetBy } from "../src/pages/team/peers.ts";
import { fill } from "../src/pages/team/texts.ts";
import { beginRing, planned } from "../src/pages/team/publishing.ts";
import { type KeyState, Unlocked, withWords } from "../src/pages/team/unlock.ts";
import { likeliestFirst, missingWeeks } from "../src/pages/team/weeks.ts";
import { refused } from "./refused.ts";

const WEEKS = ["2026-11-23", "2026-11-30", "2026-12-07"];
const key = (week: string) => ({ week, public_key: `key of ${week}`, mac: null, signature: null, wraps: {} });
const asks = (more: Partial<RequestPayload>): RequestPayload => ({ v: 1, how: "call", ...more }) as RequestPayload;

describe("the link that reaches a member", () => {
  it.each([
    ["218 555 0146", "tel:2185550146"],
    ["(218) 555-0146", "tel:2185550146"],
    ["+1 218.555.0146", "tel:+12185550146"],
    ["ask for D, 218 555 0146 ext. 12", "tel:2185550146"],
    ["room 5, then 218/555/0146", "tel:2185550146"],
    ["4512", "tel:4512"],
  ])("is made of the number in what was typed: %s", (reach, link) => {
    expect(reachLink(asks({ reach }))?.href).toBe(link);
  });

  it("shows the piece of what was typed that it stands for", () => {
    expect(reachLink(asks({ reach: "ask for D, (218) 555-0146 ext. 12" }))?.shown).toBe("(218) 555-0146");
    expect(reachLink(asks({ reach: "218 555 0146" }))?.shown).toBe("218 555 0146");
  });

  it.each(["", "call me", "12", "javascript:alert(1)"])("is no link where there is no number: %s", (reach) => {
    expect(reachLink(asks({ reach }))).toBeNull();
  });

  it("carries no sign that a telephone would take for a command", () => {
    expect(reachLink(asks({ reach: "*21*0900123#" }))?.href).toBe("tel:0900123");
    expect(reachLink(asks({ reach: "218555,,,99;phone-context=x" }))?.href).toBe("tel:218555");
  });

  it("sends a text where a text was asked for, and nothing where the answer belongs into the box", () => {
    expect(reachLink(asks({ how: "text", reach: "218 555 0146" }))?.href).toBe("sms:2185550146");
    expect(reachLink(asks({ how: "here" }))).toBeNull();
  });

  it.each([
    ["dana@example.org", "mailto:dana@example.org"],
    ["dana@example.org?bcc=chief@example.org", null],
    ["dana@example.org,chief@example.org", null],
    ["dana@example.org%0Abcc:chief@example.org", null],
    ["dana at example.org", null],
  ])("writes to one plain address only: %s", (reach, link) => {
    expect(reachLink(asks({ how: "email", reach }))?.href ?? null).toBe(link);
  });
});

describe("who is offered", () => {
  const peer = (name: string, office: string, ...purposes: Peer["purposes"]): Peer => ({ id: name, name, office, tier: null, key: "", purposes, over: [], card: null });
  const team = [peer("Ana", "Courthouse", "backup", "take"), peer("Cy", "Jail", "backup", "take"), peer("Gus", "", "take")];
  const names = (purpose: "backup" | "take", leftOut: readonly string[]): string[] => offered(team, purpose, { left_out: leftOut }).map(({ name }) => name);

  it("is nobody from an office that the member left out, however its name is typed", () => {
    expect(names("take", [])).toEqual(["Ana", "Cy", "Gus"]);
    for (const spelled of ["Jail", "jail", " JAIL "]) expect(names("take", [spelled])).toEqual(["Ana", "Gus"]);
    expect(offered([peer("Élodie", "Poste  de l\u0027e\u0301st", "take")], "take", { left_out: ["Poste de l'ést"] })).toEqual([]);
  });

  it("is nobody who leads the office whose leaders the member left out", () => {
    const led = [{ ...peer("Dee", "Patrol", "take"), over: ["Jail", "Patrol"] }, peer("Ana", "Jail", "take")];
    expect(offered(led, "take", { not_over: " jail" }).map(({ name }) => name)).toEqual(["Ana"]);
    expect(offered(led, "take", {}).map(({ name }) => name)).toEqual(["Dee", "Ana"]);
  });

  it("is first who fits the wishes, and a card tells which are not met", () => {
    const card: Card = { language: ["en", "fr"], discipline: "police", rank: "front", gender: "" };
    const wishes = { language: "fr", rank: "front" };
    const fits = { ...peer("Fay", "Jail", "take"), card };
    expect(offered([peer("Ana", "Jail", "take"), fits], "take", { wishes }).map(({ name }) => name)).toEqual(["Fay", "Ana"]);
    expect(unmetBy(wishes, card)).toEqual([]);
    expect(unmetBy({ ...wishes, gender: "woman", office: "other" }, card)).toEqual(["gender"]);
    expect(unmetBy(wishes, null)).toEqual(["language", "rank"]);
  });

  it("is needed by a time only where another rank was asked for (B-34)", () => {
    expect(isOfAnotherRank({ rank: "front" }, "front")).toBe(false);
    expect(isOfAnotherRank({ rank: "front" }, "lead")).toBe(true);
    expect(isOfAnotherRank({ rank: "front" }, "")).toBe(true);
    expect(isOfAnotherRank({ language: "fr" }, "lead")).toBe(false);
    expect(isOfAnotherRank({}, "")).toBe(false);
  });

  it("is nobody for whom the server names another purpose, and somebody without an office is nobody's office", () => {
    expect(names("backup", [])).toEqual(["Ana", "Cy"]);
    expect(names("take", ["Courthouse", "Jail", ""])).toEqual(["Gus"]);
  });
});

describe("what was asked", () => {
  it("is told in the order in which it helps, and nothing that was left open", () => {
    const lines = linesOf(asks({ reach: "1", words: "tired", wishes: { language: "French" }, when: "after seven", about: ["incident"] }));
    expect(lines.map(({ label }) => label)).toEqual(["when", "about", "wishes", "words"]);
    expect(linesOf(asks({ reach: "1" }))).toEqual([]);
  });

  it("names topics by the page's words, and by their key where the page has none", () => {
    expect(linesOf(asks({ about: ["incident"] }))[0]?.values).toEqual([{ key: "about.incident", text: "incident" }]);
  });

  it("is cut to one line on a card", () => {
    expect(firstLine("one\n\ntwo   three")).toBe("one two three");
    expect(firstLine("x".repeat(300))).toHaveLength(120);
  });
});

describe("the sentences of a page", () => {
  it("take values in, and keep a place for which there is none", () => {
    expect(fill("Word {number} of {all}", { number: 3 })).toBe("Word 3 of {all}");
  });
});

describe("the weeks of a supporter's keys", () => {
  it("that are missing are made, in their order", () => {
    expect(missingWeeks({ weeks: WEEKS, keys: [key("2026-11-30"), key("2026-11-16")] })).toEqual(["2026-11-23", "2026-12-07"]);
  });

  it("are tried from this week backwards, then forwards", () => {
    const keys = ["2026-12-07", "2026-11-09", "2026-11-23", "2026-11-30", "2026-11-16"].map(key);
    const order = ["2026-11-23", "2026-11-16", "2026-11-09", "2026-11-30", "2026-12-07"];
    expect(likeliestFirst(keys, "2026-11-23").map(({ week }) => week)).toEqual(order);
  });

});

describe("enrolment", () => {
  it("is confirmed by typing three of the words back", () => {
    const secret = newSecret();
    const words = wordsOf(secret);
    const typed = Object.fromEntries(TYPED_BACK.map((place) => [place, ` ${(words[place - 1] ?? "").toUpperCase()} `]));
    expect(wrongPlaces(secret, typed)).toEqual([]);
    expect(wrongPlaces(secret, { ...typed, 7: "no" })).toEqual([7]);
    expect(wrongPlaces(secret, {})).toEqual([3, 7, 11]);
  });
});

describe("unlocking by words", () => {
  const enrolled = async (weeks = WEEKS): Promise<{ words: string; state: KeyState }> => {
    const secret = newSecret();
    const begun = await beginRing(secret);
    const { key: ringKey, members } = begun;
    const keys = (await makeWeeks(begun, members, weeks)).map(({ published }) => published);
    const listed = writeRing(members);
    const ring = { listed, mac: ringMac(ringKey, listed), keys: { words: await sealRingKey(ringKey, "words", secret) }, vouch: null };
    return { words: wordsOf(secret).join(" "), state: { ring, passkeys: [], weeks: WEEKS, until: null, keys } };
  };

  it("says what is wrong with the words, never more than that", async () => {
    const { words, state } = await enrolled();
    const twelve = words.split(" ");
    expect(await withWords(twelve.slice(1).join(" "), state)).toEqual({ kind: "count", count: 11 });
    expect(await withWords(["zzzz", ...twelve.slice(1)].join(" "), state)).toEqual({ kind: "unknown", number: 1 });
    expect(await withWords("abandon ".repeat(12), state)).toEqual({ kind: "order" });
    expect(await withWords(wordsOf(newSecret()).join(" "), state)).toEqual({ kind: "other" });
  });

  it("opens what was sealed for this week, for last week and for a coming one", async () => {
    const { words, state } = await enrolled(["2026-11-16", ...WEEKS]);
    const device = await withWords(words, state);
    if (!(device instanceof Unlocked)) throw new Error("locked");
    for (const { public_key, week } of state.keys) {
      expect(await device.open(await sealFor([public_key], week, 12))).toBe(week);
    }
    expect(device.writeTo).toBe(state.keys.find(({ week }) => week === WEEKS[0])?.public_key);
  });

  it("does not open what was sealed for somebody else, or changed", async () => {
    const [mine, theirs] = [await enrolled(), await enrolled()];
    const device = await withWords(mine.words, mine.state);
    if (!(device instanceof Unlocked)) throw new Error("locked");
    const sealed = await sealFor([theirs.state.keys[0]?.public_key ?? ""], "secret", 12);
    await refused(() => device.open(sealed), "cannot-open");
    await refused(() => device.open(sealed.subarray(1)), "bad-envelope");
  });

  // req: K-34
  it("stops when the server gave out another public key than the one that was made, or moved one to another week", async () => {
    const [mine, theirs] = [await enrolled(), await enrolled()];
    const exchanged = mine.state.keys.map((own, at) => ({ ...own, public_key: theirs.state.keys[at]?.public_key ?? "" }));
    const moved = mine.state.keys.map((own, at, all) => ({ ...own, ...all[(at + 1) % all.length], week: own.week }));
    for (const keys of [exchanged, moved, theirs.state.keys]) {
      await refused(() => withWords(mine.words, { ...mine.state, keys }), "bad-wrap");
    }
  });

  it("tells a wrap that holds another week's key when it comes to opening", async () => {
    const { words, state } = await enrolled();
    const keys = state.keys.map((own, at, all) => ({ ...own, wraps: all[(at + 1) % all.length]?.wraps ?? {} }));
    const device = await withWords(words, { ...state, keys });
    if (!(device instanceof Unlocked)) throw new Error("locked");
    const sealed = await sealFor([state.keys[0]?.public_key ?? ""], "secret", 12);
    await refused(() => device.open(sealed), "bad-wrap");
  });
});

describe("what a device publishes", () => {
  const identityOf = (known: Map<string, string>) => (key: WeekKey) => Promise.resolve(known.get(key.public_key) ?? "");
  const begun = async (weeks: readonly string[]) => {
    const secret = newSecret();
    const ring = await beginRing(secret);
    const state: KeyState = { ring: null, passkeys: [], weeks: WEEKS, until: null, keys: [] };
    const made = await makeWeeks(ring, ring.members, weeks);
    const known = new Map(made.map(({ identity, published }) => [published.public_key, identity]));
    return { secret, ring, state, keys: made.map(({ published }) => published), known };
  };

  it("at enrolment is the list with its mark, the ring's key for the words, and every week", async () => {
    const { secret, ring, state } = await begun([]);
    const { body, made } = await planned(ring, state, "localhost", secret, () => Promise.reject(new Error("nothing to open")));
    expect(made).toBe(3);
    expect(body?.on).toBeNull();
    const served = { listed: body?.ring?.listed ?? "", mac: body?.ring?.mac ?? "", keys: body?.ring?.keys ?? {}, vouch: body?.vouch ?? null };
    const again = await openRing(served, "words", secret);
    expect(again?.members).toEqual(ring.members);
    expect(body?.keys.every((one) => isOwnWeek(again!.key, one))).toBe(true);
  });

  it("is nothing when nothing is missing", async () => {
    const { secret, ring, state, keys, known } = await begun(WEEKS);
    const listed = { listed: writeRing(ring.members), mac: "known", keys: {}, vouch: "known" };
    const plan = await planned({ ...ring, signed: true, vouched: true }, { ...state, ring: listed, keys }, "localhost", secret, identityOf(known));
    expect(plan).toEqual({ body: null, made: 0, linked: [] });
  });

  // req: K-34
  it("of a ring of before there was signing is its vouching key and a signature for each week, and no new key", async () => {
    const { secret, ring, state, keys, known } = await begun(WEEKS);
    const unsigned = keys.map((one) => ({ ...one, signature: null }));
    const listed = { listed: writeRing(ring.members), mac: "known", keys: {}, vouch: null };
    const { body, made } = await planned({ ...ring, signed: true }, { ...state, ring: listed, keys: unsigned }, "localhost", secret, identityOf(known));
    expect([made, body?.ring, body?.vouch]).toEqual([0, null, toBase64(ring.vouch.publicKey)]);
    for (const one of body?.keys ?? []) {
      expect(await isSigned(ring.vouch.publicKey, keyStatement(one.week, one.public_key), fromBase64(one.signature ?? ""))).toBe(true);
    }
    expect(body?.keys.map(({ signature }) => signature)).toEqual(keys.map(({ signature }) => signature));
  });

  // req: K-34
  it("of keys made before there were rings is a mark for each, after it opened, and no new key", async () => {
    const { secret, ring, state, keys, known } = await begun(WEEKS);
    const unmarked = keys.map((one) => ({ ...one, mac: null }));
    const { body, made } = await planned(ring, { ...state, keys: unmarked }, "localhost", secret, identityOf(known));
    expect(made).toBe(0);
    expect(body?.keys.map(({ wraps }) => wraps)).toEqual([{}, {}, {}]);
    expect(body?.keys.every((one) => isOwnWeek(ring.key, one))).toBe(true);
    const shut = planned(ring, { ...state, keys: unmarked }, "localhost", secret, () => Promise.reject(new Refusal("bad-wrap")));
    await refused(() => shut, "bad-wrap");
  });

  // req: K-34
  it("after a passkey was removed is a shorter list, and new keys for the weeks after this one", async () => {
    const { secret, ring, state, keys, known } = await begun(WEEKS);
    const after = { ...ring, signed: true, gone: ["p".repeat(22)] };
    const { body } = await planned(after, { ...state, keys }, "localhost", secret, identityOf(known));
    expect(body?.ring?.listed).toBe(writeRing(ring.members));
    expect(body?.ring?.keys).toEqual({});
    expect(body?.keys.map(({ week }) => week)).toEqual(WEEKS.slice(1));
    expect(body?.keys.some(({ public_key }) => known.has(public_key))).toBe(false);
  });
});
