import { fromBase64Url } from "./bytes.ts";
import { isSigned, PUBLIC_BYTES, SIGNATURE_BYTES } from "./ed25519.ts";
import type { Candidate, CandidateList } from "./match.ts";
import { Refusal } from "./refusal.ts";
import { keyStatement, peerStatement, rootStatement, witnessStatement } from "./vouch.ts";

/** How the server says that one root follows another; base64url. */
export interface RootChange {
  readonly from: string;
  readonly to: string;
  readonly witness: string | null;
  readonly named: string | null;
  readonly by_old: string | null;
  readonly by_witness: string | null;
}

/** What is left of a list after checking: those whose keys are proved, and how many were dropped. */
export interface Proved {
  readonly list: CandidateList;
  readonly dropped: number;
  readonly epoch: number;
}

/**
 * Keep those candidates of a list whose keys the organisation's root vouches for; others without a proof are dropped.
 *
 * `today` is a date, YYYY-MM-DD; `highestEpoch` the highest that this device has seen under this root.
 *
 * @throws {@link Refusal} `unsigned-list`, `old-epoch`, `expired-list`, and `bad-signature` as soon as one proof does not fit.
 */
export async function checkedCandidates(list: CandidateList, root: Uint8Array, highestEpoch: number, today: string): Promise<Proved> {
  const { organisation = "", week = "", roster } = list;
  if (!roster) throw new Refusal("unsigned-list");
  if (!Number.isSafeInteger(roster.epoch) || !/^\d{4}-\d\d-\d\d$/.test(roster.until)) throw new Refusal("bad-signature");
  const given = list.candidates.filter(({ proof }) => typeof proof === "string");
  // First of all whether it is signed: an old list that is forged as well is a forged one.
  const right = await Promise.all(given.map((one) => isProved(one, list, root, organisation, week, roster)));
  if (right.includes(false)) throw new Refusal("bad-signature");
  if (given.length === 0) throw new Refusal("unsigned-list");
  if (roster.epoch < highestEpoch) throw new Refusal("old-epoch");
  if (roster.until < today || !isWeekOf(week, today)) throw new Refusal("expired-list");
  const dropped = list.candidates.length - given.length;
  const checked = { ...list, candidates: given, ...(dropped > 0 && { published: list.candidates.length }) };
  return { list: checked, dropped, epoch: roster.epoch };
}

/**
 * Say whether the organisation's root vouches for one more key of the week of a list that was checked, in whatever office.
 *
 * A card need not name the office that the certificate does: each office of the list is tried.
 */
export async function isVouchedFor(key: string, proof: string | null, list: CandidateList, root: Uint8Array): Promise<boolean> {
  const { organisation = "", week = "", roster, offices } = list;
  if (!roster || proof === null) return false;
  const one: Candidate = { position: 0, rank: "further", office: null, key, proof };
  const tries = [null, ...offices.keys()].map((office) => isProved({ ...one, office }, list, root, organisation, week, roster));
  return (await Promise.all(tries)).includes(true);
}

async function isProved(
  { key, office, proof }: Candidate,
  { offices }: CandidateList,
  root: Uint8Array,
  organisation: string,
  week: string,
  roster: { readonly epoch: number; readonly until: string },
): Promise<boolean> {
  let bytes: Uint8Array;
  try {
    bytes = fromBase64Url(proof ?? "");
  } catch {
    return false;
  }
  if (bytes.length !== PUBLIC_BYTES + 2 * SIGNATURE_BYTES) return false;
  const vouch = bytes.slice(0, PUBLIC_BYTES);
  const certificate = bytes.slice(PUBLIC_BYTES, PUBLIC_BYTES + SIGNATURE_BYTES);
  const signature = bytes.slice(PUBLIC_BYTES + SIGNATURE_BYTES);
  const name = office === null ? "" : (offices[office] ?? "");
  const certified = await isSigned(root, peerStatement(organisation, roster.epoch, roster.until, vouch, name), certificate);
  return certified && isSigned(vouch, keyStatement(week, key), signature);
}

const DAY = 86_400_000;

// A key of a past week is one whose private half may be known by now. A day on both sides, for devices whose day differs.
function isWeekOf(week: string, today: string): boolean {
  const days = (Date.parse(today) - Date.parse(week)) / DAY;
  return days >= -1 && days <= 7;
}

/**
 * Return the root that follows from `root` by changes which the old root and its witness both signed; `root` itself when none does.
 *
 * `witness` is the one this device knows of, where it knows one: a root cannot name another by itself.
 */
export async function followedRoot(
  root: Uint8Array,
  witness: Uint8Array | null,
  organisation: string,
  changes: readonly RootChange[],
): Promise<Uint8Array> {
  let current = root;
  let known = witness;
  for (const change of changes) {
    const read = readChange(change);
    if (!read || !same(read.from, current)) continue;
    if (known && !same(known, read.witness)) break;
    const statement = rootStatement(organisation, current, read.to);
    const sound =
      (await isSigned(current, witnessStatement(organisation, current, read.witness), read.named)) &&
      (await isSigned(current, statement, read.by_old)) &&
      (await isSigned(read.witness, statement, read.by_witness));
    if (!sound) break;
    current = read.to;
    known = null;
  }
  return current;
}

/** Return the witness that a root has named, when its signature fits. */
export async function namedWitness(root: Uint8Array, organisation: string, witness: string | null, named: string | null): Promise<Uint8Array | null> {
  if (!witness || !named) return null;
  try {
    const key = fromBase64Url(witness);
    return (await isSigned(root, witnessStatement(organisation, root, key), fromBase64Url(named))) ? key : null;
  } catch {
    return null;
  }
}

function readChange(change: RootChange): Record<keyof RootChange, Uint8Array> | null {
  try {
    const read = (text: string | null): Uint8Array => fromBase64Url(text ?? "-");
    const { from, to, witness, named, by_old, by_witness } = change;
    return { from: read(from), to: read(to), witness: read(witness), named: read(named), by_old: read(by_old), by_witness: read(by_witness) };
  } catch {
    return null;
  }
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
