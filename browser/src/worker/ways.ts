/** What the members' worker does with a request: decided here, without a browser. */

/** What the server writes before the worker's code: what there is to keep. */
export interface Shell {
  /** Changes with every file that pages load. */
  readonly release: string;
  /** `/ask/<organisation>` */
  readonly base: string;
  readonly languages: readonly string[];
  /** Pages of one language: what follows `<base>/<language>/`. */
  readonly pages: readonly string[];
  /** Addresses of scripts, styles and pictures. */
  readonly files: readonly string[];
  /** Files of data that may be kept: addresses below the base. */
  readonly data: readonly string[];
}

/** A page, or data: newest first; a file: kept first when it can never change; nothing: not ours. */
export type Way = "page" | "file" | "data" | null;

/** Say which way a request goes. Whatever is sent, and whatever could tell a request from another, is never touched. */
export function wayOf(method: string, mode: string, url: URL, origin: string, shell: Shell): Way {
  if (method !== "GET" || url.origin !== origin || url.search !== "") return null;
  if (shell.files.includes(url.pathname)) return "file";
  if (shell.data.includes(url.pathname)) return "data";
  if (!url.pathname.startsWith(`${shell.base}/`)) return url.pathname.startsWith("/static/") ? "file" : null;
  const language = languageOf(url.pathname, shell);
  return mode === "navigate" && language !== null ? "page" : null;
}

/** Return the language that a page's path names, or null when it is no page. */
export function languageOf(path: string, shell: Shell): string | null {
  const [language, ...rest] = path.slice(shell.base.length + 1).split("/");
  if (language === undefined || rest.length === 0 || rest.at(-1)?.includes(".")) return null;
  return shell.languages.includes(language) ? language : null;
}

/** Say whether a file's name changes with its content, so that a kept one is never old. */
export function neverChanges(path: string): boolean {
  return /\.[0-9a-f]{12}\.\w+$|\/chunk-[0-9A-Z]{8}\.js$/.test(path);
}

/**
 * Say whether an answer may be kept: a page that says its language as ours do, or a file that is no page.
 *
 * A filter or a door of somebody's network may answer in our place, with a page of its own and all in order; it must not stay.
 */
export function mayBeKept(path: string, answer: { readonly ok: boolean; readonly headers: Headers }, shell: Shell): boolean {
  if (!answer.ok) return false;
  const language = languageOf(path, shell);
  if (language !== null) return answer.headers.get("content-language") === language;
  return !(answer.headers.get("content-type") ?? "text/html").startsWith("text/html");
}

/** The header of what is kept that says on which day it was fetched; an answer of the network never has it. */
export const DAY = "kept-on";

/**
 * Say what data may be answered with, by what the page asked of its caches: nothing kept where it wants the newest, what is kept at
 * once where it wants that, else what is kept only when the network does not answer.
 */
export function keptFor(mode: RequestCache): "never" | "first" | "last" {
  if (mode === "reload" || mode === "no-store") return "never";
  return mode === "force-cache" || mode === "only-if-cached" ? "first" : "last";
}

/** Return a kept page with its notice shown: without a network, and from which day it is. */
export function aged(page: string, day: string): string {
  return page.replace(/ data-old hidden>([^<]*)/, (_, words: string) => ` data-old>${words.replace("{day}", () => day)}`);
}

/** Name the cache of a release. What an organisation's worker keeps begins with {@link cachesOf}. */
export function cacheName(shell: Shell): string {
  return `${cachesOf(shell.base)}${shell.release}`;
}

/** Return how the names of an organisation's caches begin. */
export function cachesOf(base: string): string {
  return `page ${base} `;
}
