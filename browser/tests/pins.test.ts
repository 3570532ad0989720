import { beforeEach, describe, expect, it, vi } from "vitest";

import { toBase64Url } from "../src/core/bytes.ts";

const held = new Map<string, string>();
const page = { hash: "", pathname: "/ask/pine-county/en/", search: "" };
const replaced: string[] = [];

vi.stubGlobal("localStorage", {
  getItem: (name: string) => held.get(name) ?? null,
  setItem: (name: string, value: string) => void held.set(name, value),
  removeItem: (name: string) => void held.delete(name),
});
vi.stubGlobal("location", page);
vi.stubGlobal("history", { state: null, replaceState: (_: unknown, __: string, to: string) => void replaced.push(to) });

const { learn, noteChecked, pinned, trust } = await import("../src/pages/member/pins.ts");
const bytes = (value: number, count: number): Uint8Array => new Uint8Array(count).fill(value);
const link = (root: number, code: number): string => toBase64Url(new Uint8Array([...bytes(root, 32), ...bytes(code, 16)]));
const open = (hash: string): void => {
  page.hash = hash;
  learn();
};

beforeEach(() => {
  held.clear();
  replaced.length = 0;
});

describe("what a poster's link carries", () => {
  it("is kept, and goes from the address bar; what else stood there stays", () => {
    open(`#p=${link(7, 9)}`);
    expect(pinned("pine-county")).toEqual({ root: bytes(7, 32), epoch: 0, code: bytes(9, 16), witness: null, offered: null });
    open(`#check-this-page&p=${link(7, 9)}`);
    expect(replaced).toEqual(["/ask/pine-county/en/", "/ask/pine-county/en/#check-this-page"]);
    expect(pinned("lakeshore")).toBeNull();
  });

  it("is kept under a name, and in a form, that says nothing of what it is", () => {
    open(`#p=${link(7, 9)}`);
    for (const text of [...held.keys(), ...held.values()]) expect(text).not.toMatch(/peer|support|key|poster|root/i);
  });

  it("is nothing when it is broken", () => {
    for (const hash of ["", "#", "#p=", "#p=short", `#p=${link(7, 9)}A`, `#p=${link(7, 9).slice(1)}?`, `#q=${link(7, 9)}`]) open(hash);
    expect([held.size, replaced]).toEqual([0, []]);
    held.set("page-look-pine-county", "{not json");
    expect(pinned("pine-county")).toBeNull();
    held.set("page-look-pine-county", '{"p":"AAAA","e":1}');
    expect(pinned("pine-county")).toBeNull();
  });

  // req: K-34
  it("of another root changes nothing before the person says so: anybody can send a link", () => {
    open(`#p=${link(7, 9)}`);
    noteChecked("pine-county", 4, null);
    open(`#p=${link(8, 1)}`);
    expect(pinned("pine-county")).toMatchObject({ root: bytes(7, 32), code: bytes(9, 16), epoch: 4 });
    expect(pinned("pine-county")?.offered?.slice(0, 32)).toEqual(bytes(8, 32));
    trust("pine-county", bytes(8, 32));
    expect(pinned("pine-county")).toMatchObject({ root: bytes(8, 32), code: bytes(1, 16), offered: null });
  });

  it("of the same root brings a new code at once", () => {
    open(`#p=${link(7, 9)}`);
    open(`#p=${link(7, 2)}`);
    expect(pinned("pine-county")).toMatchObject({ root: bytes(7, 32), code: bytes(2, 16), offered: null });
  });
});

describe("a link that says that the computer is shared", () => {
  it("makes no browser forget its poster, nor trust another", () => {
    open(`#p=${link(7, 9)}`);
    open(`#p=${link(8, 9)}&shared`);
    expect(pinned("pine-county")?.root).toEqual(bytes(7, 32));
    expect(pinned("pine-county")?.offered?.slice(0, 32)).toEqual(bytes(8, 32));
    page.hash = "";
  });
});

describe("a browser that takes nothing", () => {
  it("holds the poster for the page that it opened", () => {
    const full = vi.spyOn(held, "set").mockImplementation(() => {
      throw new Error("full");
    });
    page.pathname = "/ask/full/en/";
    open(`#p=${link(7, 9)}`);
    expect(pinned("full")?.root).toEqual(bytes(7, 32));
    page.pathname = "/ask/pine-county/en/";
    full.mockRestore();
  });
});

describe("what was checked", () => {
  it("only ever rises, and a witness once seen stays", () => {
    open(`#p=${link(7, 9)}`);
    noteChecked("pine-county", 4, bytes(3, 32));
    noteChecked("pine-county", 2, bytes(5, 32));
    expect(pinned("pine-county")).toMatchObject({ epoch: 4, witness: bytes(3, 32) });
    noteChecked("lakeshore", 9, null);
    expect(pinned("lakeshore")).toBeNull();
  });

  it("begins with six words that a person compared, without a code", () => {
    trust("pine-county", bytes(6, 32));
    expect(pinned("pine-county")).toMatchObject({ root: bytes(6, 32), code: null, epoch: 0 });
  });
});
