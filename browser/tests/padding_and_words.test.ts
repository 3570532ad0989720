import { createHash } from "node:crypto";

import { describe, expect, it } from "vitest";

import { fromBase64, fromBase64Url, fromHex, shuffled, toBase64, toBase64Url, toHex } from "../src/core/bytes.ts";
import { MAX_TEXT_BYTES, pad, PADDED_BYTES, unpad } from "../src/core/pad.ts";
import { progressToken, replyBox } from "../src/core/receipt.ts";
import { wrapKeys } from "../src/core/supporter_keys.ts";
import { newSecret, secretOf, wordsOf } from "../src/core/words.ts";
import { refused } from "./refused.ts";
import { read } from "./vectors.ts";

interface Padding {
  good: { name: string; text: string; times?: number; head: string; sha256: string }[];
  too_long: { name: string; text: string; times: number }[];
  bad: { name: string; head: string; size: number; last?: string }[];
}
interface Typed {
  good: { name: string; typed: string; secret: string }[];
  bad: { name: string; typed: string; at: number | null }[];
}
interface Words {
  receipts: { words: string; secret: string; token: string; address: string; identity: string; recipient: string }[];
  supporters: { words: string; secret: string; wrap_identity: string; wrap_recipient: string }[];
}

const padding = read<Padding>("padding.json");
const typed = read<Typed>("typed_words.json");
const words = read<Words>("words.json");

describe("padding", () => {
  it.each(padding.good)("makes every text the same size: $name", ({ text, times, head, sha256 }) => {
    const whole = text.repeat(times ?? 1);
    const padded = pad(whole);
    expect(padded.length).toBe(PADDED_BYTES);
    expect(toHex(padded).startsWith(head)).toBe(true);
    expect(createHash("sha256").update(padded).digest("hex")).toBe(sha256);
    expect(unpad(padded)).toBe(whole);
  });

  it.each(padding.too_long)("refuses a text that does not fit: $name", async ({ text, times }) => {
    await refused(() => pad(text.repeat(times)), "too-long");
  });

  it.each(padding.bad)("refuses a block that is none: $name", async ({ head, size, last }) => {
    const block = new Uint8Array(size);
    block.set(fromHex(head));
    if (last !== undefined) block.set(fromHex(last), size - 1);
    await refused(() => unpad(block), "bad-padding");
  });

  it("reads a block that lies within a larger one", () => {
    const outer = new Uint8Array(PADDED_BYTES + 7).fill(9);
    outer.set(pad("within"), 5);
    expect(unpad(outer.subarray(5, 5 + PADDED_BYTES))).toBe("within");
    expect(MAX_TEXT_BYTES).toBe(4094);
  });
});

describe("words", () => {
  it.each(typed.good)("are understood as people type them: $name", (row) => {
    expect(toHex(secretOf(row.typed))).toBe(row.secret);
  });

  it.each(typed.bad)("are refused, with the place of an unknown one: $name", async (row) => {
    await refused(() => secretOf(row.typed), "bad-words");
    try {
      secretOf(row.typed);
    } catch (error) {
      expect((error as { at?: number }).at ?? null).toBe(row.at);
    }
  });

  it.each(words.receipts)("of a receipt stand for token, address and key: $secret", async (row) => {
    const secret = secretOf(row.words);
    expect(toHex(secret)).toBe(row.secret);
    expect(wordsOf(secret).join(" ")).toBe(row.words);
    expect(toHex(progressToken(secret))).toBe(row.token);
    const box = await replyBox(secret);
    expect({ ...box, address: toHex(box.address) }).toEqual({
      address: row.address,
      identity: row.identity,
      recipient: row.recipient,
    });
  });

  it.each(words.supporters)("of a supporter stand for the wrap keys: $secret", async (row) => {
    expect(await wrapKeys(secretOf(row.words))).toEqual({ identity: row.wrap_identity, recipient: row.wrap_recipient });
  });

  it("give a member and a supporter with the same words nothing in common", () => {
    const all = [...words.receipts.flatMap(({ token, address, recipient }) => [token, address, recipient]), ...words.supporters.map((row) => row.wrap_recipient)];
    expect(new Set(all).size).toBe(all.length);
  });

  it("are new each time and come back", () => {
    const secrets = Array.from({ length: 50 }, newSecret);
    expect(new Set(secrets.map(toHex)).size).toBe(50);
    for (const secret of secrets) expect(secretOf(wordsOf(secret).map((word) => word.slice(0, 4)).join(" "))).toEqual(secret);
  });
});

describe("bytes", () => {
  it("have one spelling", async () => {
    const bytes = Uint8Array.of(0xfb, 0xff, 0xfe, 0x01);
    expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
    expect(toBase64Url(bytes)).toBe("-__-AQ");
    for (const wrong of ["QQ", "QR==", "QQ==\n", "Q Q==", "-_-_"]) await refused(() => fromBase64(wrong), "bad-base64");
    for (const wrong of ["QQ==", "QR", "+/+/"]) await refused(() => fromBase64Url(wrong), "bad-base64");
    for (const wrong of ["0", "0g"]) await refused(() => fromHex(wrong), "bad-base64");
  });

  it("are shuffled evenly: every item comes to every place", () => {
    const items = [0, 1, 2, 3, 4];
    const rounds = 5_000;
    const seen = items.map(() => items.map(() => 0));
    for (let round = 0; round < rounds; round++) {
      const order = shuffled(items);
      expect([...order].sort()).toEqual(items);
      order.forEach((item, place) => ((seen[item] as number[])[place] = ((seen[item] as number[])[place] as number) + 1));
    }
    // Six standard deviations: an honest shuffle fails this less than once in ten million runs.
    const expected = rounds / items.length;
    const spread = 6 * Math.sqrt(rounds * 0.2 * 0.8);
    for (const count of seen.flat()) expect(Math.abs(count - expected)).toBeLessThan(spread);
    expect(items).toEqual([0, 1, 2, 3, 4]);
  });
});
