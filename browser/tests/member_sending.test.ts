import { describe, expect, it } from "vitest";

import type { CandidateList } from "../src/core/match.ts";
import { Refusal } from "../src/core/refusal.ts";
import { Sender, type World } from "../src/pages/member/sender.ts";
import { type Answer, Lost } from "../src/pages/member/talk.ts";

type Reply = number | "lost" | { work: number };

const list = (id: string): CandidateList => ({ list: id, until: "", zone: "", offices: [], candidates: [] });

/** A world that answers posts with the given replies, in order, and writes down what happened. */
function world(replies: Reply[], change: Partial<World> = {}) {
  const seen = {
    frames: [] as string[],
    works: [] as string[],
    lists: [] as boolean[],
    waits: [] as number[],
    told: [] as string[],
  };
  let fetched = 0;
  let latest = list("list 0");
  const made: World = {
    list: async (newest) => {
      seen.lists.push(newest);
      if (newest) latest = list(`list ${++fetched}`);
      return latest;
    },
    seal: async ({ list: id }) => new TextEncoder().encode(`sealed for ${id}`),
    post: async (frame, work): Promise<Answer> => {
      seen.frames.push(new TextDecoder().decode(frame));
      seen.works.push(work);
      const reply = replies.shift();
      if (reply === "lost" || reply === undefined) throw new Lost();
      if (typeof reply === "object") return { status: 428, body: { state: "work", bits: reply.work } };
      return { status: reply, body: null };
    },
    work: async (frame, bits) => `${bits} for ${new TextDecoder().decode(frame)}`,
    wait: async (seconds) => void seen.waits.push(seconds),
    tell: (state) => void seen.told.push(state),
    ...change,
  };
  return { made, seen };
}

describe("sending a request", () => {
  it("is over when it is stored, also when it was stored before", async () => {
    for (const status of [200, 201]) {
      const { made, seen } = world([status]);
      expect(await new Sender(made).run()).toBe("stored");
      expect(seen.told).toEqual(["sealing", "sending"]);
    }
  });

  it("sends the very same bytes again after a lost connection", async () => {
    const { made, seen } = world(["lost", "lost", 201]);
    expect(await new Sender(made).run()).toBe("stored");
    expect(new Set(seen.frames)).toEqual(new Set(["sealed for list 0"]));
    expect(seen.told.filter((state) => state === "sealing")).toHaveLength(1);
    expect(seen.waits).toEqual([5, 10]);
  });

  it("seals for the newest list when its list has expired, without a word to the person", async () => {
    const { made, seen } = world([409, 201]);
    expect(await new Sender(made).run()).toBe("stored");
    expect(seen.lists).toEqual([false, true]);
    expect(seen.frames).toEqual(["sealed for list 0", "sealed for list 1"]);
    expect(seen.waits).toEqual([]);
    expect(seen.told).not.toContain("busy");
  });

  it("does not hammer a server that calls every list stale", async () => {
    const { made, seen } = world([409, 409, 409, 201]);
    expect(await new Sender(made).run()).toBe("stored");
    expect(seen.waits).toEqual([5, 10]);
    expect(seen.frames.at(-1)).toBe("sealed for list 3");
  });

  it("waits longer and longer while the server is busy or broken, a minute at most", async () => {
    const { made, seen } = world([503, 429, 500, 502, 503, 503, 201]);
    expect(await new Sender(made).run()).toBe("stored");
    expect(seen.waits).toEqual([5, 10, 20, 40, 60, 60]);
    expect(new Set(seen.frames).size).toBe(1);
  });

  it("does the work it is asked for and sends the same bytes again at once", async () => {
    const { made, seen } = world([{ work: 12 }, 201]);
    expect(await new Sender(made).run()).toBe("stored");
    expect(seen.works).toEqual(["", "12 for sealed for list 0"]);
    expect(new Set(seen.frames).size).toBe(1);
    expect(seen.waits).toEqual([]);
  });

  it("keeps its work while the server is busy or gone, and does it anew for a new list", async () => {
    const { made, seen } = world([{ work: 9 }, 503, "lost", 409, { work: 10 }, 201]);
    expect(await new Sender(made).run()).toBe("stored");
    const before = "9 for sealed for list 0";
    expect(seen.works).toEqual(["", before, before, before, "", "10 for sealed for list 1"]);
  });

  it("waits before it works once more for the same bytes, and before it asks again when asked for nonsense", async () => {
    const { made, seen } = world([{ work: 9 }, { work: 11 }, { work: 0 }, { work: 99 }, 201]);
    expect(await new Sender(made).run()).toBe("stored");
    expect(seen.works).toEqual(["", "9 for sealed for list 0", ...Array<string>(3).fill("11 for sealed for list 0")]);
    expect(seen.waits).toEqual([5, 10, 20]);
  });

  it("sends nothing more when the person stops it while it works", async () => {
    const sender: { it?: Sender } = {};
    const { made, seen } = world([{ work: 12 }, 201], {
      work: async (_frame, _bits, stopped) => {
        sender.it?.stop();
        return stopped() ? null : "work";
      },
    });
    sender.it = new Sender(made);
    expect(await sender.it.run()).toBe("stopped");
    expect(seen.frames).toHaveLength(1);
  });

  it("ends where trying again would not help", async () => {
    expect(await new Sender(world([410]).made).run()).toBe("closed");
    for (const status of [400, 403, 404, 413, 415, 422]) {
      expect(await new Sender(world([status]).made).run()).toBe("refused");
    }
  });

  it("sends nothing when everybody is left out", async () => {
    const { made, seen } = world([201], { seal: async () => null });
    expect(await new Sender(made).run()).toBe("nobody-left");
    expect(seen.frames).toEqual([]);
  });

  it("stops when the person says so", async () => {
    const sender: { it?: Sender } = {};
    const { made, seen } = world(["lost", 201], { wait: async () => sender.it?.stop() });
    sender.it = new Sender(made);
    expect(await sender.it.run()).toBe("stopped");
    expect(seen.frames).toHaveLength(1);
  });

  it("fetches the list again after it could not be fetched", async () => {
    let tries = 0;
    const { made, seen } = world([201], {
      list: async () => {
        if (++tries < 3) throw new Lost();
        return list("late");
      },
    });
    expect(await new Sender(made).run()).toBe("stored");
    expect(seen.frames).toEqual(["sealed for late"]);
  });

  it("seals anew, without work done before, when another list holds after a wait", async () => {
    let holds = list("before");
    const { made, seen } = world([{ work: 9 }, "lost", 201], {
      list: async () => holds,
      wait: async () => void (holds = list("after")),
    });
    expect(await new Sender(made).run()).toBe("stored");
    const before = "sealed for before";
    expect(seen.frames).toEqual([before, before, "sealed for after"]);
    expect(seen.works).toEqual(["", `9 for ${before}`, ""]);
  });

  it("posts nothing more when a poster was opened meanwhile that the list does not stand up to", async () => {
    for (const reply of ["lost", 503, { work: 9 }] as const) {
      let opened = false;
      const open = (): void => void (opened = true);
      const { made, seen } = world([reply, 201], {
        list: async () => {
          if (opened) throw new Refusal("unsigned-list");
          return list("before");
        },
        wait: async () => open(),
        work: async () => {
          open();
          return "done";
        },
      });
      await expect(new Sender(made).run()).rejects.toThrow(Refusal);
      expect(seen.frames).toEqual(["sealed for before"]);
    }
  });

  it("lets a refusal of the core pass: it is no matter of the network", async () => {
    const { made } = world([], {
      seal: async () => {
        throw new Refusal("bad-recipient", 0);
      },
    });
    await expect(new Sender(made).run()).rejects.toThrow(Refusal);
  });
});
