/** How the organisation writes its times. */
export interface Place {
  /** For example `en-US` or `fr-CA`. */
  readonly locale: string;
  /** For example `America/Chicago`. */
  readonly zone: string;
}

const NEAR_MS = 12 * 3_600_000;
const WEEK_MS = 6 * 24 * 3_600_000;

/** Write a moment as the clock of the organisation shows it; with the day of the week, or the date, when that could be mistaken. */
export function clockTime(iso: string, place: Place, now: Date = new Date()): string {
  const moment = new Date(iso);
  const options: Intl.DateTimeFormatOptions = { hour: "numeric", minute: "2-digit", timeZone: place.zone };
  const away = Math.abs(moment.getTime() - now.getTime());
  if (away > WEEK_MS) Object.assign(options, { day: "numeric", month: "long" });
  else if (away > NEAR_MS && day(moment, place.zone) !== day(now, place.zone)) options.weekday = "long";
  return new Intl.DateTimeFormat(place.locale, options).format(moment);
}

/** Name the time zone of the organisation as people say it: "Central Time". */
export function zoneName(place: Place, now: Date = new Date()): string {
  const name = (style: "longGeneric" | "long"): string | undefined =>
    new Intl.DateTimeFormat(place.locale, { timeZone: place.zone, timeZoneName: style })
      .formatToParts(now)
      .find((part) => part.type === "timeZoneName")?.value;
  try {
    return name("longGeneric") ?? place.zone;
  } catch {
    // Older browsers know the exact name only.
    return name("long") ?? place.zone;
  }
}

function day(moment: Date, zone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" }).format(moment);
}
