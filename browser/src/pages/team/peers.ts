import type { Purpose } from "../../core/frame.ts";
import type { RequestPayload, Wishes } from "../../core/payload.ts";

/** Somebody of the team who may be asked now, as the server tells it. */
export interface Peer {
  readonly id: string;
  readonly name: string;
  readonly office: string;
  /** On call now: first, or as backup. */
  readonly tier: 1 | 2 | null;
  readonly key: string;
  readonly purposes: readonly Purpose[];
  /** The offices that they lead. */
  readonly over: readonly string[];
  readonly card: Card | null;
}

/** What of a card wishes are compared with, by the names of the wishes. */
export type Card = Readonly<Record<"discipline" | "rank" | "gender", string>> & { readonly language: readonly string[] };

/** Return the names of the wishes that a card does not meet; a wish about offices is not told by a card. */
export function unmetBy(wishes: Wishes, card: Card | null): (keyof Wishes)[] {
  return (["language", "discipline", "rank", "gender"] as const).filter((name) => {
    const wish = wishes[name];
    return wish !== undefined && !(name === "language" ? card?.language.includes(wish) : card?.[name] === wish);
  });
}

/** Say whether another rank was asked for than one has (empty: not told): then it is handed over once it can wait, by the time that the page says (B-34). */
export function isOfAnotherRank({ rank }: Wishes, own: string): boolean {
  return rank !== undefined && rank !== own;
}

/** What the member said of who may see it, and of whom they would rather talk to. */
export type Said = Pick<RequestPayload, "left_out" | "not_over" | "wishes">;

/**
 * Return who may be offered for a purpose, who fits the wishes first: nobody from an office that the member left out, nobody who leads
 * the office whose leaders they left out.
 */
export function offered(peers: readonly Peer[], purpose: Purpose, { left_out = [], not_over, wishes = {} }: Said): Peer[] {
  const out = new Set(left_out.map(plainly));
  const over = not_over === undefined ? null : plainly(not_over);
  const kept = peers.filter(
    (peer) =>
      peer.purposes.includes(purpose) && !(peer.office && out.has(plainly(peer.office))) && !peer.over.some((office) => plainly(office) === over),
  );
  return kept.sort((one, other) => unmetBy(wishes, one.card).length - unmetBy(wishes, other.card).length);
}

/** An office is the same however its name is typed: capitals, spaces and the spelling of accents do not matter. */
function plainly(name: string): string {
  return name.normalize("NFKC").trim().replace(/\s+/g, " ").toLocaleLowerCase("en");
}
