import { wordsOf } from "../../core/words.ts";

/** The places, from 1, of the words that are typed back to show that they were written down. */
export const TYPED_BACK = [3, 7, 11] as const;

/** Return the places whose word was typed back wrongly; capitals and spaces around do no harm. */
export function wrongPlaces(secret: Uint8Array, typed: Readonly<Record<number, string>>): number[] {
  const words = wordsOf(secret);
  return TYPED_BACK.filter((place) => typed[place]?.trim().toLowerCase() !== words[place - 1]);
}
