/** The ask page: limits, form, and how it stands. What is typed stays in this page until it is sealed. */
import "./member/common.ts";
import { all, fact, goTo, one, say, show } from "./member/dom.ts";
import { BOX_SIZE, type Draft, payloadOf, problemOf, type WayBack, wayOf } from "./member/draft.ts";
import { Following } from "./member/following.ts";
import { AskForm } from "./member/form.ts";
import { KeptKeys } from "./member/kept.ts";
import { LaterOnAsk } from "./member/keeping.ts";
import { type Made, madeOf, officesOut, senderOf } from "./member/making.ts";
import { drawer, isShared } from "./member/place.ts";
import { type Core, Pool } from "./member/pool.ts";
import { Guest } from "./member/partner.ts";
import { showReceipt } from "./member/receipt.ts";
import type { Sender } from "./member/sender.ts";
import { Lost, post } from "./member/talk.ts";
import { text } from "./member/texts.ts";

const page = one("#ask");
const base = fact(page, "base");
const place = { locale: fact(page, "locale"), zone: fact(page, "zone") };
const keys = new KeptKeys(fact(page, "organisation"), drawer());
const form = new AskForm(() => measure());
const pool = new Pool(`${base}/candidates.json`, () => {
  if (pool.latest) form.offer(pool.latest);
  measure();
});
const button = one<HTMLButtonElement>("[data-send]");
const buttonText = button.textContent ?? "";

const guest = new Guest(page);


/** What stands in the form, and from where if it is to be told. */
const written = (): Draft => ({ ...form.read(), from: guest.told() });
const later = new LaterOnAsk(base, form, {
  written,
  stop: () => {
    sender?.stop();
    tryNow();
    return sending;
  },
  begun: () => {
    if (!begun) return null;
    const { made, posted, typed } = begun;
    return { secret: made.core.toHex(made.secret), attempt: made.core.toHex(made.attempt), posted, typed };
  },
  kept: () => {
    begun = null;
    show(false, one("[data-sending]"));
    goToStep("kept");
  },
  changing: () => goToStep("form"),
});
let sending: Promise<void> = Promise.resolve();
let sender: Sender | null = null;
let tryNow = (): void => undefined;

/** What was begun and may have arrived: sent again as it was, it is the same attempt and never stored twice. */
let begun: { readonly typed: string; readonly made: Made; posted: boolean } | null = null;

function goToStep(name: string): void {
  for (const step of all("[data-step]")) show(step.dataset["step"] === name, step);
  goTo(one("h1", one(`[data-step="${name}"]`)));
  if (name === "form") pool.list(false).then(measure, () => form.withoutOffices());
}

function bytesLeft(core: Core, draft: Draft): number {
  return core.bytesLeft(payloadOf(draft, wayOf(draft) === "none" ? null : BOX_SIZE));
}

/** Keep the sentences about room and about who is left in step with the form. */
function measure(): void {
  const { loaded: core, latest } = pool;
  if (!core) return;
  form.room(bytesLeft(core, written()));
  if (!latest) return;
  const chosen = core.choose(latest, officesOut(form.read(), latest));
  form.remaining(chosen.positions.length, latest.candidates.length, chosen.onCall);
}

async function send(): Promise<void> {
  const draft = written();
  const problem = problemOf(draft);
  if (problem) return form.refuse(problem);
  if (pool.loaded && bytesLeft(pool.loaded, draft) < 0) return form.refuse("too-long");
  busy(true);
  const typed = JSON.stringify(draft);
  try {
    let made: Made | null = begun?.typed === typed ? begun.made : null;
    sender = senderOf({
      pool,
      base,
      draft,
      made: async () => (made ??= await begin(draft, typed)),
      posting: async () => {
        // A phone that knows of no network has sent nothing.
        if (begun && navigator.onLine) begun.posted = true;
      },
      working: (seconds) => tell("sending.work", seconds),
      wait: waited,
      tell: (state, seconds) => tell(`sending.${state}`, seconds),
    });
    const outcome = await sender.run();
    if (outcome === "stored" && made) return await sent(made, wayOf(draft));
    if (outcome !== "stopped") forgetBegun();
    tell(outcome === "nobody-left" ? "problem.nobody-left" : `sending.${outcome}`);
    if (outcome === "nobody-left") form.refuse("nobody-left");
  } catch (error) {
    tell(error instanceof Lost ? "sending.stopped" : "sending.unsealed");
  } finally {
    busy(false);
  }
}

/** Withdraw what was begun and may have arrived. @throws {@link Lost} */
async function withdraw(): Promise<void> {
  if (!begun) return;
  const { status } = await post(`${base}/progress/cancel`, begun.made.token.slice());
  if (status !== 200) throw new Lost();
  forgetBegun();
}

/** Go to the page of another organisation with what was typed; nothing may be under way here and there at once. */
async function goElsewhere(address: string): Promise<void> {
  busy(true);
  try {
    await withdraw();
    const { moveTo } = await import("./member/moving.ts");
    await moveTo(address);
  } catch {
    busy(false);
    tell("sending.elsewhere");
  }
}

/** Make a request; one begun before with other words, which may have arrived, is withdrawn first. @throws {@link Lost} */
async function begin(draft: Draft, typed: string): Promise<Made> {
  await withdraw();
  const core = await pool.core();
  await later.withdrawn(core);
  const made = await madeOf(core, draft, core.newSecret(), core.newAttempt());
  begun = { typed, made, posted: false };
  // Kept before it is sent: whoever loses the page meanwhile can ask on this device what became of it.
  if (wayOf(draft) === "device") keys.add({ secret: made.core.toHex(made.secret), sent: new Date().toISOString() });
  return made;
}

function forgetBegun(): void {
  if (begun) keys.forget(begun.made.core.toHex(begun.made.secret));
  begun = null;
}

async function sent({ core, secret, token, box }: Made, way: WayBack): Promise<void> {
  begun = null;
  await later.sent();
  form.clear();
  goToStep("sent");
  showReceipt(way, way === "words" ? core.wordsOf(secret) : []);
  guest.tellWayBack();
  const forget = (): void => keys.forget(core.toHex(secret));
  await new Following({ core, base, place, token, box, way, forget }).start();
}

function waited(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    tryNow = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

function busy(on: boolean): void {
  // aria-disabled and not disabled: the focus stays where the person is.
  button.setAttribute("aria-busy", String(on));
  button.setAttribute("aria-disabled", String(on));
  form.freeze(on);
  if (!on) say(button, buttonText);
}

/** Say what happens: work on the button itself, trouble in a notice with the numbers below it. */
function tell(key: string, seconds?: number): void {
  const working = key === "sending.sealing" || key === "sending.sending";
  if (working) say(button, text(key));
  show(!working, one("[data-sending]"));
  show(seconds !== undefined, one("[data-retry]"));
  show(key !== "sending.work", one("[data-again]"));
  void later.offer(key === "sending.lost" || key === "sending.stopped");
  // Until the pace of this device is known there is no number to say.
  const about = seconds === undefined ? text(key) : seconds === 0 ? text(`${key}.begun`) : text(key, { n: seconds });
  if (!working) say(one("[data-sending-notice]"), about);
}

show(false, ...all("[data-without-script]"));
show(true, ...all("[data-with-script]"));
const onlyHere = (): void => {
  if (isShared() || !keys.works()) form.withoutDevice();
};
onlyHere();
addEventListener("hashchange", onlyHere);
for (const step of all("[data-go]")) step.addEventListener("click", () => goToStep(step.dataset["go"] ?? "limits"));
form.form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (button.getAttribute("aria-busy") !== "true") sending = send();
});
for (const link of all<HTMLAnchorElement>("[data-partner]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-busy") !== "true") void goElsewhere(link.href);
  });
}
one("[data-again]").addEventListener("click", () => tryNow());
one("[data-stop]").addEventListener("click", () => {
  sender?.stop();
  tryNow();
});
addEventListener("online", () => tryNow());
