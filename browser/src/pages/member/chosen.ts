/** The peer whom a member chose by their card, on the ask page. Loaded only where somebody was chosen. */
import "./common.ts";
import "./sealing.ts";
import type { Directory, Entry, Peer } from "../../core/directory.ts";
import type { CandidateList, First } from "../../core/match.ts";
import { fetchBlock, fetchDirectory, Names } from "./people.ts";
import { pinned } from "./pins.ts";
import { Lost, Stale } from "./talk.ts";

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
    return (await this.#look(list)) ?? (await this.#lookAnew(list));
  }

  async #lookAnew(list: CandidateList): Promise<First> {
    this.#directory = (await fetchDirectory(this.#base, true)).directory;
    // Where people came or went, this directory belongs to a newer list than the one at hand.
    if (this.#directory.list !== list.list && this.#find()) throw new Stale();
    const found = await this.#look(list);
    if (!found) throw new ChosenGone();
    return found;
  }

  async #look(list: CandidateList): Promise<First | null> {
    const peer = this.#find();
    if (!peer) return null;
    const block = await fetchBlock(this.#base, peer.block, list.list).catch((error: unknown) => {
      if (error instanceof Stale && this.#directory?.list === list.list) return null;
      throw error;
    });
    const at = block?.entries.findIndex(({ reference }) => reference === this.reference) ?? -1;
    const entry = block?.entries[at];
    if (!entry?.key || !block) return null;
    await this.#vouchedFor(peer, entry, entry.key, list);
    return { key: entry.key, place: [block.block, at] };
  }

  // A page that knows the poster seals for nobody the coordinator did not sign for, whoever was chosen.
  async #vouchedFor(peer: Peer, entry: Entry, key: string, list: CandidateList): Promise<void> {
    const slug = this.#base.slice(this.#base.lastIndexOf("/") + 1);
    const pin = pinned(slug);
    if (!pin) return;
    const { isVouchedHere } = await import("./checking.ts").catch(() => {
      throw new Lost();
    });
    if (!(await isVouchedHere(slug, key, entry.proof, list))) throw new ChosenGone();
    // And where a name was read, for nobody but its owner: name and details are sealed together, the details beside the owner's key.
    const names = await Names.of(pin.code);
    await names.open([peer]);
    if (names.get(peer) !== null && (await names.details(entry)) === null) throw new ChosenGone();
  }

  #find(): Peer | undefined {
    return this.#directory?.people.find(({ reference }) => reference === this.reference);
  }
}
