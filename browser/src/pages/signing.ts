// Signing the list of supporters: words made and typed here never leave this page; what they signed does.
import { fromBase64Url, toBase64Url } from "../core/bytes.ts";
import { rootKey } from "../core/vouch.ts";
import { busy, sentenceFor } from "./team/locked.ts";
import { letGo, newWords } from "./team/new_words.ts";
import { getJson } from "./team/server.ts";
import { askForSigner, keepSigner, keptSigner, signedChange, signedList, type Signer, signerOf, type ToSign, writeCheckWords } from "./team/signer.ts";
import { complain, part, say, show } from "./team/texts.ts";

const page = part("signing");
const trouble = part("trouble");

writeCheckWords();
start().catch((error: unknown) => complain(trouble, sentenceFor(error)));

async function start(): Promise<void> {
  const state = (await getJson(page.dataset["state"] ?? "")) as ToSign;
  if (state.people.length === 0) return;
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-new-root]")) {
    button.addEventListener("click", () => void changeWords(state, button.dataset["newRoot"] === "known").catch(complained));
  }
  if (state.root === null) return first(state);
  const kept = await keptSigner(state.proposed, state.root);
  if (kept) ready(state, kept);
  else goToSign(state, await typed(state));
}

function complained(error: unknown): void {
  complain(trouble, sentenceFor(error));
}

/** Make the first words: with them the first list is signed at once. */
function first(state: ToSign): void {
  show(part("first"));
  part("make-words").addEventListener("click", () => {
    show(part("first"), false);
    newWords(turned, async (secret) => {
      const made = await signerOf(secret);
      await keepSigner(made);
      goToSign(state, made);
    });
  });
}

function turned(to: "words" | "confirm"): void {
  const heading = part("words-title");
  heading.textContent = say(`title.${to}`);
  heading.focus();
}

async function typed(state: ToSign): Promise<Signer> {
  const known = await askForSigner([state.root, state.proposed], rootKey);
  if (part<HTMLInputElement>("keep").checked) await keepSigner(known);
  return known;
}

/** Who has just made or typed the words goes on with the button that signs. */
function goToSign(state: ToSign, known: Signer): void {
  ready(state, known);
  part("sign-form").querySelector("button")?.focus();
}

function ready(state: ToSign, known: Signer): void {
  const form = part<HTMLFormElement>("sign-form");
  show(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(form, async () => {
      complain(trouble, "");
      try {
        post(form, "signed", await signedList(state, known));
      } catch (error) {
        complained(error);
      }
    });
  });
}

/** Make new words in the place of those in force: signed by the old ones, or without them where they are lost. */
async function changeWords(state: ToSign, oldAtHand: boolean): Promise<void> {
  show(part("sign-form"), false);
  show(part("words-form"), false);
  const old = oldAtHand ? ((await keptSigner(state.root)) ?? (await askForSigner([state.root], rootKey))) : null;
  newWords(turned, async (secret) => {
    const made = await signerOf(secret);
    const form = part<HTMLFormElement>("root-form");
    const by = form.elements.namedItem("by_old") as HTMLInputElement;
    by.value = old ? await signedChange(state.organisation, old.key, fromBase64Url(state.root ?? ""), made.key.publicKey) : "";
    await keepSigner(made);
    post(form, "root", toBase64Url(made.key.publicKey));
  });
}

/** Post by an ordinary form: the server may ask for a fresh sign-in first, and goes on from there. */
function post(form: HTMLFormElement, name: string, value: string): void {
  (form.elements.namedItem(name) as HTMLInputElement).value = value;
  letGo();
  form.submit();
}
