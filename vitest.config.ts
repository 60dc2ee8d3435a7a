import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "test/**/*.test.ts",
            "config/**/*.test.ts",
            "components/**/*.test.ts",
            "migrator/test/unit/**/*.test.ts",
          ],
          exclude: ["test/e2e/**", "test/integration/**"],
          // A bound for what hangs: a busy machine takes its time for a whole program.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "integration",
          include: [
            "test/integration/**/*.test.ts",
            "migrator/test/integration/**/*.test.ts",
            "local/**/*.test.ts",
          ],
          globalSetup: ["test/integration/servers.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
