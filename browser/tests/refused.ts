import { expect } from "vitest";

import { Refusal } from "../src/core/refusal.ts";

/** Expect a refusal, thrown or rejected, with a code (and the number of what was refused, where given). */
export async function refused(act: () => unknown, code: string, at?: number): Promise<void> {
  const caught = await Promise.resolve()
    .then(act)
    .then(
      (value) => ({ value }),
      (error: unknown) => error,
    );
  expect(caught).toBeInstanceOf(Refusal);
  expect((caught as Refusal).code).toBe(code);
  expect((caught as Refusal).message).toBe(code);
  if (at !== undefined) expect((caught as Refusal).at).toBe(at);
}
