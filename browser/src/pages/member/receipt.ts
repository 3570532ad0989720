import type { WayBack } from "./draft.ts";
import { make, one, say, show } from "./dom.ts";
import { text } from "./texts.ts";

/** Show the chosen way back after sending: the words, or what stays on the device, or that nothing does. */
export function showReceipt(way: WayBack, words: readonly string[]): void {
  show(true, one(`[data-receipt="${way}"]`));
  if (way !== "words") return;
  one("[data-words]").replaceChildren(...words.map((word) => make("li", "", word)));
  const copied = one("[data-copied]");
  one("[data-copy]").addEventListener("click", () => {
    navigator.clipboard.writeText(words.join(" ")).then(
      () => say(copied, text("copied")),
      () => say(copied, text("copy-failed")),
    );
  });
  one("[data-print]").addEventListener("click", () => print());
}
