import type { Urgency } from "../../core/frame.ts";
import type { How, Referral, RequestPayload } from "../../core/payload.ts";
import { type Aim, type Problem as ReachProblem, reachProblem } from "./draft.ts";
import type { Made } from "./making.ts";
import type { Core } from "./pool.ts";

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

/** Return whom a worry goes to: everybody who is not left out, in the order of the ladder. */
export function aimOf({ urgency, leftOut }: ReferralDraft): Aim {
  return { urgency, leftOut, ownOffice: "", notOver: false, wishes: {} };
}

/** Make what sending a worry needs. There is no box: nobody writes back to a referrer. */
export function referralOf(core: Core, draft: ReferralDraft, secret: Uint8Array, attempt: Uint8Array): Made {
  return { core, secret, token: core.progressToken(secret), attempt, box: null, written: core.writePayload("request", referralPayload(draft)) };
}

/** What was pasted may hold breaks and tabs: one line goes along. */
function line(typed: string): string {
  return typed.replace(/[\s\p{Cc}]+/gu, " ").trim();
}
