import { beforeEach, expect, it, vi } from "vitest";

import { toBase64Url } from "../src/core/bytes.ts";

const checked: string[] = [];
vi.mock("../src/pages/member/checking.ts", () => ({
  checkedFor: async (slug: string, _: string, list: unknown) => {
    checked.push(slug);
    return { list, dropped: 0 };
  },
}));

const held = new Map<string, string>();
const page = { hash: "", pathname: "/ask/pine/en/ask", search: "" };
const LIST = { list: "0".repeat(32), until: "2027-01-01T00:00:00Z", zone: "UTC", offices: [], candidates: [] };
const lists: RequestCache[] = [];

vi.stubGlobal("localStorage", {
  getItem: (name: string) => held.get(name) ?? null,
  setItem: (name: string, value: string) => void held.set(name, value),
  removeItem: (name: string) => void held.delete(name),
});
vi.stubGlobal("location", page);
vi.stubGlobal("history", { state: null, replaceState: () => undefined });
vi.stubGlobal("document", { querySelector: () => null });
vi.stubGlobal("fetch", async (_: string, { cache = "default" }: RequestInit) => {
  lists.push(cache);
  return Response.json(LIST);
});

const { learn, pinned } = await import("../src/pages/member/pins.ts");
const { Pool } = await import("../src/pages/member/pool.ts");

function poster(root: number, shared = false): void {
  const bytes = new Uint8Array(48).fill(root);
  page.hash = `#p=${toBase64Url(bytes)}${shared ? "&shared" : ""}`;
  learn();
  page.hash = "";
}

beforeEach(() => {
  held.clear();
  checked.length = lists.length = 0;
});

it("a list fetched before a poster was opened is checked before it is used again", async () => {
  const pool = new Pool("/ask/pine/candidates.json", () => undefined);
  await pool.list(false);
  expect(checked).toEqual([]);
  poster(7);
  await pool.list(false);
  expect(checked).toEqual(["pine"]);
  await pool.list(false);
  expect([checked.length, lists.length], "once is enough").toEqual([1, 2]);
});

it("a poster of another organisation changes nothing", async () => {
  const pool = new Pool("/ask/oak/candidates.json", () => undefined);
  await pool.list(false);
  poster(7);
  await pool.list(false);
  expect([checked, lists.length]).toEqual([[], 1]);
});

it("a link with another root than the one known is looked at before the list is used again", async () => {
  poster(7);
  const pool = new Pool("/ask/pine/candidates.json", () => undefined);
  await pool.list(false);
  poster(8);
  await pool.list(false);
  expect(checked).toEqual(["pine", "pine"]);
});

it("a poster opened on a shared computer holds for all scripts of the page, and is not stored", async () => {
  poster(9, true);
  expect(held.size).toBe(0);
  // Another bundle of the same page has its own copy of each module.
  vi.resetModules();
  page.hash = "#shared";
  const other = await import("../src/pages/member/pins.ts");
  expect(other.pinned("pine")?.root[0]).toBe(9);
  expect(pinned("pine")?.root[0]).toBe(9);
});
