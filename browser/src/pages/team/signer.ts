import { fromBase64Url, toBase64Url } from "../../core/bytes.ts";
import { sign } from "../../core/ed25519.ts";
import { Refusal } from "../../core/refusal.ts";
import { checkWords, peerStatement, rootKey, rootStatement, type SigningKey, witnessKey, witnessStatement } from "../../core/vouch.ts";
import { secretOf, WORDS } from "../../core/words.ts";
import { recall, remember } from "./device.ts";
import { busy, wordsSentence } from "./locked.ts";
import { complain, part, say, show } from "./texts.ts";

/** What the server hands out to be signed; keys are base64url. */
export interface ToSign {
  readonly organisation: string;
  /** The root in force and the one that was made to follow it; null where there is none. */
  readonly root: string | null;
  readonly proposed: string | null;
  readonly poster: number;
  readonly witness: string | null;
  readonly named: boolean;
  readonly epoch: number;
  readonly until: string;
  /** The server's mark of all that is shown. */
  readonly seen: string;
  readonly people: readonly { readonly id: string; readonly vouch: string; readonly office: string }[];
}

/** Signing words that were typed or that this device keeps. */
export interface Signer {
  readonly secret: Uint8Array;
  readonly key: SigningKey;
}

/** Return who signs with a secret. */
export async function signerOf(secret: Uint8Array): Promise<Signer> {
  return { secret, key: await rootKey(secret) };
}

/** Return a signed list as it is posted. */
export async function signedList(state: ToSign, { key }: Signer): Promise<string> {
  const certificates: Record<string, string> = {};
  for (const { id, vouch, office } of state.people) {
    const statement = peerStatement(state.organisation, state.epoch, state.until, fromBase64Url(vouch), office);
    certificates[id] = toBase64Url(await sign(key.seed, statement));
  }
  const root = toBase64Url(key.publicKey);
  const { epoch, until, seen } = state;
  return JSON.stringify({ epoch, until, root, seen, named: await namedNow(state, key, root), certificates });
}

async function namedNow({ witness, named, root, organisation }: ToSign, key: SigningKey, own: string): Promise<string | null> {
  if (!witness || named || root !== own) return null;
  return toBase64Url(await sign(key.seed, witnessStatement(organisation, key.publicKey, fromBase64Url(witness))));
}

/** Sign that one root follows another: by the old root, or by its witness. */
export async function signedChange(organisation: string, { seed }: SigningKey, old: Uint8Array, next: Uint8Array): Promise<string> {
  return toBase64Url(await sign(seed, rootStatement(organisation, old, next)));
}

/** Return the key that a witness's words stand for. */
export async function witnessOf(secret: Uint8Array): Promise<SigningKey> {
  return witnessKey(secret);
}

/** The name under which this device keeps the signing words of a root. */
function placeOf(root: string): string {
  return `signing:${root}`;
}

/** Keep signing words on this device until sign-out. */
export function keepSigner({ secret, key }: Signer): Promise<boolean> {
  return remember(secret, placeOf(toBase64Url(key.publicKey)));
}

/** Return the signer whose words this device keeps for one of these roots; null when they must be typed. */
export async function keptSigner(...roots: readonly (string | null)[]): Promise<Signer | null> {
  for (const root of roots) {
    const secret = root && (await recall(placeOf(root)));
    if (secret) return signerOf(secret);
  }
  return null;
}

/** Ask for 12 words until they make one of the public keys that are `wanted`; tell kindly what is wrong otherwise. */
export function askForSigner(wanted: readonly (string | null)[], keyOf: (secret: Uint8Array) => Promise<SigningKey>): Promise<Signer> {
  const form = part<HTMLFormElement>("words-form");
  const trouble = part("words-trouble");
  const field = form.elements.namedItem("words") as HTMLTextAreaElement;
  show(form);
  return new Promise((resolve) => {
    // In the place of whoever listened before: opened twice, one typing must not be answered twice.
    form.onsubmit = (event) => {
      event.preventDefault();
      void busy(form, async () => {
        complain(trouble, "");
        try {
          const secret = secretOf(field.value);
          const key = await keyOf(secret);
          if (!wanted.includes(toBase64Url(key.publicKey))) throw new Refusal("cannot-open");
          field.value = "";
          show(form, false);
          resolve({ secret, key });
        } catch (error) {
          complain(trouble, sentenceOf(error, field.value));
          field.focus();
        }
      });
    };
  });
}

function sentenceOf(error: unknown, typed: string): string {
  if (!(error instanceof Refusal)) return say("fail.unexpected");
  if (error.code === "cannot-open") return say("words.not-these");
  const count = typed.split(/[\s\d.,;:()-]+/).filter(Boolean).length;
  if (error.at !== undefined) return wordsSentence({ kind: "unknown", number: error.at + 1 });
  return wordsSentence(count === WORDS ? { kind: "order" } : { kind: "count", count });
}

/** Write the six words of each public key beside its place, `[data-check="<base64url>"]`. */
export function writeCheckWords(within: ParentNode = document): void {
  for (const place of within.querySelectorAll<HTMLElement>("[data-check]")) {
    place.textContent = checkWords(fromBase64Url(place.dataset["check"] ?? "")).join(" ");
  }
}
