/** Where a member's page may keep something: this browser's own drawer, or only the page's memory on a shared computer. */

/** Where small things are kept: `localStorage`, or the like. */
export type Drawer = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const WORD = "shared";

let shared = marked(address());

function address(): string {
  return typeof location === "undefined" ? "" : location.hash;
}

/** The fragment is a list, parts apart by "&": the poster's part may stand beside this one. */
function marked(hash: string): boolean {
  return hash.replace(/^#/, "").split("&").includes(WORD);
}

/** Return an address's fragment with the mark of a shared computer added, once. */
export function withMark(hash: string): string {
  if (marked(hash)) return hash;
  const rest = hash.replace(/^#/, "");
  return `#${rest ? `${rest}&` : ""}${WORD}`;
}

/** Say whether this is a shared computer: the page's address says so, or did since the page was opened. */
export function isShared(): boolean {
  // Once said it stays said: a jump within the page changes the fragment, and nothing may be stored for that.
  shared ||= marked(address());
  return shared;
}

/** Return where things are kept: on a shared computer only this page's memory; where the browser's is locked away, one that refuses. */
export function drawer(): Drawer {
  // Asked anew each time: a computer may be said to be shared while a page is open.
  return {
    getItem: (name) => chosen().getItem(name),
    setItem: (name, value) => chosen().setItem(name, value),
    removeItem: (name) => chosen().removeItem(name),
  };
}

function chosen(): Drawer {
  return isShared() ? pageMemory() : localStorage;
}

/** Return the page's memory: one for all its scripts, which are bundled apart. */
export function pageMemory(): Drawer {
  const held = ((globalThis as { pageMemory?: Map<string, string> }).pageMemory ??= new Map());
  return {
    getItem: (name) => held.get(name) ?? null,
    setItem: (name, value) => void held.set(name, value),
    removeItem: (name) => void held.delete(name),
  };
}
