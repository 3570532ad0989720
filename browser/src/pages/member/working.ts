import "./common.ts";
import "./sealing.ts";
import { Work } from "../../core/work.ts";

/** How long one piece of the work may take: shorter than a person notices. */
const PIECE_MS = 20;
const FIRST_TRIES = 200;

/** What working needs of the browser. */
export interface Bench {
  /** Milliseconds that only grow. */
  now(): number;
  /** Let the page do what waits to be done. */
  breathe(): Promise<void>;
}

/**
 * Do the work for a frame in small pieces, so that the page stays alive.
 *
 * `tell` hears, once the pace of this device is known, how many seconds it takes; null when stopped.
 */
export async function doWork(
  frame: Uint8Array,
  bits: number,
  tell: (seconds: number) => void,
  stopped: () => boolean,
  bench: Bench = browserBench,
): Promise<string | null> {
  const work = new Work(frame, bits);
  let tries = FIRST_TRIES;
  let told = false;
  while (!stopped()) {
    const began = bench.now();
    const done = work.go(tries);
    if (done) return done;
    const spent = Math.max(0.1, bench.now() - began);
    // The first piece is slow because the code is new to the browser.
    if (!told && work.tries > FIRST_TRIES * 10) {
      told = true;
      tell(Math.max(1, Math.ceil((work.left / tries) * (spent / 1000))));
    }
    tries = Math.max(FIRST_TRIES, Math.round((tries * PIECE_MS) / spent));
    await bench.breathe();
  }
  return null;
}

// A timer would be slowed to one piece a second while the page is behind another; a message is not.
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** The browser's own bench. */
export const browserBench: Bench = { now: () => performance.now(), breathe };
