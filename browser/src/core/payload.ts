import { fromBase64Url, toUtf8 } from "./bytes.ts";
import { isRecipient } from "./envelope.ts";
import { MAX_TEXT_BYTES } from "./pad.ts";
import { ADDRESS_BYTES } from "./receipt.ts";
import { Refusal } from "./refusal.ts";

/** How a member wants to be reached; `here`: only through the reply box. */
export type How = "call" | "text" | "email" | "here";

/** What a member would like in the person who answers: keys of choices. Compared on devices, never on the server. */
export interface Wishes {
  readonly language?: string;
  readonly rank?: string;
  readonly discipline?: string;
  readonly gender?: string;
  readonly office?: string;
}

/** Where replies may be sealed to; the address is 16 bytes in base64url. */
export interface BoxCard {
  readonly address: string;
  readonly recipient: string;
}

/** How long a name may be, in letters: enough to find somebody, too little for a story. */
export const MAX_NAME = 80;

/** For whom somebody else asks, and as what. There is no field for a reason, and none is ever added. */
export interface Referral {
  readonly kind: "colleague" | "manager";
  /** Whom to reach out to; one line. */
  readonly who: string;
  /** Who asks, only if they ticked that it may be said; one line. */
  readonly by?: string;
  /** A manager's word that it is no part of discipline, coaching or performance: a manager's referral is nothing without it. */
  readonly attested?: true;
}

/**
 * What a member asks. Version 2 is written only where a field needs it, so that older pages read the rest. `reach` belongs to every `how`
 * but `here`, which needs a `box` instead; no text is ever empty.
 */
export interface RequestPayload {
  /** 2 with `from`, or with a `referral`, which comes with no words, no wishes, no times and no box. */
  readonly v: 1 | 2;
  readonly how: How;
  readonly reach?: string;
  readonly when?: string;
  /** Keys of the content, none twice. */
  readonly about?: readonly string[];
  readonly wishes?: Wishes;
  readonly words?: string;
  /** Names of the offices that were left out, so that no reader's device offers to hand the request on to somebody there. */
  readonly left_out?: readonly string[];
  /** The office whose leaders are left out, so that it is not handed on to one of them either. */
  readonly not_over?: string;
  /** Absent: "just phone me". */
  readonly box?: BoxCard;
  readonly referral?: Referral;
  /** Version 2: the organisation that a member of a partner comes from, only if they ticked it. */
  readonly from?: string;
}

/** What a supporter puts into a reply box; `write_to` is the supporter's own key of the week, which nobody but a reader can vouch for. */
export interface ReplyPayload {
  readonly v: 1;
  readonly text: string;
  readonly name?: string;
  readonly write_to?: string;
}

/** What a member writes back. */
export interface MessagePayload {
  readonly v: 1;
  readonly text: string;
}

/** The kinds of payload, by name. */
export interface Payloads {
  readonly request: RequestPayload;
  readonly reply: ReplyPayload;
  readonly message: MessagePayload;
}

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, readonly [needed: boolean, check: Check]>>;

/** The newest version of each kind that this page reads and writes. */
const NEWEST: Readonly<Record<keyof Payloads, number>> = { request: 2, reply: 1, message: 1 };
const MAX_TOPICS = 24;
const MAX_OFFICES = 100;
const MAX_ORGANISATION = 120;
/** Fields that version 1 did not have. */
const SINCE_2: readonly string[] = ["from"];

const filled: Check = (value) => typeof value === "string" && value !== "";
const oneOf = (...names: readonly string[]): Check => (value) => typeof value === "string" && names.includes(value);

const name: Check = (value) =>
  typeof value === "string" && value.trim() !== "" && value.length <= MAX_NAME && !/[\p{Cc}\u2028\u2029]/u.test(value);

const topics: Check = (value) =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length <= MAX_TOPICS &&
  new Set(value).size === value.length &&
  value.every((key) => typeof key === "string" && /^[a-z0-9][a-z0-9_.-]{0,63}$/.test(key));

const offices: Check = (value) =>
  Array.isArray(value) && value.length > 0 && value.length <= MAX_OFFICES && new Set(value).size === value.length && value.every(filled);

const address: Check = (value) => {
  try {
    return typeof value === "string" && fromBase64Url(value).length === ADDRESS_BYTES;
  } catch {
    return false;
  }
};

const WISHES: Fields = {
  language: [false, filled],
  rank: [false, filled],
  discipline: [false, filled],
  gender: [false, filled],
  office: [false, oneOf("same", "other")],
};

const BOX: Fields = { address: [true, address], recipient: [true, isRecipient] };

const FIELDS: Readonly<Record<keyof Payloads, Fields>> = {
  request: {
    how: [true, oneOf("call", "text", "email", "here")],
    reach: [false, filled],
    when: [false, filled],
    about: [false, topics],
    wishes: [false, (value) => matches(value, WISHES) && Object.keys(value as object).length > 0],
    words: [false, filled],
    left_out: [false, offices],
    not_over: [false, filled],
    box: [false, (value) => matches(value, BOX)],
    from: [false, (value) => filled(value) && (value as string).length <= MAX_ORGANISATION],
  },
  reply: { text: [true, filled], name: [false, filled], write_to: [false, isRecipient] },
  message: { text: [true, filled] },
};

const REFERRAL: Fields = {
  kind: [true, oneOf("colleague", "manager")],
  who: [true, name],
  by: [false, name],
  attested: [false, (value) => typeof value === "boolean"],
};

/** What may stand beside a referral: whoever is asked for has typed none of it, so there is no text but how to reach them. */
const REFERRED: Fields = {
  how: [true, oneOf("call", "text", "email")],
  reach: [true, name],
  about: [false, topics],
  left_out: [false, offices],
  referral: [true, (value) => matches(value, REFERRAL)],
};

/**
 * Write a payload as the text to seal.
 *
 * @throws {@link Refusal} as {@link readPayload} does, and `too-long` when it does not fit into an envelope.
 */
export function writePayload<K extends keyof Payloads>(kind: K, payload: Payloads[K]): string {
  check(kind, payload);
  const text = JSON.stringify(payload);
  if (toUtf8(text).length > MAX_TEXT_BYTES) throw new Refusal("too-long");
  return text;
}

/**
 * Read an opened text as a payload of the given kind. Its texts are still somebody else's: show them as text, never as markup.
 *
 * @throws {@link Refusal} `unknown-version` when it was written by a newer page, `bad-payload` when anything is missing, unknown, empty
 * or of another type, `not-attested` when a manager asks for somebody without the word that belongs to it.
 */
export function readPayload<K extends keyof Payloads>(kind: K, text: string): Payloads[K] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal("bad-payload");
  }
  check(kind, value);
  return value as Payloads[K];
}

/** Return how many bytes are left in the envelope, below zero when the payload is too long by so many. */
export function bytesLeft(payload: Payloads[keyof Payloads]): number {
  return MAX_TEXT_BYTES - toUtf8(JSON.stringify(payload)).length;
}

function check(kind: keyof Payloads, value: unknown): void {
  if (!isObject(value)) throw new Refusal("bad-payload");
  const { v, ...rest } = value;
  if (typeof v !== "number" || !Number.isInteger(v) || v < 1) throw new Refusal("bad-payload");
  if (v > NEWEST[kind]) throw new Refusal("unknown-version");
  if (v > 1 && Object.hasOwn(rest, "referral")) return checkReferral(rest);
  if (!matches(rest, FIELDS[kind]) || (v === 1 && SINCE_2.some((name) => Object.hasOwn(rest, name)))) throw new Refusal("bad-payload");
  if (kind === "request" && !canBeReached(rest)) throw new Refusal("bad-payload");
}

function checkReferral(rest: Record<string, unknown>): void {
  if (!matches(rest, REFERRED)) throw new Refusal("bad-payload");
  const { kind, attested } = rest["referral"] as Record<string, unknown>;
  if (kind === "manager" && attested !== true) throw new Refusal("not-attested");
  if (kind === "colleague" && attested !== undefined) throw new Refusal("bad-payload");
}

// A number typed before choosing "here" must not travel, and a choice without its means would leave the supporter helpless.
function canBeReached({ how, reach, box }: Record<string, unknown>): boolean {
  return how === "here" ? reach === undefined && box !== undefined : reach !== undefined;
}

function matches(value: unknown, fields: Fields): boolean {
  if (!isObject(value)) return false;
  const known = Object.keys(value).every((name) => Object.hasOwn(fields, name) && fields[name]?.[1](value[name]));
  return known && Object.entries(fields).every(([name, [needed]]) => !needed || Object.hasOwn(value, name));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
