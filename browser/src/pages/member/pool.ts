import type { CandidateList } from "../../core/match.ts";
import { fetchJson, Lost } from "./talk.ts";

/** The code that seals and opens, as it is loaded when needed. */
export type Core = typeof import("./sealing.ts");

/** Fetches the sealing code and the candidate list while the person reads and types; what failed is fetched again when asked. */
export class Pool {
  /** The list last fetched. */
  latest: CandidateList | null = null;
  /** The code, once it is here. */
  loaded: Core | null = null;
  readonly #url: string;
  readonly #arrived: () => void;
  #coming: Promise<Core> | null = null;

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

  /** Return the candidate list, past every cache when `newest`. @throws {@link Lost} and a Refusal when it is not as agreed. */
  async list(newest: boolean): Promise<CandidateList> {
    if (this.latest && !newest) return this.latest;
    const { readList } = await this.core();
    const { status, body } = await fetchJson(this.#url, newest);
    if (status !== 200) throw new Lost();
    this.latest = readList(body);
    this.#arrived();
    return this.latest;
  }
}
