// Writes vectors/demo.json: the known words and keys of the demonstration, refused everywhere else.
// Run in browser/: npm run vectors. Words and keys are derived from their names, so a second run changes nothing.
import { bech32 } from "@scure/base";
import { identityToRecipient } from "age-encryption";

import { toBase64, toHex, toUtf8 } from "../src/core/bytes.ts";
import { derived } from "../src/core/derive.ts";
import { progressToken, replyBox } from "../src/core/receipt.ts";
import { openRingKey, sealRingKey, WORDS_NAME } from "../src/core/ring.ts";
import { unwrap, type WeekKey, wrapKeys, wrapped } from "../src/core/supporter_keys.ts";
import { posterCode, rootKey, vouchKey } from "../src/core/vouch.ts";
import { SECRET_BYTES, wordsOf } from "../src/core/words.ts";
import { readVectors, writeVectors } from "./files.ts";

/** What the demonstration knows of a supporter. */
export interface DemoSupporter {
  readonly words: string;
  readonly wrap_recipient: string;
  readonly public_key: string;
  readonly wrap: string;
  /** The key of their ring, and how it is sealed for the words. */
  readonly ring_key: string;
  readonly ring_seal: string;
  /** The seed of what signs their weekly keys, and its public half. */
  readonly vouch_seed: string;
  readonly vouch: string;
}

/** The file vectors/demo.json. */
export interface Demo {
  readonly about: string;
  readonly supporters: Readonly<Record<string, DemoSupporter>>;
  /** The coordinator's signing words, and what follows from them. */
  readonly signing: Readonly<Record<"words" | "root_seed" | "root" | "code", string>>;
  readonly receipt: Readonly<Record<string, string>>;
}

const SALT = "alongside demonstration v1";
const SUPPORTERS = 21;

const known = (name: string): Uint8Array => derived(toUtf8("known to everybody"), SALT, name, SECRET_BYTES);

async function supporter(name: string, before: DemoSupporter | undefined): Promise<DemoSupporter> {
  const secret = known(name);
  const wrap = await wrapKeys(secret);
  const seed = derived(secret, SALT, "receiving identity", 32);
  const identity = bech32.encodeFromBytes("AGE-SECRET-KEY-PQ-", seed).toUpperCase();
  const public_key = await identityToRecipient(identity);
  const ringKey = derived(secret, SALT, "ring key", 32);
  const vouch = await vouchKey(ringKey);
  return {
    words: wordsOf(secret).join(" "),
    wrap_recipient: wrap.recipient,
    public_key,
    wrap: (await stillGood(before, public_key, wrap.identity)) ?? (await wrapped(identity, wrap.recipient)),
    ring_key: toBase64(ringKey),
    ring_seal: (await sealStillGood(before, ringKey, secret)) ?? (await sealRingKey(ringKey, WORDS_NAME, secret)),
    vouch_seed: toBase64(vouch.seed),
    vouch: toBase64(vouch.publicKey),
  };
}

// Sealing is random, so a wrap that still opens is kept.
async function stillGood(before: DemoSupporter | undefined, public_key: string, wrapIdentity: string): Promise<string | undefined> {
  if (before === undefined) return undefined;
  const key: WeekKey = { week: "", public_key, mac: null, signature: null, wraps: { [WORDS_NAME]: before.wrap } };
  return unwrap(key, WORDS_NAME, wrapIdentity).then(
    () => before.wrap,
    () => undefined,
  );
}

async function sealStillGood(before: DemoSupporter | undefined, ringKey: Uint8Array, secret: Uint8Array): Promise<string | undefined> {
  const opened = await openRingKey(before?.ring_seal ?? "", WORDS_NAME, secret).catch(() => null);
  return opened && toHex(opened) === toHex(ringKey) ? before?.ring_seal : undefined;
}

const before = readVectors<Partial<Demo>>("demo.json", {}).supporters ?? {};
const supporters: Record<string, DemoSupporter> = {};
for (let number = 1; number <= SUPPORTERS; number++) {
  const name = `supporter-${number}`;
  supporters[name] = await supporter(name, before[name]);
}

const signing = known("signing");
const root = await rootKey(signing);
const secret = known("member");
const box = await replyBox(secret);
writeVectors("demo.json", {
  about: "Words that everybody knows, for the demonstration only. Written by browser/scripts/demo_vectors.ts.",
  supporters,
  signing: { words: wordsOf(signing).join(" "), root_seed: toBase64(root.seed), root: toBase64(root.publicKey), code: toHex(posterCode(signing, 1)) },
  receipt: {
    words: wordsOf(secret).join(" "),
    token: toHex(progressToken(secret)),
    address: toHex(box.address),
    recipient: box.recipient,
  },
} satisfies Demo);
