// A supporter's keys: 12 words made on this device, the weeks' keys under them, unlocking and locking this device.
import { WORDS_NAME } from "../core/ring.ts";
import { checkWords } from "../core/vouch.ts";
import { forget, remember } from "./team/device.ts";
import { askForWords, sentenceFor } from "./team/locked.ts";
import { newWords } from "./team/new_words.ts";
import { complain, part, say, show } from "./team/texts.ts";
import { type Addresses, addresses, keyState, type KeyState, Unlocked, withDevice, withWords } from "./team/unlock.ts";

const from = addresses();
const trouble = part("keys-trouble");

start().catch((error: unknown) => complain(trouble, sentenceFor(error)));

async function start(): Promise<void> {
  const state = await keyState(from);
  show(part("loading"), false);
  if (state.ring === null) return enrolment(state, from);
  let known = await withDevice(state);
  if (!known) {
    title("locked");
    known = await askForWords((typed) => withWords(typed, state));
  }
  await ready(known);
}

/** Put the state of things into the heading, and the reader there. */
function title(state: "enrol" | "words" | "confirm" | "ready" | "locked"): void {
  const heading = part("title");
  heading.textContent = say(`title.${state}`);
  if (state !== "enrol") heading.focus();
}

function enrolment(state: KeyState, to: Addresses): void {
  title("enrol");
  show(part("enrol"));
  part("make-words").addEventListener("click", () => {
    show(part("enrol"), false);
    newWords(title, (secret) => makeKeys(secret, state, to));
  });
}

async function makeKeys(secret: Uint8Array, state: KeyState, to: Addresses): Promise<void> {
  const made = await Unlocked.fresh(secret, state);
  const { linked } = await made.topUp(to);
  // What an earlier enrolment left behind opens nothing any more.
  await forget(state.passkeys);
  await remember(secret, made.wordsRecipient);
  await ready(made, linked);
  show(part("made"));
}

async function ready(known: Unlocked, before: readonly string[] = []): Promise<void> {
  show(part("ready"));
  title("ready");
  let linked = before;
  try {
    linked = [...linked, ...(await known.topUp(from)).linked];
  } catch (error) {
    complain(trouble, sentenceFor(error));
  }
  show(part("linked"), linked.length > 0);
  showReach(known.state);
  part("own-words").textContent = checkWords(known.vouchKey).join(" ");
  showWays(known);
  const locked = part("lock-form");
  const kept = (await withDevice(known.state)) !== null;
  show(part("kept-here"), kept);
  show(part("not-kept-here"), !kept);
  locked.addEventListener("submit", (event) => {
    event.preventDefault();
    void forget().then(() => location.reload());
  });
}

/** List what unlocks these keys; a passkey made for another host says so. */
function showWays({ ways, state }: Unlocked): void {
  const sentence = ({ name, host }: { readonly name: string; readonly host: string }): string => {
    if (name === WORDS_NAME) return say("way.words");
    return host === location.hostname ? say("way.passkey") : say("way.elsewhere", { host });
  };
  part("ways").replaceChildren(
    ...ways.map((way) => {
      const item = document.createElement("li");
      item.textContent = sentence(way);
      return item;
    }),
  );
  const outside = state.passkeys.filter((id) => !ways.some(({ name }) => name === id));
  show(part("not-linked"), outside.length > 0);
}

function showReach({ until }: KeyState): void {
  if (until === null) return;
  const place = part<HTMLTimeElement>("reach");
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full", timeZone: "UTC" });
  place.dateTime = until;
  place.textContent = format.format(new Date(`${until}T00:00:00Z`));
  show(part("reach-line"));
}
