import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { mayGoAgain, nextFor } from "../src/pages/member/later_rules.ts";
import { wishFrame } from "../src/pages/member/news.ts";
import { CannotKeep, keep, type Waiting } from "../src/pages/member/waiting.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ago = (ms: number): string => new Date(NOW - ms).toISOString();
const ONE: Waiting = { id: "1", kind: "ask", written: ago(MINUTE), state: "waiting", tried: null, sent: null, draft: null };

describe("what is done with one that waits", () => {
  test("a fresh one is sent", () => {
    expect(nextFor(ONE, "now", NOW)).toBe("send");
    expect(nextFor(ONE, "today", NOW)).toBe("send");
  });

  test.each([
    ["now", 4 * HOUR - MINUTE, "send"],
    ["now", 4 * HOUR + MINUTE, "ask"],
    ["today", 4 * HOUR + MINUTE, "send"],
    ["today", 24 * HOUR - MINUTE, "send"],
    ["today", 24 * HOUR + MINUTE, "ask"],
    ["today", 7 * 24 * HOUR + MINUTE, "drop"],
  ] as const)("%s, written %d ms ago: %s", (urgency, age, next) => {
    expect(nextFor({ ...ONE, written: ago(age) }, urgency, NOW)).toBe(next);
  });

  test("one of tomorrow, because a clock was set back, is asked about", () => {
    expect(nextFor({ ...ONE, written: ago(-2 * HOUR) }, "now", NOW)).toBe("ask");
  });

  test("one that may have arrived is looked for first, however old", () => {
    for (const age of [MINUTE, 30 * HOUR]) {
      expect(nextFor({ ...ONE, written: ago(age), tried: ago(age) }, "now", NOW)).toBe("check");
    }
  });

  test("one that is being changed is not sent, one that cannot be opened is said to be broken", () => {
    expect(nextFor({ ...ONE, state: "held" }, "now", NOW)).toBe("held");
    expect(nextFor(ONE, null, NOW)).toBe("broken");
  });

  test("that it was sent is shown for a day", () => {
    expect(nextFor({ ...ONE, state: "sent", sent: ago(23 * HOUR) }, null, NOW)).toBe("sent");
    expect(nextFor({ ...ONE, state: "sent", sent: ago(25 * HOUR) }, null, NOW)).toBe("drop");
  });

  test.each(["colleague", "manager"] as const)("that a worry (%s) was received is said whenever a page comes to the front, for a week", (kind) => {
    const sent = { ...ONE, kind, state: "sent" } as const;
    expect(nextFor({ ...sent, sent: ago(6 * 24 * HOUR) }, null, NOW)).toBe("sent");
    expect(nextFor({ ...sent, sent: ago(7 * 24 * HOUR + MINUTE) }, null, NOW)).toBe("drop");
  });

  test("unknown to the server, it goes again unasked only if it was tried a moment ago", () => {
    expect(mayGoAgain(ago(MINUTE), NOW)).toBe(true);
    expect(mayGoAgain(ago(6 * MINUTE), NOW)).toBe(false);
    expect(mayGoAgain(ago(-MINUTE), NOW)).toBe(false);
    expect(mayGoAgain("nonsense", NOW)).toBe(false);
  });
});

describe("keeping", () => {
  beforeEach(() => {
    vi.stubGlobal("document", { querySelector: () => ({ getAttribute: () => "/ask/pine/en/app.webmanifest" }) });
    vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
  });
  afterEach(() => vi.unstubAllGlobals());

  test("is refused where there is no database", async () => {
    await expect(keep({}, "ask")).rejects.toBeInstanceOf(CannotKeep);
  });

  test("is refused where the database opens and then says no", async () => {
    vi.stubGlobal("indexedDB", {
      open: () => {
        const request = { onerror: () => undefined, onsuccess: () => undefined };
        queueMicrotask(() => request.onerror());
        return request;
      },
    });
    await expect(keep({}, "ask")).rejects.toBeInstanceOf(CannotKeep);
  });
});

describe("what tells the server where a device is told", () => {
  const token = new Uint8Array(16).fill(7);

  test("has one size whatever is in it", () => {
    for (const address of ["", "https://fcm.googleapis.com/x key secret", "x".repeat(1005)]) {
      const body = wishFrame(token, "fr", address);
      expect(body.length).toBe(1024);
      expect([...body.subarray(0, 17)]).toEqual([...token, 2]);
      expect(new DataView(body.buffer).getUint16(17)).toBe(address.length);
      expect(new TextDecoder().decode(body.subarray(19, 19 + address.length))).toBe(address);
      expect(body.subarray(19 + address.length).every((byte) => byte === 0)).toBe(true);
    }
  });
});
