/** The ask page: limits, form, and how it stands. What is typed stays in this page until it is sealed. */
import type { CandidateList } from "../core/match.ts";
import type { Box } from "../core/receipt.ts";
import { all, fact, goTo, one, say, show } from "./member/dom.ts";
import { BOX_SIZE, type Draft, payloadOf, problemOf, type WayBack, wayOf } from "./member/draft.ts";
import { Following } from "./member/following.ts";
import { AskForm } from "./member/form.ts";
import { browserDrawer, KeptKeys } from "./member/kept.ts";
import { type Core, Pool } from "./member/pool.ts";
import { showReceipt } from "./member/receipt.ts";
import { Sender } from "./member/sender.ts";
import { Lost, post } from "./member/talk.ts";
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
  const chosen = core.choose(latest, leftOutOffices(latest));
  form.remaining(chosen.positions.length, latest.candidates.length, chosen.onCall);
}

async function send(): Promise<void> {
  const draft = form.read();
  const problem = problemOf(draft);
  if (problem) return form.refuse(problem);
  if (pool.loaded && bytesLeft(pool.loaded, draft) < 0) return form.refuse("too-long");
  busy(true);
  const typed = JSON.stringify(draft);
  try {
    let made: Made | null = begun?.typed === typed ? begun.made : null;
    sender = new Sender({
      list: (newest) => pool.list(newest),
      seal: async (list) => {
        made ??= await begin(draft, typed);
        const chosen = made.core.choose(list, leftOutOffices(list));
        if (chosen.positions.length === 0) return null;
        const envelope = await made.core.sealFor(chosen.recipients, made.written, chosen.slots);
        const { attempt, token } = made;
        return made.core.requestFrame({ urgency: draft.urgency, list: list.list, attempt, token, positions: chosen.positions, envelope });
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
    tell(error instanceof Lost ? "sending.stopped" : pool.blocked ? "sending.blocked" : "sending.unsealed");
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
one("[data-again]").addEventListener("click", () => tryNow());
one("[data-stop]").addEventListener("click", () => {
  sender?.stop();
  tryNow();
});
addEventListener("online", () => tryNow());
