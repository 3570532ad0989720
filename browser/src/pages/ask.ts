/** The ask page: limits, form, and how it stands. What is typed stays in this page until it is sealed. */
import type { Peer } from "../core/directory.ts";
import type { CandidateList, First } from "../core/match.ts";
import type { Box } from "../core/receipt.ts";
import { all, fact, goTo, one, say, show } from "./member/dom.ts";
import { BOX_SIZE, type Draft, likedOf, payloadOf, problemOf, type WayBack, wayOf } from "./member/draft.ts";
import { Following } from "./member/following.ts";
import type { Chosen } from "./member/chosen.ts";
import { AskForm } from "./member/form.ts";
import { browserDrawer, KeptKeys } from "./member/kept.ts";
import { type Core, Pool } from "./member/pool.ts";
import { showReceipt } from "./member/receipt.ts";
import { Sender } from "./member/sender.ts";
import { Lost, post, Stale } from "./member/talk.ts";
import { text } from "./member/texts.ts";

const page = one("#ask");
const base = fact(page, "base");
const place = { locale: fact(page, "locale"), zone: fact(page, "zone") };
const keys = new KeptKeys(fact(page, "organisation"), browserDrawer());
const form = new AskForm(() => measure());
const pool = new Pool(`${base}/candidates.json`, () => {
  if (pool.latest) form.offer(pool.latest);
  measure();
});
const button = one<HTMLButtonElement>("[data-send]");
const buttonText = button.textContent ?? "";

/** Whom the member chose by their card; null for nobody. */
let chosen: Chosen | null = null;
let shownPeer: Peer | null = null;
let sender: Sender | null = null;
let tryNow = (): void => undefined;

/** The secrets of one request: made once, whatever it takes to send it. */
interface Made {
  readonly core: Core;
  readonly secret: Uint8Array;
  readonly token: Uint8Array;
  readonly attempt: Uint8Array;
  readonly box: Box | null;
  readonly written: string;
}

/** What was begun and may have arrived: sent again as it was, it is the same attempt and never stored twice. */
let begun: { readonly typed: string; readonly made: Made } | null = null;

function goToStep(name: string): void {
  for (const step of all("[data-step]")) show(step.dataset["step"] === name, step);
  goTo(one("h1", one(`[data-step="${name}"]`)));
  if (name === "form") pool.list(false).then(measure, () => form.withoutOffices());
}

function leftOutOffices(list: CandidateList): number[] {
  const names = new Set(form.read().leftOut);
  return list.offices.flatMap((name, office) => (names.has(name) ? [office] : []));
}

function bytesLeft(core: Core, draft: Draft): number {
  return core.bytesLeft(payloadOf(draft, wayOf(draft) === "none" ? null : BOX_SIZE));
}

/** Keep the sentences about room and about who is left in step with the form. */
function measure(): void {
  const { loaded: core, latest } = pool;
  if (!core) return;
  form.room(bytesLeft(core, form.read()));
  if (!latest) return;
  const choice = core.choose(latest, leftOutOffices(latest), likedOf(form.read(), latest.offices));
  if (shownPeer) form.though(isThough(latest));
  form.remaining(choice.positions.length, latest.candidates.length, choice.onCall);
  form.wishes(choice);
}

/** Say whether the chosen peer would be left out if they had not been chosen. */
function isThough(list: CandidateList): boolean {
  const { ownOffice, notOver } = form.read();
  if (!shownPeer) return false;
  const { office, over } = shownPeer;
  return (office !== null && leftOutOffices(list).includes(office)) || (notOver && over.includes(list.offices.indexOf(ownOffice)));
}

/** Show whom the address's fragment names, which no server sees, and take it out of the address bar. */
async function showChosen(reference: string): Promise<void> {
  // Nothing of the fragment stays in the history of the browser.
  const rest = location.hash.replace(/^#/, "").split("&").filter((part) => part && !part.startsWith("peer="));
  history.replaceState(history.state, "", location.pathname + (rest.length > 0 ? `#${rest.join("&")}` : ""));
  form.chose(text("chosen.looking"));
  try {
    const [{ Chosen }, { pinned }] = await Promise.all([import("./member/chosen.ts"), import("./member/pins.ts")]);
    chosen = new Chosen(base, reference);
    const { peer, name } = await chosen.card(pinned(fact(page, "organisation"))?.code ?? null);
    shownPeer = peer;
    const what = [form.words("discipline", peer.discipline), form.words("rank", peer.band)].filter(Boolean).join(", ");
    form.chose(name ? text("chosen.named", { name }) : text("chosen.unnamed", { what }));
  } catch (error) {
    // Without a connection the choice stays: it is looked for again when it is sent.
    if (chosen && (error instanceof Lost || error instanceof TypeError)) form.chose(text("chosen.kept"));
    else nobodyChosen(text("chosen.gone"));
  }
  measure();
}

function nobodyChosen(why = ""): void {
  [chosen, shownPeer] = [null, null];
  form.chose(null);
  say(one("[data-chosen-gone]"), why);
  show(why !== "", one("[data-chosen-gone]"));
  measure();
}

/** Return who is called before all others, and the list they were found for. */
async function firstOn(list: CandidateList, core: Core, draft: Draft): Promise<[CandidateList, First | null]> {
  if (!chosen) {
    const better = form.betterFirst ? core.choose(list, leftOutOffices(list), likedOf(draft, list.offices)).better : null;
    return [list, better];
  }
  try {
    return [list, await chosen.first(list)];
  } catch (error) {
    if (!(error instanceof Stale)) throw error;
  }
  const newest = await pool.list(true);
  try {
    return [newest, await chosen.first(newest)];
  } catch (error) {
    // People come and go at this very moment: wait a little.
    throw error instanceof Stale ? new Lost() : error;
  }
}

async function send(): Promise<void> {
  const draft = form.read();
  const problem = problemOf(draft);
  if (problem) return form.refuse(problem);
  if (pool.loaded && bytesLeft(pool.loaded, draft) < 0) return form.refuse("too-long");
  busy(true);
  const typed = JSON.stringify([draft, chosen !== null, form.betterFirst]);
  try {
    let made: Made | null = begun?.typed === typed ? begun.made : null;
    sender = new Sender({
      list: (newest) => pool.list(newest),
      seal: async (list) => {
        made ??= await begin(draft, typed);
        const [now, first] = await firstOn(list, made.core, draft);
        const choice = made.core.choose(now, leftOutOffices(now), likedOf(draft, now.offices), first);
        if (choice.recipients.length === 0) return null;
        const envelope = await made.core.sealFor(choice.recipients, made.written, choice.slots);
        const { attempt, token } = made;
        return made.core.requestFrame({
          urgency: draft.urgency,
          list: now.list,
          attempt,
          token,
          positions: choice.positions,
          chosen: choice.chosen,
          envelope,
        });
      },
      post: (frame, work) => post(`${base}/requests`, frame, work ? { "Alongside-Work": work } : {}),
      work: async (frame, bits, stopped) => {
        // Loaded only where it is asked for: hardly ever.
        const { doWork } = await import("./member/working.ts").catch(() => {
          throw new Lost();
        });
        tell("sending.work", 0);
        return doWork(frame, bits, (seconds) => tell("sending.work", seconds), stopped);
      },
      wait: waited,
      tell: (state, seconds) => tell(`sending.${state}`, seconds),
    });
    const outcome = await sender.run();
    if (outcome === "stored" && made) return await sent(made, wayOf(draft));
    if (outcome !== "stopped") forgetBegun();
    tell(outcome === "nobody-left" ? "problem.nobody-left" : `sending.${outcome}`);
    if (outcome === "nobody-left") form.refuse("nobody-left");
  } catch (error) {
    // By name: the class comes with what is loaded only where somebody was chosen.
    if (error instanceof Error && error.name === "ChosenGone") {
      forgetBegun();
      nobodyChosen(text("chosen.gone"));
      tell("chosen.gone");
    } else tell(error instanceof Lost ? "sending.stopped" : "sending.unsealed");
  } finally {
    busy(false);
  }
}

/** Make a request; one begun before with other words, which may have arrived, is withdrawn first. @throws {@link Lost} */
async function begin(draft: Draft, typed: string): Promise<Made> {
  if (begun) {
    const { status } = await post(`${base}/progress/cancel`, begun.made.token.slice());
    if (status !== 200) throw new Lost();
    forgetBegun();
  }
  const made = await prepare(draft);
  begun = { typed, made };
  // Kept before it is sent: whoever loses the page meanwhile can ask on this device what became of it.
  if (wayOf(draft) === "device") keys.add({ secret: made.core.toHex(made.secret), sent: new Date().toISOString() });
  return made;
}

function forgetBegun(): void {
  if (begun) keys.forget(begun.made.core.toHex(begun.made.secret));
  begun = null;
}

async function prepare(draft: Draft): Promise<Made> {
  const core = await pool.core();
  const secret = core.newSecret();
  const box = wayOf(draft) === "none" ? null : await core.replyBox(secret);
  const card = box && { address: core.toBase64Url(box.address), recipient: box.recipient };
  const written = core.writePayload("request", payloadOf(draft, card));
  return { core, secret, token: core.progressToken(secret), attempt: core.newAttempt(), box, written };
}

async function sent({ core, secret, token, box }: Made, way: WayBack): Promise<void> {
  begun = null;
  form.clear();
  goToStep("sent");
  showReceipt(way, way === "words" ? core.wordsOf(secret) : []);
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
  // Until the pace of this device is known there is no number to say.
  const about = seconds === undefined ? text(key) : seconds === 0 ? text(`${key}.begun`) : text(key, { n: seconds });
  if (!working) say(one("[data-sending-notice]"), about);
}

show(false, ...all("[data-without-script]"));
show(true, ...all("[data-with-script]"));
if (!keys.works()) form.withoutDevice();
for (const step of all("[data-go]")) step.addEventListener("click", () => goToStep(step.dataset["go"] ?? "limits"));
form.form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (button.getAttribute("aria-busy") !== "true") void send();
});
one("[data-chosen-drop]").addEventListener("click", () => nobodyChosen());
const peer = /(?:^#|&)peer=([0-9a-f]{32})(?:&|$)/.exec(location.hash)?.[1];
if (peer) void showChosen(peer);
one("[data-again]").addEventListener("click", () => tryNow());
one("[data-stop]").addEventListener("click", () => {
  sender?.stop();
  tryNow();
});
addEventListener("online", () => tryNow());
