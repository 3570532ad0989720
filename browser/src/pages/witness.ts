// The witness: a second person, whose words confirm that new signing words are the coordinator's.
import { fromBase64Url, toBase64Url } from "../core/bytes.ts";
import { sentenceFor } from "./team/locked.ts";
import { letGo, newWords } from "./team/new_words.ts";
import { askForSigner, signedChange, witnessOf, writeCheckWords } from "./team/signer.ts";
import { complain, part, say, show } from "./team/texts.ts";

const { organisation = "", root = "", proposed = "", witness = "" } = part("witness").dataset;

writeCheckWords();
document.querySelector<HTMLElement>('[data-part="make-words"]')?.addEventListener("click", begin);
if (document.querySelector('[data-part="confirm-root"]')) void confirm().catch((error: unknown) => complain(part("trouble"), sentenceFor(error)));

function begin(): void {
  show(part("first"), false);
  newWords(
    (to) => {
      const heading = part("words-title");
      heading.textContent = say(`title.${to}`);
      heading.focus();
    },
    async (secret) => post(part("offer-form"), "witness", toBase64Url((await witnessOf(secret)).publicKey)),
  );
}

async function confirm(): Promise<void> {
  const { key } = await askForSigner([witness], witnessOf);
  const signature = await signedChange(organisation, key, fromBase64Url(root), fromBase64Url(proposed));
  post(part("confirm-root"), "by_witness", signature);
}

function post(form: HTMLFormElement, name: string, value: string): void {
  (form.elements.namedItem(name) as HTMLInputElement).value = value;
  letGo();
  form.submit();
}
