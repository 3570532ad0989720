import { describe, expect, test } from "vitest";

import { aged, cacheName, cachesOf, languageOf, mayBeKept, neverChanges, type Shell, wayOf } from "../src/worker/ways.ts";

const SHELL: Shell = {
  release: "abc",
  base: "/ask/pine",
  languages: ["en", "fr"],
  pages: ["", "now"],
  files: ["/static/build/main.0123456789ab.css"],
  data: ["/ask/pine/directory.json"],
};
const HERE = "https://shift.example";
const way = (path: string, method = "GET", mode = "navigate", origin = HERE): string | null =>
  wayOf(method, mode, new URL(path, origin), HERE, SHELL);

describe("what the members' worker touches", () => {
  test.each(["/ask/pine/en/", "/ask/pine/fr/limits", "/ask/pine/en/guides/early-signs", "/ask/pine/en/never"])("pages: %s", (path) => {
    expect(way(path)).toBe("page");
  });

  test("files and data", () => {
    expect(way("/static/build/main.0123456789ab.css", "GET", "no-cors")).toBe("file");
    expect(way("/static/build/chunk-ABCDEFGH.js", "GET", "cors")).toBe("file");
    expect(way("/ask/pine/directory.json", "GET", "cors")).toBe("data");
  });

  test.each(["candidates.json", "progress", "box", "requests", "progress/present", "blocks/3.json", "sw.js", "en/app.webmanifest"])(
    "never %s, however it is asked for",
    (name) => {
      for (const mode of ["navigate", "cors", "same-origin"]) expect(way(`/ask/pine/${name}`, "GET", mode)).toBe(null);
    },
  );

  test("nothing that is sent, nothing of another place, organisation or audience", () => {
    expect(way("/ask/pine/en/", "POST")).toBe(null);
    expect(way("/ask/pine/en/", "GET", "navigate", "https://other.example")).toBe(null);
    expect(way("/ask/oak/en/")).toBe(null);
    expect(way("/in/team/")).toBe(null);
    expect(way("/ask/pine/en/?from=letter")).toBe(null);
    expect(way("/ask/pine/de/")).toBe(null);
  });
});

describe("what is kept", () => {
  test("is told apart by organisation and release", () => {
    expect(cacheName(SHELL)).toBe("page /ask/pine abc");
    expect(cacheName({ ...SHELL, base: "/ask/pine-county" }).startsWith(cachesOf("/ask/pine"))).toBe(false);
  });

  test("is ours, and not what a filter in between answers in our place", () => {
    const answer = (ok: boolean, headers: Record<string, string>): { ok: boolean; headers: Headers } => ({ ok, headers: new Headers(headers) });
    const html = "text/html; charset=utf-8";
    expect(mayBeKept("/ask/pine/fr/now", answer(true, { "Content-Language": "fr", "Content-Type": html }), SHELL)).toBe(true);
    expect(mayBeKept("/ask/pine/fr/now", answer(true, { "Content-Type": html }), SHELL)).toBe(false);
    expect(mayBeKept("/ask/pine/fr/now", answer(true, { "Content-Language": "en", "Content-Type": html }), SHELL)).toBe(false);
    expect(mayBeKept("/ask/pine/fr/now", answer(false, { "Content-Language": "fr", "Content-Type": html }), SHELL)).toBe(false);
    expect(mayBeKept("/static/build/main.css", answer(true, { "Content-Type": "text/css" }), SHELL)).toBe(true);
    expect(mayBeKept("/static/build/main.css", answer(true, { "Content-Type": html }), SHELL)).toBe(false);
    expect(mayBeKept("/static/build/main.css", answer(true, {}), SHELL)).toBe(false);
  });

  test("knows the language of a page's path", () => {
    expect(languageOf("/ask/pine/fr/now", SHELL)).toBe("fr");
    expect(languageOf("/ask/pine/progress", SHELL)).toBe(null);
  });

  test.each([
    ["/static/build/main.0123456789ab.css", true],
    ["/static/build/chunk-ABCDEFGH.js", true],
    ["/static/build/main.css", false],
    ["/static/build/leave.js", false],
  ])("%s can never change: %s", (path, never) => {
    expect(neverChanges(path)).toBe(never);
  });

  test("a page says from which day it is, and nothing else of it changes", () => {
    const page = '<p class="notice late" data-old hidden>No network. From {day}.</p><p data-x hidden>{day}</p>';
    expect(aged(page, "Monday")).toBe('<p class="notice late" data-old>No network. From Monday.</p><p data-x hidden>{day}</p>');
    expect(aged("<p>another page</p>", "Monday")).toBe("<p>another page</p>");
  });

  test("a day with a dollar sign in it is only text", () => {
    expect(aged("<p data-old hidden>{day}</p>", "$& $1")).toBe("<p data-old>$& $1</p>");
  });
});
