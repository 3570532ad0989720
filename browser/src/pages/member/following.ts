import type { Box } from "../../core/receipt.ts";
import type { WayBack } from "./draft.ts";
import { all, goTo, one, say, show } from "./dom.ts";
import { clockTime, type Place } from "./moments.ts";
import { drawLadder, drawZone } from "./picture.ts";
import type { News } from "./news.ts";
import { Replies } from "./replies.ts";
import type { Core } from "./pool.ts";
import { markOf, type Progress, readProgress, titleOf } from "./steps.ts";
import { type Answer, Lost, post } from "./talk.ts";
import { text } from "./texts.ts";
import { browserClockwork, type Clockwork, type Look, Watch } from "./watch.ts";

/** What is needed to follow one request. */
export interface Thread {
  readonly core: Core;
  readonly base: string;
  readonly place: Place;
  readonly token: Uint8Array;
  readonly box: Box | null;
  /** How the member came here: decides what the page says about closing it. */
  readonly way: WayBack | "back";
  /** Forgets the key that this device keeps. */
  readonly forget: () => void;
}

const PACE_MS = 15_000;
// Asking for progress and for the box at the same moments would tie the two together for who watches the line.
const BOX_LEAST_MS = 11_000;
const BOX_SPREAD_MS = 14_000;

/** Long enough, and uneven enough, that the two questions of one device do not arrive as a pair. */
function aWhile(): number {
  return 2_000 + Math.random() * 6_000;
}

/** The box is looked into at its own times, also when the page comes to the front again. */
const apart: Clockwork = {
  ...browserClockwork,
  onVisible: (run) => browserClockwork.onVisible(() => browserClockwork.later(run, aWhile())),
};

/** Follows one request on the page: how it stands, replies, and what its sender can do about it. */
export class Following {
  readonly #thread: Thread;
  readonly #page = one("[data-progress]");
  readonly #title = one("[data-title]", this.#page);
  readonly #lead = one("[data-lead]", this.#page);
  readonly #live = one("[data-live]", this.#page);
  readonly #note = one("[data-note]", this.#page);
  readonly #replies: Replies | null;
  readonly #watch: Watch;
  readonly #boxWatch: Watch | null;
  #news: News | null = null;
  #mark: string | null = null;
  #seen = false;
  #over = false;
  // What a look brings that was on its way when everything was erased comes too late.
  #erased = false;

  constructor(thread: Thread) {
    this.#thread = thread;
    this.#replies = thread.box ? new Replies(thread.core, thread.base, thread.box, thread.token) : null;
    this.#watch = new Watch(() => this.#look(), () => PACE_MS, browserClockwork);
    const pace = (): number => BOX_LEAST_MS + Math.random() * BOX_SPREAD_MS;
    this.#boxWatch = this.#replies && new Watch(() => this.#lookInBox(), pace, apart);
    drawZone(one("[data-zone-note]", this.#page), thread.place);
    this.#listen();
    // A browser may keep a left page and show it again to whoever presses "back": then it must be empty.
    addEventListener("pagehide", () => this.#page.replaceChildren());
    addEventListener("pageshow", (event) => event.persisted && location.reload());
  }

  /** Show the page with what is known and begin to look. */
  async start(): Promise<void> {
    say(this.#title, text(this.#thread.way === "back" ? "loading" : "state.open"));
    say(this.#lead, this.#thread.way === "back" ? "" : text(`lead.${this.#thread.way}`));
    show(true, one("[data-actions]", this.#page));
    goTo(this.#title);
    await this.#watch.now();
    void this.#offerNews();
    apart.later(() => void this.#boxWatch?.now(), this.#thread.way === "back" ? aWhile() / 4 : aWhile());
  }

  /** Loaded only where a browser could be told at all, and somebody could still say something new. */
  async #offerNews(): Promise<void> {
    if (this.#over || this.#erased || !("PushManager" in window)) return;
    const code = await import("./news.ts").catch(() => null);
    if (!code || this.#over || this.#erased) return;
    this.#news = new code.News(this.#thread.base, this.#thread.token);
    await this.#news.offer();
  }

  async #look(): Promise<Look> {
    try {
      return this.#show(await this.#ask("progress"));
    } catch (error) {
      if (!this.#erased) this.#tell("note.offline");
      throw error;
    }
  }

  async #lookInBox(): Promise<Look> {
    const found = await this.#replies?.look();
    if (this.#erased) return "stop";
    if (found?.broken) this.#tell("note.reply-broken");
    if (found && found.fresh > 0) {
      say(this.#live, one("[data-reply-list]").lastElementChild?.firstElementChild?.textContent ?? "");
      this.#offerErasing(false, true);
      if (this.#over) this.#ended();
    }
    return this.#over ? "slowly" : "again";
  }

  async #ask(path: string): Promise<Progress | null> {
    const answer: Answer = await post(`${this.#thread.base}/${path}`, this.#thread.token.slice());
    const state = (answer.body as { state?: unknown } | null)?.state;
    if (answer.status !== 200 && answer.status !== 404 && answer.status !== 410) throw new Lost();
    const progress = readProgress(answer.body);
    // Anything else is not an answer of ours: a page of some network in between, perhaps.
    if (!progress && state !== "unknown" && state !== "closed") throw new Lost();
    return progress;
  }

  #show(progress: Progress | null): Look {
    if (this.#erased) return "stop";
    if (this.#note.dataset["key"] === "note.offline") this.#tell("");
    if (!progress) {
      this.#ended();
      return "stop";
    }
    this.#seen = true;
    const title = titleOf(progress);
    say(this.#title, text(`state.${title}`));
    say(this.#lead, this.#leadOf(progress, title));
    drawLadder(one("[data-ladder]", this.#page), progress, this.#thread.place);
    show(true, one("[data-ladder-section]", this.#page));
    const unanswered = progress.state === "unanswered";
    show(unanswered || title === "again", one("[data-numbers]", this.#page));
    show(unanswered, one("[data-once-more]", this.#page));
    if (unanswered) this.#hideWaysBack();
    show(progress.can.includes("not_called"), one("[data-not-called]", this.#page));
    this.#offerErasing(progress.can.includes("cancel"), progress.state === "connected");
    const mark = markOf(progress);
    if (this.#mark !== null && this.#mark !== mark) say(this.#live, `${text(`state.${title}`)} ${this.#current()}`);
    this.#mark = mark;
    return progress.state === "connected" || progress.state === "unanswered" ? "slowly" : "again";
  }

  /** One button erases everything; before anybody has answered it is called what it then is: cancelling. */
  #offerErasing(can: boolean, connected: boolean): void {
    const answered = connected || (this.#replies?.count ?? 0) > 0;
    show(can && !answered, one("[data-cancel]", this.#page));
    show(answered, one("[data-done]", this.#page));
  }

  #leadOf(progress: Progress, title: string): string {
    if (title === "accepted" && progress.contact_by) {
      return text("lead.accepted", { time: clockTime(progress.contact_by, this.#thread.place) });
    }
    return title === "open" || title === "alerted" ? text(`lead.${this.#thread.way}`) : text(`lead.${title}`);
  }

  #current(): string {
    return one("[data-ladder]", this.#page).querySelector("[aria-current] b")?.textContent ?? "";
  }

  /** The server knows nothing of it: closed and erased, or it never was here. */
  #ended(): void {
    const known = this.#seen || this.#thread.way !== "back" || (this.#replies?.count ?? 0) > 0;
    const replies = (this.#replies?.count ?? 0) > 0;
    if (!this.#over) say(this.#live, text(known ? "state.gone" : "state.unknown"));
    this.#over = true;
    void this.#news?.end();
    say(this.#title, text(known ? "state.gone" : "state.unknown"));
    say(this.#lead, text(!known ? "lead.unknown" : replies ? "lead.gone" : "lead.gone-none"));
    show(false, one("[data-ladder-section]", this.#page), one("[data-not-called]", this.#page), one("[data-cancel]", this.#page));
    show(!known, one("[data-numbers]", this.#page));
    show(replies, one("[data-done]", this.#page));
    this.#replies?.closeWriting();
    show(!known, one("[data-once-more]", this.#page));
    this.#hideWaysBack();
  }

  /** Without a reply there is nothing left to come back to. */
  #hideWaysBack(): void {
    if ((this.#replies?.count ?? 0) > 0) return;
    for (const part of all("[data-receipt], [data-replies]", this.#page)) show(false, part);
  }

  #listen(): void {
    const press = (name: string, run: () => Promise<void>): void => {
      one(`[data-${name}]`, this.#page).addEventListener("click", () => void run());
    };
    press("not-called", () => this.#notCalled());
    press("cancel", async () => {
      if (await confirmed("cancel")) await this.#erase("cancelled");
    });
    press("done", async () => {
      if (await confirmed("done")) await this.#erase("erased");
    });
  }

  async #notCalled(): Promise<void> {
    try {
      this.#show(await this.#ask("progress/not-called"));
      this.#tell("note.called");
    } catch {
      this.#tell("note.unsure");
    }
  }

  async #erase(how: "cancelled" | "erased"): Promise<void> {
    try {
      if (!this.#over) await this.#ask("progress/cancel");
      await this.#replies?.erase();
    } catch {
      this.#tell("note.unsure");
      return;
    }
    this.#erased = true;
    await this.#news?.end();
    this.#thread.forget();
    this.#watch.end();
    this.#boxWatch?.end();
    this.#tell("");
    say(this.#live, "");
    for (const part of all("section, [data-actions], [data-numbers]", this.#page)) show(false, part);
    one("[data-words]", this.#page).replaceChildren();
    say(this.#title, text(`state.${how}`));
    say(this.#lead, text(`lead.${how}`));
    goTo(this.#title);
  }

  #tell(key: string): void {
    this.#note.dataset["key"] = key;
    say(this.#note, key ? text(key) : "");
    show(key !== "", this.#note);
  }
}

let asking = false;

/** Ask before something is erased; while one question stands, another one is a no. */
function confirmed(what: "cancel" | "done"): Promise<boolean> {
  // A dialog tells of its closing a moment later: a second question before that would take the first one's answer away.
  if (asking) return Promise.resolve(false);
  asking = true;
  const dialog = one<HTMLDialogElement>("dialog[data-confirm]");
  say(one("[data-confirm-title]", dialog), text(`confirm.${what}.title`));
  say(one("[data-confirm-text]", dialog), text(`confirm.${what}.text`));
  say(one("[data-yes]", dialog), text(`confirm.${what}.yes`));
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    const answered = (): void => {
      asking = false;
      resolve(dialog.returnValue === "yes");
    };
    dialog.addEventListener("close", answered, { once: true });
  });
}
