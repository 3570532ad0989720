import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { fromHex, toHex } from "../src/core/bytes.ts";
import { Refusal } from "../src/core/refusal.ts";
import { MOST_WORK_BITS, Work, WORK_PARTS, workSeed, zeroBits } from "../src/core/work.ts";
import { doWork } from "../src/pages/member/working.ts";
import { read } from "./vectors.ts";

interface Example {
  frame: string;
  bits: number;
  seed: string;
  work: string;
}

const examples = read<Example[]>("work.json");
const first = examples[0] as Example;
const last = examples[examples.length - 1] as Example;
const never = (): boolean => false;

describe("the work of a busy hour", () => {
  it("finds what the server's tests find good", () => {
    expect(examples.length).toBeGreaterThan(1);
    for (const { frame, bits, seed, work } of examples) {
      expect(toHex(workSeed(fromHex(frame)))).toBe(seed);
      expect(new Work(fromHex(frame), bits).go(10_000_000)).toBe(work);
    }
  });

  it("is the same in small pieces as at once", () => {
    const work = new Work(fromHex(first.frame), first.bits);
    let found: string | null = null;
    for (let pieces = 0; !found && pieces < 1e6; pieces++) found = work.go(7);
    expect(found).toBe(first.work);
    expect(work.left).toBe(0);
  });

  it("is another for another frame", () => {
    const other = fromHex(first.frame);
    other[40] = (other[40] ?? 0) ^ 1;
    expect(new Work(other, first.bits).go(10_000_000)).not.toBe(first.work);
  });

  it("counts zero bits from the front", () => {
    expect([[0x80], [0x7f], [0x01], [0, 0x10], [0, 0]].map((bytes) => zeroBits(Uint8Array.from(bytes)))).toEqual([0, 1, 7, 11, 16]);
  });

  it("refuses to do nothing, and to do more than a phone should", () => {
    for (const bits of [0, -1, 1.5, MOST_WORK_BITS + 1, 255, Number.NaN]) {
      expect(() => new Work(fromHex(first.frame), bits)).toThrow(Refusal);
    }
  });

  it("lets the page breathe and says once how long it takes", async () => {
    let clock = 0;
    let breaths = 0;
    const bench = {
      now: () => (clock += 10),
      breathe: async () => void breaths++,
    };
    const told: number[] = [];
    expect(await doWork(fromHex(last.frame), last.bits, (seconds) => told.push(seconds), never, bench)).toBe(last.work);
    expect(breaths).toBeGreaterThan(5);
    expect(told).toHaveLength(1);
    expect(told[0]).toBeGreaterThan(0);
  });

  it("stops when the person says so", async () => {
    let breaths = 0;
    const bench = { now: () => performance.now(), breathe: async () => void breaths++ };
    expect(await doWork(fromHex(first.frame), MOST_WORK_BITS, () => undefined, () => breaths > 3, bench)).toBeNull();
  });

  it("is bounded by the same number on the page", () => {
    const sender = readFileSync(new URL("../src/pages/member/sender.ts", import.meta.url), "utf8");
    expect(sender).toContain(`MOST_WORK_BITS = ${MOST_WORK_BITS};`);
    expect(WORK_PARTS).toBe(16);
  });
});
