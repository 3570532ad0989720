// Passkeys on the way in: signing in, proving oneself again, adding one, enrolling with one. One ceremony signs in and,
// where the authenticator can, leaves the secret that unlocks on this device. The secret goes nowhere else.
import { randomBytes } from "../core/bytes.ts";
import { type Credential, createPasskey, type Door, type Question, secretQuestion, type Used, usePasskey, whyNot } from "../core/passkey.ts";
import { keepPasskey } from "./team/device.ts";
import { askJson, Failure } from "./team/server.ts";
import { complain, has, part, say, show } from "./team/texts.ts";

const door: Door = {
  create: (options) => navigator.credentials.create(options as CredentialCreationOptions),
  get: (options) => navigator.credentials.get(options as CredentialRequestOptions),
};
const place = document.querySelector<HTMLElement>("[data-passkey]");
if (place) begin(place);

function begin(here: HTMLElement): void {
  const { passkey, question = "", answer = "", host = "" } = here.dataset;
  const trouble = part("passkey-trouble", here);
  const button = part<HTMLButtonElement>("passkey-use", here);
  if (!("PublicKeyCredential" in window) || !isSecureContext) {
    complain(trouble, say("passkey.unsupported"));
    show(button, false);
    return reveal(here, false);
  }
  reveal(here, true);
  const run = { "sign-in": signIn, again: proveAgain, add, enrol: add }[passkey ?? ""];
  if (!run) throw new Error("the page names no ceremony");
  button.addEventListener("click", () => void once(button, trouble, host, () => run(here, question, answer)));
}

/** Show what needs a passkey, and let the other way step back; without any, the other way stands alone. */
function reveal(here: HTMLElement, works: boolean): void {
  if (works || here.dataset["passkey"] === "add") for (const one of here.querySelectorAll<HTMLElement>("[data-with-passkey]")) show(one);
  if (works) for (const one of document.querySelectorAll("[data-other-way]")) one.classList.add("plain");
}

/** Run a ceremony once at a time; whatever goes wrong is said beside the button, which can be used again. */
async function once(button: HTMLButtonElement, trouble: HTMLElement, host: string, run: () => Promise<void>): Promise<void> {
  complain(trouble, "");
  button.setAttribute("aria-busy", "true");
  button.disabled = true;
  try {
    await run();
  } catch (error) {
    complain(trouble, sentence(error, host));
  } finally {
    button.removeAttribute("aria-busy");
    button.disabled = false;
    if (!trouble.hidden) button.focus();
  }
}

function sentence(error: unknown, host: string): string {
  const code = error instanceof Failure ? (error.refusal ?? error.code) : whyNot(error);
  return say(has(`passkey.${code}`) ? `passkey.${code}` : "passkey.refused", { host });
}

async function signIn(_here: HTMLElement, question: string, answer: string): Promise<void> {
  const used = await usePasskey((await askJson(question, {})) as Question, door);
  const { next } = (await askJson(answer, { credential: used.credential })) as { next: string };
  await keep(used);
  location.assign(next);
}

async function proveAgain(here: HTMLElement, question: string, answer: string): Promise<void> {
  const used = await usePasskey((await askJson(question, {})) as Question, door);
  await askJson(answer, { credential: used.credential });
  await keep(used);
  part<HTMLFormElement>("go-on", here).submit();
}

async function add(here: HTMLElement, question: string, answer: string): Promise<void> {
  const field = here.querySelector<HTMLInputElement>("[name=name]");
  if (field && !field.reportValidity()) return;
  const name = field?.value ?? "";
  const asked = (await askJson(question, { name })) as Question;
  const made = await createPasskey(asked, door);
  const { next } = (await askJson(answer, { name, credential: made.credential })) as { next: string };
  await keep(made.later ? await again(made.credential, asked) : made);
  location.assign(next);
}

/** Many authenticators give their secret only when used, not when made: use it at once. The passkey is there either way. */
async function again(credential: Credential, { rp }: Question): Promise<Used | null> {
  try {
    const { id } = rp as { id: string };
    return await usePasskey(secretQuestion(credential, id, randomBytes(32)), door);
  } catch {
    return null;
  }
}

async function keep(used: Used | null): Promise<void> {
  if (used?.secret) await keepPasskey(used.credential.id, used.secret);
}
