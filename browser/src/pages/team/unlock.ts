import { openSealed } from "../../core/open.ts";
import { Refusal } from "../../core/refusal.ts";
import { type OpenRing, openRing, readRing, type Ring, WORDS_NAME } from "../../core/ring.ts";
import { unwrap, type WeekKey } from "../../core/supporter_keys.ts";
import { secretOf, WORDS } from "../../core/words.ts";
import { noteSigned, recall, recallPasskey, remember, wasSigned } from "./device.ts";
import { areOwn, beginRing, planned } from "./publishing.ts";
import { Failure, getJson, postJson } from "./server.ts";
import { likeliestFirst } from "./weeks.ts";

/** What the server holds of a supporter's keys. */
export interface KeyState {
  /** What unlocks them; null before the first visit. */
  readonly ring: Ring | null;
  /** The passkeys with which the supporter signs in, whether in the ring or not. */
  readonly passkeys: readonly string[];
  /** The weeks that should have a key, beginning with the running one. */
  readonly weeks: readonly string[];
  /** The last day that the keys reach without a gap; null when the running week has none. */
  readonly until: string | null;
  readonly keys: readonly WeekKey[];
}

/** Why words do not unlock: how many there are, which is unknown, or that they belong to somebody or something else. */
export type WordsTrouble =
  | { readonly kind: "count"; readonly count: number }
  | { readonly kind: "unknown"; readonly number: number }
  | { readonly kind: "order" }
  | { readonly kind: "other" };

/** What topping up did. */
export interface ToppedUp {
  readonly made: number;
  /** The passkeys that unlock from now on. */
  readonly linked: readonly string[];
}

/** A device that can open what is sealed for its supporter, while the page is open. */
export class Unlocked {
  #ring: OpenRing;
  readonly #secret: Uint8Array;
  readonly #identities = new Map<string, Promise<string>>();
  state: KeyState;

  private constructor(ring: OpenRing, secret: Uint8Array, state: KeyState) {
    if (!areOwn(ring, state.keys)) throw new Refusal("bad-wrap");
    this.#ring = ring;
    this.#secret = secret;
    this.state = state;
  }

  /**
   * Unlock as the member `name` of the ring; null when the secret is not that member's.
   *
   * @throws Refusal `bad-ring` or `bad-wrap` when list or keys are not what the supporter's own devices made.
   */
  static async with(secret: Uint8Array, name: string, state: KeyState): Promise<Unlocked | null> {
    const ring = state.ring && (await openRing(state.ring, name, secret));
    if (!ring) return null;
    const words = ring.members[0]?.recipient ?? "";
    // A server that says there was never a MAC, to a device that has seen one, wants keys of its own to pass for old ones.
    if (!ring.signed && (await wasSigned(words))) throw new Refusal("bad-ring");
    const found = new Unlocked(ring, secret, state);
    if (ring.signed) await noteSigned(words);
    return found;
  }

  /** Begin with fresh words, before there is anything on the server. */
  static async fresh(secret: Uint8Array, state: KeyState): Promise<Unlocked> {
    return new Unlocked(await beginRing(secret), secret, state);
  }

  /** What unlocks these keys: the words, and passkeys with the host they were made for. */
  get ways(): readonly { readonly name: string; readonly host: string }[] {
    return this.#ring.members;
  }

  /** The public half of what signs this person's weekly keys. */
  get vouchKey(): Uint8Array {
    return this.#ring.vouch.publicKey;
  }

  /** The public half of the words. */
  get wordsRecipient(): string {
    return this.#ring.members[0]?.recipient ?? "";
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

  /**
   * Make and publish what is missing: keys of the coming weeks, a passkey of this device that is not in the ring yet.
   *
   * @throws Failure, Refusal
   */
  async topUp(addresses: Addresses): Promise<ToppedUp> {
    try {
      return await this.#publishMissing(addresses);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== "conflict" || this.state.ring === null) throw error;
      // Another device was quicker, or a passkey was removed meanwhile.
      await this.#look(addresses);
      return this.#publishMissing(addresses);
    }
  }

  async #publishMissing(addresses: Addresses): Promise<ToppedUp> {
    const { body, made, linked } = await planned(this.#ring, this.state, location.hostname, this.#secret, (key) => this.#identity(key));
    if (body === null) return { made, linked };
    await postJson(addresses.publish, body);
    // Another device may have been quicker with a week; then its key is in force, not this one.
    await this.#look(addresses);
    return { made, linked };
  }

  async #look(addresses: Addresses): Promise<void> {
    const state = await keyState(addresses);
    const ring = state.ring && (await openRing(state.ring, this.#ring.name, this.#secret));
    if (!ring || !areOwn(ring, state.keys) || (this.#ring.signed && !ring.signed)) throw new Refusal("bad-ring");
    this.#ring = ring;
    this.#identities.clear();
    this.state = state;
  }

  #identity(key: WeekKey): Promise<string> {
    const known = this.#identities.get(key.week) ?? unwrap(key, this.#ring.name, this.#ring.pair.identity);
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

/**
 * Unlock with what this device keeps, of the words or of a passkey; null when the words must be typed.
 *
 * @throws Refusal as `Unlocked.with`.
 */
export async function withDevice(state: KeyState): Promise<Unlocked | null> {
  if (state.ring === null) return null;
  for (const { name, recipient } of readRing(state.ring.listed)) {
    const secret = await (name === WORDS_NAME ? recall(recipient) : recallPasskey(name));
    const found = secret && (await Unlocked.with(secret, name, state));
    if (found) return found;
  }
  return null;
}

/**
 * Unlock with typed words and keep them on this device; returns what is wrong with them otherwise.
 *
 * @throws Refusal as `Unlocked.with`.
 */
export async function withWords(typed: string, state: KeyState): Promise<Unlocked | WordsTrouble> {
  let secret: Uint8Array;
  try {
    secret = secretOf(typed);
  } catch (error) {
    return troubleWith(typed, error);
  }
  const found = await Unlocked.with(secret, WORDS_NAME, state);
  if (!found) return { kind: "other" };
  await remember(secret, found.wordsRecipient);
  return found;
}

function troubleWith(typed: string, error: unknown): WordsTrouble {
  if (!(error instanceof Refusal)) throw error;
  const count = typed.split(/[\s\d.,;:()-]+/).filter(Boolean).length;
  if (error.at !== undefined) return { kind: "unknown", number: error.at + 1 };
  return count === WORDS ? { kind: "order" } : { kind: "count", count };
}
