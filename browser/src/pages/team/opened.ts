import type { RequestPayload } from "../../core/payload.ts";
import { firstLine, type Line, linesOf, reachLink, type Value } from "./asked.ts";
import { has, say } from "./texts.ts";

/** Return the text of a value: the page's sentence for its key, or else what was typed. */
export function shown({ key, text }: Value): string {
  return key && has(key) ? say(key) : (text ?? "");
}

/** Build the summary on an inbox card: how, and the first things to know. How to reach the member is not in it. */
export function summary(payload: RequestPayload): Node[] {
  const how = document.createElement("b");
  how.textContent = say(`how.${payload.how}`);
  const more = linesOf(payload).map((line) => firstLine(line.values.map(shown).join(", ")));
  return [how, ...more.flatMap((text) => [document.createTextNode(" "), inSpan(text)])];
}

function inSpan(text: string): HTMLElement {
  const span = document.createElement("span");
  span.textContent = text;
  span.dir = "auto";
  return span;
}

/** Build the whole of an opened request as terms and descriptions; the number or address only where `withReach`. */
export function facts(payload: RequestPayload, withReach: boolean): Node[] {
  const first = pair(say("label.how"), [inSpan(say(`how.${payload.how}`))]);
  const reach = payload.reach && withReach ? pair(say("label.reach"), reachOf(payload, payload.reach)) : [];
  return [...first, ...reach, ...linesOf(payload).flatMap(lineOf)];
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
