/** What this browser knows of an organisation from its poster. Part 3's trust replaces this file: the same signature, and the checks. */
import { fromBase64Url, toBase64Url } from "../../core/bytes.ts";
import { CODE_BYTES } from "../../core/cards.ts";
import { drawer } from "./place.ts";

/** The verifying key, the highest epoch seen, and the code that opens names on cards. */
export interface Pinned {
  readonly root: Uint8Array;
  readonly epoch: number;
  readonly code: Uint8Array | null;
}

const ROOT_BYTES = 32;

/** Return what is known of an organisation; learns from the address's fragment `#p=`, and takes it out of the address bar. */
export function pinned(slug: string): Pinned | null {
  const part = parts().find((one) => one.startsWith("p="));
  if (part) {
    history.replaceState(history.state, "", address(parts().filter((one) => one !== part)));
    if (read(part.slice(2))) keep(slug, part.slice(2));
  }
  return read(kept(slug));
}

/** Learn from a poster's link that was typed or pasted; false when it is none. */
export function learn(slug: string, link: string): boolean {
  const found = /[#&]p=([A-Za-z0-9_-]+)/.exec(link)?.[1] ?? "";
  if (!read(found)) return false;
  keep(slug, found);
  return true;
}

function parts(): string[] {
  return location.hash.replace(/^#/, "").split("&").filter(Boolean);
}

function address(left: readonly string[]): string {
  return location.pathname + location.search + (left.length > 0 ? `#${left.join("&")}` : "");
}

function read(text: string): Pinned | null {
  try {
    const bytes = fromBase64Url(text);
    if (bytes.length !== ROOT_BYTES + CODE_BYTES) return null;
    return { root: bytes.slice(0, ROOT_BYTES), epoch: 0, code: bytes.slice(ROOT_BYTES) };
  } catch {
    return null;
  }
}

// Where nothing can be kept, the page at hand still knows it.
const memory = new Map<string, string>();

function kept(slug: string): string {
  try {
    return drawer().getItem(`page-of-${slug}`) ?? memory.get(slug) ?? "";
  } catch {
    return memory.get(slug) ?? "";
  }
}

function keep(slug: string, text: string): void {
  const { root, code } = read(text) as Pinned;
  const one = toBase64Url(new Uint8Array([...root, ...(code ?? [])]));
  memory.set(slug, one);
  try {
    drawer().setItem(`page-of-${slug}`, one);
  } catch {
    // A full or locked drawer: the page's memory has it.
  }
}
