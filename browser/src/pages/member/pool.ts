import type { CandidateList } from "../../core/match.ts";
import { notChecked, showChecked, showNotChecked } from "./check_notice.ts";
import { pinned } from "./pins.ts";
import { fetchJson, Lost } from "./talk.ts";

/** The code that seals and opens, as it is loaded when needed. */
export type Core = typeof import("./sealing.ts");

/** Fetches the sealing code and the candidate list while the person reads and types; what failed is fetched again when asked. */
export class Pool {
  /** The list last fetched. */
  latest: CandidateList | null = null;
  /** The code, once it is here. */
  loaded: Core | null = null;
  /** Whether the last list was one that this browser, which knows the poster, must not seal for. */
  blocked = false;
  readonly #url: string;
  readonly #arrived: () => void;
  #coming: Promise<Core> | null = null;
  // Under which poster the list at hand was checked; empty where this browser knew none.
  #under = "";

  constructor(url: string, arrived: () => void) {
    this.#url = url;
    this.#arrived = arrived;
  }

  /** Return the sealing code. @throws {@link Lost} */
  core(): Promise<Core> {
    this.#coming ??= import("./sealing.ts").then(
      (code) => (this.loaded = code),
      () => {
        this.#coming = null;
        throw new Lost();
      },
    );
    return this.#coming;
  }

  /**
   * Return the candidate list, past every cache when `newest`; for a browser that knows the poster only those of it whose keys are proved.
   *
   * @throws {@link Lost} and a Refusal when it is not as agreed.
   */
  async list(newest: boolean): Promise<CandidateList> {
    // A poster may have been opened, or another root trusted, since it was fetched: then it is fetched and checked again.
    if (this.latest && !newest && this.#under === this.#poster()) return this.latest;
    const { readList } = await this.core();
    const { status, body } = await fetchJson(this.#url, newest || this.blocked);
    if (status !== 200) throw new Lost();
    this.latest = null;
    const list = await this.#checked(readList(body));
    // Opened while it was fetched: once more.
    if (this.#under !== this.#poster()) return this.list(false);
    this.latest = list;
    this.#arrived();
    return list;
  }

  #poster(): string {
    const pin = pinned(this.#slug);
    return pin ? `${pin.root.join()} ${pin.offered?.join()}` : "";
  }

  get #base(): string {
    return this.#url.slice(0, this.#url.lastIndexOf("/"));
  }

  get #slug(): string {
    return this.#base.slice(this.#base.lastIndexOf("/") + 1);
  }

  async #checked(list: CandidateList): Promise<CandidateList> {
    const [base, slug] = [this.#base, this.#slug];
    this.blocked = false;
    this.#under = "";
    if (!pinned(slug)) return list;
    const checking = await import("./checking.ts").catch(() => {
      throw new Lost();
    });
    try {
      const proved = await checking.checkedFor(slug, base, list);
      showChecked(proved.dropped);
      this.#under = this.#poster();
      return proved.list;
    } catch (error) {
      this.blocked = notChecked(error);
      if (this.blocked) void showNotChecked(error, checking, slug, base, () => void this.list(true).catch(() => undefined));
      throw error;
    }
  }
}
