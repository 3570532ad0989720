import { expect, it, vi } from "vitest";

import { toBase64Url } from "../src/core/bytes.ts";
import { rootKey } from "../src/core/vouch.ts";
import { newSecret, wordsOf } from "../src/core/words.ts";
import { askForSigner } from "../src/pages/team/signer.ts";

it("words typed once are answered once, however often they were asked for", async () => {
  const secret = newSecret();
  const wanted = toBase64Url((await rootKey(secret)).publicKey);
  const field = { value: "", focus: () => undefined };
  const form = Object.assign(new EventTarget(), {
    hidden: true,
    onsubmit: null as ((event: Event) => void) | null,
    elements: { namedItem: () => field },
    querySelectorAll: () => [],
    setAttribute: () => undefined,
    removeAttribute: () => undefined,
  });
  // As a browser does for a handler that is set and for each that was added.
  form.addEventListener("submit", (event) => form.onsubmit?.(event));
  const trouble = { textContent: "", hidden: true };
  vi.stubGlobal("document", { querySelector: (found: string) => (found.includes("words-form") ? form : trouble) });
  const derived = vi.fn(rootKey);
  void askForSigner([wanted], derived);
  const second = askForSigner([wanted], derived);
  field.value = wordsOf(secret).join(" ");
  form.dispatchEvent(new Event("submit"));
  expect(toBase64Url((await second).key.publicKey)).toBe(wanted);
  expect([derived.mock.calls.length, trouble.textContent, form.hidden]).toEqual([1, "", true]);
});
