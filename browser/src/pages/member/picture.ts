import { make, say, show } from "./dom.ts";
import { clockTime, type Place, zoneName } from "./moments.ts";
import { type Progress, type Step, stepsOf } from "./steps.ts";
import { counted, text, type Values } from "./texts.ts";

/** Draw the ladder of a request into the page's list. */
export function drawLadder(list: HTMLElement, progress: Progress, place: Place): void {
  const now = new Date();
  const drawn = stepsOf(progress).map((step) => drawStep(step, place, now));
  if (list.textContent === drawn.map((item) => item.textContent).join("") && list.childElementCount === drawn.length) {
    drawn.forEach((item, at) => (list.children[at] as HTMLElement).className = item.className);
    return;
  }
  list.replaceChildren(...drawn);
}

/** Say in which zone the times are. */
export function drawZone(note: HTMLElement, place: Place): void {
  say(note, text("zone", { zone: zoneName(place) }));
  show(true, note);
}

function drawStep(step: Step, place: Place, now: Date): HTMLLIElement {
  const item = make("li", step.state, step.state === "later" ? words(step.key, step.count) : bold(words(step.key, step.count)));
  if (step.state === "now") item.setAttribute("aria-current", "step");
  if (step.at) item.append(moment(step.at, clockTime(step.at, place, now)));
  if (step.by) item.append(make("p", "", moment(step.by, text("by", { time: clockTime(step.by, place, now) }))));
  if (step.note) {
    const { key, count, at } = step.note;
    item.append(make("p", "", words(key, count, at ? { time: clockTime(at, place, now) } : {})));
  }
  return item;
}

function bold(sentence: string): HTMLElement {
  return make("b", "", sentence);
}

function moment(iso: string, shown: string): HTMLTimeElement {
  const element = make("time", "", shown);
  element.dateTime = iso;
  return element;
}

function words(key: string, count?: number, values: Values = {}): string {
  return count === undefined ? text(key, values) : counted(key, count, values);
}
