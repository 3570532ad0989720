import { describe, expect, it } from "vitest";

import { placeOf, readNotice } from "../src/core/notice.ts";

const HERE = "https://shift.example";

describe("a push message", () => {
  it("is read as its three neutral parts", () => {
    const sent = { title: "Your board needs you", body: "Please look now.", link: `${HERE}/in/`, more: "never shown" };
    expect(readNotice(JSON.stringify(sent))).toEqual({ title: sent.title, body: sent.body, link: sent.link });
  });

  it.each(["", "x", "null", "[]", "7", '{"title": 7, "body": {}}'])("shows something even for %s", (text) => {
    const said = readNotice(text);
    expect(said.title).not.toBe("");
    expect(said.body).toBe("");
  });
});

describe("a tap", () => {
  it.each([
    [`${HERE}/in/enter/reached/x_-9`, `${HERE}/in/enter/reached/x_-9`],
    ["/in/team/", `${HERE}/in/team/`],
    ["", `${HERE}/in/`],
    [undefined, `${HERE}/in/`],
    ["https://evil.example/in/", `${HERE}/in/`],
    ["//evil.example/in/", `${HERE}/in/`],
    ["https://shift.example.evil.example/in/", `${HERE}/in/`],
    [`${HERE}/ask/pine/en/`, `${HERE}/in/`],
    [`${HERE}/in/../ask/pine/en/`, `${HERE}/in/`],
    ["javascript:alert(1)", `${HERE}/in/`],
    ["http://[", `${HERE}/in/`],
  ])("on %s leads to %s", (link, place) => {
    expect(placeOf(link, HERE)).toBe(place);
  });
});
