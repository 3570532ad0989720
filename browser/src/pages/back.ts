/** The way back: by 12 words or by the key this device keeps, to how it stands, replies, and erasing. */
import "./member/common.ts";
import { Refusal } from "../core/refusal.ts";
import { all, fact, make, one, say, show } from "./member/dom.ts";
import { Following } from "./member/following.ts";
import { type Kept, KeptKeys } from "./member/kept.ts";
import { clockTime } from "./member/moments.ts";
import { drawer } from "./member/place.ts";
import { Pool } from "./member/pool.ts";
import { typedWords } from "./member/typed.ts";
import { Lost } from "./member/talk.ts";
import { counted, text } from "./member/texts.ts";

const page = one("#back");
const base = fact(page, "base");
const place = { locale: fact(page, "locale"), zone: fact(page, "zone") };
const keys = new KeptKeys(fact(page, "organisation"), drawer());
const pool = new Pool(`${base}/candidates.json`, () => undefined);
const form = one<HTMLFormElement>("[data-words-form]");
const field = one<HTMLTextAreaElement>("#receipt");
const button = one<HTMLButtonElement>("[data-open]");

async function open(secretOf: (core: Awaited<ReturnType<Pool["core"]>>) => Uint8Array): Promise<void> {
  button.setAttribute("aria-busy", "true");
  try {
    const core = await pool.core();
    const secret = secretOf(core);
    const box = await core.replyBox(secret);
    field.value = "";
    for (const step of all("[data-step]")) show(step.dataset["step"] === "progress", step);
    const forget = (): void => keys.forget(core.toHex(secret));
    await new Following({ core, base, place, token: core.progressToken(secret), box, way: "back", forget }).start();
  } catch (error) {
    if (error instanceof Refusal) wrongWords(error);
    else if (error instanceof Lost) complain(text("words.lost"));
    else throw error;
  } finally {
    button.removeAttribute("aria-busy");
  }
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

function offer(kept: readonly Kept[]): void {
  show(kept.length > 0, one("[data-kept]"));
  one("[data-kept-list]").replaceChildren(...kept.map(keptChoice));
}

function keptChoice({ secret, sent }: Kept): HTMLElement {
  const choice = make("button", "button text", text("kept.sent", { time: clockTime(sent, place) }));
  choice.type = "button";
  choice.addEventListener("click", () => void open((core) => core.fromHex(secret)));
  return make("li", "", choice);
}

show(false, ...all("[data-without-script]"));
show(true, form);
offer(keys.list(new Date()));
field.addEventListener("focus", () => void pool.core().catch(() => undefined), { once: true });
field.addEventListener("input", () => complain(""));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = field.value;
  void open((core) => core.secretOf(words));
});
