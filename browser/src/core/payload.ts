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

/** What a member asks. `reach` belongs to every `how` but `here`, which needs a `box` instead; no text is ever empty. */
export interface RequestPayload {
  readonly v: 1;
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

const MAX_TOPICS = 24;
const MAX_OFFICES = 100;

const filled: Check = (value) => typeof value === "string" && value !== "";
const oneOf = (...names: readonly string[]): Check => (value) => typeof value === "string" && names.includes(value);

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
  },
  reply: { text: [true, filled], name: [false, filled], write_to: [false, isRecipient] },
  message: { text: [true, filled] },
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
 * or of another type.
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
  if (typeof v === "number" && Number.isInteger(v) && v > 1) throw new Refusal("unknown-version");
  if (v !== 1 || !matches(rest, FIELDS[kind])) throw new Refusal("bad-payload");
  if (kind === "request" && !canBeReached(rest)) throw new Refusal("bad-payload");
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
