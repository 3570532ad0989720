import type { WeekKey } from "../../core/supporter_keys.ts";

/** Return the weeks that should have a key and have none, in their order. */
export function missingWeeks(state: { readonly weeks: readonly string[]; readonly keys: readonly WeekKey[] }): string[] {
  const made = new Set(state.keys.map(({ week }) => week));
  return state.weeks.filter((week) => !made.has(week));
}

/** Return the keys in the order in which they are worth trying: this week's, the weeks before from the latest on, then the coming ones. */
export function likeliestFirst(keys: readonly WeekKey[], thisWeek: string): WeekKey[] {
  const rising = [...keys].sort((one, other) => (one.week < other.week ? -1 : 1));
  const past = rising.filter(({ week }) => week <= thisWeek).reverse();
  return [...past, ...rising.filter(({ week }) => week > thisWeek)];
}
