import type { Drawer } from "./place.ts";

/** The key to a request that its sender chose to keep in this browser. */
export interface Kept {
  /** 16 bytes as hexadecimal digits. */
  readonly secret: string;
  readonly sent: string;
}

const MOST = 5;
const DAYS = 10;
const PROBE = "page-check";

/** Keys to own requests, in this browser only; the name under which they are kept says nothing of what they are. */
export class KeptKeys {
  readonly #drawer: Drawer;
  readonly #name: string;

  constructor(organisation: string, drawer: Drawer) {
    this.#drawer = drawer;
    this.#name = `page-${organisation}`;
  }

  /** Say whether this browser keeps anything at all. */
  works(): boolean {
    try {
      this.#drawer.setItem(PROBE, PROBE);
      this.#drawer.removeItem(PROBE);
      return true;
    } catch {
      return false;
    }
  }

  /** Return the keys kept here, the newest first; those older than {@link DAYS} days go. */
  list(now: Date): Kept[] {
    const found = this.#read();
    const young = found.filter(({ sent }) => now.getTime() - Date.parse(sent) < DAYS * 86_400_000);
    if (young.length !== found.length) this.#write(young);
    return young;
  }

  /** Keep one more key. */
  add(kept: Kept): void {
    // Each try of one request keeps it again: it must not push out the others.
    this.#write([kept, ...this.#read().filter(({ secret }) => secret !== kept.secret)].slice(0, MOST));
  }

  /** Forget one key. */
  forget(secret: string): void {
    this.#write(this.#read().filter((kept) => kept.secret !== secret));
  }

  #read(): Kept[] {
    try {
      const value: unknown = JSON.parse(this.#drawer.getItem(this.#name) ?? "[]");
      return Array.isArray(value) ? value.filter(isKept) : [];
    } catch {
      return [];
    }
  }

  #write(keys: readonly Kept[]): void {
    try {
      if (keys.length === 0) this.#drawer.removeItem(this.#name);
      else this.#drawer.setItem(this.#name, JSON.stringify(keys));
    } catch {
      // A full or locked drawer keeps nothing; `works` has said so before the choice was offered.
    }
  }
}

function isKept(value: unknown): value is Kept {
  const kept = value as Kept | null;
  return (
    typeof kept === "object" &&
    kept !== null &&
    typeof kept.secret === "string" &&
    /^[0-9a-f]{32}$/.test(kept.secret) &&
    typeof kept.sent === "string" &&
    !Number.isNaN(Date.parse(kept.sent))
  );
}
