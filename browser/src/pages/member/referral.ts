import type { Urgency } from "../../core/frame.ts";
import type { How, Referral, RequestPayload } from "../../core/payload.ts";
import { type Problem as ReachProblem, reachProblem } from "./draft.ts";

/** What stands in the form of a worry about somebody else. */
export interface ReferralDraft {
  readonly kind: Referral["kind"];
  readonly who: string;
  readonly how: Exclude<How, "here">;
  readonly reach: string;
  readonly urgency: Urgency;
  readonly about: readonly string[];
  readonly leftOut: readonly string[];
  /** The referrer ticked that their name may be said. */
  readonly named: boolean;
  readonly by: string;
  /** A manager's word; of a colleague it is not asked. */
  readonly attested: boolean;
}

/** What keeps a worry from being sent; the page has a sentence for each. */
export type ReferralProblem = ReachProblem | "who-missing" | "by-missing" | "not-attested";

/** Say what is wrong first, in the order of the form, or null. */
export function referralProblem(draft: ReferralDraft): ReferralProblem | null {
  if (line(draft.who) === "") return "who-missing";
  const reach = reachProblem(draft.how, draft.reach);
  if (reach) return reach;
  if (draft.named && line(draft.by) === "") return "by-missing";
  return draft.kind === "manager" && !draft.attested ? "not-attested" : null;
}

/** Write a worry as the payload to seal. A name that was typed before the tick was taken away does not go along. */
export function referralPayload(draft: ReferralDraft): RequestPayload {
  const { kind, how, about, leftOut } = draft;
  const by = draft.named ? line(draft.by) : "";
  return {
    v: 2,
    how,
    reach: line(draft.reach),
    ...(about.length > 0 ? { about } : {}),
    ...(leftOut.length > 0 ? { left_out: leftOut } : {}),
    referral: { kind, who: line(draft.who), ...(by ? { by } : {}), ...(kind === "manager" && draft.attested ? { attested: true } : {}) },
  };
}

/** What was pasted may hold breaks and tabs: one line goes along. */
function line(typed: string): string {
  return typed.replace(/[\s\p{Cc}]+/gu, " ").trim();
}
