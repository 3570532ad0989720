/** The ask page: limits, form, and how it stands. What is typed stays in this page until it is sealed. */
import "./member/common.ts";
import type { Peer } from "../core/directory.ts";
import type { CandidateList } from "../core/match.ts";
import { all, fact, goTo, one, say, show } from "./member/dom.ts";
import { BOX_SIZE, type Draft, likedOf, payloadOf, problemOf, type WayBack, wayOf } from "./member/draft.ts";
import { officeNumbers } from "./member/fields.ts";
import { Following } from "./member/following.ts";
import { AskForm } from "./member/form.ts";
import { KeptKeys } from "./member/kept.ts";
import { LaterOnForm } from "./member/keeping.ts";
import { type Made, madeOf, senderOf } from "./member/making.ts";
import { drawer, isShared } from "./member/place.ts";
import { pinned } from "./member/pins.ts";
import { type Core, Pool } from "./member/pool.ts";
import { Guest } from "./member/partner.ts";
import { showReceipt } from "./member/receipt.ts";
import type { Sender } from "./member/sender.ts";
import { Patience, SendingPart } from "./member/sending.ts";
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
const guest = new Guest(page);

/** What stands in the form, from where if it is to be told, and who is to be called first. */
const written = (): Draft => ({ ...form.read(), from: guest.told(), peer: chosen, betterFirst: form.betterFirst });
const later = new LaterOnForm(base, {
  kind: "ask",
  form,
  written,
  problem: problemOf,
  stop: () => {
    stop();
    return part.under;
  },
  begun: () => {
    if (!begun) return null;
    const { made, posted, typed } = begun;
    return { secret: made.core.toHex(made.secret), attempt: made.core.toHex(made.attempt), posted, typed };
  },
  busy: () => part.isBusy || begun !== null,
  kept: () => {
    begun = null;
    nobodyChosen();
    show(false, one("[data-sending]"));
    goToStep("kept");
  },
  changing: ({ from = "", peer = "" }) => {
    guest.again(from);
    if (peer) void showChosen(peer);
    else nobodyChosen();
    goToStep("form");
  },
});
const patience = new Patience();
const part = new SendingPart(form, { send, stop, again: () => patience.cut(), lost: (none) => void later.offer(none) });
/** The reference of whom the member chose by their card; empty for nobody. */
let chosen = "";
let shownPeer: Peer | null = null;
let sender: Sender | null = null;

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
  const choice = core.choose(latest, officeNumbers(latest, form.read().leftOut), likedOf(form.read(), latest.offices));
  if (shownPeer) form.though(isThough(latest));
  form.remaining(choice.positions.length, latest.candidates.length, choice.onCall);
  form.wishes(choice);
}

/** Say whether the chosen peer would be left out if they had not been chosen. */
function isThough(list: CandidateList): boolean {
  const { ownOffice, notOver } = form.read();
  if (!shownPeer) return false;
  const { office, over } = shownPeer;
  return (office !== null && officeNumbers(list, form.read().leftOut).includes(office)) || (notOver && over.includes(list.offices.indexOf(ownOffice)));
}

/** Show whom the address's fragment names, which no server sees, and take it out of the address bar. */
async function showChosen(reference: string): Promise<void> {
  // Nothing of the fragment stays in the history of the browser.
  const rest = location.hash.replace(/^#/, "").split("&").filter((part) => part && !part.startsWith("peer="));
  history.replaceState(history.state, "", location.pathname + (rest.length > 0 ? `#${rest.join("&")}` : ""));
  [chosen, shownPeer] = [reference, null];
  form.chose(text("chosen.looking"));
  try {
    const { Chosen } = await import("./member/chosen.ts");
    const { peer, name } = await new Chosen(base, reference).card(pinned(fact(page, "organisation"))?.code ?? null);
    // Dropped meanwhile, or sent.
    if (chosen !== reference) return;
    shownPeer = peer;
    const what = [form.words("discipline", peer.discipline), form.words("rank", peer.band)].filter(Boolean).join(", ");
    form.chose(name ? text("chosen.named", { name }) : text("chosen.unnamed", { what }));
  } catch (error) {
    // Without a connection the choice stays: it is looked for again when it is sent.
    if (chosen !== reference) return;
    if (error instanceof Lost || error instanceof TypeError) form.chose(text("chosen.kept"));
    else nobodyChosen(text("chosen.gone"));
  }
  measure();
}

function nobodyChosen(why = ""): void {
  [chosen, shownPeer] = ["", null];
  form.chose(null);
  say(one("[data-chosen-gone]"), why);
  show(why !== "", one("[data-chosen-gone]"));
  measure();
}

async function send(): Promise<void> {
  const draft = written();
  const problem = problemOf(draft);
  if (problem) return form.refuse(problem);
  if (pool.loaded && bytesLeft(pool.loaded, draft) < 0) return form.refuse("too-long");
  part.busy(true);
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
      working: (seconds) => part.tell("sending.work", seconds),
      wait: (seconds) => patience.wait(seconds),
      tell: (state, seconds) => part.tell(`sending.${state}`, seconds),
    });
    const outcome = await sender.run();
    if (outcome === "stored" && made) return await sent(made, wayOf(draft));
    // What may have arrived stays known, so that it is withdrawn before another is sent.
    if (outcome !== "stopped" && !(outcome === "nobody-left" && begun?.posted)) forgetBegun();
    part.tell(outcome === "nobody-left" ? "problem.nobody-left" : `sending.${outcome}`);
    if (outcome === "nobody-left") form.refuse("nobody-left");
  } catch (error) {
    // By name: the class comes with what is loaded only where somebody was chosen.
    if (error instanceof Error && error.name === "ChosenGone") {
      if (!begun?.posted) forgetBegun();
      nobodyChosen(text("chosen.gone"));
      part.tell("chosen.gone");
    } else part.tell(error instanceof Lost ? "sending.stopped" : pool.blocked ? "sending.blocked" : "sending.unsealed");
  } finally {
    part.busy(false);
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
  part.busy(true);
  try {
    await withdraw();
    const { moveTo } = await import("./member/moving.ts");
    await moveTo(address);
  } catch {
    part.busy(false);
    part.tell("sending.elsewhere");
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
  // It is stored: that an old draft could not be taken away must not make anybody send it again.
  await later.sent(core).catch(() => undefined);
  form.clear();
  goToStep("sent");
  showReceipt(way, way === "words" ? core.wordsOf(secret) : []);
  guest.tellWayBack();
  const forget = (): void => keys.forget(core.toHex(secret));
  await new Following({ core, base, place, token, box, way, forget }).start();
}

function stop(): void {
  sender?.stop();
  patience.cut();
}

show(false, ...all("[data-without-script]"));
show(true, ...all("[data-with-script]"));
const onlyHere = (): void => {
  if (isShared() || !keys.works()) form.withoutDevice();
};
onlyHere();
addEventListener("hashchange", onlyHere);
for (const step of all("[data-go]")) step.addEventListener("click", () => goToStep(step.dataset["go"] ?? "limits"));
for (const link of all<HTMLAnchorElement>("[data-partner]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    if (!part.isBusy) void goElsewhere(link.href);
  });
}
one("[data-chosen-drop]").addEventListener("click", () => nobodyChosen());
const peer = /(?:^#|&)peer=([0-9a-f]{32})(?:&|$)/.exec(location.hash)?.[1];
if (peer) void showChosen(peer);
