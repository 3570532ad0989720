import type { Changing, CHANGE } from "./later.ts";
import type { Later } from "./delivering.ts";
import { one, say, show } from "./dom.ts";
import { here } from "./here.ts";
import { KeptKeys } from "./kept.ts";
import { drawer, isShared } from "./place.ts";
import type { Core } from "./pool.ts";
import { text } from "./texts.ts";
import type { Kind } from "./waiting.ts";

type LaterCode = typeof import("./later.ts");
type WaitingCode = typeof import("./waiting.ts");
const CHANGED: typeof CHANGE = "later-change";

/** The form of a page from which something can be kept. */
interface Form<Draft, Problem> {
  write(draft: Draft): void;
  refuse(problem: Problem): void;
  clear(): void;
}

/** What a page with a form lends for keeping what was written. */
export interface Desk<Draft, Problem> {
  readonly kind: Kind;
  readonly form: Form<Draft, Problem>;
  /** What stands in the form now. */
  written(): Draft;
  /** What keeps it from being sent, or null. */
  problem(draft: Draft): Problem | null;
  /** Stop trying to send; resolves when nothing is under way any more. */
  stop(): Promise<unknown>;
  /** The secrets of what was begun, with the words it was begun with; `posted`: it may have arrived. */
  begun(): { readonly secret: string; readonly attempt: string; readonly typed: string; readonly posted: boolean } | null;
  /** Say whether something is on its way, or may have arrived. */
  busy(): boolean;
  kept(): void;
  changing(draft: Draft): void;
}

/** "Keep it on this phone": offered beside a form when there is no connection, and taken up again when it is to be changed. */
export class LaterOnForm<Draft, Problem> {
  readonly #base: string;
  readonly #desk: Desk<Draft, Problem>;
  readonly #offer = one("[data-keep-offer]");
  #code: [WaitingCode, LaterCode] | null = null;
  #changing: (Changing & { readonly later: Later<Draft> }) | null = null;

  constructor(base: string, desk: Desk<Draft, Problem>) {
    this.#base = base;
    this.#desk = desk;
    one("[data-keep]", this.#offer).addEventListener("click", () => void this.#keep());
    document.addEventListener(CHANGED, (event) => {
      const changing = (event as CustomEvent<Changing & { readonly later: Later<Draft> }>).detail;
      // Something on its way, or that may have arrived, would be taken for the one that is to be changed.
      if (this.#desk.busy() || changing.kind !== desk.kind) event.preventDefault();
      else this.#change(changing);
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
    this.#forgetWayBack(this.#changing.later.secret);
    await this.#code?.[0].forget(this.#changing.id);
    this.#changing = null;
  }

  #change(changing: Changing & { readonly later: Later<Draft> }): void {
    this.#changing = changing;
    this.#desk.form.write(changing.later.form);
    this.#desk.changing(changing.later.form);
  }

  async #keep(): Promise<void> {
    const draft = this.#desk.written();
    const problem = this.#desk.problem(draft);
    if (problem) return this.#desk.form.refuse(problem);
    await this.#desk.stop();
    const code = this.#code;
    if (!code) return;
    try {
      await this.#store(code[0], draft);
    } catch {
      say(one("[data-sending-notice]"), text("waiting.cannot"));
      return;
    }
    this.#desk.form.clear();
    this.#desk.kept();
    await code[1].look();
  }

  async #store({ keep }: WaitingCode, form: Draft): Promise<void> {
    const begun = this.#desk.begun();
    const same = begun?.typed === JSON.stringify(form);
    const former = this.#changing;
    const replaces = begun?.posted && !same ? begun.secret : former?.tried ? former.later.secret : former?.later.replaces;
    const [secret, attempt] = same && begun ? [begun.secret, begun.attempt] : [random(), random()];
    const tried = same && begun.posted ? new Date().toISOString() : null;
    await keep({ form, secret, attempt, ...(replaces && { replaces }) }, this.#desk.kind, tried, former?.id);
    // What never left has no way back; of what may have left it goes when that is withdrawn.
    if (begun && !begun.posted) this.#forgetWayBack(begun.secret);
    if (former && !former.tried) this.#forgetWayBack(former.later.secret);
    this.#changing = null;
  }

  #forgetWayBack(secret: string): void {
    const page = here();
    if (page) new KeptKeys(page.organisation, drawer()).forget(secret);
  }
}

/** Sixteen random bytes as hexadecimal digits: a secret or an attempt, made without the code that seals, which may not be here. */
function random(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
