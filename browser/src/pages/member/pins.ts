import { drawer, isShared, pageMemory } from "./place.ts";

/** What this browser knows of an organisation from its poster. */
export interface Pin {
  /** The key that signs the organisation's list of supporters. */
  readonly root: Uint8Array;
  /** The highest signing that was seen under it. */
  readonly epoch: number;
  /** The poster's code, which opens cards; null where only the words were compared. */
  readonly code: Uint8Array | null;
  /** The second person's key that the root has named, once it was seen. */
  readonly witness: Uint8Array | null;
  /** What a link opened since then carried instead, until the person says that it is right. */
  readonly offered: Uint8Array | null;
}

/** As it is kept: root with code behind it, in base64url; the name says nothing of what it is. */
interface Kept {
  readonly p: string;
  readonly e: number;
  readonly w?: string;
  readonly o?: string;
}

const ROOT_BYTES = 32;
const CODE_BYTES = 16;
const CARRIED = /^p=([A-Za-z0-9_-]{64})$/;
const nameOf = (slug: string): string => `page-look-${slug}`;

/** Return what this browser knows of an organisation; null when it never came by a poster. */
export function pinned(slug: string): Pin | null {
  const kept = read(slug);
  const bytes = kept && decoded(kept.p);
  if (!kept || !bytes || (bytes.length !== ROOT_BYTES && bytes.length !== ROOT_BYTES + CODE_BYTES)) return null;
  return {
    root: bytes.slice(0, ROOT_BYTES),
    epoch: Number.isSafeInteger(kept.e) && kept.e > 0 ? kept.e : 0,
    code: bytes.length > ROOT_BYTES ? bytes.slice(ROOT_BYTES) : null,
    witness: kept.w ? decoded(kept.w) : null,
    offered: kept.o ? decoded(kept.o) : null,
  };
}

/**
 * Take what a poster's link carries out of the page's address, so that it neither stays on the screen nor in the history.
 *
 * Another root than the one known waits as `offered`: a link alone, which anybody can send, changes nothing.
 */
export function learn(): void {
  const parts = location.hash.replace(/^#/, "").split("&");
  const carried = parts.map((part) => CARRIED.exec(part)?.[1]).find(Boolean);
  const slug = /^\/ask\/([^/]+)\//.exec(location.pathname)?.[1];
  if (!carried || !slug) return;
  const rest = parts.filter((part) => !part.startsWith("p=")).join("&");
  history.replaceState(history.state, "", location.pathname + location.search + (rest ? `#${rest}` : ""));
  const known = pinned(slug);
  const root = decoded(carried)?.slice(0, ROOT_BYTES);
  if (!known || !root) write(slug, { p: carried, e: 0 });
  else if (same(known.root, root)) change(slug, { p: carried });
  else change(slug, { o: carried });
}

/** Remember a signing that was checked, and the witness that the root names; a witness once known stays. */
export function noteChecked(slug: string, epoch: number, witness: Uint8Array | null): void {
  const known = pinned(slug);
  if (!known) return;
  const seen = witness && !known.witness ? { w: encoded(witness) } : {};
  if (epoch > known.epoch || "w" in seen) change(slug, { e: Math.max(epoch, known.epoch), ...seen });
}

/** Trust another root: the person compared its six words, or the old root and its witness signed for it. */
export function trust(slug: string, root: Uint8Array): void {
  const known = pinned(slug);
  const offered = known?.offered ?? null;
  const carries = offered && same(offered.slice(0, ROOT_BYTES), root);
  // Another root counts its own signings.
  write(slug, { p: encoded(carries ? offered : root), e: known && same(known.root, root) ? known.epoch : 0 });
}

/** Say whether two keys are the same. */
export function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

function change(slug: string, to: Partial<Kept>): void {
  const kept = read(slug);
  if (kept) write(slug, { ...kept, ...to });
}

function read(slug: string): Kept | null {
  const name = nameOf(slug);
  try {
    // A link that says "shared" must not make a browser forget its poster: what it knew is read, and nothing written.
    const kept = pageMemory().getItem(name) ?? drawer().getItem(name) ?? (isShared() ? localStorage.getItem(name) : null);
    const value = JSON.parse(kept ?? "null") as Kept | null;
    return value && typeof value.p === "string" ? value : null;
  } catch {
    return null;
  }
}

function write(slug: string, kept: Kept): void {
  const name = nameOf(slug);
  try {
    drawer().setItem(name, JSON.stringify(kept));
    if (!isShared()) pageMemory().removeItem(name);
  } catch {
    // What could not be written holds for this page at least.
    pageMemory().setItem(name, JSON.stringify(kept));
  }
}

function decoded(text: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

function encoded(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
