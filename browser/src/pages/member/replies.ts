import type { ReplyPayload } from "../../core/payload.ts";
import type { Box } from "../../core/receipt.ts";
import { Refusal } from "../../core/refusal.ts";
import { make, one, say, show } from "./dom.ts";
import type { Core } from "./pool.ts";
import { Lost, post } from "./talk.ts";
import { counted, text } from "./texts.ts";

/** A message is sealed for so many at most. */
const SLOTS = 12;

/** The replies in one box, opened on this device, and the way to write back to those who are on the request now. */
export class Replies {
  readonly #core: Core;
  readonly #base: string;
  readonly #box: Box;
  readonly #token: Uint8Array;
  readonly #section = one("[data-replies]");
  readonly #list = one("[data-reply-list]", this.#section);
  readonly #form = one<HTMLFormElement>("[data-write]", this.#section);
  readonly #text = one<HTMLTextAreaElement>("textarea", this.#form);
  readonly #shown = new Set<string>();
  // Whoever wrote last vouched for their own key inside the sealed reply; the server cannot have put it there.
  #writeTo: string | undefined;
  // Without that key among them, those for whom the member agreed to seal.
  #agreed = "";
  // The same attempt again until it is stored, so that a retry never doubles.
  #attempt: { words: string; readers: string; frame: Uint8Array<ArrayBuffer> } | null = null;
  #open = true;
  #erased = false;

  constructor(core: Core, base: string, box: Box, token: Uint8Array) {
    this.#core = core;
    this.#base = base;
    this.#box = box;
    this.#token = token;
    show(true, this.#section);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#write();
    });
  }

  /** How many replies this page shows. */
  get count(): number {
    return this.#shown.size;
  }

  /** Fetch replies and show new ones; returns how many are new and whether one could not be opened. @throws {@link Lost} */
  async look(): Promise<{ fresh: number; broken: boolean }> {
    const { status, body } = await post(`${this.#base}/box`, this.#box.address.slice());
    if (status !== 200) throw new Lost();
    const sealed = ((body as { replies?: unknown }).replies ?? []) as string[];
    let fresh = 0;
    let broken = false;
    for (const one of sealed.filter((item) => typeof item === "string" && !this.#shown.has(item))) {
      const reply = await this.#opened(one);
      if (this.#erased) break;
      if (!reply) {
        broken = true;
        continue;
      }
      this.#shown.add(one);
      this.#add(reply);
      fresh += 1;
    }
    show(this.#shown.size === 0, ...this.#section.querySelectorAll<HTMLElement>("[data-reply-none]"));
    return { fresh, broken };
  }

  /** Nobody would read what is written back any more. */
  closeWriting(): void {
    this.#open = false;
    show(false, this.#form);
  }

  /** Delete the replies on the server and clear them here. @throws {@link Lost} */
  async erase(): Promise<void> {
    const { status } = await post(`${this.#base}/box/erase`, this.#box.address.slice());
    if (status !== 200) throw new Lost();
    this.#erased = true;
    this.#list.replaceChildren();
    this.#text.value = "";
    show(false, this.#section);
  }

  async #opened(sealed: string): Promise<ReplyPayload | null> {
    try {
      return this.#core.readPayload("reply", await this.#core.openSealed(this.#core.fromBase64(sealed), this.#box.identity));
    } catch {
      return null;
    }
  }

  #add(reply: ReplyPayload): void {
    const from = reply.name ? text("reply.from", { name: reply.name }) : text("reply.from-peer");
    // What somebody wrote comes before how it went.
    if (this.#shown.size === 1) one("[data-ladder-section]").before(this.#section);
    // The section was put away if the request was over before the first reply was fetched.
    show(true, this.#section, this.#list);
    this.#list.append(make("article", "reply", make("b", "", from), make("p", "", reply.text)));
    this.#writeTo = reply.write_to;
    show(this.#open, this.#form);
  }

  async #write(): Promise<void> {
    const words = this.#text.value.trim();
    if (!words) return this.#fail(text("write.empty"));
    const button = one<HTMLButtonElement>("button", this.#form);
    button.setAttribute("aria-busy", "true");
    button.disabled = true;
    try {
      const readers = await this.#present();
      const complaint = this.#complaintAbout(readers);
      if (!readers || complaint) return this.#fail(complaint);
      const { status } = await post(`${this.#base}/messages`, await this.#frame(words, readers));
      if (status === 200 || status === 201) this.#wrote(words, readers.length);
      else this.#fail(text(status === 404 ? "write.gone" : status === 429 ? "write.full" : "write.lost"));
    } catch (error) {
      this.#fail(text(error instanceof Refusal && error.code === "too-long" ? "write.too-long" : "write.lost"));
    } finally {
      button.removeAttribute("aria-busy");
      button.disabled = false;
    }
  }

  /** Ask who is on the request now, as keys; null when it is gone. @throws {@link Lost} */
  async #present(): Promise<string[] | null> {
    const { status, body } = await post(`${this.#base}/progress/present`, this.#token.slice());
    const answer = body as { keys?: unknown; state?: unknown } | null;
    if (status === 200 && answer?.state === "unknown") return null;
    const keys = answer?.keys;
    const sound = Array.isArray(keys) && keys.length <= SLOTS && keys.every(this.#core.isRecipient);
    if (status !== 200 || !sound) throw new Lost();
    return keys;
  }

  /** Say what speaks against sealing for them, or nothing: once for a list without whoever wrote last. */
  #complaintAbout(readers: readonly string[] | null): string {
    if (!readers) return text("write.gone");
    if (readers.length === 0) return text("write.nobody");
    const list = [...readers].sort().join(" ");
    if (this.#writeTo === undefined || readers.includes(this.#writeTo) || this.#agreed === list) return "";
    this.#agreed = list;
    return counted("write.changed", readers.length);
  }

  async #frame(words: string, readers: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
    const list = [...readers].sort().join(" ");
    if (this.#attempt?.words !== words || this.#attempt.readers !== list) {
      const sealed = await this.#core.sealFor(readers, this.#core.writePayload("message", { v: 1, text: words }), SLOTS);
      this.#attempt = { words, readers: list, frame: this.#core.messageFrame(this.#token, this.#core.newAttempt(), sealed) };
    }
    return this.#attempt.frame;
  }

  #wrote(words: string, readers: number): void {
    this.#attempt = null;
    this.#text.value = "";
    this.#list.append(make("article", "reply mine", make("b", "", text("reply.mine")), make("p", "", words)));
    this.#fail("");
    say(one("[data-live]"), counted("write.sent", readers));
  }

  #fail(sentence: string): void {
    const error = one("[data-write-error]", this.#form);
    say(error, sentence);
    show(sentence !== "", error);
    this.#text.setAttribute("aria-invalid", String(sentence !== ""));
    if (sentence) this.#text.focus();
  }
}
