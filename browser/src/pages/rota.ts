/** Moves names on the rota by mouse, finger and keyboard; where a name is put, the server says what that changes and asks. */
import { type Place, start, steer } from "./rota/steering.ts";
import { part, say, show } from "./team/texts.ts";

const calendar = document.querySelector<HTMLElement>("[data-calendar]");
const names = [...document.querySelectorAll<HTMLAnchorElement>("a[data-move]")];
const bar = document.querySelector<HTMLElement>('[data-part="moving"]');

interface Held {
  readonly name: HTMLAnchorElement;
  readonly slot: HTMLElement;
}
let held: Held | undefined;

/** Every slot that a name can be put onto, once, in reading order. */
function targets(): HTMLElement[] {
  const all = calendar?.querySelectorAll<HTMLElement>("[data-slot]:not([data-again])") ?? [];
  // What a window of this size does not show is no place to go.
  return [...all].filter((slot) => slot.dataset["slot"] !== held?.slot.dataset["slot"] && slot.offsetParent !== null);
}

function place(slot: HTMLElement): Place {
  const days = [...(calendar?.querySelectorAll(".day") ?? [])];
  const day = slot.closest(".day");
  return { day: day ? days.indexOf(day) : 0, line: [...(slot.parentElement?.children ?? [])].indexOf(slot) };
}

function hold(name: HTMLAnchorElement): void {
  const slot = name.closest<HTMLElement>("[data-slot]");
  if (!slot) return;
  held = { name, slot };
  slot.classList.add("held");
}

/** Take a name up: each slot becomes a button, and one stands at the next. */
function take(name: HTMLAnchorElement): void {
  letGo();
  hold(name);
  if (!held || !bar) return;
  const slots = targets();
  const last = slots[start(slots.map(place), place(held.slot))];
  if (!last) return letGo();
  for (const link of calendar?.querySelectorAll<HTMLElement>("a") ?? []) link.inert = true;
  for (const slot of slots) slot.append(button(slot));
  const sentence = say("moving", { what: held.slot.dataset["label"] ?? "" });
  part("says", bar).textContent = sentence;
  part("heard").textContent = sentence;
  part<HTMLAnchorElement>("from-list", bar).href = name.href;
  show(bar);
  last.querySelector<HTMLElement>(".put")?.focus();
}

function button(slot: HTMLElement): HTMLButtonElement {
  const made = document.createElement("button");
  const words = document.createElement("span");
  words.className = "visually-hidden";
  words.textContent = say("here", { what: slot.dataset["label"] ?? "" });
  made.type = "button";
  made.className = "put";
  made.append(words);
  made.addEventListener("click", () => put(slot));
  return made;
}

/** Go to the page that says what this changes. */
function put(slot: HTMLElement): void {
  if (!held) return;
  const address = new URL(held.name.href);
  address.searchParams.set("to", slot.dataset["slot"] ?? "");
  part("heard").textContent = say("dropped");
  letGo();
  location.assign(address);
}

function letGo(): void {
  for (const made of calendar?.querySelectorAll(".put") ?? []) made.remove();
  for (const link of calendar?.querySelectorAll<HTMLElement>("a") ?? []) link.inert = false;
  for (const slot of calendar?.querySelectorAll(".held, .aim") ?? []) slot.classList.remove("held", "aim");
  if (bar) show(bar, false);
  held = undefined;
}

function leave(): void {
  const from = held?.name;
  letGo();
  part("heard").textContent = say("left");
  from?.focus();
}

for (const name of names) {
  name.setAttribute("role", "button");
  name.draggable = true;
  name.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    take(name);
  });
  name.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    take(name);
  });
  name.addEventListener("dragstart", (event) => {
    letGo();
    hold(name);
    event.dataTransfer?.setData("text/plain", held?.slot.dataset["label"] ?? "");
    if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
  });
  name.addEventListener("dragend", letGo);
}

for (const slot of calendar?.querySelectorAll<HTMLElement>("[data-slot]") ?? []) {
  slot.addEventListener("dragover", (event) => {
    if (!held || held.slot.dataset["slot"] === slot.dataset["slot"]) return;
    event.preventDefault();
    slot.classList.add("aim");
  });
  slot.addEventListener("dragleave", () => slot.classList.remove("aim"));
  slot.addEventListener("drop", (event) => {
    event.preventDefault();
    put(slot);
  });
}

document.addEventListener("keydown", (event) => {
  if (!held || !bar || bar.hidden) return;
  if (event.key === "Escape") return leave();
  const slots = targets();
  const at = slots.findIndex((slot) => slot.contains(document.activeElement));
  const next = at < 0 ? undefined : steer(slots.map(place), at, event.key);
  if (next === undefined) return;
  event.preventDefault();
  slots[next]?.querySelector<HTMLElement>(".put")?.focus();
});
bar?.querySelector('[data-part="leave"]')?.addEventListener("click", leave);
// Whoever comes back by the browser's own button finds nothing in the hand.
addEventListener("pageshow", letGo);
const how = document.querySelector<HTMLElement>('[data-part="how"]');
if (how && names.length > 0) show(how);
