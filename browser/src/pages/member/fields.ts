import type { CandidateList } from "../../core/match.ts";
import { all, make, say, show } from "./dom.ts";
import { text } from "./texts.ts";

/** Say what is wrong beside a field, and to those who listen to it; an empty sentence takes that away. */
export function mark(field: HTMLElement, error: HTMLElement, sentence: string): void {
  say(error, sentence);
  show(sentence !== "", error);
  if (sentence) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
  const described = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== error.id);
  field.setAttribute("aria-describedby", [...(sentence ? [error.id] : []), ...described].join(" "));
}

/** Return the offices from which somebody is on the list. */
export function staffed(list: CandidateList): string[] {
  return list.offices.filter((_, office) => list.candidates.some((candidate) => candidate.office === office));
}

/** Return the places of named offices in a list: their numbers may change with it. */
export function officeNumbers(list: CandidateList, names: readonly string[]): number[] {
  return list.offices.flatMap((name, office) => (names.includes(name) ? [office] : []));
}

/** Make the choice to leave one office out. */
export function officeChoice(name: string, checked: boolean): HTMLElement {
  const box = document.createElement("input");
  box.type = "checkbox";
  box.value = name;
  box.checked = checked;
  box.dataset["office"] = "";
  return make("label", "choice", box, make("span", "", text("office", { office: name })));
}

/** Return which of several is picked. */
export function picked(form: HTMLFormElement, name: string): string {
  return all<HTMLInputElement>(`input[name="${name}"]`, form).find(({ checked }) => checked)?.value ?? "";
}

/** Pick one of several; where it is not offered, what is picked stays. */
export function pick(form: HTMLFormElement, name: string, value: string): void {
  const choice = all<HTMLInputElement>(`input[name="${name}"]`, form).find((one) => one.value === value);
  if (choice) choice.checked = true;
}
