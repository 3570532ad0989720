import type { Changing, CHANGE } from "./later.ts";
import { type Draft, problemOf } from "./draft.ts";
import type { AskForm } from "./form.ts";
import { one, say, show } from "./dom.ts";
import { isShared } from "./place.ts";
import type { Core } from "./pool.ts";
import { text } from "./texts.ts";

type LaterCode = typeof import("./later.ts");
type WaitingCode = typeof import("./waiting.ts");
const CHANGED: typeof CHANGE = "later-change";

/** What the ask page lends for keeping what was written. */
export interface Desk {
  /** What stands in the form now. */
  written(): Draft;
  /** Stop trying to send; resolves when nothing is under way any more. */
  stop(): Promise<void>;
  /** The secrets of what was begun, with the words it was begun with; `posted`: it may have arrived. */
  begun(): { readonly secret: string; readonly attempt: string; readonly typed: string; readonly posted: boolean } | null;
  /** Say whether something is on its way, or may have arrived. */
  busy(): boolean;
  kept(): void;
  changing(draft: Draft): void;
}

/** "Keep it on this phone": offered on the ask page when there is no connection, and taken up again when it is to be changed. */
export class LaterOnAsk {
  readonly #base: string;
  readonly #form: AskForm;
  readonly #desk: Desk;
  readonly #offer = one("[data-keep-offer]");
  #code: [WaitingCode, LaterCode] | null = null;
  #changing: Changing | null = null;

  constructor(base: string, form: AskForm, desk: Desk) {
    this.#base = base;
    this.#form = form;
    this.#desk = desk;
    one("[data-keep]", this.#offer).addEventListener("click", () => void this.#keep());
    document.addEventListener(CHANGED, (event) => {
      // Something on its way, or that may have arrived, would be taken for the one that is to be changed.
      if (this.#desk.busy()) event.preventDefault();
      else this.#change((event as CustomEvent<Changing>).detail);
    });
  }

  /** Offer it, or take the offer away. Its code comes from what the worker keeps; where that is not here, nothing is offered. */
  async offer(wanted: boolean): Promise<void> {
    show(false, this.#offer);
    if (!wanted || isShared()) return;
    await this.#load();
    show(this.#code !== null, this.#offer);
  }

  async #load(): Promise<void> {
    this.#code ??= await Promise.all([import("./waiting.ts"), import("./later.ts")]).catch(() => null);
  }

  /** Take back on the server the one that is being changed, where it may have arrived. @throws Lost */
  async withdrawn(core: Core): Promise<void> {
    const { tried, later } = this.#changing ?? {};
    if (!later) return;
    const { withdraw } = await import("./delivering.ts");
    await withdraw(this.#base, later.replaces, core);
    if (tried) await withdraw(this.#base, later.secret, core);
  }

  /** It was sent from the form: nothing of it waits any more. */
  async sent(): Promise<void> {
    if (!this.#changing) return;
    await this.#load();
    await this.#code?.[0].forget(this.#changing.id);
    this.#changing = null;
  }

  #change(changing: Changing): void {
    this.#changing = changing;
    this.#form.write(changing.later.form);
    this.#desk.changing(changing.later.form);
  }

  async #keep(): Promise<void> {
    const draft = this.#desk.written();
    const problem = problemOf(draft);
    if (problem) return this.#form.refuse(problem);
    await this.#desk.stop();
    const code = this.#code;
    if (!code) return;
    try {
      await this.#store(code[0], draft);
    } catch {
      say(one("[data-sending-notice]"), text("waiting.cannot"));
      return;
    }
    this.#form.clear();
    this.#desk.kept();
    await code[1].look();
  }

  async #store({ keep, forget }: WaitingCode, form: Draft): Promise<void> {
    const begun = this.#desk.begun();
    const same = begun?.typed === JSON.stringify(form);
    const former = this.#changing;
    const replaces = begun?.posted && !same ? begun.secret : former?.tried ? former.later.secret : former?.later.replaces;
    const [secret, attempt] = same && begun ? [begun.secret, begun.attempt] : [random(), random()];
    await keep({ form, secret, attempt, ...(replaces && { replaces }) }, "ask", same && begun.posted ? new Date().toISOString() : null);
    if (former) await forget(former.id);
    this.#changing = null;
  }
}

/** Sixteen random bytes as hexadecimal digits: a secret or an attempt, made without the code that seals, which may not be here. */
function random(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
