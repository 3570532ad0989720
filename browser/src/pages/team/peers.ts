import type { Purpose } from "../../core/frame.ts";

/** Somebody of the team who may be asked now, as the server tells it. */
export interface Peer {
  readonly id: string;
  readonly name: string;
  readonly office: string;
  /** On call now: first, or as backup. */
  readonly tier: 1 | 2 | null;
  readonly key: string;
  readonly purposes: readonly Purpose[];
}

/** Return who may be offered for a purpose: nobody from an office that the member left out. */
export function offered(peers: readonly Peer[], purpose: Purpose, leftOut: readonly string[]): Peer[] {
  const out = new Set(leftOut.map(plainly));
  return peers.filter((peer) => peer.purposes.includes(purpose) && !(peer.office && out.has(plainly(peer.office))));
}

/** An office is the same however its name is typed: capitals, spaces and the spelling of accents do not matter. */
function plainly(name: string): string {
  return name.normalize("NFKC").trim().replace(/\s+/g, " ").toLocaleLowerCase("en");
}
