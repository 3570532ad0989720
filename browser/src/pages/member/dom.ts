/** Return the one element that a page must have. */
export function one<T extends HTMLElement = HTMLElement>(selector: string, within: ParentNode = document): T {
  const found = within.querySelector<T>(selector);
  if (!found) throw new Error(`the page lacks ${selector}`);
  return found;
}

/** Return every element of a kind. */
export function all<T extends HTMLElement = HTMLElement>(selector: string, within: ParentNode = document): T[] {
  return [...within.querySelectorAll<T>(selector)];
}

/** Make an element with a class and its children; strings become text, never markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Show or hide elements. */
export function show(shown: boolean, ...elements: readonly HTMLElement[]): void {
  for (const element of elements) element.hidden = !shown;
}

/** Put text into an element, and touch nothing when it is there already: a live region must not be read out twice. */
export function say(element: HTMLElement, words: string): void {
  if (element.textContent !== words) element.textContent = words;
}

/** Move reading and keyboard to an element that is not a control: the heading of a new step. */
export function goTo(element: HTMLElement): void {
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "start" });
  scrollTo({ top: Math.max(0, scrollY - 16) });
}

/** Return a fact that the server wrote onto an element, `data-<name>`. */
export function fact(element: HTMLElement, name: string): string {
  const value = element.dataset[name];
  if (value === undefined) throw new Error(`the page lacks data ${name}`);
  return value;
}
