// Every signed-in page: signing out takes this device's key away first; a supporter's device keeps the crisis path.
import { firstRefused } from "./refused.ts";
import { forget } from "./team/device.ts";

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sign-out]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void forget().finally(() => form.submit());
  });
}

// On a phone the tabs are wider than the screen: show the one that is open.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// What was refused stands where it was typed, which on a phone may be far below or folded away: show that first.
for (const fold of document.querySelectorAll<HTMLDetailsElement>("main details:not([open])")) {
  if (fold.querySelector("form [aria-invalid=true]")) fold.open = true;
}
const refusals = document.querySelectorAll<HTMLElement>("main form :is([role=alert], [aria-invalid=true])");
const refused = firstRefused(
  [...refusals].map((at) => ({
    at,
    isField: at.matches("[aria-invalid]"),
    // What lies in a closed fold has its place on the page all the same.
    isShown: at.getClientRects().length > 0 && !at.closest("details:not([open])"),
    words: at.textContent,
  })),
)?.at;
if (refused) {
  const fields = "input, select, textarea";
  const field = refused.matches(fields) ? refused : refused.querySelector<HTMLElement>(fields);
  if (!field) refused.tabIndex = -1;
  (field ?? refused).focus({ preventScroll: true });
  refused.scrollIntoView({ block: "center" });
}

// A new address is copied by a button where the browser lets a page do that.
for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copies]")) {
  const field = document.querySelector<HTMLInputElement>(`#${button.dataset["copies"] ?? ""}`);
  const said = button.parentElement?.querySelector("[data-copied]");
  const word = document.querySelector<HTMLTemplateElement>("template[data-text=copied]")?.content.textContent ?? "";
  if (!field || !said || !("clipboard" in navigator)) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    navigator.clipboard.writeText(field.value).then(
      () => (said.textContent = word),
      () => field.select(),
    );
  });
}

const menus = [...document.querySelectorAll<HTMLDetailsElement>("details.menu")];

// Without script the menus in the corner open and close by their own button only.
document.addEventListener("keydown", (event) => {
  const open = menus.find((menu) => menu.open);
  if (event.key !== "Escape" || !open) return;
  open.open = false;
  open.querySelector("summary")?.focus();
});
document.addEventListener("click", (event) => {
  for (const menu of menus) if (!menu.contains(event.target as Node)) menu.open = false;
});

// The path itself is the same for everybody; the worker fetches it without saying who asks (worker/keeping.ts).
const crisis = document.querySelector<HTMLAnchorElement>("a[data-crisis]");
if (crisis && "serviceWorker" in navigator) void keepCrisis(crisis).catch(() => undefined);

async function keepCrisis({ pathname, dataset }: HTMLAnchorElement): Promise<void> {
  await navigator.serviceWorker.register(dataset["crisis"] ?? "", { scope: "/in/" });
  const { active } = await navigator.serviceWorker.ready;
  active?.postMessage(pathname);
}
