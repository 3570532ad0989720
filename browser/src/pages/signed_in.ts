// Every signed-in page: signing out takes this device's key away first; a supporter's device keeps the crisis path.
import { forget } from "./team/device.ts";

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sign-out]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void forget().finally(() => form.submit());
  });
}

// On a phone the tabs are wider than the screen: show the one that is open.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

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
