// The poster: made in this browser from the signing words. What it carries (the root and the poster's code) goes into a file, not to the server.
import { fromBase64Url, joined, toBase64Url } from "../core/bytes.ts";
import { checkWords, posterCode, rootKey } from "../core/vouch.ts";
import { busy, sentenceFor } from "./team/locked.ts";
import { askForSigner, keepSigner, keptSigner, type Signer, writeCheckWords } from "./team/signer.ts";
import { complain, part, say, show } from "./team/texts.ts";

const { root = "", number = "1", slug = "", organisation = "", title = "", phone = "" } = part("poster").dataset;
const trouble = part("trouble");

writeCheckWords();
start().catch((error: unknown) => complain(trouble, sentenceFor(error)));

async function start(): Promise<void> {
  const known = (await keptSigner(root)) ?? (await typed());
  show(part("shown-words"));
  const form = part<HTMLFormElement>("poster-form");
  show(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(form, () => make(known, new FormData(form))).catch((error: unknown) => complain(trouble, sentenceFor(error)));
  });
}

async function typed(): Promise<Signer> {
  const known = await askForSigner([root], rootKey);
  if (part<HTMLInputElement>("keep").checked) await keepSigner(known);
  return known;
}

async function make({ secret, key }: Signer, choices: FormData): Promise<void> {
  complain(trouble, "");
  const language = choices.get("language") === "fr" ? "fr" : "en";
  const paper = choices.get("paper") === "a4" ? "a4" : "letter";
  const carried = toBase64Url(joined(key.publicKey, posterCode(secret, Number(number))));
  const link = `${location.origin}/ask/${slug}/${language}/#p=${carried}`;
  // Loaded only here: it is larger than everything else together.
  const { drawPoster } = await import("./team/poster_sheet.ts");
  const words = checkWords(fromBase64Url(root));
  const bytes = drawPoster({ language, paper, link, words, organisation, title, phone, say: (name) => say(`${language}.${name}`) });
  const file = `poster-${language}-${paper}.pdf`;
  const save = part<HTMLAnchorElement>("save");
  URL.revokeObjectURL(save.href);
  save.href = URL.createObjectURL(new Blob([bytes], { type: "application/pdf" }));
  save.download = file;
  show(save);
  save.click();
  const made = part("made");
  made.textContent = say("made", { file });
  show(made);
}
