import { all, one, say, show } from "./dom.ts";
import { type Here, waitingPlace } from "./here.ts";
import { uninstall, uninstallAll } from "./install.ts";
import { withMark } from "./place.ts";
import { text } from "./texts.ts";

// Long enough to think about a sentence, short enough that the next person at the desk finds nothing.
const IDLE_MS = 600_000;
const LOOK_MS = 5_000;

let begun = false;

/** Store nothing from here on, carry the mark from page to page, and empty the page when it is left or forgotten. */
export function beShared(here: Here): void {
  keepMark();
  if (begun) return;
  begun = true;
  show(true, ...all("[data-shared]"));
  show(false, ...all("[data-share], [data-own-device]"));
  void uninstall(here);
  void offerToDelete(here);
  markLinks();
  // Links made later, too: the mark is on before the tap counts.
  for (const kind of ["pointerdown", "click", "auxclick", "focusin"]) addEventListener(kind, markLinks, true);
  addEventListener("hashchange", keepMark);
  addEventListener("pagehide", empty);
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  watchIdling(here);
}

function keepMark(): void {
  const marked = withMark(location.hash);
  if (marked !== location.hash) history.replaceState(history.state, "", marked);
}

function markLinks(): void {
  // Other code may write the address anew without a word to anybody.
  keepMark();
  for (const link of all<HTMLAnchorElement>('a[href^="/ask/"]')) {
    if (link.hash !== withMark(link.hash)) link.hash = withMark(link.hash);
  }
}

// What members' pages keep has such names, whichever organisation they are of (kept.ts, pins.ts, here.ts).
const OURS = "page-";

/** What was kept here before, a poster's link too, is not thrown away unasked, and not shown. */
async function offerToDelete(here: Here): Promise<void> {
  const databases = await databasesKept();
  if (drawersKept().length + databases.length === 0) return;
  const offer = one("[data-shared-kept]");
  const [words, button] = [one("span", offer), one("button", offer)];
  show(true, offer);
  button.addEventListener("click", () => {
    void deleteAll(here).then(
      () => {
        say(words, text("shared.gone"));
        button.remove();
        offer.tabIndex = -1;
        offer.focus();
      },
      () => say(words, text("shared.still")),
    );
  });
}

/** Delete all; the names of the drawers last, because some browsers do not say what databases they have. */
async function deleteAll(here: Here): Promise<void> {
  const named = drawersKept().flatMap((name) => [name, name.replace(/-later$/, ""), name.replace(/^page-look-/, OURS)]);
  const names = new Set([waitingPlace(here), ...named, ...(await databasesKept())]);
  await Promise.all([...[...names].map(deleteDatabase), uninstallAll()]);
  for (const name of drawersKept()) localStorage.removeItem(name);
}

function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // A browser that locks its storage away keeps nothing.
    if (!("indexedDB" in globalThis)) return resolve();
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = request.onblocked = reject;
  });
}

function drawersKept(): string[] {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(OURS));
  } catch {
    // A browser that locks its storage away keeps nothing.
    return [];
  }
}

async function databasesKept(): Promise<string[]> {
  try {
    return (await indexedDB.databases()).flatMap(({ name = "" }) => (name.startsWith(OURS) ? [name] : []));
  } catch {
    return [];
  }
}

function empty(): void {
  for (const form of all<HTMLFormElement>("form")) form.reset();
  for (const words of all("[data-words], [data-reply-list]")) words.replaceChildren();
}

function watchIdling({ base, language }: Here): void {
  let last = Date.now();
  for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
    addEventListener(kind, () => (last = Date.now()), { passive: true, capture: true });
  }
  const look = (): void => {
    if (Date.now() - last < IDLE_MS) return;
    last = Date.now();
    empty();
    document.body.hidden = true;
    location.replace(`${base}/${language}/${withMark("")}`);
    // On the first page that is no way to another page.
    document.body.hidden = location.pathname !== `${base}/${language}/`;
  };
  setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", look);
}
