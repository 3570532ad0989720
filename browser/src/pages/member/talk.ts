import { DAY } from "../../worker/ways.ts";

/** There was no answer: no connection, or none in time. Nothing is known of what arrived. */
export class Lost extends Error {}

/** What was asked for belongs to a list that is over: another one holds now. */
export class Stale extends Error {}

/** An answer of the server. `body` is its JSON, or null when there was none. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** The worker's own copy, from another time, because the network did not answer. */
  readonly old?: boolean;
}

const PATIENCE_MS = 20_000;

/**
 * Post bytes; they say nothing of who sends them: no cookie, no referrer, no cache.
 *
 * @throws {@link Lost}
 */
export function post(url: string, body: Uint8Array<ArrayBuffer>, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return answered(url, { method: "POST", body, headers: { "Content-Type": "application/octet-stream", ...more }, cache: "no-store" });
}

/**
 * Fetch JSON, past the browser's cache when it must be the newest.
 *
 * @throws {@link Lost}
 */
export function fetchJson(url: string, newest: boolean): Promise<Answer> {
  return answered(url, { cache: newest ? "reload" : "default" });
}

/**
 * Return JSON that this browser kept from before, however old; the network is asked only where it kept nothing.
 *
 * @throws {@link Lost}
 */
export function keptJson(url: string): Promise<Answer> {
  return answered(url, { cache: "force-cache" });
}

async function answered(url: string, init: RequestInit): Promise<Answer> {
  try {
    const response = await fetch(url, {
      ...init,
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const body: unknown = await response.json().catch(() => null);
    return { status: response.status, body, old: response.headers.has(DAY) };
  } catch {
    throw new Lost();
  }
}
