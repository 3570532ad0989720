// Where a form that was refused is to be looked at first.

/** What on a page says that something was refused: a field that is to be set right, or words. */
export interface Refusal {
  isField: boolean;
  isShown: boolean;
  words: string;
}

/** The first field in sight; where none is, the first words in sight. */
export function firstRefused<T extends Refusal>(refusals: T[]): T | undefined {
  const shown = refusals.filter((one) => one.isShown);
  return shown.find((one) => one.isField) ?? shown.find((one) => one.words.trim());
}
