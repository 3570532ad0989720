/** The way back: by 12 words or by the key this device keeps, to how it stands, replies, and erasing. */
import "./member/common.ts";
import { Refusal } from "../core/refusal.ts";
import { all, fact, make, one, say, show } from "./member/dom.ts";
import { Following } from "./member/following.ts";
import { type Kept, KeptKeys } from "./member/kept.ts";
import { clockTime } from "./member/moments.ts";
import { drawer } from "./member/place.ts";
import { type Partner, partnersOf } from "./member/partner.ts";
import { Pool } from "./member/pool.ts";
import { typedWords } from "./member/typed.ts";
import { Lost, post } from "./member/talk.ts";
import { counted, text } from "./member/texts.ts";

const page = one("#back");
const base = fact(page, "base");
const place = { locale: fact(page, "locale"), zone: fact(page, "zone") };
const keys = new KeptKeys(fact(page, "organisation"), drawer());
const partners = partnersOf(page);
const pool = new Pool(`${base}/candidates.json`, () => undefined);
const form = one<HTMLFormElement>("[data-words-form]");
const field = one<HTMLTextAreaElement>("#receipt");
const button = one<HTMLButtonElement>("[data-open]");

/** Open a request by its secret, here or with the partner that a kept key names. */
async function open(secretOf: (core: Awaited<ReturnType<Pool["core"]>>) => Uint8Array, at?: Partner): Promise<void> {
  button.setAttribute("aria-busy", "true");
  try {
    const core = await pool.core();
    const secret = secretOf(core);
    const box = await core.replyBox(secret);
    const token = core.progressToken(secret);
    const there = at ?? (await whereItIs(token));
    field.value = "";
    for (const step of all("[data-step]")) show(step.dataset["step"] === "progress", step);
    if (there) {
      say(one("[data-found-at]"), text("found-at", { name: there.name }));
      show(true, one("[data-found-at]"));
    }
    const forget = (): void => (there ? keysOf(there) : keys).forget(core.toHex(secret));
    await new Following({ core, base: there ? baseOf(there) : base, place, token, box, way: "back", forget }).start();
  } catch (error) {
    if (error instanceof Refusal) wrongWords(error);
    else if (error instanceof Lost) complain(text("words.lost"));
    else throw error;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/**
 * Say with which partner a request is, or null: it is here, or nowhere any more. Asked here first, then with each partner in turn.
 *
 * A server can tell from these questions that one device asks several organisations of its own; not who, nor about what.
 *
 * @throws {@link Lost}
 */
async function whereItIs(token: Uint8Array): Promise<Partner | null> {
  if (partners.length === 0 || (await knows(base, token))) return null;
  for (const partner of partners) if (await knows(baseOf(partner), token)) return partner;
  return null;
}

async function knows(at: string, token: Uint8Array): Promise<boolean> {
  const { status, body } = await post(`${at}/progress`, token.slice());
  // An organisation that is no longer here knows nothing either.
  if (status !== 200 && status !== 404) throw new Lost();
  return status === 200 && (body as { state?: unknown } | null)?.state !== "unknown";
}

function baseOf({ slug }: Partner): string {
  return `/ask/${slug}`;
}

/** Point at what is wrong with the words, as exactly as can be said. */
function wrongWords(refusal: Refusal): void {
  const typed = typedWords(field.value);
  if (refusal.at !== undefined) complain(text("words.unknown", { n: refusal.at + 1, word: typed[refusal.at] ?? "" }));
  else if (typed.length !== 12) complain(counted("words.count", typed.length));
  else complain(text("words.order"));
}

function complain(sentence: string): void {
  const error = one("#receipt-error");
  say(error, sentence);
  show(sentence !== "", error);
  if (sentence) {
    field.setAttribute("aria-invalid", "true");
    field.focus();
  } else field.removeAttribute("aria-invalid");
}

function keysOf({ slug }: Partner): KeptKeys {
  return new KeptKeys(slug, drawer());
}

/** Offer what this device keeps: of requests here, and of those to partners, which were made on their pages. */
function offer(now: Date): void {
  const choices = [
    ...keys.list(now).map((kept) => keptChoice(kept)),
    ...partners.flatMap((partner) => keysOf(partner).list(now).map((kept) => keptChoice(kept, partner))),
  ];
  show(choices.length > 0, one("[data-kept]"));
  one("[data-kept-list]").replaceChildren(...choices);
}

function keptChoice({ secret, sent }: Kept, at?: Partner): HTMLElement {
  const when = { time: clockTime(sent, place) };
  const choice = make("button", "button text", at ? text("kept.sent-to", { ...when, name: at.name }) : text("kept.sent", when));
  choice.type = "button";
  choice.addEventListener("click", () => void open((core) => core.fromHex(secret), at));
  return make("li", "", choice);
}

show(false, ...all("[data-without-script]"));
show(true, form);
offer(new Date());
field.addEventListener("focus", () => void pool.core().catch(() => undefined), { once: true });
field.addEventListener("input", () => complain(""));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = field.value;
  void open((core) => core.secretOf(words));
});
