import { generateHybridIdentity, identityToRecipient } from "age-encryption";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import { fromBase64Url, joined, toBase64Url } from "../src/core/bytes.ts";
import { isSigned, sign } from "../src/core/ed25519.ts";
import { type CandidateList, choose } from "../src/core/match.ts";
import { newRingKey } from "../src/core/ring.ts";
import { checkedCandidates, followedRoot, namedWitness, type RootChange } from "../src/core/roster.ts";
import { checkWords, keyStatement, peerStatement, posterCode, rootKey, rootStatement, type SigningKey, vouchKey, witnessKey, witnessStatement } from "../src/core/vouch.ts";
import { newSecret, secretOf } from "../src/core/words.ts";
import { refused } from "./refused.ts";
import { read } from "./vectors.ts";

const ORGANISATION = "a".repeat(32);
const [WEEK, TODAY, UNTIL] = ["2026-11-23", "2026-11-25", "2026-12-28"];
const OFFICES = ["Dispatch", "Jail"];
const demo = read<{ signing: Record<"words" | "root" | "code", string> }>("demo.json");

let root: SigningKey;
let peers: { vouch: SigningKey; key: string; office: number | null }[];

beforeAll(async () => {
  root = await rootKey(newSecret());
  peers = await Promise.all(
    [0, 1, null].map(async (office) => ({
      vouch: await vouchKey(newRingKey()),
      key: await identityToRecipient(await generateHybridIdentity()),
      office,
    })),
  );
});

interface Change {
  epoch?: number;
  until?: string;
  week?: string;
  organisation?: string;
  by?: SigningKey;
}

/** A list as an honest coordinator and honest devices signed it, but for what is changed. */
async function signedList({ epoch = 3, until = UNTIL, week = WEEK, organisation = ORGANISATION, by = root }: Change = {}): Promise<CandidateList> {
  const candidates = await Promise.all(
    peers.map(async ({ vouch, key, office }, position) => {
      const name = office === null ? "" : (OFFICES[office] ?? "");
      const certificate = await sign(by.seed, peerStatement(organisation, epoch, until, vouch.publicKey, name));
      const signature = await sign(vouch.seed, keyStatement(week, key));
      const proof = toBase64Url(joined(vouch.publicKey, certificate, signature));
      return { position, rank: "further" as const, office, key, proof };
    }),
  );
  return { list: "f".repeat(32), until: "", zone: "", organisation: ORGANISATION, week, roster: { epoch, until }, offices: OFFICES, candidates };
}

const check = async (list: CandidateList, epoch = 0, today = TODAY) => checkedCandidates(list, root.publicKey, epoch, today);
const changed = (list: CandidateList, at: number, to: object): CandidateList => ({
  ...list,
  candidates: list.candidates.map((one, place) => (place === at ? { ...one, ...to } : one)),
});
const flipped = (proof: string | null | undefined, byte: number): string => {
  const bytes = fromBase64Url(proof ?? "");
  bytes[byte] = (bytes[byte] as number) ^ 1;
  return toBase64Url(bytes);
};

describe("a signed list", () => {
  // req: K-34
  it("is taken as it is when every key is proved", async () => {
    const list = await signedList();
    expect(await check(list)).toEqual({ list, dropped: 0, epoch: 3 });
    expect((await check(list, 3)).epoch).toBe(3);
    expect((await check(list, 0, "2026-11-30")).dropped).toBe(0);
  });

  // req: K-34
  it("keeps the size of what is sealed when it loses somebody: the server goes by the published list", async () => {
    const list = await signedList();
    const many = { ...list, candidates: Array.from({ length: 13 }, (_, at) => ({ ...list.candidates[0], position: at, proof: at === 0 ? list.candidates[0]?.proof : null })) };
    const { list: checked } = await check(many as CandidateList);
    expect(checked.candidates).toHaveLength(1);
    expect(choose(checked, []).slots).toBe(24);
  });

  it("loses those for whom there is no proof, and says how many", async () => {
    const list = changed(await signedList(), 1, { proof: null });
    const proved = await check(list);
    expect([proved.dropped, proved.list.candidates.map(({ position }) => position)]).toEqual([1, [0, 2]]);
  });

  // req: K-34
  it("is refused whole when a certificate, a vouching key or a weekly signature is changed by one bit", async () => {
    const list = await signedList();
    for (const byte of [0, 31, 32, 95, 96, 159]) {
      await refused(() => check(changed(list, 2, { proof: flipped(list.candidates[2]?.proof, byte) })), "bad-signature");
    }
    for (const proof of ["", "AAAA", "?", toBase64Url(new Uint8Array(160)), `${list.candidates[0]?.proof}AA`]) {
      await refused(() => check(changed(list, 0, { proof })), "bad-signature");
    }
  });

  // req: K-34
  it("is refused when the server put a key of its own in the place of a peer's", async () => {
    const list = await signedList();
    const key = await identityToRecipient(await generateHybridIdentity());
    await refused(() => check(changed(list, 0, { key })), "bad-signature");
    // Also with a vouching key of its own, which signs well but which nobody certified.
    const own = await vouchKey(newRingKey());
    const certificate = fromBase64Url(list.candidates[0]?.proof ?? "").slice(32, 96);
    const proof = toBase64Url(joined(own.publicKey, certificate, await sign(own.seed, keyStatement(WEEK, key))));
    await refused(() => check(changed(list, 0, { key, proof })), "bad-signature");
  });

  // req: K-34
  it("is refused when two peers changed offices, so that leaving one out would not", async () => {
    const list = await signedList();
    await refused(() => check(changed(changed(list, 0, { office: 1 }), 1, { office: 0 })), "bad-signature");
    await refused(() => check({ ...list, offices: ["Jail", "Dispatch"] }), "bad-signature");
    await refused(() => check(changed(list, 0, { office: null })), "bad-signature");
  });

  // req: K-34, M-24
  it("is refused when it was signed for another organisation, or by another root", async () => {
    await refused(async () => check(await signedList({ organisation: "b".repeat(32) })), "bad-signature");
    await refused(async () => check(await signedList({ by: await rootKey(newSecret()) })), "bad-signature");
  });

  // req: K-34
  it("is refused when an older one is played back, and cannot be made newer", async () => {
    const list = await signedList();
    await refused(() => check(list, 4), "old-epoch");
    await refused(() => check({ ...list, roster: { epoch: 4, until: UNTIL } }, 4), "bad-signature");
  });

  // req: K-34
  it("is refused when it has run out, and cannot be made longer", async () => {
    const list = await signedList();
    expect((await check(await signedList({ week: "2026-12-28" }), 0, UNTIL)).dropped).toBe(0);
    await refused(async () => check(await signedList({ week: "2026-12-28" }), 0, "2026-12-29"), "expired-list");
    await refused(() => check({ ...list, roster: { epoch: 3, until: "2027-12-28" } }), "bad-signature");
    // Keys of a past week, whose private halves may be known by now.
    await refused(() => check(list, 0, "2026-12-02"), "expired-list");
  });

  // req: K-34
  it("is refused when it is not signed at all", async () => {
    const list = await signedList();
    await refused(() => check({ ...list, roster: null }), "unsigned-list");
    const bare = { ...list, candidates: list.candidates.map((one) => ({ ...one, proof: null })) };
    await refused(() => check(bare), "unsigned-list");
    await refused(() => check({ ...list, roster: { epoch: Number.NaN, until: UNTIL } }), "bad-signature");
  });
});

describe("another root", () => {
  const text = toBase64Url;

  async function change(witness: SigningKey, next: SigningKey, by: { old?: SigningKey; witness?: SigningKey; names?: SigningKey } = {}): Promise<RootChange> {
    const statement = rootStatement(ORGANISATION, root.publicKey, next.publicKey);
    return {
      from: text(root.publicKey),
      to: text(next.publicKey),
      witness: text(witness.publicKey),
      named: text(await sign((by.names ?? root).seed, witnessStatement(ORGANISATION, root.publicKey, witness.publicKey))),
      by_old: text(await sign((by.old ?? root).seed, statement)),
      by_witness: text(await sign((by.witness ?? witness).seed, statement)),
    };
  }

  // req: K-34
  it("is followed when the old one and its witness signed for it, and only then", async () => {
    const [witness, next, other] = [await witnessKey(newSecret()), await rootKey(newSecret()), await rootKey(newSecret())];
    const follow = async (changes: RootChange[], known: Uint8Array | null = null) => text(await followedRoot(root.publicKey, known, ORGANISATION, changes));
    const good = await change(witness, next);
    expect(await follow([good])).toBe(text(next.publicKey));
    expect(await follow([good], witness.publicKey)).toBe(text(next.publicKey));
    const bad = [
      { ...good, by_old: null },
      { ...good, by_witness: null },
      { ...good, named: null },
      { ...good, to: text(other.publicKey) },
      await change(witness, next, { old: other }),
      await change(witness, next, { witness: root }),
      await change(witness, next, { names: other }),
    ];
    for (const one of bad) expect(await follow([one])).toBe(text(root.publicKey));
    expect(text(await followedRoot(root.publicKey, null, "b".repeat(32), [good]))).toBe(text(root.publicKey));
  });

  // req: K-34
  it("is not followed when who has the old words names another second person than the one this device knows", async () => {
    const [witness, theirs, next] = [await witnessKey(newSecret()), await witnessKey(newSecret()), await rootKey(newSecret())];
    const alone = await change(theirs, next);
    expect(text(await followedRoot(root.publicKey, witness.publicKey, ORGANISATION, [alone]))).toBe(text(root.publicKey));
    const named = await namedWitness(root.publicKey, ORGANISATION, alone.witness, alone.named);
    expect(named && text(named)).toBe(text(theirs.publicKey));
    expect(await namedWitness(next.publicKey, ORGANISATION, alone.witness, alone.named)).toBeNull();
  });
});

describe("signatures", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("are judged the same where the platform knows them and where it does not", async () => {
    const key = await vouchKey(newRingKey());
    const statement = keyStatement(WEEK, "age1pq1");
    const signature = await sign(key.seed, statement);
    const judge = async () => [
      await isSigned(key.publicKey, statement, signature),
      await isSigned(key.publicKey, statement, signature.map((byte, at) => (at === 5 ? byte ^ 1 : byte))),
      await isSigned(root.publicKey, statement, signature),
      await isSigned(new Uint8Array(32), statement, signature),
      await isSigned(key.publicKey.slice(1), statement, signature),
    ];
    const here = await judge();
    expect(here).toEqual([true, false, false, false, false]);
    vi.spyOn(crypto.subtle, "importKey").mockRejectedValue(new DOMException("unknown", "NotSupportedError"));
    expect(await judge()).toEqual(here);
  });

  it("of the demonstration follow from its known words", async () => {
    const secret = secretOf(demo.signing.words);
    const known = await rootKey(secret);
    expect(Buffer.from(known.publicKey).toString("base64")).toBe(demo.signing.root);
    expect(Buffer.from(posterCode(secret, 1)).toString("hex")).toBe(demo.signing.code);
    expect(posterCode(secret, 2)).not.toEqual(posterCode(secret, 1));
    expect(checkWords(known.publicKey)).toHaveLength(6);
  });
});
