import type { CandidateList } from "../../core/match.ts";
import type { Urgency } from "../../core/frame.ts";
import type { Referral } from "../../core/payload.ts";
import { all, one, say, show } from "./dom.ts";
import { mark, officeChoice, pick, picked, staffed } from "./fields.ts";
import type { ReferralDraft, ReferralProblem } from "./referral.ts";
import { counted, text } from "./texts.ts";

/** Beside which field a problem is said. */
const FIELD: Readonly<Record<ReferralProblem, string>> = {
  "who-missing": "who",
  "reach-missing": "reach",
  "reach-phone": "reach",
  "reach-email": "reach",
  "by-missing": "by",
  "not-attested": "attested",
};

/** The form of a worry about somebody else: reads it, keeps its parts in step, says what is wrong beside the field. */
export class ReferForm {
  readonly form = one<HTMLFormElement>("[data-form]");
  readonly #kind: Referral["kind"];
  readonly #fields = all<HTMLInputElement>("#who, #reach, #by, #attested", this.form);

  // Offices that were left out in a draft, until the list that names them is here.
  #wanted: readonly string[] = [];

  constructor(kind: Referral["kind"], changed: () => void) {
    this.#kind = kind;
    this.form.addEventListener("input", (event) => {
      this.#follow();
      if (event.target instanceof HTMLInputElement && this.#fields.includes(event.target)) this.#mark(event.target, "");
      changed();
    });
    // Only the button sends: "Go" on a phone's keyboard comes before the choices further down were seen.
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target instanceof HTMLInputElement) event.preventDefault();
    });
    this.#follow();
  }

  /** Return what stands in the form. */
  read(): ReferralDraft {
    const ticked = (kind: string): string[] => all<HTMLInputElement>(`[data-${kind}]:checked`, this.form).map((box) => box.value);
    return {
      kind: this.#kind,
      who: this.#field("who").value,
      how: picked(this.form, "how") as ReferralDraft["how"],
      reach: this.#field("reach").value,
      urgency: picked(this.form, "urgency") as Urgency,
      about: ticked("topic"),
      leftOut: [...ticked("office"), ...this.#wanted],
      named: one<HTMLInputElement>("[data-named]", this.form).checked,
      by: this.#field("by").value,
      attested: this.#kind === "manager" && this.#field("attested").checked,
    };
  }

  /** Fill it with a draft that was kept. */
  write(draft: ReferralDraft): void {
    pick(this.form, "how", draft.how);
    pick(this.form, "urgency", draft.urgency);
    for (const id of ["who", "reach", "by"] as const) this.#field(id).value = draft[id];
    one<HTMLInputElement>("[data-named]", this.form).checked = draft.named;
    if (draft.kind === "manager") this.#field("attested").checked = draft.attested;
    for (const box of all<HTMLInputElement>("[data-topic]", this.form)) box.checked = draft.about.includes(box.value);
    const offered = all<HTMLInputElement>("[data-office]", this.form);
    for (const box of offered) box.checked = draft.leftOut.includes(box.value);
    this.#wanted = draft.leftOut.filter((name) => !offered.some(({ value }) => value === name));
    // Nothing that will be sent stays folded away.
    const filled = { about: draft.about, "left-out": draft.leftOut };
    for (const [name, inside] of Object.entries(filled)) {
      if (inside.length > 0) one<HTMLDetailsElement>(`[data-fold="${name}"]`, this.form).open = true;
    }
    this.#follow();
  }

  /** Empty it: what was sent must not stay on the screen. */
  clear(): void {
    this.form.reset();
    this.#wanted = [];
    for (const fold of all<HTMLDetailsElement>("details", this.form)) fold.open = false;
    for (const field of this.#fields) this.#mark(field, "");
    this.#follow();
  }

  /** Nothing can be changed while it is on its way: what is sealed is what stands there. */
  freeze(frozen: boolean): void {
    for (const part of all("fieldset, .folds, .field", this.form)) part.inert = frozen;
  }

  /** Offer the offices of the list, keeping what was ticked. */
  offer(list: CandidateList): void {
    // An office that was ticked stays ticked, also where nobody of it is there just now.
    const ticked = this.read().leftOut;
    this.#wanted = [];
    const names = [...new Set([...staffed(list), ...ticked])];
    one("[data-offices]", this.form).replaceChildren(...names.map((name) => officeChoice(name, ticked.includes(name))));
    show(false, one("[data-offices-wait]", this.form));
  }

  /** The list could not be fetched: say so instead of waiting for ever. */
  withoutOffices(): void {
    const wait = one("[data-offices-wait]", this.form);
    wait.className = "quiet";
    say(wait, text("office.none"));
  }

  /** Say who is left after the ticked offices, and who is called when. */
  remaining(left: number, everybody: number, onCall: number): void {
    const out = this.read().leftOut.length;
    const chip = one("[data-left-out]", this.form);
    say(chip, out ? counted("left-out", out) : "");
    show(out > 0, chip);
    say(one("[data-remaining]", this.form), left > 0 ? counted("remaining", left, { all: everybody }) : "");
    show(left === 0, one("[data-nobody]", this.form));
    for (const urgency of ["now", "today"]) this.#hint(urgency, onCall);
  }

  /** Say what is wrong, beside the field, and go there. */
  refuse(problem: ReferralProblem | "nobody-left"): void {
    if (problem === "nobody-left") {
      const fold = one<HTMLDetailsElement>('[data-fold="left-out"]', this.form);
      fold.open = true;
      one("summary", fold).focus();
      return;
    }
    const field = this.#field(FIELD[problem]);
    this.#mark(field, text(`problem.${problem}`));
    field.focus();
  }

  #field(id: string): HTMLInputElement {
    return one<HTMLInputElement>(`#${id}`, this.form);
  }

  #mark(field: HTMLInputElement, sentence: string): void {
    mark(field, one(`#${field.id}-error`, this.form), sentence);
  }

  #follow(): void {
    const { how, named } = this.read();
    const mail = how === "email";
    const reach = this.#field("reach");
    reach.type = mail ? "email" : "tel";
    reach.inputMode = mail ? "email" : "tel";
    say(one("[data-reach] label", this.form), text(`their.${how}`));
    show(named, one("[data-by]", this.form));
    say(one("[data-hidden-name]", this.form), text(named ? "named" : "unnamed"));
    for (const topic of all<HTMLInputElement>("[data-boundary]", this.form)) {
      show(topic.checked, one(`#${topic.dataset["boundary"]}`));
    }
  }

  #hint(urgency: string, onCall: number): void {
    const minutes = Number(one("#refer").dataset[urgency === "now" ? "urgentSecond" : "routineSecond"]);
    say(one(`[data-hint="${urgency}"]`, this.form), onCall > 0 ? counted("hint.next", minutes) : text("hint.all"));
  }
}
