import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";

import { randomBytes } from "./bytes.ts";
import { Refusal } from "./refusal.ts";

/** How many words hold a secret: 128 random bits and 4 bits of checksum (BIP-39, English list). */
export const WORDS = 12;
/** The size of the secret that the words stand for. */
export const SECRET_BYTES = 16;
/** No two words of the list share their first four letters. */
const PREFIX_LETTERS = 4;

/** Return a fresh secret; {@link wordsOf} spells it. */
export function newSecret(): Uint8Array {
  return randomBytes(SECRET_BYTES);
}

/** Spell a secret of 16 bytes as 12 words. */
export function wordsOf(secret: Uint8Array): string[] {
  return entropyToMnemonic(secret, wordlist).split(" ");
}

/**
 * Return the secret that typed words spell.
 *
 * Capitals, line breaks, commas and the numbers of a printed list do no harm; four letters or more of a word's beginning are enough.
 *
 * @throws {@link Refusal} `bad-words`; `at` is the first unknown word, absent when the number of words or the checksum is wrong.
 */
export function secretOf(typed: string): Uint8Array {
  const parts = typed.toLowerCase().split(/[\s\d.,;:()-]+/).filter(Boolean);
  const words = parts.map(wordFor);
  if (words.length !== WORDS) throw new Refusal("bad-words");
  try {
    return mnemonicToEntropy(words.join(" "), wordlist);
  } catch {
    throw new Refusal("bad-words");
  }
}

function wordFor(typed: string, at: number): string {
  if (wordlist.includes(typed)) return typed;
  const word = typed.length >= PREFIX_LETTERS ? wordlist.find((candidate) => candidate.startsWith(typed)) : undefined;
  if (word === undefined) throw new Refusal("bad-words", at);
  return word;
}
