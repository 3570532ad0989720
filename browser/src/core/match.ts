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
  /** What stands openly on their card; null where there is none. */
  readonly discipline?: string | null;
  readonly band?: string | null;
  readonly languages?: readonly string[] | null;
  readonly gender?: string | null;
  /** The offices that they lead, by index; null where they have not said. */
  readonly over?: readonly number[] | null;
  /** Block and place in the directory. */
  readonly card?: readonly [block: number, place: number] | null;
  /** What the coordinator and the supporter's own device signed about the key, base64url; see roster.ts. Published at the list's end. */
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
  /** How many were published, where checking dropped some: the size of what is sealed goes by these. */
  readonly published?: number;
}

/** What a member would like in the person who answers: keys of choices, and where they themselves belong. */
export interface Liked {
  readonly language?: string;
  readonly rank?: string;
  readonly discipline?: string;
  readonly gender?: string;
  /** The same office as the member's own, or another one. */
  readonly office?: "same" | "other";
  /** The member's own office, by index. */
  readonly own?: number;
  /** Leave out whoever leads the own office. */
  readonly notOver?: boolean;
}

/** A wish that can be compared with a card. */
export type Wish = "language" | "discipline" | "rank" | "gender" | "office";

/** Somebody who is called before all others. */
export interface First {
  readonly key: string;
  readonly place: readonly [block: number, place: number];
}

/** Whom a request is sealed for, and the route that the server is told. */
export interface Choice {
  /** Strictly increasing places in the list, without the one who is first. */
  readonly positions: number[];
  readonly recipients: string[];
  readonly slots: Slots;
  /** How many of the chosen are on call now: primary or backup. */
  readonly onCall: number;
  /** Block and place of who is first; null for nobody. */
  readonly chosen: readonly [block: number, place: number] | null;
  /** Wishes that nobody on the route meets, as far as cards tell. */
  readonly unmet: readonly Wish[];
  /** Somebody who meets all wishes that anybody meets, where the ladder would not begin with such a person. */
  readonly better: First | null;
  /** How many have not said whom they lead. */
  readonly unknownOver: number;
}

/** The largest pool, and the largest number of recipients. */
export const MAX_CANDIDATES = 24;
const SMALL_POOL = 12;
const RANKS: readonly string[] = ["primary", "backup", "coordinator", "further"];

const WISHES: readonly Wish[] = ["language", "discipline", "rank", "gender", "office"];

/**
 * Choose everybody on the list who is not of a left-out office, nor leads the own one where that was wished. Runs on the member's
 * device: of what is left out and wished for the server learns the route alone.
 *
 * `first` is called before all others, whatever office they are of: they were chosen by name. Nobody may be left: then `recipients` is
 * empty and the page says so.
 */
export function choose(list: CandidateList, leftOutOffices: readonly number[], liked: Liked = {}, first: First | null = null): Choice {
  const slots: Slots = (list.published ?? list.candidates.length) > SMALL_POOL ? 24 : 12;
  const kept = list.candidates.filter(
    ({ office, over, key }) => (office === null || !leftOutOffices.includes(office)) && !leads(over, liked) && key !== first?.key,
  );
  // Who is last on the list gives way where the envelope is full.
  const chosen = kept.slice(0, first ? slots - 1 : slots);
  const asked = WISHES.filter((wish) => liked[wish]);
  const met = asked.filter((wish) => chosen.some((one) => meets(one, wish, liked)));
  return {
    positions: chosen.map(({ position }) => position),
    recipients: [...(first ? [first.key] : []), ...chosen.map(({ key }) => key)],
    slots,
    onCall: chosen.filter(({ rank }) => rank === "primary" || rank === "backup").length,
    chosen: first?.place ?? null,
    unmet: asked.filter((wish) => !met.includes(wish)),
    better: first || met.length === 0 ? null : betterFirst(chosen, (one) => met.every((wish) => meets(one, wish, liked))),
    unknownOver: liked.notOver ? chosen.filter(({ over }) => !over).length : 0,
  };
}

function betterFirst(chosen: readonly Candidate[], fits: (one: Candidate) => boolean): First | null {
  // The ladder begins with who is on call; with nobody on call everybody is called at once, and nobody is kept waiting.
  const [begins] = chosen;
  if (!begins || (begins.rank !== "primary" && begins.rank !== "backup") || fits(begins)) return null;
  const found = chosen.find((one) => one.card && fits(one));
  return found?.card ? { key: found.key, place: found.card } : null;
}

function leads(over: readonly number[] | null | undefined, { notOver, own }: Liked): boolean {
  return Boolean(notOver) && own !== undefined && Boolean(over?.includes(own));
}

/** Say whether a card shows that somebody meets a wish. */
export function meets(one: Candidate, wish: Wish, liked: Liked): boolean {
  if (wish === "language") return Boolean(one.languages?.includes(liked.language ?? ""));
  if (wish === "rank") return one.band === liked.rank;
  if (wish === "office") return liked.own === undefined || (one.office === liked.own) === (liked.office === "same");
  return one[wish] === liked[wish];
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
  return withProofs(value as Published);
}

type Published = CandidateList & { readonly proofs?: readonly (string | null)[] };

function withProofs({ proofs, ...list }: Published): CandidateList {
  if (proofs === undefined) return list;
  if (!Array.isArray(proofs) || proofs.length !== list.candidates.length) bad();
  if (!proofs.every((one) => one === null || typeof one === "string")) bad();
  return { ...list, candidates: list.candidates.map((one, at) => ({ ...one, proof: proofs[at] ?? null })) };
}

function check(candidate: Candidate, before: number, offices: number): void {
  if (!isObject(candidate) || !RANKS.includes(candidate.rank) || !isRecipient(candidate.key)) bad();
  if (!Number.isInteger(candidate.position) || candidate.position <= before || candidate.position >= MAX_CANDIDATES) bad();
  const { office } = candidate;
  if (office !== null && !isIndex(office, offices)) bad();
  checkCard(candidate, offices);
}

function checkCard({ discipline, band, languages, gender, over, card }: Candidate, offices: number): void {
  if (![discipline, band, gender].every((one) => one == null || typeof one === "string")) bad();
  if (languages != null && !(Array.isArray(languages) && languages.every((one) => typeof one === "string"))) bad();
  if (over != null && !(Array.isArray(over) && over.every((one) => isIndex(one, offices)))) bad();
  if (card != null && !(Array.isArray(card) && card.length === 2 && isIndex(card[0], Infinity) && isIndex(card[1], MAX_CANDIDATES))) bad();
}

function isIndex(value: unknown, count: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < count;
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
