import { defineConfig } from 'vitest/config'

/** Where a report for machines goes, beside the one for people; set by `.ci/run`. */
const report = process.env.VITEST_REPORT

export default defineConfig({
  test: {
    include: ['test/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Most of them wait, for a round or a browser, more than they compute.
    maxWorkers: 3,
    // They go by the real clock, and may starve on a machine that is busy with something else: once more, and then it has failed.
    retry: 1,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
