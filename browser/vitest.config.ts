import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
    // Opening and sealing is honest work for the processor; a loaded machine must not fail a test.
    testTimeout: 60_000,
  },
});
