import { isRecipient, type Slots } from "./envelope.ts";
import { Refusal } from "./refusal.ts";

/** Where a candidate stands on the ladder. */
export type Rank = "primary" | "backup" | "coordinator" | "further";

/** Somebody who may be alerted: no name, only what choosing needs. */
export interface Candidate {
  readonly position: number;
  readonly rank: Rank;
  /** Index into the list's offices; null for somebody who belongs to none. */
  readonly office: number | null;
  readonly key: string;
  /** What the coordinator and the supporter's own device signed about the key, base64url; see roster.ts. */
  readonly proof?: string | null;
}

/** The pool of candidates in the order of the ladder, as the server publishes it. */
export interface CandidateList {
  /** Names the list when sending: 32 hexadecimal digits. */
  readonly list: string;
  /** The moment after which a request for it is answered with `reseal`. */
  readonly until: string;
  readonly zone: string;
  /** The organisation's id, the Monday of the keys, and the signed list that the proofs belong to; read by roster.ts only. */
  readonly organisation?: string;
  readonly week?: string;
  readonly roster?: { readonly epoch: number; readonly until: string } | null;
  readonly offices: readonly string[];
  readonly candidates: readonly Candidate[];
}

/** Whom a request is sealed for, and the route that the server is told. */
export interface Choice {
  /** Strictly increasing places in the list. */
  readonly positions: number[];
  readonly recipients: string[];
  readonly slots: Slots;
  /** How many of the chosen are on call now: primary or backup. */
  readonly onCall: number;
}

/** The largest pool, and the largest number of recipients. */
export const MAX_CANDIDATES = 24;
const SMALL_POOL = 12;
const RANKS: readonly string[] = ["primary", "backup", "coordinator", "further"];

/**
 * Choose everybody on the list who is not of a left-out office. Runs on the member's device; the server never learns the offices.
 *
 * Nobody may be left: then `positions` and `recipients` are empty and the page says so.
 */
export function choose(list: CandidateList, leftOutOffices: readonly number[]): Choice {
  const chosen = list.candidates.filter(({ office }) => office === null || !leftOutOffices.includes(office));
  return {
    positions: chosen.map(({ position }) => position),
    recipients: chosen.map(({ key }) => key),
    slots: list.candidates.length > SMALL_POOL ? 24 : 12,
    onCall: chosen.filter(({ rank }) => rank === "primary" || rank === "backup").length,
  };
}

/**
 * Read the list that the server published.
 *
 * @throws {@link Refusal} `bad-list` when any of it is not as agreed: too many candidates, positions out of order, a key that is no hybrid recipient.
 */
export function readList(value: unknown): CandidateList {
  const list = value as CandidateList;
  if (!isObject(value) || !/^[0-9a-f]{32}$/.test(text(list.list)) || Number.isNaN(Date.parse(text(list.until)))) bad();
  if (text(list.zone) === "" || !Array.isArray(list.offices) || !Array.isArray(list.candidates)) bad();
  list.offices.forEach(text);
  list.candidates.forEach((candidate, at) => check(candidate, list.candidates[at - 1]?.position ?? -1, list.offices.length));
  if (new Set(list.candidates.map(({ key }) => key)).size !== list.candidates.length) bad();
  return list;
}

function check(candidate: Candidate, before: number, offices: number): void {
  if (!isObject(candidate) || !RANKS.includes(candidate.rank) || !isRecipient(candidate.key)) bad();
  if (!Number.isInteger(candidate.position) || candidate.position <= before || candidate.position >= MAX_CANDIDATES) bad();
  const { office } = candidate;
  if (office !== null && (!Number.isInteger(office) || office < 0 || office >= offices)) bad();
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : bad();
}

function bad(): never {
  throw new Refusal("bad-list");
}
