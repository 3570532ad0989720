import { beforeEach, describe, expect, it, vi } from "vitest";

import type { Shell } from "../src/worker/ways.ts";

const SHELL: Shell = {
  release: "abc",
  base: "/ask/pine",
  languages: ["en", "fr"],
  pages: [""],
  files: [],
  data: ["/ask/pine/directory.json"],
};
const PATH = "/ask/pine/directory.json";
// By its name: types of a worker are not those of a page (src/worker/tsconfig.json).
const WORKER: string = "../src/worker/member.ts";
const HERE = "https://shift.example";
const json = (body: unknown, status = 200): Response => Response.json(body, { status });

type Listener = (event: unknown) => void;

/** The worker itself, in a browser of which only cache and network are made up. */
async function worker(): Promise<{ ask: (mode: RequestCache) => Promise<Response>; keep: (language: string) => Promise<void>; lying: Map<string, Response> }> {
  vi.resetModules();
  const listeners = new Map<string, Listener>();
  const lying = new Map<string, Response>();
  const cache = {
    match: async (path: string) => lying.get(path)?.clone(),
    put: async (path: string, answer: Response) => void lying.set(path, answer),
    delete: async (path: string) => lying.delete(path),
    keys: async () => [],
  };
  vi.stubGlobal("self", { shell: SHELL, location: { origin: HERE }, addEventListener: (kind: string, run: Listener) => listeners.set(kind, run) });
  vi.stubGlobal("caches", { open: async () => cache, keys: async () => [] });
  await import(/* @vite-ignore */ WORKER);
  const ask = async (mode: RequestCache): Promise<Response> => {
    let answer: Promise<Response> | undefined;
    const request = { method: "GET", mode: "cors", url: HERE + PATH, cache: mode };
    listeners.get("fetch")?.({ request, waitUntil: () => undefined, respondWith: (given: Promise<Response>) => (answer = given) });
    if (!answer) throw new Error("the worker did not answer");
    return answer;
  };
  const keep = async (language: string): Promise<void> => {
    const under: Promise<unknown>[] = [];
    listeners.get("message")?.({ data: { keep: language }, waitUntil: (work: Promise<unknown>) => under.push(work) });
    await Promise.all(under);
  };
  return { ask, keep, lying };
}

const answers: (() => Promise<Response>)[] = [];
const asked: string[] = [];
beforeEach(() => {
  answers.length = asked.length = 0;
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    const next = answers.shift();
    if (!next) throw new TypeError("no network");
    return next();
  });
});

describe("data that the worker keeps", () => {
  it("is the network's where there is one, however much is kept, and then says nothing of being old", async () => {
    const { ask } = await worker();
    answers.push(async () => json({ list: 1 }), async () => json({ list: 2 }));
    expect(await (await ask("default")).json()).toEqual({ list: 1 });
    const second = await ask("default");
    expect([await second.json(), second.headers.has("kept-on")]).toEqual([{ list: 2 }, false]);
  });

  it("is what was kept, with its day, where the network or the server is gone", async () => {
    const { ask } = await worker();
    answers.push(async () => json({ list: 1 }), async () => Promise.reject(new TypeError("gone")), async () => json({}, 503));
    await ask("default");
    for (const _ of ["no network", "a broken server"]) {
      const kept = await ask("default");
      expect([await kept.json(), kept.headers.get("kept-on")]).toEqual([{ list: 1 }, new Date().toDateString()]);
    }
  });

  it("is what was kept when the network takes longer than somebody waits", async () => {
    const { ask } = await worker();
    answers.push(async () => json({ list: 1 }), () => new Promise(() => undefined));
    await ask("default");
    vi.useFakeTimers();
    try {
      const kept = ask("default");
      await vi.advanceTimersByTimeAsync(3000);
      expect((await kept).headers.has("kept-on")).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it.each(["reload", "no-store"] as const)("is never used for a page that asks past every cache: %s", async (mode) => {
    const { ask } = await worker();
    answers.push(async () => json({ list: 1 }), async () => json({ list: 2 }));
    await ask("default");
    expect(await (await ask(mode)).json()).toEqual({ list: 2 });
    expect((await ask(mode)).type, "without a network there is no answer").toBe("error");
  });

  it("is given at once, without a question to the network, to who asks for what is kept", async () => {
    const { ask } = await worker();
    answers.push(async () => json({ list: 1 }));
    await ask("default");
    const kept = await ask("force-cache");
    expect([await kept.json(), kept.headers.has("kept-on"), asked.length]).toEqual([{ list: 1 }, true, 1]);
  });

  it("goes when it is there no more, and is not shown once again", async () => {
    const { ask, lying } = await worker();
    answers.push(async () => json({ list: 1 }), async () => json({}, 404));
    await ask("default");
    expect((await ask("default")).status).toBe(404);
    expect(lying.size).toBe(0);
  });
});

describe("pages that nobody opens", () => {
  const page = async (): Promise<Response> => new Response("<p>", { headers: { "content-language": "en", "content-type": "text/html" } });

  it("are fetched anew once a day", async () => {
    const { keep, lying } = await worker();
    const wanted = ["/ask/pine/en/offline", "/ask/pine/en/", PATH];
    answers.push(page, page, async () => json({}));
    await keep("en");
    expect(asked).toEqual(wanted);
    await keep("en");
    expect(asked, "of today").toEqual(wanted);
    for (const [path, kept] of lying) {
      const headers = new Headers(kept.headers);
      headers.set("kept-on", "Mon Jan 05 2026");
      lying.set(path, new Response(await kept.text(), { headers }));
    }
    answers.push(page, async () => Promise.reject(new TypeError("gone")), async () => json({}));
    await keep("en");
    expect(asked).toEqual([...wanted, ...wanted]);
    expect([...lying].filter(([, kept]) => kept.headers.get("kept-on") === "Mon Jan 05 2026").map(([path]) => path)).toEqual(["/ask/pine/en/"]);
  });
});
