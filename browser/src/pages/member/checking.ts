import "./common.ts";
import { fromBase64Url } from "../../core/bytes.ts";
import type { CandidateList } from "../../core/match.ts";
import { Refusal } from "../../core/refusal.ts";
import { checkedCandidates, followedRoot, isVouchedFor, namedWitness, type Proved, type RootChange } from "../../core/roster.ts";
import { checkWords } from "../../core/vouch.ts";
import { fact, one, say, show } from "./dom.ts";
import { noteChecked, type Pin, pinned, same, trust } from "./pins.ts";
import { fetchJson, Lost } from "./talk.ts";
import { text } from "./texts.ts";

/** Which root an organisation says is in force, and who signed for each change; all of it only claimed. */
export interface Roots {
  readonly organisation: string;
  readonly root: string | null;
  readonly witness: string | null;
  readonly named: string | null;
  readonly changes: readonly RootChange[];
}

/** Fetch what an organisation says of its root. @throws {@link Lost} */
export async function claimedRoots(base: string): Promise<Roots> {
  const { status, body } = await fetchJson(`${base}/root.json`, true);
  const roots = body as Roots | null;
  if (status !== 200 || typeof roots !== "object" || !Array.isArray(roots?.changes)) throw new Lost();
  return roots;
}

/**
 * Keep the proved candidates of a list, for a browser that knows the poster.
 *
 * @throws Refusal as `checkedCandidates`, and `changed-root` when the organisation says that another key signs now, and the old key and
 * its witness have not both signed for that. @throws {@link Lost}
 */
export async function checkedFor(slug: string, base: string, list: CandidateList): Promise<Proved> {
  const pin = pinned(slug);
  if (!pin) throw new Error("nothing is known of this organisation");
  if (pin.offered) throw new Refusal("changed-root");
  const today = new Date().toISOString().slice(0, 10);
  try {
    return await proved(slug, base, list, pin, today);
  } catch (error) {
    if (!isForged(error)) throw error;
    const next = await followed(base, list, pin);
    if (!next) throw (await isAnother(base, pin.root)) ? new Refusal("changed-root") : error;
    trust(slug, next);
    return await underNext(slug, base, list, { ...pin, root: next, witness: null }, today);
  }
}

/** Say whether a key from a block of a checked list is vouched for by the root that this browser knows. */
export async function isVouchedHere(slug: string, key: string, proof: string | null, list: CandidateList): Promise<boolean> {
  const pin = pinned(slug);
  return pin === null || isVouchedFor(key, proof, list, pin.root);
}

/** Check under a root that was followed; it may have been followed by one for which nobody signed. */
async function underNext(slug: string, base: string, list: CandidateList, pin: Pin, today: string): Promise<Proved> {
  try {
    return await proved(slug, base, list, pin, today);
  } catch (error) {
    throw isForged(error) && (await isAnother(base, pin.root)) ? new Refusal("changed-root") : error;
  }
}

function isForged(error: unknown): boolean {
  return error instanceof Refusal && error.code === "bad-signature";
}

async function proved(slug: string, base: string, list: CandidateList, pin: Pin, today: string): Promise<Proved> {
  const found = await checkedCandidates(list, pin.root, pin.epoch, today);
  noteChecked(slug, found.epoch, pin.witness ?? (await witnessNow(base, pin, found.list)));
  return found;
}

// Kept from the first sight on: who has only the old words could otherwise name themselves as the second person.
async function witnessNow(base: string, { root }: Pin, { organisation = "" }: CandidateList): Promise<Uint8Array | null> {
  try {
    const { witness, named } = await claimedRoots(base);
    return await namedWitness(root, organisation, witness, named);
  } catch {
    return null;
  }
}

async function followed(base: string, { organisation = "" }: CandidateList, { root, witness }: Pin): Promise<Uint8Array | null> {
  const { changes } = await claimedRoots(base);
  const next = await followedRoot(root, witness, organisation, changes);
  return same(next, root) ? null : next;
}

async function isAnother(base: string, root: Uint8Array): Promise<boolean> {
  const claimed = (await claimedRoots(base)).root;
  return claimed !== null && !same(readKey(claimed), root);
}

/** Return the root that the person is to compare: of the link they opened, or what the organisation says. @throws {@link Lost} */
export async function rootToCompare(slug: string, base: string): Promise<Uint8Array | null> {
  const offered = pinned(slug)?.offered;
  if (offered) return offered.slice(0, 32);
  const { root } = await claimedRoots(base);
  return root === null ? null : readKey(root);
}

function readKey(text: string): Uint8Array {
  try {
    return fromBase64Url(text);
  } catch {
    return new Uint8Array();
  }
}

/** Show the six words on the limits page, what this browser makes of them, and the way to have it check from then on. */
export async function lookAtWords(): Promise<void> {
  const block = one("[data-look]");
  show(true, block);
  const [base, slug] = [fact(block, "base"), fact(block, "organisation")];
  const told = one("[data-look-told]", block);
  const root = await rootToCompare(slug, base).catch(() => undefined);
  if (!root) return say(told, text(root === null ? "look.unsigned" : "look.offline"));
  say(one("[data-look-words]", block), checkWords(root).join(" "));
  show(true, one("[data-look-with]", block));
  const pin = pinned(slug);
  const known = pin !== null && same(pin.root, root);
  say(told, text(known ? "look.known" : pin ? "look.other" : "look.new"));
  const yes = one("[data-look-same]", block);
  show(!known, yes);
  yes.onclick = () => {
    trust(slug, root);
    say(told, text(pinned(slug) ? "look.known" : "look.not-kept"));
    show(false, yes);
  };
}

export { checkWords };
// Not used here: it keeps what sealing and checking share in one piece, which the page has loaded already (build.mjs splits by who uses what).
export * from "./sealing.ts";
