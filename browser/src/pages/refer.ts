/** A worry about somebody else: limits, form, and the same words for ever. Nothing of it stays on the device. */
import "./member/common.ts";
import type { Referral } from "../core/payload.ts";
import { all, fact, goTo, one, say, show } from "./member/dom.ts";
import { officeNumbers } from "./member/fields.ts";
import { LaterOnForm } from "./member/keeping.ts";
import { Pool } from "./member/pool.ts";
import { ReferForm } from "./member/refer_form.ts";
import { aimOf, referralOf, referralProblem } from "./member/referral.ts";
import { SendingPart } from "./member/sending.ts";
import { Submission } from "./member/submission.ts";
import { Lost } from "./member/talk.ts";

const page = one("#refer");
const base = fact(page, "base");
const kind = fact(page, "kind") as Referral["kind"];
const form = new ReferForm(kind, () => measure());
const pool = new Pool(`${base}/candidates.json`, () => {
  if (pool.latest) form.offer(pool.latest);
  measure();
});
const submission = new Submission(base, pool, (state, seconds) => part.tell(`sending.${state}`, seconds), (core) => later.withdrawn(core));
const part = new SendingPart(form, {
  send,
  again: () => submission.again(),
  stop: () => submission.stop(),
  lost: (none) => void later.offer(none),
});
const later = new LaterOnForm(base, {
  kind,
  form,
  written: () => form.read(),
  problem: referralProblem,
  stop: () => {
    submission.stop();
    return part.under;
  },
  begun: () => {
    if (!submission.begun) return null;
    const { made, posted, typed } = submission.begun;
    return { secret: made.core.toHex(made.secret), attempt: made.core.toHex(made.attempt), posted, typed };
  },
  busy: () => part.isBusy || submission.begun !== null,
  kept: () => {
    submission.forget();
    show(false, one("[data-sending]"));
    goToStep("kept");
  },
  changing: () => goToStep("form"),
});

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
  part.busy(true);
  try {
    const outcome = await submission.send({
      typed: JSON.stringify(draft),
      aim: aimOf(draft),
      make: (core, secret, attempt) => referralOf(core, draft, secret, attempt),
    });
    if (outcome === "stored") return await received();
    part.tell(outcome === "nobody-left" ? "problem.nobody-left" : `sending.${outcome}`);
    if (outcome === "nobody-left") form.refuse("nobody-left");
  } catch (error) {
    part.tell(error instanceof Lost ? "sending.stopped" : pool.blocked ? "sending.blocked" : "sending.unsealed");
  } finally {
    part.busy(false);
  }
}

/** Say the one thing that is ever said: that it was received, and on which day. */
async function received(): Promise<void> {
  // It is stored: that an old draft could not be taken away must not make anybody send it again.
  await pool.core().then((core) => later.sent(core)).catch(() => undefined);
  form.clear();
  show(false, one("[data-sending]"));
  const today = new Intl.DateTimeFormat(fact(page, "locale"), { dateStyle: "long", timeZone: fact(page, "zone") });
  say(one("[data-day]"), today.format(new Date()));
  goToStep("received");
}

show(false, ...all("[data-without-script]"));
show(true, ...all("[data-with-script]"));
for (const step of all("[data-go]")) step.addEventListener("click", () => goToStep(step.dataset["go"] ?? "limits"));
// Whoever comes back to a page that the browser kept sees what everybody sees first, and no sign of what was sent.
addEventListener("pageshow", (event) => {
  if (event.persisted && one('[data-step="form"]').hidden) goToStep("limits");
});
