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

/** What a page with a form hears when somebody wants to change what waits. */
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
let busy = false;
let again = false;
let timer = 0;
let pause = 0;

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
  const found = await waiting().catch(() => [] as Waiting[]);
  return [...found, ...received.filter(({ id }) => !found.some((one) => one.id === id))];
}

async function step(item: Waiting): Promise<void> {
  const next = nextOf(item);
  // What cannot be forgotten now is tried the next time; what waits beside it goes all the same.
  if (next === "drop") await giveUp(item).catch(() => undefined);
  if ((next === "send" || next === "check") && !said.has(item.id) && navigator.onLine) await send(item, false);
}

function nextOf(item: Waiting): ReturnType<typeof nextFor> {
  return nextFor(item, laterOf(item)?.form.urgency ?? null, Date.now());
}

async function send(item: Waiting, sure: boolean): Promise<void> {
  said.delete(item.id);
  const hear = list().querySelector<HTMLElement>(`[data-id="${item.id}"] [data-line]`);
  if (hear) say(hear, text("waiting.sending"));
  const went = await deliver(item.id, sure).catch(whyNot);
  if (went === "stored") say(one("[data-waiting-live]"), text("waiting.sent-short"));
  // Without a network nothing is new; anything else is said until the person does something about it.
  else if (went === "lost") tryLater();
  else if (went !== "elsewhere") said.set(item.id, `waiting.${went}`);
  await redraw();
}

function whyNot(error: unknown): "unproved" | "unsealed" {
  return isListsFault(error) ? "unproved" : "unsealed";
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
  said.delete(item.id);
}

/** Delete one; where it may have arrived it is taken back there first, for which a network is needed. */
async function erase(item: Waiting): Promise<void> {
  await alone(item.id, async () => {
    const now = await find(item.id);
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

/** Headings must not say "not sent" above what was. */
function sayHowAllStands(found: readonly Waiting[]): void {
  const sent = found.every(({ state: one }) => one === "sent");
  const state = found.length === 0 ? "none" : sent ? "sent" : "unsent";
  say(one("h2", section()), text(`waiting.heading.${sent ? "sent" : "unsent"}`));
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
  const key = said.get(item.id) ?? (next === "ask" || next === "held" || next === "broken" ? `waiting.${next}` : "waiting.waits");
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
  return make("li", "card stack tight", make("b", "", written), sentence, ...before, row);
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
  const held = await alone(item.id, async () => {
    const now = await find(item.id);
    if (now?.state === "sent") return null;
    await note(item.id, { state: "held" });
    return now;
  });
  const page = here();
  if (!held || !page) return redraw();
  if (document.querySelector(item.kind === "ask" ? "#ask" : `#refer[data-kind="${item.kind}"]`)) await hand(held);
  else location.assign(`${page.base}/${page.language}/${FORMS[item.kind]}#change=${item.id}`);
}

async function hand(item: Waiting): Promise<void> {
  const later = laterOf(item);
  if (!later) return;
  const detail: Changing = { id: item.id, kind: item.kind, later, tried: item.tried };
  if (!document.dispatchEvent(new CustomEvent<Changing>(CHANGE, { detail, cancelable: true }))) return redraw();
  await draw((await everything()).filter(({ id }) => id !== item.id));
}

/** What a page with a form is handed to be changed. */
export interface Changing {
  readonly id: string;
  readonly kind: Kind;
  readonly later: Later;
  readonly tried: string | null;
}

/** Begin to look, and look again when there is a network, and when the page comes to the front. */
export async function begin(): Promise<void> {
  if (isShared()) return;
  await look();
  const id = /^#change=([0-9a-f-]{36})$/.exec(location.hash)?.[1];
  if (!id) return;
  history.replaceState(history.state, "", location.pathname);
  const item = await find(id);
  if (item?.state === "held") await hand(item);
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
