import type { Changing, CHANGE } from "./later.ts";
import type { Later } from "./delivering.ts";
import { all, one, say, show } from "./dom.ts";
import { here } from "./here.ts";
import { KeptKeys } from "./kept.ts";
import { drawer, isShared } from "./place.ts";
import type { Core } from "./pool.ts";
import { text } from "./texts.ts";
import type { Kind } from "./waiting.ts";

type LaterCode = typeof import("./later.ts");
type WaitingCode = typeof import("./waiting.ts");
type Taken<Draft> = Changing & { readonly later: Later<Draft> };
const CHANGED: typeof CHANGE = "later-change";

/** The form of a page from which something can be kept. */
interface Form<Draft, Problem> {
  readonly form: HTMLFormElement;
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
  #changing: Taken<Draft> | null = null;
  #written = "";
  #keeping = false;

  constructor(base: string, desk: Desk<Draft, Problem>) {
    this.#base = base;
    this.#desk = desk;
    one("[data-keep]", this.#offer).addEventListener("click", () => void this.#keep());
    document.addEventListener(CHANGED, (event) => {
      const changing = (event as CustomEvent<Taken<Draft>>).detail;
      // Something on its way, or that may have arrived, would be taken for the one that is to be changed; other words would be lost.
      const other = this.#typed() !== "" && this.#typed() !== this.#written;
      if (other || this.#desk.busy() || changing.kind !== desk.kind) return;
      event.preventDefault();
      this.#change(changing);
    });
    // What its address names may have been offered before anybody listened here.
    if (location.hash.startsWith("#change=")) void this.#load().then(() => this.#code?.[1].takeUp());
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
    if (!this.#changing) return;
    const { withdraw } = await import("./delivering.ts");
    await withdraw(this.#base, this.#changing.later.replaces, core);
    await this.#takeBack(this.#changing, core, ({ note }, id) => note(id, { tried: null }).catch(() => undefined));
  }

  /** It was sent from the form: nothing of it waits any more, and what another page sent of it meanwhile is taken back. */
  async sent(core: Core): Promise<void> {
    if (!this.#changing) return;
    await this.#takeBack(this.#changing, core, ({ forget }, id) => forget(id));
    this.#forgetWayBack(this.#changing.later.secret);
    this.#changing = null;
  }

  /** Take back one that may have arrived, and then do something with it, while no other page sends it. @throws Lost */
  async #takeBack({ id, later }: Changing, core: Core, then: (code: WaitingCode, id: string) => Promise<void>): Promise<void> {
    await this.#load();
    const code = this.#code?.[0];
    const { alone, withdraw } = await import("./delivering.ts");
    await alone(id, async () => {
      if (await this.#mayHaveGone(id)) await withdraw(this.#base, later.secret, core);
      if (code) await then(code, id);
    });
  }

  /** Say whether one may be on the server, as it stands now: another page may have sent it, and said so, since this form took it up. */
  async #mayHaveGone(id: string): Promise<boolean> {
    // Where nobody can tell, it may: that a browser cannot read what it kept keeps nobody from sending.
    const now = await this.#code?.[0].find(id).catch(() => null);
    return !now || now.tried !== null || now.state === "sent";
  }

  /** Everything that stands in fields to be typed into. */
  #typed(): string {
    const fields = all<HTMLInputElement>("textarea, input:not([type=radio], [type=checkbox])", this.#desk.form.form);
    return fields.map(({ value }) => value).join("");
  }

  #change(changing: Taken<Draft>): void {
    this.#changing = changing;
    this.#desk.form.write(changing.later.form);
    this.#written = this.#typed();
    this.#desk.changing(changing.later.form);
  }

  async #keep(): Promise<void> {
    // Pressed again while it is being kept.
    if (this.#keeping) return;
    const draft = this.#desk.written();
    const problem = this.#desk.problem(draft);
    if (problem) return this.#desk.form.refuse(problem);
    this.#keeping = true;
    try {
      await this.#desk.stop();
      const code = this.#code;
      if (code) await this.#kept(code, draft);
    } finally {
      this.#keeping = false;
    }
  }

  async #kept([waiting, later]: [WaitingCode, LaterCode], draft: Draft): Promise<void> {
    let id = "";
    try {
      id = await this.#store(waiting, draft);
    } catch {
      say(one("[data-sending-notice]"), text("waiting.cannot"));
      return;
    }
    const looked = later.lookAt(id);
    this.#desk.form.clear();
    this.#desk.kept();
    await looked;
  }

  async #store(waiting: WaitingCode, form: Draft): Promise<string> {
    const former = this.#changing;
    if (!former) return this.#put(waiting, form);
    // No other page sends the former one meanwhile.
    const { alone } = await import("./delivering.ts");
    return (await alone(former.id, async () => this.#put(waiting, form, former, await this.#mayHaveGone(former.id)))) ?? "";
  }

  async #put({ keep }: WaitingCode, form: Draft, former: Taken<Draft> | null = null, gone = false): Promise<string> {
    const begun = this.#desk.begun();
    const same = begun?.typed === JSON.stringify(form);
    const replaces = begun?.posted && !same ? begun.secret : gone ? former?.later.secret : former?.later.replaces;
    const [secret, attempt] = same && begun ? [begun.secret, begun.attempt] : [random(), random()];
    const tried = same && begun.posted ? new Date().toISOString() : null;
    const id = await keep({ form, secret, attempt, ...(replaces && { replaces }) }, this.#desk.kind, tried, former?.id);
    // What never left has no way back; of what may have left it goes when that is withdrawn.
    if (begun && !begun.posted) this.#forgetWayBack(begun.secret);
    if (former && !gone) this.#forgetWayBack(former.later.secret);
    this.#changing = null;
    return id;
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
