// The service worker of a member's pages: keeps them for when there is no network, and shows the notice of a push.
// What is sent, and lists, boxes and progress, it never touches. It makes no request that another phone would not make too.
import { readNotice } from "../core/notice.ts";
import { aged, cacheName, cachesOf, DAY, keptFor, languageOf, mayBeKept, neverChanges, type Shell, wayOf } from "./ways.ts";

declare const self: ServiceWorkerGlobalScope & { readonly shell: Shell };

const { shell } = self;
const NAME = cacheName(shell);
// A page that is kept is shown after this long; whoever has none to be shown waits as long as the browser does.
const PATIENCE_MS = 3000;

// Somebody said that this computer is shared: what is under way must not bring back what was just taken away.
let forgotten = false;

self.addEventListener("install", (event) => {
  event.waitUntil(install());
});
self.addEventListener("activate", (event) => {
  event.waitUntil(activate());
});
self.addEventListener("message", (event) => {
  const { keep, forget } = (event.data ?? {}) as { keep?: unknown; forget?: unknown };
  if (forget === true) event.waitUntil(forgetAll());
  if (typeof keep === "string" && shell.languages.includes(keep)) event.waitUntil(keepPages(keep));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const way = wayOf(request.method, request.mode, new URL(request.url), self.location.origin, shell);
  if (way === "page") event.respondWith(page(event));
  if (way === "file") event.respondWith(file(event));
  if (way === "data") event.respondWith(data(event));
});
self.addEventListener("push", (event) => {
  const { title, body } = readNotice(event.data?.text() ?? "");
  event.waitUntil(self.registration.showNotification(title, { body, tag: "page" }));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(lookAtIt());
});

/** The cache of this release; throws where there is no room, or nothing may be kept any more. */
function open(): Promise<Cache> {
  return forgotten ? Promise.reject(new Error("forgotten")) : caches.open(NAME);
}

async function forgetAll(): Promise<void> {
  forgotten = true;
  for (const name of [NAME, ...(await others())]) await caches.delete(name);
}

async function install(): Promise<void> {
  const cache = await open();
  const emergency = shell.languages.map((language) => `${shell.base}/${language}/offline`);
  await Promise.all([...shell.files, ...emergency].map((path) => store(cache, path)));
  // Whoever had pages under the release before has them under this one too.
  for (const language of await languagesKept()) await keepPages(language);
  await self.skipWaiting();
}

async function activate(): Promise<void> {
  for (const name of await others()) await caches.delete(name);
  await self.clients.claim();
}

async function others(): Promise<string[]> {
  return (await caches.keys()).filter((name) => name.startsWith(cachesOf(shell.base)) && name !== NAME);
}

async function languagesKept(): Promise<string[]> {
  const found = new Set<string>();
  for (const name of await others()) {
    for (const { url } of await (await caches.open(name)).keys()) {
      const { pathname } = new URL(url);
      const language = languageOf(pathname, shell);
      if (language && !pathname.endsWith("/offline")) found.add(language);
    }
  }
  return [...found];
}

async function keepPages(language: string): Promise<void> {
  const cache = await open();
  const wanted = [...["offline", ...shell.pages].map((name) => `${shell.base}/${language}/${name}`), ...shell.data];
  for (const path of wanted) {
    if (forgotten) return;
    // Once a day also those that nobody opened: numbers and limits change. One that is missing, or for which there is no room, is no
    // reason to do without the others.
    if ((await cache.match(path))?.headers.get(DAY) !== today()) await renewed(path).catch(() => undefined);
  }
}

function today(): string {
  return new Date().toDateString();
}

/** Fetch without cookie, referrer or anything else of this phone's own. */
function ask(path: string): Promise<Response> {
  return fetch(path, { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-cache" });
}

async function store(cache: Cache, path: string): Promise<void> {
  const answer = await ask(path);
  if (!mayBeKept(path, answer, shell)) throw new Error("not there");
  await cache.put(path, dated(answer));
}

/** A copy that knows the day it was fetched; no finer, since it stays on the phone. */
function dated(answer: Response): Response {
  const headers = new Headers(answer.headers);
  headers.delete("content-encoding");
  headers.set(DAY, today());
  return new Response(answer.body, { status: answer.status, headers });
}

/** Ask for a path and keep what came, or forget what is there no more. */
async function renewed(path: string): Promise<Response> {
  const answer = await ask(path);
  const cache = await open().catch(() => null);
  if (cache && mayBeKept(path, answer, shell)) await cache.put(path, dated(answer.clone())).catch(() => undefined);
  if (answer.status === 404 || answer.status === 410) await cache?.delete(path).catch(() => undefined);
  return answer;
}

async function kept(path: string): Promise<Response | undefined> {
  return open().then(
    (cache) => cache.match(path),
    () => undefined,
  );
}

function patience(): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), PATIENCE_MS));
}

/** The network's answer if it comes in time where something is kept; null when there is none. */
async function newest(event: FetchEvent, path: string, old: Response | undefined): Promise<Response | null> {
  const coming = renewed(path).catch(() => null);
  event.waitUntil(coming);
  return old ? Promise.race([coming, patience()]) : coming;
}

async function page(event: FetchEvent): Promise<Response> {
  const path = new URL(event.request.url).pathname;
  const old = await kept(path);
  const answer = await newest(event, path, old);
  // A browser takes no answer for a page that came from another address.
  if (answer?.redirected) return Response.redirect(answer.url);
  // A server that is there but broken, or what stands before it, may show no number to call: what is kept does.
  if (answer && answer.status < 500) return answer;
  if (old) return shown(old, languageOf(path, shell) ?? "en");
  const spare = answer?.status === 503 ? undefined : await kept(`${shell.base}/${languageOf(path, shell)}/offline`);
  return spare ?? answer ?? Response.error();
}

async function shown(old: Response, language: string): Promise<Response> {
  const fetched = new Date(old.headers.get(DAY) ?? Date.now());
  const day = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" }).format(fetched);
  return new Response(aged(await old.text(), day), { status: 200, headers: old.headers });
}

async function file(event: FetchEvent): Promise<Response> {
  const path = new URL(event.request.url).pathname;
  const old = await kept(path);
  if (old && neverChanges(path)) return old;
  const answer = await newest(event, path, old);
  return answer && (answer.ok || !old) ? answer : (old ?? Response.error());
}

/** Newest first. What is kept names the day it was fetched, so that no page takes it for how things stand now. */
async function data(event: FetchEvent): Promise<Response> {
  const path = new URL(event.request.url).pathname;
  const may = keptFor(event.request.cache);
  const old = may === "never" ? undefined : await kept(path);
  if (old && may === "first") return old;
  const answer = await newest(event, path, old);
  // What is there no more is not shown as if it were.
  return answer && (answer.status < 500 || !old) ? answer : (old ?? Response.error());
}

/** A tap on a notice: the page that is open comes to the front; else the way back. */
async function lookAtIt(): Promise<void> {
  const open = (await self.clients.matchAll({ type: "window" }))[0];
  if (open) {
    await open.focus().catch(() => undefined);
    return;
  }
  const spoken = self.navigator.language.slice(0, 2);
  const language = shell.languages.includes(spoken) ? spoken : (shell.languages[0] ?? "en");
  await self.clients.openWindow(`${shell.base}/${language}/back`);
}
