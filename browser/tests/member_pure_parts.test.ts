import { describe, expect, it } from "vitest";

import { bytesLeft, writePayload } from "../src/core/payload.ts";
import { Refusal } from "../src/core/refusal.ts";
import { newSecret, secretOf, wordsOf } from "../src/core/words.ts";
import { BOX_SIZE, type Draft, payloadOf, problemOf, wayOf } from "../src/pages/member/draft.ts";
import { KeptKeys } from "../src/pages/member/kept.ts";
import type { Drawer } from "../src/pages/member/place.ts";
import { clockTime, zoneName } from "../src/pages/member/moments.ts";
import { markOf, type Progress, readProgress, type Rung, stepsOf, titleOf } from "../src/pages/member/steps.ts";
import { filled } from "../src/pages/member/texts.ts";
import { typedWords } from "../src/pages/member/typed.ts";
import { type Clockwork, type Look, Watch } from "../src/pages/member/watch.ts";

const DRAFT: Draft = {
  how: "call",
  reach: "218 555 0146",
  urgency: "now",
  leftOut: [],
  ownOffice: "",
  notOver: false,
  when: "",
  about: [],
  wishes: {},
  words: "",
  way: "words",
};

describe("a draft", () => {
  it("needs a way to be reached and nothing else", () => {
    expect(problemOf(DRAFT)).toBeNull();
    expect(problemOf({ ...DRAFT, reach: "  " })).toBe("reach-missing");
    expect(problemOf({ ...DRAFT, reach: "12 34" })).toBe("reach-phone");
    expect(problemOf({ ...DRAFT, how: "email" })).toBe("reach-email");
    expect(problemOf({ ...DRAFT, how: "email", reach: "d@home.example" })).toBeNull();
    expect(problemOf({ ...DRAFT, how: "here", reach: "" })).toBeNull();
  });

  it("that is answered only here always has a way back", () => {
    expect(wayOf({ ...DRAFT, way: "none" })).toBe("none");
    expect(wayOf({ ...DRAFT, how: "here", way: "none" })).toBe("words");
    expect(wayOf({ ...DRAFT, how: "here", way: "device" })).toBe("device");
  });

  it("carries into the seal only what was filled in, and a number not when the answer is only here", () => {
    expect(payloadOf(DRAFT, null)).toEqual({ v: 1, how: "call", reach: "218 555 0146" });
    expect(payloadOf({ ...DRAFT, how: "here" }, BOX_SIZE)).toEqual({ v: 1, how: "here", box: BOX_SIZE });
    const full = payloadOf(
      { ...DRAFT, when: " after 7 ", about: ["incident"], wishes: { rank: "", gender: "A woman" }, words: " hi\n" },
      BOX_SIZE,
    );
    expect(full).toEqual({
      v: 1,
      how: "call",
      reach: "218 555 0146",
      when: "after 7",
      about: ["incident"],
      wishes: { gender: "A woman" },
      words: "hi",
      box: BOX_SIZE,
    });
  });

  it("that the page lets through is one that the core takes", () => {
    for (const how of ["call", "text", "email", "here"] as const) {
      const draft = { ...DRAFT, how, reach: how === "email" ? "d@home.example" : DRAFT.reach };
      expect(problemOf(draft)).toBeNull();
      expect(() => writePayload("request", payloadOf(draft, BOX_SIZE))).not.toThrow();
    }
  });

  it("names the offices that were left out, for the readers alone, and says nothing of it where there are none", () => {
    expect(payloadOf({ ...DRAFT, leftOut: ["Jail", "Patrol"] }, BOX_SIZE).left_out).toEqual(["Jail", "Patrol"]);
    expect(payloadOf(DRAFT, BOX_SIZE)).not.toHaveProperty("left_out");
  });

  it("has room for some hundred words in the worst case of the other fields", () => {
    const worst: Draft = {
      ...DRAFT,
      reach: "é".repeat(80),
      when: "é".repeat(120),
      about: ["incident", "cumulative", "patient_safety", "work_stress", "personal", "day_to_day", "return", "job_matter"],
      wishes: { language: "x".repeat(40), rank: "x".repeat(40), discipline: "x".repeat(40), gender: "x".repeat(40) },
    };
    expect(bytesLeft(payloadOf(worst, BOX_SIZE))).toBeGreaterThan(600);
  });
});

const rung = (kind: string, minute: number, done: boolean, count = 1): Rung => ({
  kind,
  count,
  done,
  due: `2026-11-23T09:${minute}:00+00:00`,
});

const PROGRESS: Progress = {
  state: "alerted",
  urgency: "now",
  opened_at: "2026-11-23T09:12:00+00:00",
  round: 1,
  rungs: [rung("primary", 12, true), rung("backup", 17, false), rung("all", 32, false, 5)],
  next_by: "2026-11-23T09:17:00+00:00",
  contact_by: null,
  ends_at: "2026-11-26T09:12:00+00:00",
  recipients: 5,
  can: ["cancel"],
};
const drawn = (progress: Progress): string[] => stepsOf(progress).map(({ key, state }) => `${state} ${key}`);

describe("the picture of the ladder", () => {
  it("shows who was called, until when they have, and who is next", () => {
    expect(drawn(PROGRESS)).toEqual([
      "done rung.sent",
      "now rung.primary.done",
      "later rung.backup.later",
      "later rung.all.later",
      "later rung.read.later",
      "later rung.contact.later",
    ]);
    expect(stepsOf(PROGRESS)[1]?.note).toEqual({ key: "rung.waiting", at: PROGRESS.next_by });
    expect(stepsOf(PROGRESS)[0]?.note).toEqual({ key: "rung.sent.note", count: 5 });
  });

  it("shows the first call as what happens now, before the server has made it", () => {
    const fresh = { ...PROGRESS, state: "open", rungs: PROGRESS.rungs.map((one) => ({ ...one, done: false })) } as const;
    expect(drawn(fresh).slice(0, 3)).toEqual(["done rung.sent", "now rung.primary.later", "later rung.backup.later"]);
    const alone = { ...fresh, rungs: [rung("all", 12, false, 5)] };
    expect(drawn(alone)[1]).toBe("now rung.all.first");
  });

  it("leaves out the rungs that were not needed once somebody has it", () => {
    const accepted = { ...PROGRESS, state: "accepted", contact_by: "2026-11-23T09:30:00+00:00" } as const;
    expect(drawn(accepted)).toEqual([
      "done rung.sent",
      "done rung.primary.done",
      "done rung.read.done",
      "now rung.contact.later",
    ]);
    expect(stepsOf(accepted).at(-1)?.by).toBe(accepted.contact_by);
    expect(drawn({ ...PROGRESS, state: "connected" }).at(-1)).toBe("done rung.contact.done");
  });

  it("does not promise anything any more when nobody could answer", () => {
    expect(drawn({ ...PROGRESS, state: "unanswered" }).filter((step) => !step.startsWith("done"))).toEqual([]);
  });

  it("says so when everybody was called and the coordinator is next", () => {
    const all = { ...PROGRESS, next_by: null, rungs: PROGRESS.rungs.map((one) => ({ ...one, done: true })) };
    expect(stepsOf(all)[3]?.note).toEqual({ key: "rung.waiting-all" });
  });

  it("has a title of its own for a request that came back", () => {
    expect(titleOf(PROGRESS)).toBe("alerted");
    expect(titleOf({ ...PROGRESS, round: 2 })).toBe("again");
    expect(titleOf({ ...PROGRESS, round: 2, state: "accepted" })).toBe("accepted");
  });

  it("is announced when something happened, not with every look", () => {
    expect(markOf(PROGRESS)).toBe(markOf({ ...PROGRESS, next_by: null }));
    expect(markOf(PROGRESS)).not.toBe(markOf({ ...PROGRESS, state: "accepted" }));
    expect(markOf(PROGRESS)).not.toBe(markOf({ ...PROGRESS, round: 2 }));
  });

  it("is drawn only from an answer of ours", () => {
    expect(readProgress(PROGRESS)).toBe(PROGRESS);
    for (const other of [null, "x", 1, [], { state: "unknown" }, { state: "open" }, { state: "open", rungs: [] }]) {
      expect(readProgress(other)).toBeNull();
    }
  });
});

describe("times", () => {
  const place = { locale: "en-US", zone: "America/Chicago" };
  const now = new Date("2026-11-23T09:12:00Z");

  it("are those of the organisation, wherever the phone is", () => {
    expect(clockTime("2026-11-23T09:17:00Z", place, now)).toMatch(/^3:17\sAM$/);
    expect(clockTime("2026-11-23T09:17:00Z", { locale: "fr-CA", zone: "America/Toronto" }, now)).toMatch(/^(0?)4\sh\s17$/);
  });

  it("name the day when the hour alone could be mistaken", () => {
    expect(clockTime("2026-11-24T15:00:00Z", place, now)).toContain("Tuesday");
    expect(clockTime("2026-11-23T07:00:00Z", place, new Date("2026-11-23T04:50:00Z"))).not.toContain("Monday");
  });

  it("name their zone as people say it", () => {
    expect(zoneName(place, now)).toBe("Central Time");
  });
});

describe("keys kept on the device", () => {
  const now = new Date("2026-11-23T09:12:00Z");
  const drawer = (): Drawer & { all: Map<string, string> } => {
    const all = new Map<string, string>();
    return {
      all,
      getItem: (name) => all.get(name) ?? null,
      setItem: (name, value) => void all.set(name, value),
      removeItem: (name) => void all.delete(name),
    };
  };
  const kept = (digit: string, sent = now.toISOString()) => ({ secret: digit.repeat(32), sent });

  it("keeping one again pushes out no other", () => {
    const again = new KeptKeys("pine", drawer());
    const one = (digit: string) => ({ secret: digit.repeat(32), sent: "2026-11-22T03:12:00.000Z" });
    again.add(one("a"));
    for (let time = 0; time < 7; time++) again.add(one("b"));
    expect(again.list(new Date("2026-11-22T04:00:00Z")).map(({ secret }) => secret[0])).toEqual(["b", "a"]);
  });

  it("come back newest first and go one by one", () => {
    const keys = new KeptKeys("pine", drawer());
    keys.add(kept("a"));
    keys.add(kept("b"));
    expect(keys.list(now).map(({ secret }) => secret[0])).toEqual(["b", "a"]);
    keys.forget("b".repeat(32));
    expect(keys.list(now).map(({ secret }) => secret[0])).toEqual(["a"]);
  });

  it("leave nothing behind when the last one goes", () => {
    const place = drawer();
    const keys = new KeptKeys("pine", place);
    keys.add(kept("a"));
    keys.forget("a".repeat(32));
    expect(place.all.size).toBe(0);
    expect(keys.works()).toBe(true);
    expect(place.all.size).toBe(0);
  });

  it("go by themselves after ten days", () => {
    const place = drawer();
    const keys = new KeptKeys("pine", place);
    keys.add(kept("a", "2026-11-13T09:12:00Z"));
    expect(keys.list(now)).toEqual([]);
    expect(place.all.size).toBe(0);
  });

  it("of one organisation are not those of another, and rubbish is not a key", () => {
    const place = drawer();
    new KeptKeys("pine", place).add(kept("a"));
    expect(new KeptKeys("lake", place).list(now)).toEqual([]);
    place.setItem("page-lake", '[{"secret":"x","sent":"2026-11-23"},null,7]');
    expect(new KeptKeys("lake", place).list(now)).toEqual([]);
    place.setItem("page-lake", "{broken");
    expect(new KeptKeys("lake", place).list(now)).toEqual([]);
  });

  it("are not offered by a browser that keeps nothing", () => {
    const refuse = (): never => {
      throw new Error("locked");
    };
    const keys = new KeptKeys("pine", { getItem: refuse, setItem: refuse, removeItem: refuse });
    expect(keys.works()).toBe(false);
    expect(() => keys.add(kept("a"))).not.toThrow();
    expect(keys.list(now)).toEqual([]);
  });
});

describe("watching", () => {
  /** A clockwork that runs by hand. */
  function byHand() {
    const state = { visible: true, waits: [] as number[], next: null as (() => void) | null, shown: () => undefined as void };
    const clockwork: Clockwork = {
      later: (run, ms) => {
        state.next = run;
        return state.waits.push(ms);
      },
      cancel: () => {
        state.next = null;
      },
      visible: () => state.visible,
      onVisible: (run) => {
        state.shown = run;
      },
    };
    return { state, clockwork };
  }
  const looking = (answers: (Look | Error)[]) => {
    const seen = { count: 0 };
    const look = async (): Promise<Look> => {
      seen.count += 1;
      const answer = answers.shift() ?? "again";
      if (answer instanceof Error) throw answer;
      return answer;
    };
    return { seen, look };
  };

  it("keeps its pace, slows down when told and stops when it is over", async () => {
    const { state, clockwork } = byHand();
    const { seen, look } = looking(["again", "slowly", "stop"]);
    const watch = new Watch(look, () => 15_000, clockwork);
    for (let round = 0; round < 3; round++) await watch.now();
    expect(state.waits).toEqual([15_000, 60_000]);
    await watch.now();
    expect(seen.count).toBe(3);
  });

  it("backs off after failures, and is quick again after a success", async () => {
    const { state, clockwork } = byHand();
    const { look } = looking([new Error(), new Error(), new Error(), new Error(), new Error(), "again"]);
    const watch = new Watch(look, () => 15_000, clockwork);
    for (let round = 0; round < 6; round++) await watch.now();
    expect(state.waits).toEqual([30_000, 60_000, 120_000, 240_000, 240_000, 15_000]);
  });

  it("rests while nobody looks at the page, and looks at once when somebody does", async () => {
    const { state, clockwork } = byHand();
    const { seen, look } = looking([]);
    const watch = new Watch(look, () => 15_000, clockwork);
    state.visible = false;
    await watch.now();
    expect(seen.count).toBe(0);
    state.visible = true;
    state.shown();
    expect(seen.count).toBe(1);
  });

  it("never looks twice at a time", async () => {
    const { clockwork } = byHand();
    const held: { go: () => void } = { go: () => undefined };
    let count = 0;
    const watch = new Watch(
      () => {
        count += 1;
        return new Promise<Look>((resolve) => (held.go = () => resolve("again")));
      },
      () => 15_000,
      clockwork,
    );
    const first = watch.now();
    await watch.now();
    expect(count).toBe(1);
    held.go();
    await first;
  });
});

describe("typed words", () => {
  it("are split as the core splits them, so that the right one is pointed at", () => {
    const secret = newSecret();
    const words = wordsOf(secret);
    const typed = words.map((word, at) => `${at + 1}. ${word.toUpperCase()},`).join("\n");
    expect(secretOf(typed)).toEqual(secret);
    expect(typedWords(typed)).toHaveLength(12);
    const wrong = typedWords(typed).map((word, at) => (at === 7 ? "zzzz" : word)).join(" ");
    try {
      secretOf(wrong);
      expect.unreachable();
    } catch (error) {
      expect((error as Refusal).at).toBe(7);
      expect(typedWords(wrong)[(error as Refusal).at ?? 0]).toBe("zzzz");
    }
  });
});

it("a sentence is filled in, and a place without a value stays visible", () => {
  expect(filled("by {time}, {n} of {all}", { time: "3:12", n: 5 })).toBe("by 3:12, 5 of {all}");
  expect(filled("{a}", { a: "{b}" })).toBe("{b}");
});
