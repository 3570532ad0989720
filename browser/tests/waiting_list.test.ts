import { beforeEach, describe, expect, it, vi } from "vitest";

import { Refusal } from "../src/core/refusal.ts";

const waiting = vi.fn(async (): Promise<unknown[]> => []);
vi.mock("../src/pages/member/waiting.ts", () => ({ waiting, find: vi.fn(), forget: vi.fn(), note: vi.fn() }));
vi.stubGlobal("addEventListener", () => undefined);
vi.stubGlobal("location", { hash: "" });
vi.stubGlobal("document", { addEventListener: () => undefined, querySelector: () => null, querySelectorAll: () => [] });
const { look } = await import("../src/pages/member/later.ts");
const { isListsFault, notChecked } = await import("../src/pages/member/check_notice.ts");

beforeEach(() => waiting.mockClear());

describe("looking at what waits", () => {
  it("goes on after a look that failed: this page lacks the place where it is shown", async () => {
    await expect(look()).rejects.toThrow();
    await expect(look()).rejects.toThrow();
    expect(waiting).toHaveBeenCalledTimes(2);
  });
});

describe("a list of peers", () => {
  it.each(["bad-signature", "old-epoch", "expired-list", "unsigned-list", "changed-root"] as const)("that is not vouched for is at fault: %s", (code) => {
    expect([isListsFault(new Refusal(code)), notChecked(new Refusal(code))]).toEqual([true, true]);
  });

  it("that is not as agreed is at fault too, and a browser that cannot seal is something else", () => {
    expect([isListsFault(new Refusal("bad-list")), notChecked(new Refusal("bad-list"))]).toEqual([true, false]);
    expect([isListsFault(new Refusal("bad-recipient")), isListsFault(new TypeError("x")), isListsFault(null)]).toEqual([false, false, false]);
  });
});
