/** Where arrows lead on a calendar: places in reading order, each on a day (counted from the first) and at a line of that day. */
export interface Place {
  readonly day: number;
  readonly line: number;
}

const DAYS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -7, PageDown: 7 };
const LINES: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowDown: 1 };

/** Return the place that a key leads to; the same one where there is none further, undefined for a key that does not steer. */
export function steer(places: readonly Place[], at: number, key: string): number | undefined {
  const here = places[at];
  if (!here) return undefined;
  if (key === "Home") return 0;
  if (key === "End") return places.length - 1;
  const lines = LINES[key];
  if (lines !== undefined) return Math.min(places.length - 1, Math.max(0, at + lines));
  const days = DAYS[key];
  return days === undefined ? undefined : beside(places, at, here, days);
}

/** Return the place nearest to this line on the day so far away, or on the next one in that direction that has any. */
function beside(places: readonly Place[], at: number, here: Place, days: number): number {
  const wanted = here.day + days;
  const ahead = places.filter(({ day }) => (days > 0 ? day >= wanted : day <= wanted)).map(({ day }) => day);
  if (ahead.length === 0) return at;
  const day = days > 0 ? Math.min(...ahead) : Math.max(...ahead);
  let found = at;
  let off = Infinity;
  places.forEach((place, index) => {
    const away = Math.abs(place.line - here.line);
    if (place.day === day && away < off) [found, off] = [index, away];
  });
  return found;
}

/** Return the place at which moving begins: the one that follows, or the last. */
export function start(places: readonly Place[], from: Place): number {
  const after = places.findIndex(({ day, line }) => day > from.day || (day === from.day && line > from.line));
  return after < 0 ? places.length - 1 : after;
}
