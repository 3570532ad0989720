import { describe, expect, it } from "vitest";

import { cacheOf, filesOf, isOurs, mayKeep, mayKeepFile, standsInFor } from "../src/core/crisis.ts";

describe("what the team's worker may keep", () => {
  // req: D-14
  it("is the crisis path of a programme in a language", () => {
    expect(["/in/team/crisis/pine-county/en", "/in/team/crisis/st-brigid/fr"].every(mayKeep)).toBe(true);
  });

  // req: D-14
  it("is no other page below /in/ or elsewhere", () => {
    const others = [
      "/in/", "/in/team/", "/in/team/crisis", "/in/team/crisis/", "/in/team/crisis/pine-county", "/in/team/crisis/pine-county/de",
      "/in/team/crisis/pine-county/en/", "/in/team/crisis/pine-county/en/x", "/in/team/crisis/../requests/en",
      "/in/team/crisis/pine%2fcounty/en", "/in/team/crisis/card/mn/en", "/in/team/me", "/in/team/keys", "/in/team/keys/state",
      "/in/team/requests/00000000-0000-4000-8000-000000000000", "/in/team/asked-to-disclose", "/in/coordinate/",
      "/in/enter/login/", "/ask/pine-county/en/", "/x/in/team/crisis/pine-county/en", "/static/build/main.0123456789ab.css", "",
    ];
    expect(others.filter(mayKeep)).toEqual([]);
  });

  it("is a file only if its name changes with what is in it", () => {
    expect(mayKeepFile("/static/build/main.0123456789ab.css")).toBe(true);
    const others = ["/static/build/main.css", "/static/build/main.0123456789ab.css.map", "/static/../in/x.0123456789ab.js", "/in/a.0123456789ab.js"];
    expect(others.filter(mayKeepFile)).toEqual([]);
  });

  it("is what the page itself names, once", () => {
    const page = `<link href="/static/build/main.0123456789ab.css"><script src="/static/build/crisis.aaaaaaaaaaaa.js"></script>
      <a href="/in/team/"></a><a href="tel:911"></a><link href="/static/build/main.0123456789ab.css"><a href="//evil/static/x.0123456789ab.js">`;
    expect(filesOf(page)).toEqual(["/static/build/main.0123456789ab.css", "/static/build/crisis.aaaaaaaaaaaa.js"]);
  });

  it("lies in a cache that names its release, and no cache of others is touched", () => {
    expect(cacheOf("1.0 main.css")).toBe("crisis 1.0 main.css");
    expect(["crisis 1.0", "member 1.0", "crisis", "x crisis 1"].filter(isOurs)).toEqual(["crisis 1.0"]);
  });

  it("stands in for the pages by which one comes in, never for one of a request", () => {
    expect(["/in/", "/in/team/", "/in/team/crisis"].every(standsInFor)).toBe(true);
    expect(["/in/team/me", "/in/team/requests/x", "/in/coordinate/", "/ask/"].filter(standsInFor)).toEqual([]);
  });
});
