/** A worry about somebody else: limits, form, and the same words for ever. Nothing of it stays on the device. */
import "./member/common.ts";
import type { Referral } from "../core/payload.ts";
import { all, fact, goTo, one, say, show } from "./member/dom.ts";
import { officeNumbers } from "./member/fields.ts";
import { Pool } from "./member/pool.ts";
import { ReferForm } from "./member/refer_form.ts";
import { referralPayload, referralProblem } from "./member/referral.ts";
import { Submission } from "./member/submission.ts";
import { Lost } from "./member/talk.ts";
import { text } from "./member/texts.ts";

const page = one("#refer");
const base = fact(page, "base");
const form = new ReferForm(fact(page, "kind") as Referral["kind"], () => measure());
const pool = new Pool(`${base}/candidates.json`, () => {
  if (pool.latest) form.offer(pool.latest);
  measure();
});
const submission = new Submission(base, pool, (state, seconds) => tell(`sending.${state}`, seconds));
const button = one<HTMLButtonElement>("[data-send]");
const buttonText = button.textContent ?? "";

function goToStep(name: string): void {
  for (const step of all("[data-step]")) show(step.dataset["step"] === name, step);
  goTo(one("h1", one(`[data-step="${name}"]`)));
  if (name === "form") pool.list(false).then(measure, () => form.withoutOffices());
}

/** Keep the sentence about who is left in step with the form. */
function measure(): void {
  const { loaded: core, latest } = pool;
  if (!core || !latest) return;
  const chosen = core.choose(latest, officeNumbers(latest, form.read().leftOut));
  form.remaining(chosen.positions.length, latest.candidates.length, chosen.onCall);
}

async function send(): Promise<void> {
  const draft = form.read();
  const problem = referralProblem(draft);
  if (problem) return form.refuse(problem);
  busy(true);
  try {
    const outcome = await submission.send({
      typed: JSON.stringify(draft),
      urgency: draft.urgency,
      leftOut: draft.leftOut,
      write: (core) => core.writePayload("request", referralPayload(draft)),
    });
    if (outcome === "stored") return received();
    tell(outcome === "nobody-left" ? "problem.nobody-left" : `sending.${outcome}`);
    if (outcome === "nobody-left") form.refuse("nobody-left");
  } catch (error) {
    tell(error instanceof Lost ? "sending.stopped" : pool.blocked ? "sending.blocked" : "sending.unsealed");
  } finally {
    busy(false);
  }
}

/** Say the one thing that is ever said: that it was received, and on which day. */
function received(): void {
  form.clear();
  show(false, one("[data-sending]"));
  const today = new Intl.DateTimeFormat(fact(page, "locale"), { dateStyle: "long", timeZone: fact(page, "zone") });
  say(one("[data-day]"), today.format(new Date()));
  goToStep("received");
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
for (const step of all("[data-go]")) step.addEventListener("click", () => goToStep(step.dataset["go"] ?? "limits"));
form.form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (button.getAttribute("aria-busy") !== "true") void send();
});
one("[data-again]").addEventListener("click", () => submission.again());
one("[data-stop]").addEventListener("click", () => submission.stop());
addEventListener("online", () => submission.again());
// Whoever comes back to a page that the browser kept sees what everybody sees first, and no sign of what was sent.
addEventListener("pageshow", (event) => {
  if (event.persisted && !one('[data-step="received"]').hidden) goToStep("limits");
});
