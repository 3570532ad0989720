import "./common.ts";
import { type Aim, type Draft, wayOf } from "./draft.ts";
import { here } from "./here.ts";
import { KeptKeys } from "./kept.ts";
import { mayGoAgain } from "./later_rules.ts";
import { madeOf, senderOf } from "./making.ts";
import { drawer } from "./place.ts";
import { type Core, Pool } from "./pool.ts";
import { aimOf, type ReferralDraft, referralOf } from "./referral.ts";
import type { Outcome } from "./sender.ts";
import { Lost, post } from "./talk.ts";
import { find, note, type Waiting } from "./waiting.ts";

/** What a form keeps of what it was to send: what stood in it, its secret and attempt, and a secret of one that this one replaces. */
export interface Later<Form = Draft | ReferralDraft> {
  readonly form: Form;
  readonly secret: string;
  readonly attempt: string;
  readonly replaces?: string;
  /** It was tried with the team in the place of whoever was chosen. */
  readonly instead?: boolean;
}

/** What is still to be told after sending, in the place of the draft. */
export interface Told {
  readonly way: "words" | "device" | "none";
  /** Only where the way back is words: they are not written down yet. */
  readonly secret?: string;
  readonly onCall: number;
  readonly alerted: number;
  /** Whoever was chosen could not be asked any more: the team was asked instead. */
  readonly instead?: boolean;
}

/** How it went; `unnoted`: it was stored, `no-room`: it was not sent, and each time this device could not write it down. */
export type Went = Outcome | "unsure" | "elsewhere" | "lost" | "unnoted" | "no-room";

/** It could not be written down that it goes. */
class NoRoom extends Error {}

/** Return what is kept of something that was not sent yet, or null. */
export function laterOf({ draft, state }: Waiting): Later | null {
  const later = draft as Later | null;
  return state !== "sent" && typeof later?.secret === "string" && later.form !== undefined ? later : null;
}

function isReferral(form: Later["form"]): form is ReferralDraft {
  return "who" in form;
}

/** Forget in this browser the way back to what is given up: nothing is behind it any more, or never was. */
export function forgetWaysBack(...secrets: readonly (string | undefined)[]): void {
  const page = here();
  for (const secret of secrets) if (page && secret) new KeptKeys(page.organisation, drawer()).forget(secret);
}

/**
 * Seal one that waits for whoever is there now, and send it; the draft is gone as soon as it is stored.
 *
 * One page at a time does this, and each try carries the same attempt: two pages, or a page that was closed in between, make one request.
 * `sure`: its writer wants it sent although it may have been.
 */
export async function deliver(id: string, sure: boolean): Promise<Went> {
  const went = await alone(id, () => delivered(id, sure).catch((error: unknown) => failed(error)), true);
  return went ?? "elsewhere";
}

/** Do something with one that waits while no other page does; where one does, wait for it, or do nothing and return null. */
export function alone<T>(id: string, run: () => Promise<T>, orNothing = false): Promise<T | null> {
  if (!("locks" in navigator)) return run();
  return navigator.locks.request(`page-later-${id}`, { ifAvailable: orNothing }, async (lock) => (lock ? run() : null));
}

function failed(error: unknown): Went {
  if (error instanceof Lost) return "lost";
  if (error instanceof NoRoom) return "no-room";
  throw error;
}

async function delivered(id: string, sure: boolean): Promise<Went> {
  // As it is now: another page may have sent, changed or forgotten it since it was shown.
  const one = await find(id);
  const later = one && laterOf(one);
  const page = here();
  if (!one || !later || !page || one.state !== "waiting") return "elsewhere";
  const pool = new Pool(`${page.base}/candidates.json`, () => undefined);
  const core = await pool.core();
  const { form } = later;
  const [secret, attempt] = [core.fromHex(later.secret), core.fromHex(later.attempt)];
  const referral = isReferral(form);
  const made = referral ? referralOf(core, form, secret, attempt) : await madeOf(core, form, secret, attempt);
  // How a referral stands nobody asks, not even to know whether it arrived: the same attempt again is the same referral.
  if (one.tried && !referral && (await known(page.base, made.token))) return stored(one, later, { onCall: 0, alerted: 0, ...(later.instead && { instead: true }) });
  if (one.tried && !sure && !mayGoAgain(one.tried, Date.now())) return "unsure";
  await withdraw(page.base, later.replaces, core);
  // Whoever went off duty while it waited is not called.
  await pool.list(true);
  if (!referral && wayOf(form) === "device") new KeptKeys(page.organisation, drawer()).add({ secret: later.secret, sent: new Date().toISOString() });
  let who: Pick<Told, "onCall" | "alerted" | "instead"> = { onCall: 0, alerted: 0 };
  const to = (draft: Aim, instead = false): Promise<Outcome> => senderOf({
    pool,
    base: page.base,
    draft,
    made: () => Promise.resolve(made),
    posting: () => noted(id, later, instead),
    working: () => undefined,
    // Somebody who was chosen is called first, as whoever is on call is.
    chose: ({ onCall, chosen, recipients }) => (who = { onCall: onCall + (chosen ? 1 : 0), alerted: recipients.length, instead }),
    // Whoever called this tries again later, having read anew what waits.
    wait: () => Promise.reject(new Lost()),
    tell: () => undefined,
  }).run();
  const aim = referral ? aimOf(form) : form;
  const outcome = await to(aim).catch((error: unknown) => {
    // Whoever was chosen went meanwhile: those who would have followed are called, it is not lost, and its writer is told.
    if (error instanceof Error && error.name === "ChosenGone") return to({ ...aim, peer: "" }, true);
    throw error;
  });
  if (outcome !== "stored") return outcome;
  return stored(one, later, who);
}

/**
 * Written down before it goes: whoever finds it after a crash, or after a lost answer, knows that it may have arrived, and for whom.
 *
 * @throws {@link NoRoom}
 */
async function noted(id: string, later: Later, instead: boolean): Promise<void> {
  const draft = instead || later.instead ? { draft: { ...later, instead } } : {};
  await note(id, { tried: new Date().toISOString(), ...draft }).catch(() => {
    throw new NoRoom();
  });
}

async function stored(one: Waiting, { form, secret }: Later, who: Omit<Told, "way" | "secret">): Promise<Went> {
  const way = isReferral(form) ? "none" : wayOf(form);
  const told: Told = { way, ...who, ...(way === "words" && { secret }) };
  // What cannot be noted is found out again: the server knows of it, or gets the same attempt once more.
  const noting = note(one.id, { state: "sent", sent: new Date().toISOString(), draft: told });
  return noting.then(() => "stored" as const, () => "unnoted" as const);
}

/** Take back on the server what may have arrived. @throws {@link Lost} */
export async function takeBack(secret: string): Promise<void> {
  const page = here();
  if (!page) throw new Lost();
  const core = await new Pool(`${page.base}/candidates.json`, () => undefined).core();
  await withdraw(page.base, secret, core);
}

/** Cancel by its secret one that may have arrived, and forget the way back to it. @throws {@link Lost} */
export async function withdraw(base: string, secret: string | undefined, core: Core): Promise<void> {
  if (!secret) return;
  const { status } = await post(`${base}/progress/cancel`, core.progressToken(core.fromHex(secret)).slice());
  if (status !== 200) throw new Lost();
  forgetWaysBack(secret);
}

async function known(base: string, token: Uint8Array): Promise<boolean> {
  const { status, body } = await post(`${base}/progress`, token.slice());
  const state = (body as { state?: unknown } | null)?.state;
  if (status !== 200 || typeof state !== "string") throw new Lost();
  return state !== "unknown";
}
