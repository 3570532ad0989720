/** Return the page's sentence for `key` with each `{name}` filled in. Every sentence is rendered by the server as `<template data-text>`. */
export function say(key: string, values: Readonly<Record<string, string | number>> = {}): string {
  const sentence = document.querySelector<HTMLTemplateElement>(`template[data-text="${CSS.escape(key)}"]`);
  return fill(sentence?.content.textContent?.trim() ?? "", values);
}

/** Say whether the page carries a sentence for `key`. */
export function has(key: string): boolean {
  return document.querySelector(`template[data-text="${CSS.escape(key)}"]`) !== null;
}

/** Put values into the places `{name}` of a sentence; a place without a value stays as it is. */
export function fill(sentence: string, values: Readonly<Record<string, string | number>>): string {
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** Find an element that the page must have. */
export function part<E extends HTMLElement = HTMLElement>(name: string, within: ParentNode = document): E {
  const found = within.querySelector<E>(`[data-part="${name}"]`);
  if (!found) throw new Error(`the page lacks ${name}`);
  return found;
}

/** Show or hide an element. */
export function show(element: HTMLElement, visible = true): void {
  element.hidden = !visible;
}

/** Tell of a failure beside where it happened, and to those who listen to the page; an empty text takes it away. */
export function complain(place: HTMLElement, sentence: string): void {
  place.textContent = sentence;
  show(place, sentence !== "");
}
