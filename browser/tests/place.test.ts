import { afterEach, describe, expect, test, vi } from "vitest";

async function opened(hash: string): Promise<typeof import("../src/pages/member/place.ts")> {
  vi.resetModules();
  vi.stubGlobal("location", { hash });
  vi.stubGlobal("localStorage", { getItem: () => "of the browser", setItem: () => undefined, removeItem: () => undefined });
  return import("../src/pages/member/place.ts");
}

afterEach(() => vi.unstubAllGlobals());

describe("a shared computer", () => {
  test.each(["#shared", "#p=abc&shared", "#shared&p=abc", "#main&shared"])("is one when the address says so: %s", async (hash) => {
    expect((await opened(hash)).isShared()).toBe(true);
  });

  test.each(["", "#", "#main", "#p=shared", "#sharedx", "#p=a&unshared"])("is none for any other fragment: %s", async (hash) => {
    expect((await opened(hash)).isShared()).toBe(false);
  });

  test("stays one when a jump within the page takes the word out of the address", async () => {
    const place = await opened("#shared");
    vi.stubGlobal("location", { hash: "#main" });
    expect(place.isShared()).toBe(true);
  });

  test("gets everything kept in the page's memory, never in the browser's drawer", async () => {
    const drawer = (await opened("#shared")).drawer();
    expect(drawer.getItem("x")).toBe(null);
    drawer.setItem("x", "1");
    expect(drawer.getItem("x")).toBe("1");
    drawer.removeItem("x");
    expect(drawer.getItem("x")).toBe(null);
  });

  test("on one's own phone the browser's drawer is used", async () => {
    expect((await opened("")).drawer().getItem("x")).toBe("of the browser");
  });

  test("a drawer taken before the computer was said to be shared is no way into the browser's", async () => {
    const drawer = (await opened("")).drawer();
    expect(drawer.getItem("x")).toBe("of the browser");
    vi.stubGlobal("location", { hash: "#shared" });
    expect(drawer.getItem("x")).toBe(null);
  });

  test("a browser that locks its drawer away gives one that refuses", async () => {
    const place = await opened("");
    vi.unstubAllGlobals();
    vi.stubGlobal("location", { hash: "" });
    Object.defineProperty(globalThis, "localStorage", { configurable: true, get: () => { throw new Error("denied"); } });
    expect(() => place.drawer().getItem("x")).toThrow();
    Reflect.deleteProperty(globalThis, "localStorage");
  });

  test("the mark is added to a fragment once", async () => {
    const { withMark } = await opened("");
    expect(withMark("")).toBe("#shared");
    expect(withMark("#p=a")).toBe("#p=a&shared");
    expect(withMark("#p=a&shared")).toBe("#p=a&shared");
  });
});
