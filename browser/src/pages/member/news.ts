import "./common.ts";
import { all, fact, one, say, show } from "./dom.ts";
import { here } from "./here.ts";
import { isShared } from "./place.ts";
import { post } from "./talk.ts";
import { text } from "./texts.ts";

/** The size of what a device sends to be told: token 16, language 1, length 2, address filled up with zeros. */
const BYTES = 1024;
const HEAD = 19;
const LANGUAGES: Readonly<Record<string, number>> = { en: 1, fr: 2 };

/** Write what tells the server where a device wants to be told; an empty address is nowhere. */
export function wishFrame(token: Uint8Array, language: string, address: string): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(BYTES);
  const written = new TextEncoder().encode(address);
  body.set(token);
  body[16] = LANGUAGES[language] ?? 1;
  new DataView(body.buffer).setUint16(17, written.length);
  body.set(written.subarray(0, BYTES - HEAD), HEAD);
  return body;
}

/** "Tell me on this phone": offered where this browser could do it, never on a shared computer. */
export class News {
  readonly #base: string;
  readonly #token: Uint8Array;
  readonly #section = one("[data-news]");
  readonly #says = one("[data-news-says]", this.#section);
  readonly #on = one<HTMLButtonElement>("[data-news-on]", this.#section);
  readonly #off = one<HTMLButtonElement>("[data-news-off]", this.#section);

  constructor(base: string, token: Uint8Array) {
    this.#base = base;
    this.#token = token;
    this.#on.addEventListener("click", () => void this.#busy(() => this.#turnOn()));
    this.#off.addEventListener("click", () => void this.#busy(() => this.#turnOff()));
  }

  /** Offer it, or say that it is on. */
  async offer(): Promise<void> {
    if (isShared() || !("PushManager" in window) || !("Notification" in window) || !(await registration())) return;
    this.#stands(await subscription().then(Boolean));
    show(true, this.#section);
  }

  /** The request is over: this device's address at the push service ends with it. */
  async end(): Promise<void> {
    show(false, ...all("[data-news]"));
    await (await subscription())?.unsubscribe().catch(() => false);
  }

  #stands(on: boolean, key = on ? "news.on" : ""): void {
    show(!on, this.#on);
    show(on, this.#off);
    say(this.#says, key ? text(key) : "");
  }

  async #busy(run: () => Promise<string>): Promise<void> {
    for (const button of [this.#on, this.#off]) button.setAttribute("aria-busy", "true");
    const key = await run().catch(() => "news.failed");
    for (const button of [this.#on, this.#off]) button.removeAttribute("aria-busy");
    this.#stands(key === "news.on", key);
  }

  async #turnOn(): Promise<string> {
    if ((await Notification.requestPermission()) !== "granted") return "news.denied";
    const worker = await registration();
    if (!worker) return "news.failed";
    // One address for one request: a second request must not look to anybody like the same device's.
    await (await worker.pushManager.getSubscription())?.unsubscribe();
    const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fact(this.#section, "key") });
    const { endpoint, keys } = made.toJSON();
    const address = `${endpoint} ${keys?.["p256dh"]} ${keys?.["auth"]}`;
    const taken = await this.#tell(address).catch(() => false);
    if (!taken) await made.unsubscribe().catch(() => false);
    return taken ? "news.on" : "news.failed";
  }

  async #turnOff(): Promise<string> {
    await (await subscription())?.unsubscribe().catch(() => false);
    // Where this does not arrive, the push service says at the next notice that the device is gone.
    await this.#tell("").catch(() => false);
    return "news.off";
  }

  async #tell(address: string): Promise<boolean> {
    const { status, body } = await post(`${this.#base}/progress/tell-me`, wishFrame(this.#token, document.documentElement.lang, address));
    return status === 200 && (body as { state?: unknown } | null)?.state !== "unknown";
  }
}

async function registration(): Promise<ServiceWorkerRegistration | null> {
  const page = here();
  if (!page || !("serviceWorker" in navigator)) return null;
  return (await navigator.serviceWorker.getRegistration(`${page.base}/`).catch(() => undefined)) ?? null;
}

async function subscription(): Promise<PushSubscription | null> {
  return (await registration())?.pushManager.getSubscription().catch(() => null) ?? null;
}
