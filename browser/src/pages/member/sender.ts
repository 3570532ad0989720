import type { CandidateList } from "../../core/match.ts";
import { type Answer, Lost } from "./talk.ts";

/** How sending ended. After `stopped` nothing is known to have arrived. */
export type Outcome = "stored" | "nobody-left" | "closed" | "refused" | "stopped";

/** What a sender needs of the world. */
export interface World {
  /** Return the candidate list, past every cache when `newest`: the very same object as long as it holds. */
  list(newest: boolean): Promise<CandidateList>;
  /** Seal for the list; null when everybody on it is left out. The same attempt and token each time. */
  seal(list: CandidateList): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Post, with the work done for this very frame, or an empty text. */
  post(frame: Uint8Array<ArrayBuffer>, work: string): Promise<Answer>;
  /** Do the work that the server asks for; null when stopped. Says meanwhile how long it takes. */
  work(frame: Uint8Array<ArrayBuffer>, bits: number, stopped: () => boolean): Promise<string | null>;
  /** Wait before the next try, or less when told to try now. */
  wait(seconds: number): Promise<void>;
  tell(state: "sealing" | "sending" | "lost" | "busy", seconds?: number): void;
}

/** The hardest work a page does (MOST_WORK_BITS in core/work.ts, which is loaded only where work is asked for). */
const MOST_WORK_BITS = 17;

function bitsOf(body: unknown): number {
  const bits = (body as { bits?: unknown } | null)?.bits;
  return Number.isInteger(bits) && (bits as number) > 0 && (bits as number) <= MOST_WORK_BITS ? (bits as number) : 0;
}

const FIRST_WAIT = 5;
const LONGEST_WAIT = 60;

/**
 * Sends one request until it is stored or cannot be.
 *
 * Every try carries the same attempt, so a retry never doubles; for another list, because one expired or a poster was opened, it is sealed
 * anew, unnoticed; what was typed stays with the caller all along.
 */
export class Sender {
  readonly #world: World;
  #stopped = false;
  #wait = FIRST_WAIT;

  constructor(world: World) {
    this.#world = world;
  }

  /** Give up after the try that is under way. */
  stop(): void {
    this.#stopped = true;
  }

  /** Send; resolves when it is over. Errors of sealing pass through. */
  async run(): Promise<Outcome> {
    let [newest, stale] = [false, false];
    let sealedFor: CandidateList | null = null;
    let frame: Uint8Array<ArrayBuffer> | null = null;
    let work = "";
    while (!this.#stopped) {
      try {
        if (!frame) this.#world.tell("sealing");
        // Asked before each try: while this one waited a poster may have been opened, and what was sealed before would go unchecked.
        const list = await this.#world.list(newest);
        newest = false;
        // Work is bound to the frame and the list.
        if (list !== sealedFor) [frame, work] = [null, ""];
        if (!frame) {
          frame = await this.#world.seal(list);
          if (!frame) return "nobody-left";
          sealedFor = list;
        }
        this.#world.tell("sending");
        const { status, body } = await this.#world.post(frame, work);
        if (status === 200 || status === 201) return "stored";
        if (status === 409) {
          // The first reseal goes unnoticed; a list that is stale again at once is waited for, not hammered.
          if (stale) await this.#pause("busy");
          [frame, newest, stale, work] = [null, true, true, ""];
        } else if (status === 428) {
          const bits = bitsOf(body);
          // Asked again after work was done, or for what is no work at all: wait a little, hammer nobody.
          if (work || bits === 0) await this.#pause("busy");
          if (bits > 0 && !this.#stopped) work = (await this.#world.work(frame, bits, () => this.#stopped)) ?? "";
        } else if (status === 410) return "closed";
        else if (status === 429 || status >= 500) await this.#pause("busy");
        else return "refused";
      } catch (error) {
        if (!(error instanceof Lost)) throw error;
        await this.#pause("lost");
      }
    }
    return "stopped";
  }

  async #pause(why: "lost" | "busy"): Promise<void> {
    const seconds = this.#wait;
    this.#wait = Math.min(LONGEST_WAIT, seconds * 2);
    this.#world.tell(why, seconds);
    await this.#world.wait(seconds);
  }
}
