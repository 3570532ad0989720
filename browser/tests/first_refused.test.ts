import { describe, expect, it } from "vitest";

import { firstRefused } from "../src/pages/refused.ts";

const field = { isField: true, isShown: true, words: "" };
const words = { isField: false, isShown: true, words: "Something is to be set right below." };
const unseen = { isShown: false };

describe("where a refused form is to be looked at first", () => {
  it("is the first field, not the words above it", () => {
    expect(firstRefused([words, field, { ...field }])).toBe(field);
  });

  it("is a field in sight", () => {
    expect(firstRefused([{ ...field, ...unseen }, words, field])).toBe(field);
  });

  it("is the first words in sight where no field is", () => {
    const silent = { ...words, words: " \n" };
    expect(firstRefused([silent, { ...words, ...unseen }, { ...field, ...unseen }, words])).toBe(words);
  });

  it("is nowhere when nothing was refused", () => {
    expect(firstRefused([])).toBeUndefined();
    expect(firstRefused([{ ...words, words: "" }, { ...words, ...unseen }])).toBeUndefined();
  });
});
