import type { Urgency } from "../../core/frame.ts";
import type { Liked } from "../../core/match.ts";
import type { BoxCard, How, RequestPayload, Wishes } from "../../core/payload.ts";

/** How the member wants to come back. */
export type WayBack = "words" | "device" | "none";

/** What stands in the form. */
export interface Draft {
  readonly how: How;
  readonly reach: string;
  readonly urgency: Urgency;
  /** Names of offices: their numbers may change with the list. */
  readonly leftOut: readonly string[];
  /** The name of the member's own office, or an empty text: never sent but to leave out who leads it. */
  readonly ownOffice: string;
  /** Nobody who leads the own office. */
  readonly notOver: boolean;
  readonly when: string;
  readonly about: readonly string[];
  readonly wishes: Wishes;
  readonly words: string;
  readonly way: WayBack;
  /** The own organisation's name, for a partner's peers, where the member ticked it. */
  readonly from?: string;
  /** Whom the member chose by their card: its reference, or an empty text. */
  readonly peer?: string;
  /** Somebody who meets the wishes is called first; undefined where nobody was asked. */
  readonly betterFirst?: boolean | undefined;
}

/** What keeps a draft from being sent; the page has a sentence for each. */
export type Problem = "reach-missing" | "reach-phone" | "reach-email";

/** The least digits of a number that could be called. */
const DIGITS = 7;

/** Say what is wrong with a draft, or null. The only thing needed is a way to reach the person. */
export function problemOf(draft: Draft): Problem | null {
  return draft.how === "here" ? null : reachProblem(draft.how, draft.reach);
}

/** Say what is wrong with a number or address, or null. */
export function reachProblem(how: How, reach: string): Problem | null {
  if (reach.trim() === "") return "reach-missing";
  if (how === "email") return /^\S+@\S+\.\S+$/.test(reach.trim()) ? null : "reach-email";
  return reach.replace(/\D/g, "").length >= DIGITS ? null : "reach-phone";
}

/** Return the way back that holds: "only here" cannot do without one. */
export function wayOf(draft: Draft): WayBack {
  return draft.how === "here" && draft.way === "none" ? "words" : draft.way;
}

/** Write a draft as the payload to seal; nothing that was left empty goes along. */
export function payloadOf(draft: Draft, box: BoxCard | null): RequestPayload {
  const { how, about, from } = draft;
  const [reach, when, words] = [draft.reach, draft.when, draft.words].map((typed) => typed.trim());
  const wishes = Object.fromEntries(Object.entries(draft.wishes).filter(([, wish]) => wish)) as Wishes;
  return {
    v: from ? 2 : 1,
    how,
    ...(how !== "here" && reach ? { reach } : {}),
    ...(when ? { when } : {}),
    ...(about.length > 0 ? { about } : {}),
    ...(Object.keys(wishes).length > 0 ? { wishes } : {}),
    ...(words ? { words } : {}),
    ...(draft.leftOut.length > 0 ? { left_out: draft.leftOut } : {}),
    ...(draft.notOver && draft.ownOffice ? { not_over: draft.ownOffice } : {}),
    ...(box ? { box } : {}),
    ...(from ? { from } : {}),
  };
}

/** What of a draft says whom to call, and when. */
export type Aim = Pick<Draft, "urgency" | "leftOut" | "ownOffice" | "notOver" | "wishes" | "peer" | "betterFirst">;

/** Return what a draft wishes, for choosing from a list with these offices. */
export function likedOf(draft: Aim, offices: readonly string[]): Liked {
  const { language, rank, discipline, gender, office } = draft.wishes;
  const own = offices.indexOf(draft.ownOffice);
  return {
    ...(language ? { language } : {}),
    ...(rank ? { rank } : {}),
    ...(discipline ? { discipline } : {}),
    ...(gender ? { gender } : {}),
    ...((office === "same" || office === "other") && own >= 0 ? { office } : {}),
    ...(own >= 0 ? { own, notOver: draft.notOver } : {}),
  };
}

/** A box card of the size that every real one has, for measuring what room is left. */
export const BOX_SIZE: BoxCard = { address: "A".repeat(22), recipient: `age1pq1${"q".repeat(1952)}` };
