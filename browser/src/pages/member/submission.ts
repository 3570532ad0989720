import type { CandidateList } from "../../core/match.ts";
import type { Urgency } from "../../core/frame.ts";
import { officeNumbers } from "./fields.ts";
import type { Core, Pool } from "./pool.ts";
import { type Outcome, Sender } from "./sender.ts";
import { Lost, post } from "./talk.ts";

/** What is to be sent once. */
export interface Parcel {
  /** Everything that was typed, to know whether it is still the same. */
  readonly typed: string;
  readonly urgency: Urgency;
  readonly leftOut: readonly string[];
  /** Write what is sealed. Errors of writing pass through. */
  write(core: Core): string;
}

/** What is said meanwhile; `seconds` with a state that waits. */
export type Tell = (state: "sealing" | "sending" | "lost" | "busy" | "work", seconds?: number) => void;

/** The secrets of one parcel: made once, whatever it takes to send it. Nothing of them outlives the page. */
interface Made {
  readonly core: Core;
  readonly token: Uint8Array;
  readonly attempt: Uint8Array;
  readonly written: string;
}

/** Sends a parcel for which no way back is kept: the token that would follow it is thrown away once it is stored. */
export class Submission {
  readonly #base: string;
  readonly #pool: Pool;
  readonly #tell: Tell;
  #sender: Sender | null = null;
  #tryNow = (): void => undefined;
  /** What was begun and may have arrived: sent again as it was, it is the same attempt and never stored twice. */
  #begun: { readonly typed: string; readonly made: Made } | null = null;

  constructor(base: string, pool: Pool, tell: Tell) {
    this.#base = base;
    this.#pool = pool;
    this.#tell = tell;
  }

  /** Send until it is stored or cannot be. @throws {@link Lost} and what sealing throws */
  async send(parcel: Parcel): Promise<Outcome> {
    let made = this.#begun?.typed === parcel.typed ? this.#begun.made : null;
    this.#sender = new Sender({
      list: (newest) => this.#pool.list(newest),
      seal: async (list) => {
        made ??= await this.#begin(parcel);
        return sealed(made, parcel, list);
      },
      post: (frame, work) => post(`${this.#base}/requests`, frame, work ? { "Alongside-Work": work } : {}),
      work: async (frame, bits, stopped) => {
        // Loaded only where it is asked for: hardly ever.
        const { doWork } = await import("./working.ts").catch(() => {
          throw new Lost();
        });
        this.#tell("work", 0);
        return doWork(frame, bits, (seconds) => this.#tell("work", seconds), stopped);
      },
      wait: (seconds) => this.#waited(seconds),
      tell: (state, seconds) => this.#tell(state, seconds),
    });
    const outcome = await this.#sender.run();
    if (outcome !== "stopped") this.#begun = null;
    return outcome;
  }

  /** Do not wait for the next try. */
  again(): void {
    this.#tryNow();
  }

  /** Give up after the try that is under way. */
  stop(): void {
    this.#sender?.stop();
    this.#tryNow();
  }

  /** Make a parcel's secrets; one begun before with other words, which may have arrived, is withdrawn first. */
  async #begin(parcel: Parcel): Promise<Made> {
    if (this.#begun) {
      const { status } = await post(`${this.#base}/progress/cancel`, this.#begun.made.token.slice());
      if (status !== 200) throw new Lost();
      this.#begun = null;
    }
    const core = await this.#pool.core();
    const written = parcel.write(core);
    const made = { core, token: core.progressToken(core.newSecret()), attempt: core.newAttempt(), written };
    this.#begun = { typed: parcel.typed, made };
    return made;
  }

  #waited(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.#tryNow = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

async function sealed({ core, token, attempt, written }: Made, { urgency, leftOut }: Parcel, list: CandidateList): Promise<Uint8Array<ArrayBuffer> | null> {
  const chosen = core.choose(list, officeNumbers(list, leftOut));
  if (chosen.positions.length === 0) return null;
  const envelope = await core.sealFor(chosen.recipients, written, chosen.slots);
  return core.requestFrame({ urgency, list: list.list, attempt, token, positions: chosen.positions, envelope });
}
