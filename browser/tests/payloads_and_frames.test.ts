import { createHash } from "node:crypto";

import { describe, expect, it } from "vitest";

import { fromBase64, fromHex, toBase64Url, toHex } from "../src/core/bytes.ts";
import { handOnFrame, messageFrame, newAttempt, replyFrame, REQUEST_HEAD_BYTES, requestFrame, type RequestFacts, type Urgency } from "../src/core/frame.ts";
import { type Candidate, type CandidateList, choose, readList } from "../src/core/match.ts";
import { openSealed } from "../src/core/open.ts";
import { bytesLeft, type Payloads, readPayload, type RequestPayload, writePayload } from "../src/core/payload.ts";
import { progressToken, replyBox } from "../src/core/receipt.ts";
import { sealFor, sealToBox } from "../src/core/seal.ts";
import { wrapKeys } from "../src/core/supporter_keys.ts";
import { newSecret } from "../src/core/words.ts";
import { refused } from "./refused.ts";
import { example, read } from "./vectors.ts";

interface PayloadCase {
  name: string;
  kind: keyof Payloads;
  text: string;
  code: string | null;
}
interface GoodFrame {
  name: string;
  urgency: Urgency;
  list: string;
  attempt: string;
  token: string;
  positions: number[];
  chosen?: [number, number] | null;
  base: string;
  head: string;
}

const receipt = read<{ receipts: [{ address: string; recipient: string; identity: string }] }>("words.json").receipts[0];
const address = toBase64Url(fromHex(receipt.address));
const payloads = read<PayloadCase[]>("payloads.json").map((row) => ({
  ...row,
  text: row.text.replaceAll("$ADDRESS", address).replaceAll("$RECIPIENT", receipt.recipient),
}));
// Version 1 is what older pages send; this one writes version 2 only.
const frames = read<{ good: GoodFrame[] }>("frames.json").good.filter(({ head }) => head.startsWith("02"));
const keys = read<{ good: [string, string]; "classical recipient": string }>("keys.json");

describe("payloads", () => {
  it.each(payloads.filter(({ code }) => code === null))("are read and written: $name", ({ kind, text }) => {
    const payload = readPayload(kind, text);
    expect(payload).toEqual(JSON.parse(text));
    expect(readPayload(kind, writePayload(kind, payload))).toEqual(payload);
    expect(bytesLeft(payload)).toBe(4094 - Buffer.byteLength(text));
  });

  it.each(payloads.filter(({ code }) => code !== null))("are refused: $name", async ({ kind, text, code }) => {
    await refused(() => readPayload(kind, text), code!);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return;
    }
    await refused(() => writePayload(kind, value as Payloads[typeof kind]), code!);
  });

  it("are refused when they do not fit, and tell before how much is left", async () => {
    const room = bytesLeft({ v: 1, text: "" });
    expect(writePayload("message", { v: 1, text: "é".repeat(room / 2) }).length).toBeLessThan(4094);
    expect(bytesLeft({ v: 1, text: "é".repeat(room / 2 + 1) })).toBeLessThan(0);
    await refused(() => writePayload("message", { v: 1, text: "x".repeat(room + 1) }), "too-long");
    const card = { address, recipient: receipt.recipient };
    expect(bytesLeft({ v: 1, how: "here", box: card, words: "" })).toBeGreaterThan(2000);
  });

  it("keep markup and odd letters as they are", () => {
    const text = "<script>\u0000\u202e</script> \"\\ \ud83d\ude92";
    expect(readPayload("message", writePayload("message", { v: 1, text })).text).toBe(text);
  });
});

describe("choosing", () => {
  const ranks = ["primary", "backup", "coordinator", "further"] as const;
  const pool = (count: number): CandidateList => ({
    list: "0".repeat(32),
    until: "2026-11-23T10:00:00Z",
    zone: "America/Chicago",
    offices: ["North", "South", "East"],
    candidates: Array.from({ length: count }, (_, at) => candidate(at, at % 3, ranks[Math.min(at, 3)])),
  });
  const candidate = (position: number, office: number | null, rank: Candidate["rank"] = "further"): Candidate => ({
    position,
    rank,
    office,
    // Distinct in form only; nobody seals for them.
    key: `${keys.good[0].slice(0, 900)}${String.fromCharCode(113 + (position % 5))}${"qpzry"[Math.floor(position / 5)]}${keys.good[0].slice(902)}`,
  });

  it("takes everybody in the ladder's order when nobody is left out", () => {
    const list = pool(7);
    const choice = choose(list, []);
    expect(choice.positions).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(choice.recipients).toEqual(list.candidates.map(({ key }) => key));
    expect(choice.onCall).toBe(2);
  });

  it("leaves whole offices out and keeps the others in order", () => {
    const choice = choose(pool(9), [0, 2]);
    expect(choice.positions).toEqual([1, 4, 7]);
    expect(choice.onCall).toBe(1);
    expect(choose(pool(9), [1]).onCall).toBe(1);
    expect(choose(pool(3), [0, 1])).toMatchObject({ positions: [2], onCall: 0 });
  });

  it.each([
    [0, 12],
    [12, 12],
    [13, 24],
    [24, 24],
  ])("lets the whole pool of %i decide for %i stanzas, not who is left", (size, slots) => {
    expect(choose(pool(size), []).slots).toBe(slots);
    expect(choose(pool(size), [0, 1, 2])).toMatchObject({ positions: [], recipients: [], slots, onCall: 0, chosen: null });
  });

  it("never leaves out somebody without an office by an office", () => {
    const list = { ...pool(0), candidates: [candidate(0, null), candidate(1, 0)] };
    expect(choose(list, [0, 1, 2]).positions).toEqual([0]);
  });

  it("calls who was chosen first, whatever was left out, and takes nobody twice", () => {
    const list = pool(9);
    const first = { key: (list.candidates[4] as Candidate).key, place: [0, 7] as const };
    const choice = choose(list, [1], {}, first);
    expect(choice.recipients[0]).toBe(first.key);
    expect(choice.recipients).toHaveLength(new Set(choice.recipients).size);
    expect(choice.positions).toEqual([0, 2, 3, 5, 6, 8]);
    expect(choice.chosen).toEqual([0, 7]);
    expect(choose(list, [0, 1, 2], {}, first)).toMatchObject({ positions: [], recipients: [first.key] });
  });

  it("makes room for who was chosen where the envelope is full", () => {
    const stranger = { key: keys.good[0], place: [24, 3] as const };
    const choice = choose(pool(24), [], {}, stranger);
    expect(choice.recipients).toHaveLength(24);
    expect(choice.positions).toEqual(Array.from({ length: 23 }, (_, place) => place));
    expect(choose(pool(12), [], {}, stranger).recipients).toHaveLength(12);
  });

  it("leaves out who leads the own office, and says how many have not said whom they lead", () => {
    const list = pool(4);
    const told = list.candidates.map((one, at) => ({ ...one, over: at === 0 ? [2] : at === 1 ? [] : null }));
    const choice = choose({ ...list, candidates: told }, [], { own: 2, notOver: true });
    expect(choice.positions).toEqual([1, 2, 3]);
    expect(choice.unknownOver).toBe(2);
    expect(choose({ ...list, candidates: told }, [], { own: 2, notOver: false }).positions).toEqual([0, 1, 2, 3]);
    expect(choose({ ...list, candidates: told }, [], { own: 0, notOver: true }).positions).toEqual([0, 1, 2, 3]);
  });

  it("says which wishes nobody meets, and offers to call first who meets the others", () => {
    const list = pool(4);
    const facts = [
      { languages: ["en"], band: "front" },
      { languages: ["en", "fr"], band: "lead" },
      { languages: ["fr"], band: "front" },
      {},
    ];
    const told = { ...list, candidates: list.candidates.map((one, at) => ({ ...one, ...facts[at], card: [0, at] as const })) };
    const key = (at: number): string => (told.candidates[at] as Candidate).key;
    expect(choose(told, [], {})).toMatchObject({ unmet: [], better: null });
    expect(choose(told, [], { language: "fr" })).toMatchObject({ unmet: [], better: { key: key(1), place: [0, 1] } });
    expect(choose(told, [], { language: "fr", rank: "front" }).better).toEqual({ key: key(2), place: [0, 2] });
    expect(choose(told, [], { language: "es" })).toMatchObject({ unmet: ["language"], better: null });
    expect(choose(told, [], { language: "es", rank: "lead" })).toMatchObject({ unmet: ["language"], better: { key: key(1) } });
    // Who is called first anyway fits: nobody is called before them.
    expect(choose(told, [], { rank: "front" }).better).toBeNull();
    // Somebody chosen by name is not put aside for a wish.
    expect(choose(told, [], { language: "fr" }, { key: key(3), place: [0, 3] }).better).toBeNull();
    // With nobody on call all are called at once: a better one would only make the others wait.
    const offDuty = { ...told, candidates: told.candidates.slice(2).map((one) => ({ ...one, rank: "further" as const })) };
    expect(choose(offDuty, [], { language: "es" })).toMatchObject({ unmet: ["language"], better: null });
  });

  it("meets a wish for another office by the offices alone", () => {
    expect(choose(pool(3), [1, 2], { own: 0, office: "other" }).unmet).toEqual(["office"]);
    expect(choose(pool(3), [], { own: 0, office: "other" }).unmet).toEqual([]);
  });

  it("reads a list as published", () => {
    const list = pool(24);
    expect(readList(JSON.parse(JSON.stringify(list)))).toEqual(list);
    expect(readList(pool(0)).candidates).toEqual([]);
    const proved = readList({ ...pool(2), proofs: ["AAAA", null] });
    expect(proved).toEqual({ ...pool(2), candidates: pool(2).candidates.map((one, at) => ({ ...one, proof: ["AAAA", null][at] })) });
  });

  it("refuses a list that is not as agreed", async () => {
    const good = pool(3);
    const [first, second] = good.candidates as [Candidate, Candidate];
    const wrong: unknown[] = [
      null,
      [],
      { ...good, list: "0".repeat(31) },
      { ...good, list: "G".repeat(32) },
      { ...good, until: "soon" },
      { ...good, zone: "" },
      { ...good, offices: [1] },
      { ...good, offices: [] },
      { ...good, candidates: {} },
      { ...good, candidates: [null] },
      { ...good, candidates: [second, first] },
      { ...good, candidates: [first, first] },
      { ...good, candidates: [{ ...first, key: keys["classical recipient"] }] },
      { ...good, candidates: [first, { ...second, key: first.key }] },
      { ...good, candidates: [{ ...first, rank: "friend" }] },
      { ...good, candidates: [{ ...first, position: -1 }] },
      { ...good, candidates: [{ ...first, position: 24 }] },
      { ...good, candidates: [{ ...first, position: 0.5 }] },
      { ...good, candidates: [{ ...first, office: 3 }] },
      { ...good, candidates: [{ ...first, office: "0" }] },
      { ...good, candidates: [{ ...first, office: undefined }] },
      { ...good, candidates: [{ ...first, band: 7 }] },
      { ...good, candidates: [{ ...first, languages: "en" }] },
      { ...good, candidates: [{ ...first, over: [3] }] },
      { ...good, candidates: [{ ...first, card: [0] }] },
      { ...good, candidates: [{ ...first, card: [0, 24] }] },
      { ...good, proofs: "AAAA" },
      { ...good, proofs: ["AAAA"] },
      { ...good, proofs: [null, null, 7] },
    ];
    for (const value of wrong) await refused(() => readList(value), "bad-list");
  });
});

describe("frames", () => {
  it.each(frames)("of a request carry the open facts: $name", (row) => {
    const body = requestFrame(factsOf(row));
    expect(toHex(body.subarray(0, REQUEST_HEAD_BYTES))).toBe(row.head);
    expect(body.subarray(REQUEST_HEAD_BYTES)).toEqual(example(row.base).data);
  });

  it("of a request never carry the token itself", () => {
    const facts = { ...factsOf(frames[0]!), token: progressToken(newSecret()) };
    const body = toHex(requestFrame(facts));
    expect(body).not.toContain(toHex(facts.token));
    expect(body).toContain(createHash("sha256").update(facts.token).digest("hex"));
  });

  it("of a request are refused with a part of the wrong size or order", async () => {
    const good = factsOf(frames[0]!);
    const wrong: Partial<RequestFacts>[] = [
      { positions: [] },
      { positions: [1, 1] },
      { positions: [2, 1] },
      { positions: [24] },
      { positions: [-1] },
      { positions: [0.5] },
      { list: "0".repeat(31) },
      { list: "z".repeat(32) },
      { attempt: new Uint8Array(15) },
      { token: new Uint8Array(17) },
      { chosen: [0, 24] },
      { chosen: [0xffff, 0] },
      { chosen: [-1, 0] },
      { positions: [], chosen: null },
      { envelope: example("one").data },
      { envelope: good.envelope.subarray(1) },
    ];
    for (const part of wrong) await refused(() => requestFrame({ ...good, chosen: null, ...part }), "bad-frame");
  });

  it("of messages and replies have one size each", async () => {
    const attempt = newAttempt();
    const token = progressToken(newSecret());
    const message = messageFrame(token, attempt, example("twelve").data);
    expect(message.length).toBe(32 + 22_882);
    expect([message.slice(0, 16), message.slice(16, 32)]).toEqual([token, attempt]);
    const reply = replyFrame(fromHex(receipt.address), example("one").data);
    expect(reply.length).toBe(16 + 5_755);
    expect(toHex(reply.subarray(0, 16))).toBe(receipt.address);
    expect(newAttempt()).not.toEqual(attempt);
    await refused(() => messageFrame(token, attempt, example("twenty-four").data), "bad-frame");
    await refused(() => messageFrame(token.subarray(1), attempt, example("twelve").data), "bad-frame");
    await refused(() => replyFrame(token, example("twelve").data), "bad-frame");
    await refused(() => replyFrame(token.subarray(1), example("one").data), "bad-frame");
  });

  it("of a hand-on say for whom and what for, before an envelope of one stanza", async () => {
    const target = "0123456789abcdef0123456789abcdef";
    const help = handOnFrame(target, "backup", example("one").data);
    expect(help.length).toBe(17 + 5_755);
    expect(toHex(help.subarray(0, 17))).toBe(`${target}01`);
    expect(handOnFrame(target, "take", example("one").data)[16]).toBe(2);
    await refused(() => handOnFrame("0123", "take", example("one").data), "bad-frame");
    await refused(() => handOnFrame(target, "take", example("twelve").data), "bad-frame");
  });
});

describe("the whole way", () => {
  it("from a member's form to a supporter's answer and back", async () => {
    const secret = newSecret();
    const box = await replyBox(secret);
    const supporter = await wrapKeys(newSecret());
    const ask: RequestPayload = {
      v: 1,
      how: "here",
      words: "Not a good week.",
      box: { address: toBase64Url(box.address), recipient: box.recipient },
    };
    const envelope = await sealFor([supporter.recipient], writePayload("request", ask), 12);

    const seen = readPayload("request", await openSealed(envelope, supporter.identity));
    expect(seen).toEqual(ask);
    const answer = writePayload("reply", { v: 1, text: "I am here.", write_to: supporter.recipient });
    const reply = await sealToBox(seen.box!.recipient, answer);

    const read = readPayload("reply", await openSealed(reply, box.identity));
    const back = await sealFor([read.write_to!], writePayload("message", { v: 1, text: "Thank you." }), 12);
    expect(readPayload("message", await openSealed(back, supporter.identity)).text).toBe("Thank you.");
    await refused(() => openSealed(envelope, box.identity), "cannot-open");
  });

  it("goes on to one more, who reads the same text and opens nothing else", async () => {
    const [first, second] = [await wrapKeys(newSecret()), await wrapKeys(newSecret())];
    const ask: RequestPayload = { v: 1, how: "call", reach: "218 555 0146", left_out: ["Jail"] };
    const envelope = await sealFor([first.recipient], writePayload("request", ask), 12);
    const copy = await sealToBox(second.recipient, await openSealed(envelope, first.identity));
    expect(readPayload("request", await openSealed(copy, second.identity))).toEqual(ask);
    await refused(() => openSealed(envelope, second.identity), "cannot-open");
    await refused(() => openSealed(copy, first.identity), "cannot-open");
  });
});

function factsOf(row: GoodFrame): RequestFacts {
  return {
    urgency: row.urgency,
    list: row.list,
    attempt: fromHex(row.attempt),
    token: fromHex(row.token),
    positions: row.positions,
    ...(row.chosen === undefined ? {} : { chosen: row.chosen }),
    envelope: fromBase64(example(row.base).sealed),
  };
}
