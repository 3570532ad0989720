import { describe, expect, it } from "vitest";

import { type Place, start, steer } from "../src/pages/rota/steering.ts";

// Two slots on the first day, none on the second, three on the third, one eight days on.
const PLACES: Place[] = [
  { day: 0, line: 0 },
  { day: 0, line: 1 },
  { day: 2, line: 0 },
  { day: 2, line: 1 },
  { day: 2, line: 2 },
  { day: 9, line: 1 },
];

describe("where arrows lead on the rota", () => {
  it("goes to the next and the one before, and stays at the ends", () => {
    expect(steer(PLACES, 0, "ArrowDown")).toBe(1);
    expect(steer(PLACES, 1, "ArrowDown")).toBe(2);
    expect(steer(PLACES, 5, "ArrowDown")).toBe(5);
    expect(steer(PLACES, 0, "ArrowUp")).toBe(0);
  });

  it("goes to the same line of the next day that has any", () => {
    expect(steer(PLACES, 1, "ArrowRight")).toBe(3);
    expect(steer(PLACES, 3, "ArrowLeft")).toBe(1);
    expect(steer(PLACES, 4, "ArrowLeft")).toBe(1);
    expect(steer(PLACES, 0, "ArrowLeft")).toBe(0);
    expect(steer(PLACES, 5, "ArrowRight")).toBe(5);
  });

  it("goes a week on or back, or as near to it as there is", () => {
    expect(steer(PLACES, 3, "PageDown")).toBe(5);
    expect(steer(PLACES, 5, "PageUp")).toBe(3);
    expect(steer(PLACES, 0, "PageUp")).toBe(0);
  });

  it("goes to both ends, and leaves other keys alone", () => {
    expect(steer(PLACES, 3, "Home")).toBe(0);
    expect(steer(PLACES, 3, "End")).toBe(5);
    expect(steer(PLACES, 3, "a")).toBeUndefined();
    expect(steer(PLACES, -1, "ArrowDown")).toBeUndefined();
    expect(steer([], 0, "Home")).toBeUndefined();
  });

  it("begins at the slot that follows, or at the last", () => {
    expect(start(PLACES, { day: 1, line: 5 })).toBe(2);
    expect(start(PLACES, { day: 0, line: 0 })).toBe(1);
    expect(start(PLACES, { day: 9, line: 1 })).toBe(5);
  });
});
