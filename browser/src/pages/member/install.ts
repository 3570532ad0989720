import { cachesOf } from "../../worker/ways.ts";
import type { Here } from "./here.ts";
import { isShared } from "./place.ts";

/** Let this browser keep the pages for when there is no network. Whatever speaks against it, the page works as before. */
export async function install(here: Here): Promise<void> {
  if (!("serviceWorker" in navigator) || isShared()) return;
  try {
    await navigator.serviceWorker.register(`${here.base}/sw.js`, { scope: `${here.base}/`, updateViaCache: "none" });
    const { active } = await navigator.serviceWorker.ready;
    if (isShared()) await uninstall(here);
    // Who saves data gets the crisis numbers kept, and of the pages what they open.
    else if (!savesData()) active?.postMessage({ keep: here.language });
  } catch {
    // Refused, no room, or a private window.
  }
}

// A worker that was just beginning may be done a moment after it was told to stop.
const AGAIN_MS = [300, 1000, 3000, 8000];

/** Take away the worker and every page it kept. */
export async function uninstall(here: Pick<Here, "base">): Promise<void> {
  await takeAway(here);
  for (const ms of AGAIN_MS) setTimeout(() => void takeAway(here), ms);
}

/** Take away the workers of every organisation's pages, and all that they kept. */
export async function uninstallAll(): Promise<void> {
  const workers = (await navigator.serviceWorker?.getRegistrations().catch(() => [])) ?? [];
  const places = workers.map(({ scope }) => new URL(scope).pathname.slice(0, -1)).filter((base) => base.startsWith("/ask/"));
  // Caches may outlive their worker.
  const names = await caches.keys().catch(() => []);
  const left = names.flatMap((name) => /^page (\/ask\/\S+) /.exec(name)?.[1] ?? []);
  await Promise.all([...new Set([...places, ...left])].map((base) => uninstall({ base })));
}

async function takeAway({ base }: Pick<Here, "base">): Promise<void> {
  try {
    const workers = (await navigator.serviceWorker?.getRegistrations()) ?? [];
    for (const one of workers.filter(({ scope }) => new URL(scope).pathname === `${base}/`)) {
      for (const worker of [one.installing, one.waiting, one.active]) worker?.postMessage({ forget: true });
      await one.unregister();
    }
    navigator.serviceWorker?.controller?.postMessage({ forget: true });
    const names = (await caches.keys()).filter((name) => name.startsWith(cachesOf(base)));
    await Promise.all(names.map((name) => caches.delete(name)));
  } catch {
    // Then there is none.
  }
}

function savesData(): boolean {
  return (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
}
