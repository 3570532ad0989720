import { handOnFrame, type Purpose } from "../../core/frame.ts";
import type { Wishes } from "../../core/payload.ts";
import { sealToBox } from "../../core/seal.ts";
import { busy, sentenceFor } from "./locked.ts";
import { offered, type Peer, unmetBy } from "./peers.ts";
import type { Opened } from "./sealed.ts";
import { Failure, getJson, postBytes } from "./server.ts";
import { complain, part, say, show } from "./texts.ts";

/** Where the server answers, and what happens when somebody was asked or the request is not there any more. */
export interface Around {
  readonly peers: string;
  readonly handOn: string;
  readonly mine: boolean;
  readonly asked: () => void;
  readonly over: () => void;
}

/** The part of a request's page that hands it on: whom, what they will see, sealed on this device for one more person. */
export class HandOn {
  readonly #opened: Opened;
  readonly #around: Around;
  readonly #panel = part("hand-on");
  readonly #title = part("hand-on-title");
  readonly #form = part<HTMLFormElement>("hand-on-form");
  readonly #people = part("hand-on-people");
  readonly #trouble = part("hand-on-trouble");
  readonly #working = part("hand-on-working");
  #purpose: Purpose = "take";
  #list: readonly Peer[] = [];
  #opener: HTMLElement | null = null;
  // What was sealed for somebody and may have arrived is sent again as it is.
  #unsure: { readonly to: string; readonly frame: Uint8Array<ArrayBuffer> } | null = null;

  constructor(opened: Opened, around: Around) {
    this.#opened = opened;
    this.#around = around;
    for (const button of document.querySelectorAll<HTMLButtonElement>("[data-hand-on-for]")) {
      show(button);
      button.addEventListener("click", () => void this.#choose(button));
    }
    part("hand-on-back").addEventListener("click", () => this.#away());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void busy(this.#form, () => this.#send());
    });
  }

  async #choose(opener: HTMLElement): Promise<void> {
    this.#opener = opener;
    this.#purpose = opener.dataset["handOnFor"] === "backup" ? "backup" : "take";
    const whose = this.#around.mine ? this.#purpose : "waiting";
    this.#title.textContent = say(`hand-on.${this.#purpose}.title`);
    part("hand-on-what").textContent = say(`hand-on.${whose}.what`);
    show(part("hand-on-done"), false);
    show(part("hand-on-what"));
    show(part("hand-on-back"));
    show(this.#panel);
    this.#title.focus({ preventScroll: true });
    this.#panel.scrollIntoView({ block: "start" });
    await this.#look();
  }

  #away(): void {
    show(this.#panel, false);
    this.#opener?.focus();
  }

  /** Fetch who is there now and offer them, but nobody whom the member left out. */
  async #look(): Promise<void> {
    const { left_out = [], not_over, wishes = {} } = this.#opened.payload;
    const limits = [
      ...(left_out.length > 0 ? [say("hand-on.left-out", { offices: left_out.join(", ") })] : []),
      ...(not_over ? [say("hand-on.not-over", { office: not_over })] : []),
    ];
    complain(part("hand-on-left-out"), limits.join(" "));
    complain(this.#trouble, "");
    show(this.#form, false);
    show(part("hand-on-nobody"), false);
    this.#work("hand-on.looking");
    try {
      const answer = (await getJson(this.#around.peers)) as { readonly peers: readonly Peer[] };
      this.#list = offered(answer.peers, this.#purpose, this.#opened.payload);
      this.#people.replaceChildren(...this.#list.map((peer) => choice(peer, wishes)));
      show(this.#form, this.#list.length > 0);
      show(part("hand-on-nobody"), this.#list.length === 0);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#work("");
    }
  }

  async #send(): Promise<void> {
    const picked = this.#people.querySelector<HTMLInputElement>("input:checked");
    const peer = this.#list.find(({ id }) => id === picked?.value);
    if (!peer) {
      complain(this.#trouble, say("hand-on.none"));
      this.#people.querySelector("input")?.focus();
      return;
    }
    complain(this.#trouble, "");
    this.#work("hand-on.sealing", peer.name);
    try {
      await postBytes(this.#around.handOn, await this.#frame(peer));
      this.#unsure = null;
      this.#done(peer);
    } catch (error) {
      this.#failed(error, peer);
    } finally {
      this.#work("");
    }
  }

  async #frame(peer: Peer): Promise<Uint8Array<ArrayBuffer>> {
    const to = `${this.#purpose} ${peer.id} ${peer.key}`;
    if (this.#unsure?.to !== to) {
      const sealed = await sealToBox(peer.key, this.#opened.plain);
      this.#unsure = { to, frame: handOnFrame(peer.id.replaceAll("-", ""), this.#purpose, sealed) };
    }
    return this.#unsure.frame;
  }

  #done(peer: Peer): void {
    for (const name of ["form", "what", "left-out", "back"]) show(part(`hand-on-${name}`), false);
    const done = part("hand-on-done");
    done.textContent = say(this.#around.mine ? `hand-on.${this.#purpose}.done` : "hand-on.waiting.done", { name: peer.name });
    show(done);
    this.#title.focus({ preventScroll: true });
    this.#around.asked();
  }

  #failed(error: unknown, peer?: Peer): void {
    if (error instanceof Failure && error.code === "gone") {
      this.#around.over();
      return;
    }
    const taken = error instanceof Failure && (error.code === "conflict" || error.code === "not-found");
    show(this.#form);
    if (taken && peer) void this.#look().then(() => complain(this.#trouble, say("hand-on.cannot", { name: peer.name })));
    else complain(this.#trouble, sentenceFor(error));
    show(part("hand-on-send"), this.#list.length > 0);
  }

  #work(key: string, name = ""): void {
    this.#working.textContent = key && say(key, { name });
    show(this.#working, key !== "");
  }
}

function choice(peer: Peer, wishes: Wishes): HTMLElement {
  const [label, input, text, name, more] = [
    document.createElement("label"),
    document.createElement("input"),
    document.createElement("span"),
    document.createElement("b"),
    document.createElement("small"),
  ];
  label.className = "choice";
  input.type = "radio";
  input.name = "peer";
  input.value = peer.id;
  name.textContent = peer.name;
  name.dir = "auto";
  const fits = Object.keys(wishes).length > 0 && peer.card !== null && unmetBy(wishes, peer.card).length === 0;
  more.textContent = [peer.office, peer.tier ? say(`hand-on.tier.${peer.tier}`) : "", fits ? say("hand-on.fits") : ""].filter(Boolean).join(" · ");
  text.append(name, more);
  label.append(input, text);
  return label;
}
