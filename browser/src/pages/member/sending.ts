import { one, say, show } from "./dom.ts";
import { text } from "./texts.ts";

/** What the parts around a form can do to it while something is sent. */
interface Held {
  readonly form: HTMLFormElement;
  freeze(frozen: boolean): void;
}

/** What the buttons around a form do. */
interface Acts {
  send(): Promise<void>;
  /** Do not wait for the next try. */
  again(): void;
  /** Give up after the try that is under way. */
  stop(): void;
  /** Told whether there is no connection, each time something is said. */
  lost(none: boolean): void;
}

/** The button that sends, and the notice that says how it goes. */
export class SendingPart {
  /** What was begun last. */
  under: Promise<void> = Promise.resolve();
  readonly #held: Held;
  readonly #acts: Acts;
  readonly #button = one<HTMLButtonElement>("[data-send]");
  readonly #words = this.#button.textContent ?? "";

  constructor(held: Held, acts: Acts) {
    this.#held = held;
    this.#acts = acts;
    held.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.isBusy) this.under = acts.send();
    });
    one("[data-again]").addEventListener("click", () => acts.again());
    one("[data-stop]").addEventListener("click", () => acts.stop());
    addEventListener("online", () => acts.again());
  }

  get isBusy(): boolean {
    return this.#button.getAttribute("aria-busy") === "true";
  }

  /** Freeze the form while something is on its way. */
  busy(on: boolean): void {
    // aria-disabled and not disabled: the focus stays where the person is.
    this.#button.setAttribute("aria-busy", String(on));
    this.#button.setAttribute("aria-disabled", String(on));
    this.#held.freeze(on);
    if (!on) say(this.#button, this.#words);
  }

  /** Say what happens: work on the button itself, trouble in a notice with the numbers below it. */
  tell(key: string, seconds?: number): void {
    const working = key === "sending.sealing" || key === "sending.sending";
    if (working) say(this.#button, text(key));
    show(!working, one("[data-sending]"));
    show(seconds !== undefined, one("[data-retry]"));
    show(key !== "sending.work", one("[data-again]"));
    this.#acts.lost(key === "sending.lost" || key === "sending.stopped");
    // Until the pace of this device is known there is no number to say.
    const about = seconds === undefined ? text(key) : seconds === 0 ? text(`${key}.begun`) : text(key, { n: seconds });
    if (!working) say(one("[data-sending-notice]"), about);
  }
}

/** Waits that somebody, or the network, can cut short. */
export class Patience {
  #cut = (): void => undefined;

  /** Wait so many seconds, or less. */
  wait(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.#cut = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Wait no longer. */
  cut(): void {
    this.#cut();
  }
}
