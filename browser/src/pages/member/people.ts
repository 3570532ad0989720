/** The directory as a member's page knows it: fetched once, names opened on the device, one block at a time for the rest. */
import { fromBase64, fromBase64Url, fromHex } from "../../core/bytes.ts";
import { type CardKeys, cardKeys, type Details, openDetails, openName } from "../../core/cards.ts";
import { type Block, type Directory, type Entry, type Peer, readBlock, readDirectory } from "../../core/directory.ts";
import { Refusal } from "../../core/refusal.ts";
import { fetchJson, keptJson, Lost, Stale } from "./talk.ts";

/** How opening the names went. */
export type Opened = "no-code" | "all" | "some" | "none";

const VOUCH_BYTES = 32;
const PROOF_BYTES = 160;

/** Fetch the directory; without a network what this browser kept, which `old` says. @throws {@link Lost} and a Refusal */
export async function fetchDirectory(base: string, newest = false): Promise<{ directory: Directory; old: boolean }> {
  const url = `${base}/directory.json`;
  try {
    return await answered(fetchJson(url, newest));
  } catch (error) {
    if (!(error instanceof Lost) || newest) throw error;
    return { ...(await answered(keptJson(url))), old: true };
  }
}

async function answered(asked: ReturnType<typeof fetchJson>): Promise<{ directory: Directory; old: boolean }> {
  const { status, body, old = false } = await asked;
  if (status !== 200) throw new Lost();
  return { directory: readDirectory(body), old };
}

/**
 * Fetch one block of a list: 24 people, so that it does not tell whom somebody is after. Whoever seals for one of them checks the
 * proof first (chosen.ts).
 *
 * @throws {@link Lost}, {@link Stale} and a Refusal
 */
export async function fetchBlock(base: string, number: number, list: string): Promise<Block> {
  const { status, body } = await fetchJson(`${base}/blocks/${number}.json?list=${list}`, false);
  if (status === 409 || status === 404) throw new Stale();
  if (status !== 200) throw new Lost();
  return readBlock(body, list, number);
}

/** Opens what is sealed on cards with the code of a poster. */
export class Names {
  readonly #keys: CardKeys | null;
  readonly #names = new Map<string, string>();

  private constructor(keys: CardKeys | null) {
    this.#keys = keys;
  }

  /** Begin with a poster's code, or without one. */
  static async of(code: Uint8Array | null): Promise<Names> {
    return new Names(code && (await cardKeys(code)));
  }

  /** Open every name; afterwards {@link of} knows them. */
  async open(people: readonly Peer[]): Promise<Opened> {
    const keys = this.#keys;
    if (!keys) return "no-code";
    const named = people.filter(({ sealedName }) => sealedName !== null);
    const done = await Promise.all(named.map((peer) => this.#open(keys, peer)));
    const count = done.filter(Boolean).length;
    return count === named.length ? "all" : count > 0 ? "some" : "none";
  }

  async #open(keys: CardKeys, { reference, sealedName }: Peer): Promise<boolean> {
    try {
      const name = await openName(keys, sealedName as Uint8Array, fromHex(reference));
      if (name.trim()) this.#names.set(reference, name.trim());
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }

  /** Return somebody's name, or null where it is not known here. */
  get({ reference }: Peer): string | null {
    return this.#names.get(reference) ?? null;
  }

  /** Return what an entry of a block says to those who have the code; null where it says nothing to them. */
  async details({ reference, details, vouch, proof }: Entry): Promise<Details | null> {
    if (!this.#keys || !reference || !details) return null;
    // A card that was sealed before its supporter had a vouching key is bound to none.
    for (const bound of new Set([proof ? vouchIn(proof) : vouch ? fromBase64Url(vouch) : null, null])) {
      try {
        return await openDetails(this.#keys, fromBase64(details), fromHex(reference), bound);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    }
    return null;
  }
}

function vouchIn(proof: string): Uint8Array {
  const bytes = fromBase64Url(proof);
  if (bytes.length !== PROOF_BYTES) throw new Refusal("bad-list");
  return bytes.subarray(0, VOUCH_BYTES);
}
