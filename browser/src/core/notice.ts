/** What a push message says: the same neutral words as every other notice, and where a tap leads. */
export type Said = Readonly<{ title: string; body: string; link: string }>;

/** Read a push message. A browser must show something for each, so one that cannot be read becomes an empty call to look. */
export function readNotice(text: string): Said {
  let sent: unknown = null;
  try {
    sent = JSON.parse(text);
  } catch {
    // Shown all the same.
  }
  const { title, body, link } = (typeof sent === "object" && sent !== null ? sent : {}) as Record<string, unknown>;
  return { title: words(title) || "•", body: words(body), link: words(link) };
}

function words(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Return the page that a tap opens: on this site below /in/ and nowhere else. */
export function placeOf(link: unknown, origin: string): string {
  const home = `${origin}/in/`;
  try {
    const place = new URL(words(link), home);
    return place.origin === origin && place.pathname.startsWith("/in/") ? place.href : home;
  } catch {
    return home;
  }
}
