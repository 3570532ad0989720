/** What the team's service worker may keep: the crisis path of a programme, and the files that it is made of. */

const PATH = /^\/in\/team\/crisis\/[a-z0-9_-]{1,50}\/(?:en|fr)$/i;
// Files whose name changes with what is in them: a kept one is never an old one.
const FILE = /^\/static\/[\w/-]+\.[0-9a-f]{12}\.(?:css|js|svg)$/;
const START = new Set(["/in/", "/in/team/", "/in/team/crisis"]);

/** Say whether a page may be kept: the crisis path, which is the same for everybody, and no other page there is. */
export function mayKeep(path: string): boolean {
  return PATH.test(path);
}

/** Say whether a file may be kept and served again without asking. */
export function mayKeepFile(path: string): boolean {
  return FILE.test(path);
}

/** Say whether the crisis path stands in for a page that does not come: those by which one comes in. */
export function standsInFor(path: string): boolean {
  return START.has(path);
}

/** Return the paths of the files that a page names and that may be kept. */
export function filesOf(page: string): readonly string[] {
  const named = [...page.matchAll(/\b(?:href|src)="([^"]+)"/g)].map(([, path = ""]) => path);
  return [...new Set(named.filter(mayKeepFile))];
}

/** Return the name of the cache of a release; caches of others begin alike and are emptied into the newest. */
export function cacheOf(release: string): string {
  return `crisis ${release}`;
}

export function isOurs(cache: string): boolean {
  return cache.startsWith("crisis ");
}
