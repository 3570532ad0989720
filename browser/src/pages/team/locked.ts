import { Refusal } from "../../core/refusal.ts";
import { Failure } from "./server.ts";
import { complain, has, part, say, show } from "./texts.ts";
import { type Addresses, keyState, type Unlocked, withDevice, withWords, type WordsTrouble } from "./unlock.ts";

/**
 * Unlock this device, asking for the words only where it keeps nothing, and return it unlocked.
 *
 * A supporter without keys is shown the way to make them, and this never returns. Missing weeks are made in the background, and a
 * passkey with which this person signed in here is linked; the page says so.
 */
export async function unlocked(from: Addresses): Promise<Unlocked> {
  const state = await keyState(from);
  if (state.ring === null) {
    show(part("no-keys"));
    return new Promise<never>(() => undefined);
  }
  const known = (await withDevice(state)) ?? (await askForWords((typed) => withWords(typed, state)));
  // The next visit tries again, and the board tells of missing keys in time.
  known.topUp(from).then(
    ({ linked }) => show(part("linked"), linked.length > 0),
    (error: unknown) => {
      if (error instanceof Refusal) complain(part("keys-trouble"), sentenceFor(error));
    },
  );
  return known;
}

/** Show the words form until what is typed unlocks. */
export function askForWords(unlock: (typed: string) => Promise<Unlocked | WordsTrouble>): Promise<Unlocked> {
  const [form, words, trouble] = [part<HTMLFormElement>("words-form"), part<HTMLTextAreaElement>("words"), part("words-trouble")];
  show(part("locked"));
  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void busy(form, async () => {
        complain(trouble, "");
        const found = await unlock(words.value).catch((error: unknown) => sentenceFor(error));
        if (typeof found === "string") {
          complain(trouble, found);
          return;
        }
        if ("kind" in found) {
          complain(trouble, wordsSentence(found));
          words.focus();
          return;
        }
        words.value = "";
        show(part("locked"), false);
        resolve(found);
      });
    });
  });
}

/** Return the sentence that says kindly what is wrong with typed words. */
export function wordsSentence(trouble: WordsTrouble): string {
  switch (trouble.kind) {
    case "count":
      return say("words.count", { count: trouble.count });
    case "unknown":
      return say("words.unknown", { number: trouble.number });
    default:
      return say(`words.${trouble.kind}`);
  }
}

/** Return the sentence for anything thrown by the server or the core. */
export function sentenceFor(error: unknown): string {
  const code = error instanceof Failure || error instanceof Refusal ? error.code : "unexpected";
  return say(has(`fail.${code}`) ? `fail.${code}` : "fail.unexpected");
}

/** Do slow work once: the form's buttons rest meanwhile, and assistive technology hears that it is busy. */
export async function busy(form: HTMLElement, work: () => Promise<void>): Promise<void> {
  const buttons = [...form.querySelectorAll<HTMLButtonElement>("button:not([disabled])")];
  form.setAttribute("aria-busy", "true");
  buttons.forEach((button) => (button.disabled = true));
  try {
    await work();
  } finally {
    form.removeAttribute("aria-busy");
    buttons.forEach((button) => (button.disabled = false));
  }
}
