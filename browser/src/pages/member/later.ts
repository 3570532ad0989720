/** Shows what waits on this device, sends it when there is a network, and says so at every step. */
import "./common.ts";
import { Refusal } from "../../core/refusal.ts";
import { alone, deliver, type Later, laterOf, takeBack, type Told } from "./delivering.ts";
import { all, fact, goTo, make, one, say, show } from "./dom.ts";
import { here } from "./here.ts";
import { nextFor } from "./later_rules.ts";
import { clockTime } from "./moments.ts";
import { isShared } from "./place.ts";
import { counted, text } from "./texts.ts";
import { find, forget, note, type Waiting, waiting } from "./waiting.ts";

/** What the ask page hears when somebody wants to change what waits. */
export const CHANGE = "later-change";

const FIRST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 240_000;

// Looked for anew each time: another organisation's page may have come into the place of this one (moving.ts).
const section = (): HTMLElement => one("[data-waiting]");
const list = (): HTMLElement => one("[data-waiting-list]");
const place = (): { locale: string; zone: string } => ({ locale: fact(section(), "locale"), zone: fact(section(), "zone") });
// What the last try said, where the next look would not say it again by itself.
const said = new Map<string, string>();
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
  do {
    again = false;
    const found = await waiting().catch(() => [] as Waiting[]);
    await draw(found);
    for (const item of found) await step(item);
  } while (again);
  busy = false;
}

async function step(item: Waiting): Promise<void> {
  const next = nextOf(item);
  if (next === "drop") await forget(item.id);
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

// What a check of the list of keys refuses, where one is made.
const UNPROVED: readonly string[] = ["bad-signature", "old-epoch", "expired-list", "unsigned-list", "changed-root", "bad-list"];

function whyNot(error: unknown): "unproved" | "unsealed" {
  return error instanceof Refusal && UNPROVED.includes(error.code) ? "unproved" : "unsealed";
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
      if (later?.replaces) await takeBack({ ...later, secret: later.replaces });
      if (now?.tried && later) await takeBack(later);
      await forget(item.id);
      said.delete(item.id);
    } catch {
      await note(item.id, { state: "held" });
      said.set(item.id, "waiting.undeleted");
    }
  });
  await redraw();
}

async function redraw(): Promise<void> {
  await draw(await waiting().catch(() => []));
}

async function draw(found: readonly Waiting[]): Promise<void> {
  const items = await Promise.all(found.filter((item) => nextOf(item) !== "drop").map(drawn));
  const held = document.activeElement instanceof HTMLElement && list().contains(document.activeElement);
  list().replaceChildren(...items);
  show(items.length > 0, section());
  sayHowAllStands(found);
  if (held && items.length > 0) goTo(one("h2", section()));
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
  const card = item.state === "sent" ? await sentCard(item) : waitingCard(item);
  card.dataset["id"] = item.id;
  return card;
}

function waitingCard(item: Waiting): HTMLElement {
  const next = nextOf(item);
  const key = said.get(item.id) ?? (next === "ask" || next === "held" || next === "broken" ? `waiting.${next}` : "waiting.waits");
  const time = clockTime(item.tried ?? item.written, place());
  const sentence = make("p", "", text(key, { time }));
  sentence.dataset["line"] = "";
  const row = make("div", "row");
  if (next !== "broken") row.append(button("waiting.send", () => void sendNow(item), "button"));
  if (next !== "broken") row.append(button("waiting.change", () => void change(item)));
  row.append(button("waiting.delete", () => void erase(item), "button danger"));
  return make("li", "card stack tight", make("b", "", text("waiting.written", { time: clockTime(item.written, place()) })), sentence, row);
}

async function sentCard(item: Waiting): Promise<HTMLElement> {
  const told = item.draft as Told | null;
  const card = make("li", "card stack tight", make("b", "", text("waiting.sent", { time: clockTime(item.sent ?? item.written, place()) })));
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

/** Nothing is sent while it is being changed; the ask page takes it from there. */
async function change(item: Waiting): Promise<void> {
  const held = await alone(item.id, async () => {
    const now = await find(item.id);
    if (now?.state === "sent") return null;
    await note(item.id, { state: "held" });
    return now;
  });
  const page = here();
  if (!held || !page) return redraw();
  if (document.querySelector("#ask")) await hand(held);
  else location.assign(`${page.base}/${page.language}/ask#change`);
}

async function hand(item: Waiting): Promise<void> {
  const later = laterOf(item);
  if (!later) return;
  const detail: Changing = { id: item.id, later, tried: item.tried };
  if (!document.dispatchEvent(new CustomEvent<Changing>(CHANGE, { detail, cancelable: true }))) return redraw();
  await draw((await waiting()).filter(({ id }) => id !== item.id));
}

/** What the ask page is handed to be changed. */
export interface Changing {
  readonly id: string;
  readonly later: Later;
  readonly tried: string | null;
}

/** Begin to look, and look again when there is a network, and when the page comes to the front. */
export async function begin(): Promise<void> {
  if (isShared()) return;
  await look();
  if (location.hash !== "#change") return;
  history.replaceState(history.state, "", location.pathname);
  const item = (await waiting()).find(({ state }) => state === "held");
  if (item) await hand(item);
}

addEventListener("online", () => {
  said.clear();
  void look();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void look();
});
