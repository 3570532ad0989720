import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

const core = join(import.meta.dirname, "../src/core");
const sources = readdirSync(core)
  .filter((name) => name.endsWith(".ts"))
  .map((name) => ({ name, code: withoutComments(readFileSync(join(core, name), "utf8")) }));

function withoutComments(code: string): string {
  return code.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

describe("the core", () => {
  it("is all here", () => {
    expect(sources.length).toBeGreaterThan(10);
  });

  it.each(sources)("touches no page, network or storage: $name", ({ code }) => {
    expect(code).not.toMatch(/\b(document|window|navigator|location|localStorage|sessionStorage|indexedDB|fetch|XMLHttpRequest|console)\b/);
    expect(code).not.toMatch(/Math\.random|Date\.now|new Date/);
  });

  it.each(sources)("holds no sentence and no passphrase: $name", ({ code }) => {
    const texts = [...code.matchAll(/"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)].map((found) => found[1] ?? found[2] ?? "");
    const spoken = texts.filter((text) => /[a-z]+ [a-z]+ [a-z]+/i.test(text) && !/^alongside [a-z]+( [a-z]+)? v\d$/.test(text));
    expect(spoken).toEqual([]);
    expect(code).not.toMatch(/setPassphrase|addPassphrase|scrypt/i);
  });
});

describe("what is locked", () => {
  const lock = JSON.parse(readFileSync(join(core, "../../package-lock.json"), "utf8")) as {
    packages: Record<string, { resolved?: string; integrity?: string; optionalDependencies?: Record<string, string> }>;
  };

  it("names no address and every package's hash", () => {
    for (const [path, entry] of Object.entries(lock.packages)) {
      expect(entry.resolved, path).toBeUndefined();
      if (path !== "") expect(entry.integrity, path).toMatch(/^sha512-/);
    }
  });

  // npm leaves out what its registry has not got at the moment of locking, and then refuses to install anywhere.
  it("holds every platform's part of a tool, not only this one's", () => {
    const names = new Set(Object.keys(lock.packages).map((path) => path.split("node_modules/").at(-1)));
    const parts = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(parts.length).toBeGreaterThan(0);
    expect(parts.filter((name) => !names.has(name))).toEqual([]);
  });

  it("has each piece of cryptography once", () => {
    const pieces = Object.keys(lock.packages).filter((path) => /@(noble|scure)\/|age-encryption/.test(path));
    const names = pieces.map((path) => path.split("node_modules/").at(-1));
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("@noble/hashes");
  });
});
