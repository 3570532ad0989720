import { afterEach, describe, expect, it, vi } from "vitest";

import { clockTime } from "../src/pages/member/moments.ts";
import { fetchDirectory } from "../src/pages/member/people.ts";
import { Lost } from "../src/pages/member/talk.ts";

const EMPTY = Object.fromEntries(["office", "shown", "discipline", "band", "gender", "speaks", "tagged", "reached", "on", "next"].map((name) => [name, []]));
const KINDS = Object.fromEntries(["disciplines", "bands", "genders", "languages", "tags", "channels", "offices"].map((name) => [name, []]));
const DIRECTORY = { list: "0".repeat(32), at: "2026-11-22T12:00:00Z", people: 0, references: "", names: "", over: [], ...EMPTY, ...KINDS };

/** A network that gives these answers one after the other; null is none. */
function network(...answers: (Response | null)[]): RequestCache[] {
  const modes: RequestCache[] = [];
  vi.stubGlobal("fetch", async (_: string, { cache = "default" }: RequestInit) => {
    modes.push(cache);
    const next = answers.shift();
    if (!next) throw new TypeError("no network");
    return next;
  });
  return modes;
}
const kept = (): Response => Response.json(DIRECTORY, { headers: { "kept-on": "Mon Jan 05 2026" } });

afterEach(() => vi.unstubAllGlobals());

describe("the directory", () => {
  it("of the network is how things stand now", async () => {
    network(Response.json(DIRECTORY));
    expect(await fetchDirectory("/ask/pine")).toMatchObject({ old: false });
  });

  it("that the worker kept is old, and is said to be", async () => {
    network(kept());
    expect(await fetchDirectory("/ask/pine")).toMatchObject({ old: true });
  });

  it("that this browser kept is asked for where there is no answer, and is old", async () => {
    const modes = network(null, Response.json(DIRECTORY));
    expect(await fetchDirectory("/ask/pine")).toMatchObject({ old: true, directory: { list: DIRECTORY.list } });
    expect(modes).toEqual(["default", "force-cache"]);
  });

  it("is lost where nothing was kept, and never an old one where the newest is needed", async () => {
    network(null, null);
    await expect(fetchDirectory("/ask/pine")).rejects.toBeInstanceOf(Lost);
    const modes = network(null, kept());
    await expect(fetchDirectory("/ask/pine", true)).rejects.toBeInstanceOf(Lost);
    expect(modes).toEqual(["reload"]);
  });
});

describe("the hour that something is from", () => {
  const place = { locale: "en-US", zone: "America/Chicago" };
  const now = new Date("2026-11-22T18:00:00Z");

  it.each([
    ["2026-11-22T12:05:00Z", "6:05 AM"],
    ["2026-11-20T12:05:00Z", "Friday 6:05 AM"],
    ["2026-11-02T12:05:00Z", "November 2 at 6:05 AM"],
  ])("is told with as much of the day as it needs: %s", (moment, words) => {
    expect(clockTime(moment, place, now).replace(/\s/g, " ")).toBe(words);
  });
});
