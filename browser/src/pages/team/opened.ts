import type { Referral, RequestPayload } from "../../core/payload.ts";
import { firstLine, type Line, linesOf, reachLink, type Value } from "./asked.ts";
import { has, say } from "./texts.ts";

/** Return the text of a value: the page's sentence for its key, or else what was typed. */
export function shown({ key, text }: Value): string {
  return key && has(key) ? say(key) : (text ?? "");
}

/** Build the summary on an inbox card: how, and the first things to know. How to reach the member is not in it, and no name. */
export function summary(payload: RequestPayload): Node[] {
  const first = document.createElement("b");
  first.textContent = payload.referral ? say(`referral.${payload.referral.kind}`) : say(`how.${payload.how}`);
  const offer = payload.referral ? [say(`offer.${payload.how}`)] : [];
  const more = linesOf(payload).map((line) => firstLine(line.values.map(shown).join(", ")));
  return [first, ...[...offer, ...more].flatMap((text) => [document.createTextNode(" "), inSpan(text)])];
}

function inSpan(text: string): HTMLElement {
  const span = document.createElement("span");
  span.textContent = text;
  span.dir = "auto";
  return span;
}

/**
 * Build the whole of an opened request as terms and descriptions; the number or address only where `withReach`, and the name of somebody
 * who did not ask themselves behind a tap elsewhere.
 */
export function facts(payload: RequestPayload, withReach: boolean): Node[] {
  const first = payload.referral ? referred(payload.referral, withReach) : [];
  const how = pair(say("label.how"), [inSpan(say(`${payload.referral ? "offer" : "how"}.${payload.how}`))]);
  const reach = payload.reach && withReach ? pair(say("label.reach"), reachOf(payload, payload.reach)) : [];
  return [...first, ...how, ...reach, ...linesOf(payload).flatMap(lineOf)];
}

function referred({ kind, who, by }: Referral, mine: boolean): Node[] {
  const from = pair(say("label.asks"), [inSpan(say(`referral.${kind}`))]);
  const named = by ? [inSpan(by), inParagraph(say("named.yes"))] : [inSpan(say("named.no"))];
  return [...from, ...pair(say("label.who"), [mine ? inSpan(who) : behindATap(who)]), ...(mine ? pair(say("label.by"), named) : [])];
}

// Whoever may be too close must be able to find out before accepting; nobody else needs the name.
function behindATap(name: string): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button text";
  button.textContent = say("who.show");
  button.addEventListener("click", () => {
    const shown = inSpan(name);
    shown.tabIndex = -1;
    button.replaceWith(shown);
    shown.focus();
  });
  return button;
}

function lineOf({ label, values }: Line): Node[] {
  const texts = values.map(shown);
  if (label === "words") return pair(say("label.words"), texts.map(inParagraph));
  return pair(say(`label.${label}`), [inSpan(texts.join(", "))]);
}

function inParagraph(text: string): HTMLElement {
  const paragraph = document.createElement("p");
  paragraph.className = "typed";
  paragraph.dir = "auto";
  paragraph.textContent = text;
  return paragraph;
}

function reachOf(payload: RequestPayload, reach: string): Node[] {
  const way = reachLink(payload);
  if (way === null) return [inSpan(reach)];
  const link = document.createElement("a");
  link.className = "button";
  link.href = way.href;
  link.textContent = say(`do.${payload.how}`, { reach: way.shown });
  return way.shown === reach.trim() ? [link] : [link, inParagraph(reach)];
}

function pair(term: string, description: readonly Node[]): Node[] {
  const [label, content] = [document.createElement("dt"), document.createElement("dd")];
  label.textContent = term;
  content.append(...description);
  return [label, content];
}
