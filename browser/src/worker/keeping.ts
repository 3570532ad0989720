// The crisis path of supporters, kept on the device for when there is no network. Nothing else below /in/ ever is: what may be
// kept is decided in core/crisis.ts. It is fetched without cookies, so nothing of who is signed in can be in it.
import { cacheOf, filesOf, isOurs, mayKeep, mayKeepFile, standsInFor } from "../core/crisis.ts";

declare const self: ServiceWorkerGlobalScope & { readonly release?: string };

// Long enough for a weak signal, short enough for somebody who waits.
const PATIENCE = 2000;
const MOST_PAGES = 4;
const NAME = cacheOf(self.release ?? "");
// Each page of the team asks for it; so often is enough.
const AGAIN = 10 * 60_000;
const asked = new Map<string, number>();

/** Keep a crisis path if it was not fetched a moment ago; no network now is no harm, another page asks again. */
export async function keepLately(path: string): Promise<void> {
  const kept = await (await caches.open(NAME)).match(path);
  if (!mayKeep(path) || (kept && Date.now() - (asked.get(path) ?? 0) < AGAIN)) return;
  await keep(path).then(() => asked.set(path, Date.now()), () => undefined);
}

/** Keep the crisis path at `path` with its files, as it is now; raises where the network or the server does not give it. */
export async function keep(path: string): Promise<void> {
  if (!mayKeep(path)) return;
  const page = await fetch(path, { credentials: "omit", redirect: "error", cache: "no-store" });
  if (!page.ok) throw new Error("no page");
  const files = filesOf(await page.clone().text());
  const cache = await caches.open(NAME);
  // The page last: it is served only with what it needs.
  await Promise.all(files.map(async (file) => (await cache.match(file)) ?? cache.add(new Request(file, { credentials: "omit" }))));
  await cache.put(path, page);
  await tidy(cache);
}

/** Take over what workers of other releases kept: anew from the server, or as it is where that does not answer. */
export async function carryOver(): Promise<void> {
  for (const name of (await caches.keys()).filter((one) => isOurs(one) && one !== NAME)) {
    const old = await caches.open(name);
    for (const { url } of await old.keys()) {
      const path = new URL(url).pathname;
      if (mayKeep(path)) await keep(path).catch(() => copy(old, path));
    }
  }
}

/** Forget the caches of other releases. */
export async function forgetOthers(): Promise<void> {
  const others = (await caches.keys()).filter((one) => isOurs(one) && one !== NAME);
  await Promise.all(others.map((one) => caches.delete(one)));
}

/** Answer a request, if it is for the crisis path or what it is made of; undefined leaves it to the browser. */
export function answer(request: Request): Promise<Response> | undefined {
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return undefined;
  if (request.mode === "navigate") return mayKeep(pathname) || standsInFor(pathname) ? page(request, pathname) : undefined;
  return mayKeepFile(pathname) ? file(request) : undefined;
}

async function page(request: Request, path: string): Promise<Response> {
  const cache = await caches.open(NAME);
  const kept = await cache.match(path);
  if (kept) {
    const found = await within(fetch(request), PATIENCE).catch(() => undefined);
    return found?.ok ? found : kept;
  }
  // Another page is waited for, however slow, and where it never comes the crisis path that is there stands in for it.
  try {
    return await fetch(request);
  } catch (error) {
    const newest = (await cache.keys()).map(({ url }) => new URL(url).pathname).filter(mayKeep).at(-1);
    const found = newest === undefined ? undefined : await cache.match(newest);
    if (!found) throw error;
    return found;
  }
}

async function file(request: Request): Promise<Response> {
  return (await (await caches.open(NAME)).match(request.url)) ?? (await fetch(request));
}

async function copy(old: Cache, path: string): Promise<void> {
  const page = await old.match(path);
  if (!page) return;
  const cache = await caches.open(NAME);
  for (const name of filesOf(await page.clone().text())) {
    const found = await old.match(name);
    if (found) await cache.put(name, found);
  }
  await cache.put(path, page);
}

/** Keep the newest pages and the files that they name. */
async function tidy(cache: Cache): Promise<void> {
  const paths = (await cache.keys()).map(({ url }) => new URL(url).pathname);
  const pages = paths.filter(mayKeep);
  const stay = new Set(pages.slice(-MOST_PAGES));
  for (const one of [...stay]) {
    const text = await (await cache.match(one))?.text();
    for (const name of filesOf(text ?? "")) stay.add(name);
  }
  await Promise.all(paths.filter((one) => !stay.has(one)).map((one) => cache.delete(one)));
}

function within<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) => setTimeout(() => reject(new Error("slow")), milliseconds)),
  ]);
}
