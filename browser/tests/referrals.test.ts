import { describe, expect, it } from "vitest";

import { bytesLeft, readPayload, type RequestPayload, writePayload } from "../src/core/payload.ts";
import { type ReferralDraft, referralPayload, referralProblem } from "../src/pages/member/referral.ts";
import { linesOf, reachLink } from "../src/pages/team/asked.ts";
import { refused } from "./refused.ts";

const DRAFT: ReferralDraft = {
  kind: "colleague",
  who: "Noor Haddad",
  how: "call",
  reach: "218 555 0157",
  urgency: "today",
  about: [],
  leftOut: [],
  named: false,
  by: "",
  attested: false,
};
const MANAGER: ReferralDraft = { ...DRAFT, kind: "manager", attested: true };

describe("a worry about somebody else", () => {
  it("needs a name and a way to reach them, and nothing else", () => {
    expect(referralProblem(DRAFT)).toBeNull();
    expect(referralProblem({ ...DRAFT, who: " \n\t" })).toBe("who-missing");
    expect(referralProblem({ ...DRAFT, reach: "" })).toBe("reach-missing");
    expect(referralProblem({ ...DRAFT, reach: "room 5" })).toBe("reach-phone");
    expect(referralProblem({ ...DRAFT, how: "email" })).toBe("reach-email");
    expect(referralProblem({ ...DRAFT, who: "", reach: "" })).toBe("who-missing");
  });

  it("needs a name of one's own only where one may be named", () => {
    expect(referralProblem({ ...DRAFT, named: true, by: " " })).toBe("by-missing");
    expect(referralProblem({ ...DRAFT, named: true, by: "Marc" })).toBeNull();
  });

  it("needs a manager's word, and nobody else's", () => {
    expect(referralProblem(MANAGER)).toBeNull();
    expect(referralProblem({ ...MANAGER, attested: false })).toBe("not-attested");
    expect(referralProblem({ ...DRAFT, attested: true })).toBeNull();
  });

  it("carries into the seal only what belongs there, and a name only where it was ticked", () => {
    expect(referralPayload(DRAFT)).toEqual({ v: 2, how: "call", reach: "218 555 0157", referral: { kind: "colleague", who: "Noor Haddad" } });
    expect(referralPayload({ ...DRAFT, by: "Marc", attested: true }).referral).toEqual({ kind: "colleague", who: "Noor Haddad" });
    expect(referralPayload({ ...MANAGER, who: " Cst.\tLee\n", named: true, by: " Okafor ", about: ["incident"], leftOut: ["Patrol"] })).toEqual({
      v: 2,
      how: "call",
      reach: "218 555 0157",
      about: ["incident"],
      left_out: ["Patrol"],
      referral: { kind: "manager", who: "Cst. Lee", by: "Okafor", attested: true },
    });
  });

  it("is written and read as it was, and fits with every topic, every office and the longest names", () => {
    const full = referralPayload({
      ...MANAGER,
      who: "é".repeat(80),
      reach: "1".repeat(80),
      named: true,
      by: "é".repeat(80),
      about: Array.from({ length: 24 }, (_, at) => `topic_${at}`),
      leftOut: Array.from({ length: 24 }, (_, at) => `${"Office ".repeat(5)}${at}`),
    });
    expect(readPayload("request", writePayload("request", full))).toEqual(full);
    expect(bytesLeft(full)).toBeGreaterThan(1000);
  });

  it("of a manager without his word is neither written nor read", async () => {
    const bare = referralPayload({ ...MANAGER, attested: false });
    await refused(() => writePayload("request", bare), "not-attested");
    await refused(() => readPayload("request", JSON.stringify(bare)), "not-attested");
  });

  it("is read as an offer: a link to reach them, and nothing in anybody's words", () => {
    const payload: RequestPayload = referralPayload({ ...DRAFT, how: "text", about: ["personal"] });
    expect(reachLink(payload)?.href).toBe("sms:2185550157");
    expect(linesOf(payload)).toEqual([{ label: "about", values: [{ key: "about.personal", text: "personal" }] }]);
  });
});
