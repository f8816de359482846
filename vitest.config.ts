import { defineConfig } from 'vitest/config'

/** `.ci/run` sets this path to get a JSON report besides the usual output. */
const report = process.env.VITEST_REPORT

export default defineConfig({
  test: {
    include: ['test/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Most tests wait for a round or a browser, so more workers than cores help.
    maxWorkers: 3,
    // Some tests depend on the real clock: retry once on a busy machine.
    retry: 1,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
