import type { KeyPair } from "../../core/derive.ts";
import { openSealed } from "../../core/open.ts";
import { Refusal } from "../../core/refusal.ts";
import { makeWeeks, unwrap, type WeekKey, wrapKeys } from "../../core/supporter_keys.ts";
import { secretOf, WORDS } from "../../core/words.ts";
import { recall, remember } from "./device.ts";
import { getJson, postJson } from "./server.ts";
import { likeliestFirst, missingWeeks } from "./weeks.ts";

/** What the server holds of a supporter's keys. */
export interface KeyState {
  /** The public half of the 12 words; null before the first visit. */
  readonly wrap_recipient: string | null;
  /** The weeks that should have a key, beginning with the running one. */
  readonly weeks: readonly string[];
  readonly keys: readonly WeekKey[];
}

/** Why words do not unlock: how many there are, which is unknown, or that they belong to somebody or something else. */
export type WordsTrouble =
  | { readonly kind: "count"; readonly count: number }
  | { readonly kind: "unknown"; readonly number: number }
  | { readonly kind: "order" }
  | { readonly kind: "other" };

/** A device that can open what is sealed for its supporter, while the page is open. */
export class Unlocked {
  readonly #wrap: KeyPair;
  readonly #identities = new Map<string, Promise<string>>();
  state: KeyState;

  constructor(wrap: KeyPair, state: KeyState) {
    this.#wrap = wrap;
    this.state = state;
  }

  /**
   * Open a sealed text with the key of the week it was sealed for.
   *
   * @throws Refusal as `openSealed` does, `bad-wrap` when the server gave out a key that is not the supporter's own.
   */
  async open(data: Uint8Array): Promise<string> {
    let refusal = new Refusal("cannot-open");
    for (const key of likeliestFirst(this.state.keys, this.state.weeks[0] ?? "")) {
      try {
        return await openSealed(data, await this.#identity(key));
      } catch (error) {
        if (!(error instanceof Refusal) || !["cannot-open", "bad-wrap"].includes(error.code)) throw error;
        if (error.code === "bad-wrap") refusal = error;
      }
    }
    throw refusal;
  }

  /** Return the key for which a member may seal an answer now, or null when this week has none. */
  get writeTo(): string | null {
    return this.state.keys.find(({ week }) => week === this.state.weeks[0])?.public_key ?? null;
  }

  /** Make and publish the keys of the coming weeks that are still missing; returns how many. @throws Failure */
  async topUp(addresses: Addresses): Promise<number> {
    const missing = missingWeeks(this.state);
    if (missing.length === 0) return 0;
    const made = await makeWeeks(this.#wrap.recipient, missing);
    const keys = made.map(({ published }) => published);
    await postJson(addresses.publish, { wrap_recipient: this.#wrap.recipient, keys });
    // Another device may have been quicker; then its keys are in force, not these.
    this.state = await keyState(addresses);
    return keys.length;
  }

  #identity(key: WeekKey): Promise<string> {
    const known = this.#identities.get(key.week) ?? unwrap(key, this.#wrap.identity);
    this.#identities.set(key.week, known);
    return known;
  }
}

/** Where the server answers for keys; the page names them. */
export interface Addresses {
  readonly state: string;
  readonly publish: string;
}

/** Return the addresses that the page names. */
export function addresses(): Addresses {
  const { keysState, keysPublish } = document.body.querySelector<HTMLElement>("[data-keys-state]")?.dataset ?? {};
  if (!keysState || !keysPublish) throw new Error("the page names no addresses for keys");
  return { state: keysState, publish: keysPublish };
}

/** Ask the server how the supporter's keys stand. @throws Failure */
export async function keyState(from: Addresses): Promise<KeyState> {
  return (await getJson(from.state)) as KeyState;
}

/** Unlock with what this device keeps; null when the words must be typed. */
export async function withDevice(state: KeyState): Promise<Unlocked | null> {
  if (state.wrap_recipient === null) return null;
  const secret = await recall(state.wrap_recipient);
  if (!secret) return null;
  const wrap = await wrapKeys(secret);
  return wrap.recipient === state.wrap_recipient ? new Unlocked(wrap, state) : null;
}

/** Unlock with typed words and keep them on this device; returns what is wrong with them otherwise. */
export async function withWords(typed: string, state: KeyState): Promise<Unlocked | WordsTrouble> {
  let secret: Uint8Array;
  try {
    secret = secretOf(typed);
  } catch (error) {
    return troubleWith(typed, error);
  }
  const wrap = await wrapKeys(secret);
  if (wrap.recipient !== state.wrap_recipient) return { kind: "other" };
  await remember(secret, wrap.recipient);
  return new Unlocked(wrap, state);
}

function troubleWith(typed: string, error: unknown): WordsTrouble {
  if (!(error instanceof Refusal)) throw error;
  const count = typed.split(/[\s\d.,;:()-]+/).filter(Boolean).length;
  if (error.at !== undefined) return { kind: "unknown", number: error.at + 1 };
  return count === WORDS ? { kind: "order" } : { kind: "count", count };
}
