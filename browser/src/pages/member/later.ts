/** Shows what waits on this device, sends it when there is a network, and says so at every step. */
import "./common.ts";
import { isListsFault } from "./check_notice.ts";
import { alone, deliver, forgetWaysBack, type Later, laterOf, takeBack, type Told } from "./delivering.ts";
import { all, fact, goTo, make, one, say, show } from "./dom.ts";
import { here } from "./here.ts";
import { nextFor } from "./later_rules.ts";
import { clockTime } from "./moments.ts";
import { isShared } from "./place.ts";
import { counted, text } from "./texts.ts";
import { find, forget, type Kind, note, type Waiting, waiting } from "./waiting.ts";

/** What a page with a form hears when somebody wants to change what waits; it takes it by preventing the default. */
export const CHANGE = "later-change";

const FIRST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 240_000;

// Looked for anew each time: another organisation's page may have come into the place of this one (moving.ts).
const section = (): HTMLElement => one("[data-waiting]");
const list = (): HTMLElement => one("[data-waiting-list]");
const place = (): { locale: string; zone: string } => ({ locale: fact(section(), "locale"), zone: fact(section(), "zone") });
// What the last try said, where the next look would not say it again by itself.
const said = new Map<string, string>();
// Referrals that went: said in this page alone. Once somebody could see it, nothing of them stays on the device (decision 0021).
let received: Waiting[] = [];
// What this page is sending just now: it has no buttons meanwhile.
const going = new Set<string>();
// What this page was the last to keep, of which its own heading speaks; and what stands in its form.
let mine = "";
let handed = "";
let busy = false;
let again = false;
let timer = 0;
let pause = 0;

/** Show what this page has just kept: how its heading stands follows that one. */
export async function lookAt(id: string): Promise<void> {
  mine = id;
  // At once: what is read out first must not be of one before.
  sayKept("unsent");
  await look();
}

/** Look at what waits: show it, and send what can go. */
export async function look(): Promise<void> {
  // Said again while one look is under way: looked once more after it.
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    do {
      again = false;
      const found = await everything();
      await draw(found);
      for (const item of found) await step(item);
    } while (again);
  } finally {
    // Whatever went wrong, the next look is a new one.
    busy = false;
  }
}

async function everything(): Promise<Waiting[]> {
  // What stands in the form of this page has no card beside it, unless another page sent it.
  const found = (await waiting().catch(() => [] as Waiting[])).filter(({ id, state }) => id !== handed || state === "sent");
  return [...found, ...received.filter(({ id }) => !found.some((one) => one.id === id))];
}

async function step(item: Waiting): Promise<void> {
  const next = nextOf(item);
  // What cannot be forgotten now is tried the next time; what waits beside it goes all the same.
  if (next === "drop") await alone(item.id, () => drop(item), true).catch(() => undefined);
  if ((next === "send" || next === "check") && !said.has(item.id) && navigator.onLine) await send(item, false);
}

function nextOf(item: Waiting): ReturnType<typeof nextFor> {
  return nextFor(item, laterOf(item)?.form.urgency ?? null, Date.now());
}

async function send(item: Waiting, sure: boolean): Promise<void> {
  if (going.has(item.id)) return;
  said.delete(item.id);
  going.add(item.id);
  sayGoing(item.id);
  const went = await deliver(item.id, sure).catch(whyNot);
  going.delete(item.id);
  if (went === "stored") say(one("[data-waiting-live]"), text("waiting.sent-short"));
  // Without a network nothing is new; anything else is said until the person does something about it.
  else if (went === "lost") tryLater();
  else if (went !== "elsewhere") said.set(item.id, `waiting.${went}`);
  await redraw();
}

/** Say on its card that it is being sent, and take the buttons away: the focus stays on the card. */
function sayGoing(id: string): void {
  const card = list().querySelector<HTMLElement>(`[data-id="${id}"]`);
  if (!card) return;
  const line = one("[data-line]", card);
  say(line, text("waiting.sending"));
  line.tabIndex = -1;
  if (card.contains(document.activeElement)) line.focus({ preventScroll: true });
  card.querySelector(".row")?.remove();
}

function whyNot(error: unknown): "unproved" | "unsealed" {
  return isListsFault(error) ? "unproved" : "unsealed";
}

/** Forget one that is too old, unless another page sent it meanwhile. */
async function drop({ id }: Waiting): Promise<void> {
  const now = await find(id);
  if (now && nextOf(now) === "drop") await giveUp(now);
}

/** Forget one, and first the way back to it: where this is broken off, it can be done again. */
async function giveUp(item: Waiting): Promise<void> {
  const later = laterOf(item);
  forgetWaysBack(later?.secret, later?.replaces);
  await forget(item.id);
}

function tryLater(): void {
  clearTimeout(timer);
  pause = Math.min(LONGEST_PAUSE_MS, pause ? pause * 2 : FIRST_PAUSE_MS);
  timer = window.setTimeout(() => void look(), pause);
}

/** Send because somebody pressed the button: what is held or old goes too. */
async function sendNow(item: Waiting): Promise<void> {
  const sure = said.get(item.id) === "waiting.unsure";
  if (item.state === "held") await note(item.id, { state: "waiting" });
  await send(item, sure);
  if ((await find(item.id))?.state === "waiting" && !said.has(item.id)) said.set(item.id, "waiting.lost");
  await redraw();
  // A network may be back at any moment; whatever else was said stays until the person, or a new network, does something about it.
  if (said.get(item.id) === "waiting.lost") said.delete(item.id);
}

/** Delete one; where it may have arrived it is taken back there first, for which a network is needed. */
async function erase(item: Waiting): Promise<void> {
  await alone(item.id, async () => {
    const now = await find(item.id);
    // Another page, or this one, was sending it: what it says now is the way back to it.
    if (now?.state === "sent") return;
    const later = now && laterOf(now);
    try {
      if (later?.replaces) await takeBack(later.replaces);
      if (now?.tried && later) await takeBack(later.secret);
      await giveUp(now ?? item);
      said.delete(item.id);
    } catch {
      await note(item.id, { state: "held" });
      said.set(item.id, "waiting.undeleted");
    }
  });
  await redraw();
}

async function redraw(): Promise<void> {
  await draw(await everything());
}

async function draw(found: readonly Waiting[]): Promise<void> {
  const items = await Promise.all(found.filter((item) => nextOf(item) !== "drop").map(drawn));
  const held = document.activeElement instanceof HTMLElement && list().contains(document.activeElement);
  list().replaceChildren(...items);
  show(items.length > 0, section());
  sayHowAllStands(found);
  if (held && items.length > 0) goTo(one("h2", section()));
  if (document.visibilityState === "visible") await keepOnlyHere(found.filter(({ state, kind }) => state === "sent" && kind !== "ask"));
}

/** It was said that a referral went: from now on this page alone knows of it. */
async function keepOnlyHere(went: readonly Waiting[]): Promise<void> {
  for (const item of went.filter(({ id }) => !received.some((one) => one.id === id))) {
    received.push(item);
    await forget(item.id).catch(() => undefined);
  }
}

/** Headings must not say "not sent" above what was, nor of one what is true of another. */
function sayHowAllStands(found: readonly Waiting[]): void {
  say(one("h2", section()), text(`waiting.heading.${found.every(({ state: one }) => one === "sent") ? "sent" : "unsent"}`));
  const kept = found.find(({ id }) => id === mine);
  if (mine) sayKept(!kept ? "none" : kept.state === "sent" ? "sent" : "unsent");
}

function sayKept(state: "none" | "sent" | "unsent"): void {
  for (const title of all("[data-kept-title]")) say(title, text(`waiting.title.${state}`));
  for (const lead of all("[data-kept-lead]")) say(lead, text(`waiting.lead.${state}`));
}

async function drawn(item: Waiting): Promise<HTMLElement> {
  const sent = item.kind === "ask" ? sentCard : receivedCard;
  const card = item.state === "sent" ? await sent(item) : waitingCard(item);
  card.dataset["id"] = item.id;
  return card;
}

function waitingCard(item: Waiting): HTMLElement {
  const next = nextOf(item);
  const other = item.kind === "ask" ? "" : ".other";
  const stands = next === "ask" || next === "held" || next === "broken" ? `waiting.${next}` : "waiting.waits";
  const key = going.has(item.id) ? "waiting.sending" : (said.get(item.id) ?? stands);
  const time = clockTime(item.tried ?? item.written, place());
  const sentence = make("p", "", text(key === "waiting.unsure" ? key + other : key, { time }));
  sentence.dataset["line"] = "";
  const later = laterOf(item);
  const before = later && "peer" in later.form && later.form.peer ? [make("p", "quiet small", text("waiting.peer"))] : [];
  const row = make("div", "row");
  if (next !== "broken") row.append(button("waiting.send", () => void sendNow(item), "button"));
  if (next !== "broken") row.append(button("waiting.change", () => void change(item)));
  row.append(button("waiting.delete", () => void erase(item), "button danger"));
  const written = text(`waiting.written${other}`, { time: clockTime(item.written, place()) });
  return make("li", "card stack tight", make("b", "", written), sentence, ...before, ...(going.has(item.id) ? [] : [row]));
}

/** The one thing that is ever said of a referral: the same words as where it is sent at once. */
function receivedCard(item: Waiting): HTMLElement {
  const { locale, zone: timeZone } = place();
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone }).format(new Date(item.sent ?? item.written));
  const words = [make("b", "", text(`waiting.received.${item.kind}`)), make("p", "quiet", day), make("p", "", text("waiting.received"))];
  const done = button("waiting.done", () => void forgetReceived(item), "button");
  return make("li", "card stack tight", ...words, make("div", "row", done));
}

async function forgetReceived({ id }: Waiting): Promise<void> {
  received = received.filter((one) => one.id !== id);
  await forget(id);
  await redraw();
}

async function sentCard(item: Waiting): Promise<HTMLElement> {
  const told = item.draft as Told | null;
  const card = make("li", "card stack tight", make("b", "", text("waiting.sent", { time: clockTime(item.sent ?? item.written, place()) })));
  if (told?.instead) card.append(make("p", "", text("waiting.instead")));
  if (told?.alerted) card.append(make("p", "", told.onCall ? text("waiting.first") : counted("waiting.all", told.alerted)));
  card.append(make("p", "", text(`waiting.way.${told?.way ?? "none"}`)));
  if (told?.secret) card.append(await wordsOf(told.secret));
  const done = button("waiting.done", () => void forget(item.id).then(redraw), "button");
  card.append(make("div", "row", done));
  return card;
}

async function wordsOf(secret: string): Promise<HTMLElement> {
  const words = make("ol", "words");
  words.translate = false;
  try {
    const core = await import("./sealing.ts");
    words.append(...core.wordsOf(core.fromHex(secret)).map((word) => make("li", "", word)));
  } catch {
    return make("p", "", text("waiting.words-later"));
  }
  return words;
}

function button(key: string, run: () => void, look = "button plain"): HTMLButtonElement {
  const made = make("button", look, text(key));
  made.type = "button";
  made.addEventListener("click", run);
  return made;
}

const FORMS: Readonly<Record<Kind, string>> = { ask: "ask", colleague: "colleague/refer", manager: "manager/refer" };

/** Nothing is sent while it is being changed; the page with its form takes it from there. */
async function change(item: Waiting): Promise<void> {
  const found = await alone(item.id, async () => {
    const now = await find(item.id);
    await note(item.id, { state: "held" });
    return now;
  });
  const page = here();
  if (!found || found.state === "sent" || !page) return redraw();
  if (!document.querySelector(item.kind === "ask" ? "#ask" : `#refer[data-kind="${item.kind}"]`)) {
    location.assign(`${page.base}/${page.language}/${FORMS[item.kind]}#change=${item.id}`);
  } else if (hand(found)) await redraw();
  else await refuseChange(found);
}

/** The form holds other words: nothing takes their place unasked, and this one stands as it did. */
async function refuseChange({ id, state }: Waiting): Promise<void> {
  await note(id, { state });
  said.set(id, "waiting.other-words");
  say(one("[data-waiting-live]"), text("waiting.other-words"));
  await redraw();
  said.delete(id);
}

/** Hand one to the form of this page; say whether the form took it. */
function hand(item: Waiting): boolean {
  const later = laterOf(item);
  if (!later) return false;
  const detail: Changing = { id: item.id, kind: item.kind, later };
  if (document.dispatchEvent(new CustomEvent<Changing>(CHANGE, { detail, cancelable: true }))) return false;
  handed = item.id;
  return true;
}

/** What a page with a form is handed to be changed. */
export interface Changing {
  readonly id: string;
  readonly kind: Kind;
  readonly later: Later;
}

/** Begin to look, and look again when there is a network, and when the page comes to the front. */
export async function begin(): Promise<void> {
  if (isShared()) return;
  await look();
  await takeUp();
}

const wanted = (): string => /^#change=([0-9a-f-]{36})$/.exec(location.hash)?.[1] ?? "";

/** Hand to the form what its address names. Begun here and by the form, whichever comes last: until it is taken, address and card stay. */
export async function takeUp(): Promise<void> {
  const id = wanted();
  const item = id ? await find(id) : null;
  if (!id || wanted() !== id || (item?.state === "held" && !hand(item))) return;
  history.replaceState(history.state, "", location.pathname);
  await redraw();
}

addEventListener("online", () => {
  said.clear();
  void look();
});
// Whoever comes back to a page that the browser kept finds no sign of what went.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  received = [];
  void look();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void look();
});
