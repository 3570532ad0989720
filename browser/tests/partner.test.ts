import { describe, expect, it } from "vitest";

import { payloadOf } from "../src/pages/member/draft.ts";
import { cameFrom, partnersOf } from "../src/pages/member/partner.ts";
import { linesOf } from "../src/pages/team/asked.ts";

const PARTNERS = [
  { slug: "pine-county", name: "Pine County" },
  { slug: "lake", name: "Lakeshore" },
];
const page = (partners?: string): HTMLElement => ({ dataset: { ...(partners === undefined ? {} : { partners }) } }) as unknown as HTMLElement;

describe("where somebody comes from", () => {
  it.each([
    ["#from=pine-county", "Pine County"],
    ["#from=lake&shared", "Lakeshore"],
    ["#p=abc&from=lake", "Lakeshore"],
  ])("is read from the fragment: %s", (hash, name) => {
    expect(cameFrom(hash, PARTNERS)?.name).toBe(name);
  });

  it.each(["", "#", "#from=", "#from=nowhere", "#from=Pine-County", "#xfrom=lake", "#from=lake%20", "#lake", "?from=lake"])(
    "is believed only of a partner that the page knows: %s",
    (hash) => {
      expect(cameFrom(hash, PARTNERS)).toBeNull();
    },
  );

  it("is told only when asked to, in version 2, and shown first", () => {
    const draft = { how: "call", reach: "1", urgency: "now", leftOut: [], ownOffice: "", notOver: false, when: "", about: [], wishes: {}, words: "", way: "none" } as const;
    expect(payloadOf(draft, null)).toEqual({ v: 1, how: "call", reach: "1" });
    const told = payloadOf({ ...draft, words: "a", from: "Pine County" }, null);
    expect(told).toEqual({ v: 2, how: "call", reach: "1", words: "a", from: "Pine County" });
    expect(linesOf(told).map(({ label }) => label)).toEqual(["from", "words"]);
  });
});

describe("partners of a page", () => {
  it("are those that the server wrote", () => {
    expect(partnersOf(page(JSON.stringify(PARTNERS)))).toEqual(PARTNERS);
  });

  it.each([
    undefined,
    "",
    "{",
    "null",
    '{"slug":"lake"}',
    '[{"slug":"../x","name":"a"}]',
    '[{"slug":"a/b","name":"a"}]',
    '[{"slug":"lake"}]',
    '[{"slug":"lake","name":""}]',
    "[null,1]",
  ])(
    "are none where it is not as agreed: %s",
    (written) => {
      expect(partnersOf(page(written))).toEqual([]);
    },
  );
});
