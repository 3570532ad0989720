import { one, say, show } from "./dom.ts";
import { trust } from "./pins.ts";
import { counted, text } from "./texts.ts";

type Checking = typeof import("./checking.ts");

const CODES = ["bad-signature", "old-epoch", "expired-list", "unsigned-list", "changed-root"];

// Pages without a form send what waits on this device too, and say beside it how it went (later.ts).
function hasNotice(): boolean {
  return document.querySelector("[data-check]") !== null;
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code);
}

/** Say whether sending must stop because the list of peers is not the one that the poster vouches for. */
export function notChecked(error: unknown): boolean {
  return CODES.includes(codeOf(error));
}

/** Say whether the list of peers is at fault: not vouched for, or not as agreed. */
export function isListsFault(error: unknown): boolean {
  return notChecked(error) || codeOf(error) === "bad-list";
}

/** Say that the list was checked, and how many peers it leaves out. */
export function showChecked(dropped: number): void {
  if (!hasNotice()) return;
  show(false, one("[data-check]"), one("[data-check-how]"));
  const good = one("[data-check-good]");
  say(good, dropped > 0 ? `${text("check.good")} ${counted("check.dropped", dropped)}` : text("check.good"));
  show(true, good);
}

/**
 * Say why nothing is sent, with the numbers; where another key signs now, show its six words for comparing with the poster, and go on
 * by `again` once the person says that they are the same.
 */
export async function showNotChecked(error: unknown, checking: Checking, slug: string, base: string, again: () => void): Promise<void> {
  if (!hasNotice()) return;
  const code = codeOf(error);
  show(false, one("[data-check-good]"), one("[data-check-how]"));
  say(one("[data-check-text]"), text(`check.${code}`));
  const root = code === "changed-root" ? await checking.rootToCompare(slug, base).catch(() => null) : null;
  show(root !== null, one("[data-check-compare]"));
  if (root) {
    say(one("[data-check-words]"), checking.checkWords(root).join(" "));
    one("[data-check-same]").onclick = () => {
      trust(slug, root);
      again();
    };
  }
  show(true, one("[data-check]"));
}
