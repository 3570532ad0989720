/** The peer whom a member chose by their card, on the ask page. Loaded only where somebody was chosen. */
import type { Directory, Peer } from "../../core/directory.ts";
import type { CandidateList, First } from "../../core/match.ts";
import { fetchBlock, fetchDirectory, Names } from "./people.ts";
import { Stale } from "./talk.ts";

/** Whoever was chosen cannot be asked any more: on leave, without a key, or not in the directory. */
export class ChosenGone extends Error {
  override readonly name = "ChosenGone";
}

/** One chosen peer: who they are here, and where they stand when it is sealed. */
export class Chosen {
  readonly #base: string;
  readonly reference: string;
  #directory: Directory | null = null;

  constructor(base: string, reference: string) {
    this.#base = base;
    this.reference = reference;
  }

  /** Return the card and, with the poster's code, the name. @throws {@link ChosenGone}, Lost, Refusal */
  async card(code: Uint8Array | null): Promise<{ peer: Peer; name: string | null }> {
    this.#directory ??= (await fetchDirectory(this.#base)).directory;
    let peer = this.#find();
    if (!peer) {
      // The file at hand may be a minute old.
      this.#directory = (await fetchDirectory(this.#base, true)).directory;
      peer = this.#find();
    }
    if (!peer) throw new ChosenGone();
    const names = await Names.of(code);
    await names.open([peer]);
    return { peer, name: names.get(peer) };
  }

  /**
   * Return key and place of the chosen peer for a list: from their block, never from anything that names one person.
   *
   * @throws {@link ChosenGone}, {@link Stale} when the list is over, Lost, Refusal
   */
  async first(list: CandidateList): Promise<First> {
    this.#directory ??= (await fetchDirectory(this.#base)).directory;
    return (await this.#look(list.list)) ?? (await this.#lookAnew(list.list));
  }

  async #lookAnew(list: string): Promise<First> {
    this.#directory = (await fetchDirectory(this.#base, true)).directory;
    // Where people came or went, this directory belongs to a newer list than the one at hand.
    if (this.#directory.list !== list && this.#find()) throw new Stale();
    const found = await this.#look(list);
    if (!found) throw new ChosenGone();
    return found;
  }

  async #look(list: string): Promise<First | null> {
    const peer = this.#find();
    if (!peer) return null;
    const block = await fetchBlock(this.#base, peer.block, list).catch((error: unknown) => {
      if (error instanceof Stale && this.#directory?.list === list) return null;
      throw error;
    });
    const at = block?.entries.findIndex(({ reference }) => reference === this.reference) ?? -1;
    const key = block?.entries[at]?.key;
    return key && block ? { key, place: [block.block, at] } : null;
  }

  #find(): Peer | undefined {
    return this.#directory?.people.find(({ reference }) => reference === this.reference);
  }
}
