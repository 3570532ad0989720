import type { Aim } from "./draft.ts";
import { type Made, senderOf } from "./making.ts";
import type { Core, Pool } from "./pool.ts";
import type { Outcome, Sender } from "./sender.ts";
import { Patience } from "./sending.ts";
import { Lost, post } from "./talk.ts";

/** What is to be sent once. */
export interface Parcel {
  /** Everything that was typed, to know whether it is still the same. */
  readonly typed: string;
  readonly aim: Aim;
  /** Write what is sealed, and make what goes with it. Errors of writing pass through. */
  make(core: Core, secret: Uint8Array, attempt: Uint8Array): Made;
}

/** What is said meanwhile; `seconds` with a state that waits. */
export type Tell = (state: "sealing" | "sending" | "lost" | "busy" | "work", seconds?: number) => void;

/** What was begun: sent again as it was, it is the same attempt and never stored twice. */
interface Begun {
  readonly typed: string;
  readonly made: Made;
  /** It may have arrived. */
  posted: boolean;
}

/** Sends a parcel for which no way back is kept: the token that would follow it is thrown away once it is stored. */
export class Submission {
  readonly #base: string;
  readonly #pool: Pool;
  readonly #tell: Tell;
  readonly #before: (core: Core) => Promise<void>;
  readonly #patience = new Patience();
  #sender: Sender | null = null;
  #begun: Begun | null = null;

  /** `before` is done before anything new is begun. */
  constructor(base: string, pool: Pool, tell: Tell, before: (core: Core) => Promise<void>) {
    this.#base = base;
    this.#pool = pool;
    this.#tell = tell;
    this.#before = before;
  }

  /** Send until it is stored or cannot be. @throws {@link Lost} and what sealing throws */
  async send(parcel: Parcel): Promise<Outcome> {
    let made = this.#begun?.typed === parcel.typed ? this.#begun.made : null;
    this.#sender = senderOf({
      pool: this.#pool,
      base: this.#base,
      draft: parcel.aim,
      made: async () => (made ??= await this.#begin(parcel)),
      posting: async () => {
        // A phone that knows of no network has sent nothing.
        if (this.#begun && navigator.onLine) this.#begun.posted = true;
      },
      working: (seconds) => this.#tell("work", seconds),
      wait: (seconds) => this.#patience.wait(seconds),
      tell: (state, seconds) => this.#tell(state, seconds),
    });
    const outcome = await this.#sender.run();
    // What may have arrived stays known, so that it is withdrawn before another is sent.
    if (outcome !== "stopped" && !(outcome === "nobody-left" && this.#begun?.posted)) this.forget();
    return outcome;
  }

  /** What was begun and not stored, or null. */
  get begun(): Readonly<Begun> | null {
    return this.#begun;
  }

  /** Forget what was begun: it was stored, or it is kept elsewhere. */
  forget(): void {
    this.#begun = null;
  }

  /** Do not wait for the next try. */
  again(): void {
    this.#patience.cut();
  }

  /** Give up after the try that is under way. */
  stop(): void {
    this.#sender?.stop();
    this.#patience.cut();
  }

  /** Make a parcel's secrets; one begun before with other words, which may have arrived, is withdrawn first. */
  async #begin(parcel: Parcel): Promise<Made> {
    if (this.#begun) {
      const { status } = await post(`${this.#base}/progress/cancel`, this.#begun.made.token.slice());
      if (status !== 200) throw new Lost();
      this.forget();
    }
    const core = await this.#pool.core();
    await this.#before(core);
    const made = parcel.make(core, core.newSecret(), core.newAttempt());
    this.#begun = { typed: parcel.typed, made, posted: false };
    return made;
  }
}
