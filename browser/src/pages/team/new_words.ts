import { newSecret, wordsOf } from "../../core/words.ts";
import { TYPED_BACK, wrongPlaces } from "./enrolment.ts";
import { busy, sentenceFor } from "./locked.ts";
import { complain, part, say, show } from "./texts.ts";

/**
 * Make 12 words, show them once, have three typed back, and hand their secret to `confirmed`; what that throws is told beside the form.
 *
 * `turned` says which of the two is on the screen. Afterwards nothing of them stays on the page.
 */
export function newWords(turned: (to: "words" | "confirm") => void, confirmed: (secret: Uint8Array) => Promise<void>): void {
  const secret = newSecret();
  const turn = (to: "words" | "confirm"): void => {
    show(part("shown"), to === "words");
    show(part("confirm-form"), to === "confirm");
    turned(to);
  };
  list(secret);
  part("print").addEventListener("click", () => window.print());
  part("written-down").addEventListener("click", () => turn("confirm"));
  part("show-again").addEventListener("click", () => turn("words"));
  show(part("new-words"));
  turn("words");
  // Leaving now would throw away words that were perhaps written down, and nothing would be made of them.
  window.addEventListener("beforeunload", keepHere);
  typedBack(secret, async () => {
    await confirmed(secret);
    show(part("new-words"), false);
    part("words-list").replaceChildren();
  });
}

/** Let the page go: what the words were made for is done, or about to be posted. */
export function letGo(): void {
  window.removeEventListener("beforeunload", keepHere);
}

function keepHere(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

function list(secret: Uint8Array): void {
  part("words-list").replaceChildren(
    ...wordsOf(secret).map((word) => {
      const item = document.createElement("li");
      item.textContent = word;
      return item;
    }),
  );
}

function typedBack(secret: Uint8Array, right: () => Promise<void>): void {
  const form = part<HTMLFormElement>("confirm-form");
  const [wrong, failed] = [part("confirm-trouble"), part("publish-trouble")];
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = TYPED_BACK.map((place) => form.elements.namedItem(`word-${place}`) as HTMLInputElement);
    const places = wrongPlaces(secret, Object.fromEntries(TYPED_BACK.map((place, at) => [place, fields[at]?.value ?? ""])));
    fields.forEach((field, at) => field.setAttribute("aria-invalid", String(places.includes(TYPED_BACK[at] as 3 | 7 | 11))));
    complain(wrong, places.length ? say("confirm.wrong", { places: places.join(", ") }) : "");
    if (places.length) {
      fields.find((field) => field.getAttribute("aria-invalid") === "true")?.focus();
      return;
    }
    void busy(form, async () => {
      complain(failed, "");
      try {
        await right();
        letGo();
      } catch (error) {
        complain(failed, sentenceFor(error));
      }
    });
  });
}
