import type { RequestPayload, Wishes } from "../../core/payload.ts";

/** An extension of the organisation's own telephone system may be as short as this. */
const SHORTEST_NUMBER = 3;
/** One plain address: nothing that would add a recipient, a subject or a copy. */
const ADDRESS = /^[^\s@<>"?&#%/:,;]+@[^\s@<>"?&#%/:,;]+\.[^\s@<>"?&#%/:,;]+$/;

/** One fact of an opened request: the key of its label, and its value, which is somebody else's text or the key of a sentence. */
export interface Line {
  readonly label: "from" | "when" | "about" | "wishes" | "words";
  readonly values: readonly Value[];
}

/** A text as it was typed, or the key of one that the page carries. */
export interface Value {
  readonly text?: string;
  readonly key?: string;
}

/** Return the lines of an opened request in the order in which a supporter needs them; how to reach the member is {@link reachLink}. */
export function linesOf(payload: RequestPayload): Line[] {
  const lines: Line[] = [];
  if (payload.from) lines.push({ label: "from", values: [{ text: payload.from }] });
  if (payload.when) lines.push({ label: "when", values: [{ text: payload.when }] });
  if (payload.about) lines.push({ label: "about", values: payload.about.map((topic) => ({ key: `about.${topic}`, text: topic })) });
  if (payload.wishes) lines.push({ label: "wishes", values: wishValues(payload.wishes) });
  if (payload.words) lines.push({ label: "words", values: [{ text: payload.words }] });
  return lines;
}

/** Return wishes as values: the key of a choice, or words of before there were keys. */
export function wishValues(wishes: Wishes, names = Object.keys(wishes) as (keyof Wishes)[]): Value[] {
  return names.flatMap((name) => {
    const wish = wishes[name];
    return wish === undefined ? [] : [{ key: `wish.${name}.${wish}`, text: wish }];
  });
}

/** A way to reach the member: where the link leads, and the piece of what was typed that it stands for. */
export interface Reach {
  readonly href: string;
  readonly shown: string;
}

/**
 * Return the link that reaches the member the way they asked for, made on this device; null when what was typed is no number or address.
 *
 * Only digits and the signs of a number go into a link, so that a text made to do harm stays a text.
 */
export function reachLink(payload: RequestPayload): Reach | null {
  const typed = payload.reach?.trim() ?? "";
  if (payload.how === "here") return null;
  if (payload.how === "email") return ADDRESS.test(typed) ? { href: `mailto:${typed}`, shown: typed } : null;
  // "ask for D, 218 555 0146 ext. 12": the first run of digits that could be a number, and nothing after it.
  for (const [found] of typed.matchAll(/\+?\(?\d[\d\s().\-/]*/g)) {
    const digits = found.replace(/\D/g, "");
    if (digits.length < SHORTEST_NUMBER) continue;
    const scheme = payload.how === "text" ? "sms" : "tel";
    return { href: `${scheme}:${found.startsWith("+") ? "+" : ""}${digits}`, shown: found.trim().replace(/[(.\-/]+$/, "") };
  }
  return null;
}

/** Shorten a text to one line for a card; the whole of it stands on the request's own page. */
export function firstLine(text: string, most = 120): string {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length <= most ? line : `${line.slice(0, most - 1).trimEnd()}…`;
}
