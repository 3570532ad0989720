import { sha256 } from "@noble/hashes/sha2.js";

import { fromHex, joined, randomBytes } from "./bytes.ts";
import { sealedBytes } from "./envelope.ts";
import { MAX_CANDIDATES } from "./match.ts";
import { ADDRESS_BYTES, TOKEN_BYTES } from "./receipt.ts";
import { Refusal } from "./refusal.ts";

/** The size of what names one attempt to send, so that a retry never doubles. */
export const ATTEMPT_BYTES = 16;
/** The size of everything before the envelope in a request. */
export const REQUEST_HEAD_BYTES = 93;
const FILLER = 0xff;
// Whether somebody was chosen or not, it is this version: the length says nothing of it.
const VERSION = 2;
const MOST_BLOCKS = 0xffff;
const URGENCY = { now: 1, today: 2 } as const;
const PURPOSE = { backup: 1, take: 2 } as const;

/** How soon: within minutes, or today. */
export type Urgency = keyof typeof URGENCY;

/** All that a request tells the server: these are the open facts, the rest is sealed. */
export interface RequestFacts {
  readonly urgency: Urgency;
  /** The candidate list's id, 32 hexadecimal digits. */
  readonly list: string;
  /** From {@link newAttempt}; the same again when retrying. */
  readonly attempt: Uint8Array;
  /** Stays on the device: only its SHA-256 is sent. */
  readonly token: Uint8Array;
  /** The route: strictly increasing places in the list. */
  readonly positions: readonly number[];
  /** Block and place of whoever is called before all others; absent for nobody. */
  readonly chosen?: readonly [block: number, place: number] | null;
  readonly envelope: Uint8Array;
}

/** Return the name of a new attempt to send. */
export function newAttempt(): Uint8Array {
  return randomBytes(ATTEMPT_BYTES);
}

/**
 * Write the body that opens a request.
 *
 * version 1 byte, urgency 1, list 16, attempt 16, SHA-256 of the progress token 32, route 24 (filled up with 0xFF), the chosen person's
 * block 2 and place 1 (0xFF three times for nobody), envelope.
 *
 * @throws {@link Refusal} `bad-frame` when any part has a wrong size or order.
 */
export function requestFrame(facts: RequestFacts): Uint8Array<ArrayBuffer> {
  const { positions, envelope, chosen = null } = facts;
  const rising = positions.every((place, at) => Number.isInteger(place) && place > (positions[at - 1] ?? -1) && place < MAX_CANDIDATES);
  if ((positions.length === 0 && chosen === null) || !rising || !/^[0-9a-f]{32}$/.test(facts.list)) throw new Refusal("bad-frame");
  if (envelope.length !== sealedBytes(12) && envelope.length !== sealedBytes(24)) throw new Refusal("bad-frame");
  const route = new Uint8Array(MAX_CANDIDATES).fill(FILLER);
  route.set(positions);
  return joined(
    Uint8Array.of(VERSION, URGENCY[facts.urgency]),
    fromHex(facts.list),
    exactly(ATTEMPT_BYTES, facts.attempt),
    sha256(exactly(TOKEN_BYTES, facts.token)),
    route,
    chosenBytes(chosen),
    envelope,
  );
}

function chosenBytes(chosen: readonly [number, number] | null): Uint8Array {
  if (chosen === null) return Uint8Array.of(FILLER, FILLER, FILLER);
  const [block, place] = chosen;
  const sound = Number.isInteger(block) && block >= 0 && block < MOST_BLOCKS && Number.isInteger(place) && place >= 0 && place < MAX_CANDIDATES;
  if (!sound) throw new Refusal("bad-frame");
  return Uint8Array.of(block >> 8, block & 255, place);
}

/**
 * Write the body with which a member writes back: token, attempt, envelope of 12 stanzas.
 *
 * @throws {@link Refusal} `bad-frame`.
 */
export function messageFrame(token: Uint8Array, attempt: Uint8Array, envelope: Uint8Array): Uint8Array<ArrayBuffer> {
  return joined(exactly(TOKEN_BYTES, token), exactly(ATTEMPT_BYTES, attempt), exactly(sealedBytes(12), envelope));
}

/**
 * Write the body with which a supporter replies: the box's address, an envelope of one stanza.
 *
 * @throws {@link Refusal} `bad-frame`.
 */
export function replyFrame(address: Uint8Array, envelope: Uint8Array): Uint8Array<ArrayBuffer> {
  return joined(exactly(ADDRESS_BYTES, address), exactly(sealedBytes(1), envelope));
}

/** What somebody is asked for when a request is handed on: to help beside whoever has it, or to take it over. */
export type Purpose = keyof typeof PURPOSE;

/**
 * Write the body with which a supporter hands a request on: for whom (32 hexadecimal digits, 16 bytes), what for, 1 byte, an envelope of
 * one stanza.
 *
 * @throws {@link Refusal} `bad-frame`.
 */
export function handOnFrame(target: string, purpose: Purpose, envelope: Uint8Array): Uint8Array<ArrayBuffer> {
  if (!/^[0-9a-f]{32}$/.test(target)) throw new Refusal("bad-frame");
  return joined(fromHex(target), Uint8Array.of(PURPOSE[purpose]), exactly(sealedBytes(1), envelope));
}

function exactly(size: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length !== size) throw new Refusal("bad-frame");
  return bytes;
}
