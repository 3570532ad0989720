/** What a watch needs of the browser. */
export interface Clockwork {
  later(run: () => void, ms: number): number;
  cancel(timer: number): void;
  visible(): boolean;
  onVisible(run: () => void): void;
}

/** What one look found: go on, go on slowly, or stop. */
export type Look = "again" | "slowly" | "stop";

const SLOW_MS = 60_000;
const LONGEST_MS = 240_000;

/** Looks again and again while the page is in front: at a steady pace, more slowly after failures, never twice at a time. */
export class Watch {
  readonly #look: () => Promise<Look>;
  readonly #clockwork: Clockwork;
  readonly #pace: () => number;
  #timer: number | null = null;
  #busy = false;
  #ended = false;
  #failures = 0;

  constructor(look: () => Promise<Look>, pace: () => number, clockwork: Clockwork) {
    this.#look = look;
    this.#pace = pace;
    this.#clockwork = clockwork;
    clockwork.onVisible(() => void this.now());
  }

  /** Look at once, and from then on. */
  async now(): Promise<void> {
    if (this.#ended || this.#busy) return;
    if (this.#timer !== null) this.#clockwork.cancel(this.#timer);
    this.#timer = null;
    if (!this.#clockwork.visible()) return;
    this.#busy = true;
    let next: number;
    try {
      const found = await this.#look();
      this.#failures = 0;
      if (found === "stop") this.#ended = true;
      next = found === "slowly" ? SLOW_MS : this.#pace();
    } catch {
      this.#failures += 1;
      next = Math.min(LONGEST_MS, this.#pace() * 2 ** this.#failures);
    }
    this.#busy = false;
    if (!this.#ended) this.#timer = this.#clockwork.later(() => void this.now(), next);
  }

  /** Stop for good. */
  end(): void {
    this.#ended = true;
    if (this.#timer !== null) this.#clockwork.cancel(this.#timer);
  }
}

/** The browser's own clockwork. */
export const browserClockwork: Clockwork = {
  later: (run, ms) => window.setTimeout(run, ms),
  cancel: (timer) => window.clearTimeout(timer),
  visible: () => document.visibilityState === "visible",
  onVisible: (run) => {
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") run();
    });
    addEventListener("online", run);
  },
};
