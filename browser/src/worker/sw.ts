// The service worker of the team's pages: shows a notice, opens its page when it is tapped, and keeps the crisis path for when
// there is no network (keeping.ts); no other page. Its place is /in/sw.js, so it reaches no member's page.
import { type Said, placeOf, readNotice } from "../core/notice.ts";
import { answer, carryOver, forgetOthers, keepLately } from "./keeping.ts";

declare const self: ServiceWorkerGlobalScope;

self.addEventListener("install", (event) => {
  void self.skipWaiting();
  event.waitUntil(carryOver().catch(() => undefined));
});
// Pages that were open before are the worker's own too: a tap leads them on instead of opening another window.
self.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([forgetOthers(), self.clients.claim()]));
});
self.addEventListener("fetch", (event) => {
  const found = answer(event.request);
  if (found) event.respondWith(found);
});
// A page of somebody who serves says which crisis path is theirs.
self.addEventListener("message", (event) => {
  const { data } = event as { data: unknown };
  if (typeof data === "string") event.waitUntil(keepLately(data));
});
self.addEventListener("push", (event) => {
  event.waitUntil(show(readNotice(event.data?.text() ?? "")));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(placeOf(event.notification.data, self.location.origin)));
});

async function show(said: Said): Promise<void> {
  // The same words fold into one, which sounds again.
  const options: NotificationOptions & { renotify: boolean } = {
    body: said.body,
    tag: said.title,
    renotify: true,
    requireInteraction: true,
    data: said.link,
  };
  await self.registration.showNotification(said.title, options);
}

async function open(place: string): Promise<void> {
  const pages = await self.clients.matchAll({ type: "window" });
  // A page of a request may hold half a reply: it is left alone.
  const page = pages.find(({ url }) => !new URL(url).pathname.startsWith("/in/team/requests/"));
  if (!page) {
    await self.clients.openWindow(place);
    return;
  }
  await page.navigate(place);
  // Not every system lets a page come to the front by itself.
  await page.focus().catch(() => undefined);
}
