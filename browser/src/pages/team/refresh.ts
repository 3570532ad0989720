import { Failure, getPage } from "./server.ts";

const EVERY_MS = 20_000;

/**
 * Fetch this page again every 20 seconds while somebody looks at it, and hand over what came.
 *
 * It stops for good when the session is over or the page is gone; a lost network is tried again.
 */
export function refreshing(take: (page: Document) => void, fail: (failure: Failure) => void): void {
  let timer = 0;
  let over = false;
  const again = (): void => {
    clearTimeout(timer);
    if (!over && !document.hidden) timer = window.setTimeout(() => void fetchNow(), EVERY_MS);
  };
  const fetchNow = async (): Promise<void> => {
    try {
      take(await getPage(location.href));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      over = error.code !== "offline" && error.code !== "refused";
      fail(error);
    } finally {
      again();
    }
  };
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden && !over) void fetchNow();
  });
  again();
}

/**
 * Put the new version of a named part in the place of the old one and say whether anything changed.
 *
 * Whoever was on a link or button there stays on it. Tokens that differ with every rendering are no change.
 */
export function replacePart(name: string, page: Document): boolean {
  const selector = `[data-part="${name}"]`;
  const [before, after] = [document.querySelector<HTMLElement>(selector), page.querySelector<HTMLElement>(selector)];
  if (!before || !after || served.get(before) === htmlOf(after)) return false;
  const focused = before.contains(document.activeElement) ? document.activeElement?.id : undefined;
  const fresh = document.importNode(after, true);
  served.set(fresh, htmlOf(after));
  before.replaceWith(fresh);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  return true;
}

/** Note how a named part came from the server, before anything is filled in on the device. */
export function asServed(name: string): void {
  const element = document.querySelector<HTMLElement>(`[data-part="${name}"]`);
  if (element) served.set(element, htmlOf(element));
}

const served = new WeakMap<HTMLElement, string>();

function htmlOf(element: HTMLElement): string {
  const copy = element.cloneNode(true) as HTMLElement;
  copy.querySelectorAll('input[name="csrfmiddlewaretoken"]').forEach((token) => token.remove());
  return copy.innerHTML;
}
