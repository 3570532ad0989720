import type { CandidateList, Choice } from "../../core/match.ts";
import type { How } from "../../core/payload.ts";
import type { Urgency } from "../../core/frame.ts";
import { type Draft, type Problem, type WayBack, wayOf } from "./draft.ts";
import { all, one, say, show } from "./dom.ts";
import { mark, officeChoice, pick, picked, staffed } from "./fields.ts";
import { counted, text } from "./texts.ts";

/** The form of the ask page: reads it, keeps its parts in step with each other, says what is wrong beside the field. */
export class AskForm {
  readonly form = one<HTMLFormElement>("[data-form]");
  readonly #reach = one<HTMLInputElement>("#reach");
  readonly #words = one<HTMLTextAreaElement>("#words");
  readonly #own = one<HTMLSelectElement>("[data-own-office]");
  readonly #notOver = one<HTMLInputElement>("[data-not-over]");
  readonly #better = one<HTMLInputElement>("[data-better]");
  #chosen = false;
  #deviceKeeps = true;
  // Offices that were left out in a draft, until the list that names them is here.
  #wanted: readonly string[] = [];

  constructor(changed: () => void) {
    this.form.addEventListener("input", () => {
      this.#follow();
      changed();
    });
    // Only the button sends: "Go" on a phone's keyboard comes before the choices further down were seen.
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target instanceof HTMLInputElement) event.preventDefault();
    });
    this.#follow();
  }

  /** Return what stands in the form. */
  read(): Draft {
    return {
      how: picked(this.form, "how") as How,
      reach: this.#reach.value,
      urgency: picked(this.form, "urgency") as Urgency,
      leftOut: [...all<HTMLInputElement>("[data-office]:checked", this.form).map((box) => box.value), ...this.#wanted],
      ownOffice: this.#own.value,
      notOver: this.#notOver.checked,
      when: one<HTMLInputElement>("#when").value,
      about: all<HTMLInputElement>("[data-topic]:checked", this.form).map((box) => box.value),
      wishes: Object.fromEntries(
        all<HTMLSelectElement>("[data-wish]", this.form).map((wish) => [wish.dataset["wish"], wish.value]),
      ),
      words: this.#words.value,
      way: picked(this.form, "way") as WayBack,
    };
  }

  /** Fill it with a draft that was kept. */
  write(draft: Draft): void {
    pick(this.form, "how", draft.how);
    pick(this.form, "urgency", draft.urgency);
    pick(this.form, "way", draft.way);
    this.#reach.value = draft.reach;
    this.#words.value = draft.words;
    one<HTMLInputElement>("#when").value = draft.when;
    for (const box of all<HTMLInputElement>("[data-topic]", this.form)) box.checked = draft.about.includes(box.value);
    this.#writeOwn(draft);
    this.#writeBetter(draft);
    for (const wish of all<HTMLSelectElement>("[data-wish]", this.form)) {
      wish.value = (draft.wishes as Readonly<Record<string, string>>)[wish.dataset["wish"] ?? ""] ?? "";
    }
    const offered = all<HTMLInputElement>("[data-office]", this.form);
    for (const box of offered) box.checked = draft.leftOut.includes(box.value);
    this.#wanted = draft.leftOut.filter((name) => !offered.some(({ value }) => value === name));
    // Nothing that will be sent stays folded away.
    const filled = {
      words: draft.words,
      "left-out": draft.leftOut.join() + draft.ownOffice,
      about: draft.when + draft.about.join() + Object.values(draft.wishes).join(""),
    };
    for (const [name, inside] of Object.entries(filled)) {
      if (inside) one<HTMLDetailsElement>(`[data-fold="${name}"]`, this.form).open = true;
    }
    this.#follow();
  }

  #writeOwn({ ownOffice, notOver }: Draft): void {
    // The list that names the offices may not be here yet.
    if (![...this.#own.options].some(({ value }) => value === ownOffice)) this.#own.add(new Option(ownOffice, ownOffice));
    this.#own.value = ownOffice;
    this.#followOwn();
    this.#notOver.checked = notOver;
  }

  #writeBetter({ betterFirst }: Draft): void {
    // Without the list nothing could offer it again; whoever was not asked is not taken to have said no.
    if (betterFirst !== undefined) this.#better.checked = betterFirst;
    show(betterFirst !== undefined, one("[data-better-choice]", this.form));
  }

  /** Empty it: what was sent must not stay on the screen. */
  clear(): void {
    this.form.reset();
    this.#wanted = [];
    this.#follow();
  }

  /** Nothing can be changed while it is on its way: what is sealed is what stands there. */
  freeze(frozen: boolean): void {
    for (const part of all("fieldset, .folds, [data-reach]", this.form)) part.inert = frozen;
  }

  /** This browser keeps nothing: take that choice away and say why. */
  withoutDevice(): void {
    this.#deviceKeeps = false;
    say(one("[data-device-hint]", this.form), text("way.device-blocked"));
    this.#follow();
  }

  /** Offer the offices of the list, keeping what was ticked. */
  offer(list: CandidateList): void {
    // An office that was ticked stays ticked, also where nobody of it is there just now.
    const ticked = this.read().leftOut;
    this.#wanted = [];
    const names = [...new Set([...staffed(list), ...ticked])];
    one("[data-offices]", this.form).replaceChildren(...names.map((name) => officeChoice(name, ticked.includes(name))));
    show(false, one("[data-offices-wait]", this.form));
    const own = this.#own.value;
    const none = this.#own.options[0] as HTMLOptionElement;
    this.#own.replaceChildren(none, ...list.offices.map((name) => new Option(name, name, false, name === own)));
    this.#followOwn();
  }

  /** Say who was chosen by their card; null for nobody. */
  chose(who: string | null): void {
    this.#chosen = who !== null;
    show(this.#chosen, one("[data-chosen]", this.form));
    say(one("[data-chosen-who]", this.form), who ?? "");
    this.though(false);
  }

  /** Say that the chosen peer is asked although an exclusion would leave them out. */
  though(out: boolean): void {
    say(one("[data-chosen-though]", this.form), out ? text("chosen.though") : "");
  }

  /** Return whether somebody who meets the wishes shall be called first; undefined where that was not asked. */
  get betterFirst(): boolean | undefined {
    return one("[data-better-choice]", this.form).hidden ? undefined : this.#better.checked;
  }

  /** Say which wishes nobody can meet, and offer to call first who meets the others. */
  wishes({ unmet, better, unknownOver }: Choice): void {
    const sentences = unmet.map((wish) => text(wish === "office" ? `unmet.office.${this.read().wishes.office}` : `unmet.${wish}`, { choice: this.#wished(wish) }));
    const notice = one("[data-unmet]", this.form);
    const now = sentences.length > 0 ? [...sentences, text("unmet.still")].join(" ") : "";
    say(notice, now);
    show(now !== "", notice);
    show(better !== null && !this.#chosen, one("[data-better-choice]", this.form));
    const unknown = one("[data-unknown-over]", this.form);
    say(unknown, unknownOver > 0 ? counted("unknown-over", unknownOver) : "");
  }

  /** Return the words of a choice of the form: `discipline`, `rank`. */
  words(wish: string, key: string | null): string {
    const options = [...one<HTMLSelectElement>(`[data-wish="${wish}"]`, this.form).options];
    return options.find(({ value }) => value !== "" && value === key)?.text ?? "";
  }

  #wished(wish: string): string {
    const { selectedOptions } = one<HTMLSelectElement>(`[data-wish="${wish}"]`, this.form);
    return selectedOptions[0]?.text ?? "";
  }

  #followOwn(): void {
    const known = this.#own.value !== "";
    const office = one<HTMLSelectElement>('[data-wish="office"]', this.form);
    for (const part of [this.#notOver, office]) part.disabled = !known;
    if (!known) [this.#notOver.checked, office.value] = [false, ""];
  }

  /** The list could not be fetched: say so instead of waiting for ever. */
  withoutOffices(): void {
    const wait = one("[data-offices-wait]", this.form);
    wait.className = "quiet";
    say(wait, text("office.none"));
  }

  /** Say who is left after the ticked offices. */
  remaining(left: number, everybody: number, onCall: number): void {
    const out = this.read().leftOut.length;
    const chip = one("[data-left-out]", this.form);
    say(chip, out ? counted("left-out", out) : "");
    show(out > 0, chip);
    const alone = this.#chosen ? text("chosen.alone") : "";
    say(one("[data-remaining]", this.form), left > 0 ? counted("remaining", left, { all: everybody }) : alone);
    show(left === 0 && !this.#chosen, one("[data-nobody]", this.form));
    for (const urgency of ["now", "today"]) this.#hint(urgency, onCall);
  }

  /** Say how much room the words have; below zero it is too long. */
  room(bytes: number): void {
    const long = bytes < 0;
    say(one("[data-room]", this.form), long ? "" : counted("room", bytes));
    mark(this.#words, one("#words-error", this.form), long ? text("problem.too-long", { n: -bytes }) : "");
  }

  /** Say what is wrong, beside the field, and go there. */
  refuse(problem: Problem | "too-long" | "nobody-left"): void {
    if (problem === "too-long" || problem === "nobody-left") {
      const fold = one<HTMLDetailsElement>(`[data-fold="${problem === "too-long" ? "words" : "left-out"}"]`, this.form);
      fold.open = true;
      (problem === "too-long" ? this.#words : one("summary", fold)).focus();
      return;
    }
    mark(this.#reach, one("#reach-error", this.form), text(`problem.${problem}`));
    this.#reach.focus();
  }

  #follow(): void {
    this.#followOwn();
    const how = picked(this.form, "how");
    const mail = how === "email";
    show(how !== "here", one("[data-reach]", this.form));
    show(how === "here", one("[data-here]", this.form));
    this.#reach.type = mail ? "email" : "tel";
    this.#reach.inputMode = mail ? "email" : "tel";
    say(one("[data-reach] label", this.form), text(`reach.${how === "here" ? "call" : how}`));
    say(one("#reach-hint"), text(mail ? "reach-hint.email" : "reach-hint.phone"));
    mark(this.#reach, one("#reach-error"), "");
    for (const topic of all<HTMLInputElement>("[data-boundary]", this.form)) {
      show(topic.checked, one(`#${topic.dataset["boundary"]}`));
    }
    this.#followWays(how);
  }

  #followWays(how: string): void {
    const way = (name: WayBack): HTMLInputElement => one<HTMLInputElement>(`input[name="way"][value="${name}"]`, this.form);
    way("device").disabled = !this.#deviceKeeps;
    way("none").disabled = how === "here";
    say(one("[data-none-hint]", this.form), text(how === "here" ? "way.none-here" : "way.none"));
    way(wayOf(this.read())).checked = true;
  }

  #hint(urgency: string, onCall: number): void {
    const minutes = Number(one("#ask").dataset[urgency === "now" ? "urgentSecond" : "routineSecond"]);
    const first = this.#chosen ? "hint.chosen" : "hint.next";
    say(one(`[data-hint="${urgency}"]`, this.form), onCall > 0 || this.#chosen ? counted(first, minutes) : text("hint.all"));
  }
}
