/** Reads a chosen file into the field of the list; nothing is sent before the person says so. */
import { say, show } from "./team/texts.ts";

const MOST_BYTES = 180_000;
const place = document.querySelector<HTMLElement>("[data-file]");
const file = document.querySelector<HTMLInputElement>("#file");
const error = document.querySelector<HTMLElement>("#file-error");
const field = document.querySelector<HTMLTextAreaElement>("form[data-import] textarea:not([hidden])");

async function read(chosen: File): Promise<void> {
  let problem = "";
  if (chosen.size > MOST_BYTES) problem = "too-long";
  else {
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(await chosen.arrayBuffer());
      if (field) field.value = text;
    } catch {
      problem = "not-utf8";
    }
  }
  if (!error || !file) return;
  error.textContent = problem ? say(problem) : "";
  show(error, problem !== "");
  file.setAttribute("aria-invalid", String(problem !== ""));
}

if (place && file) {
  show(place);
  file.addEventListener("change", () => {
    const [chosen] = file.files ?? [];
    if (chosen) void read(chosen);
  });
}
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-import]")) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
  });
}
