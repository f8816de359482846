import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Where a report for machines goes, beside the one for people; set by `.ci/run`. */
const report = process.env.VITEST_REPORT

/** Tests on a real cluster: one file after another, since each has the machine to itself. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/cluster/**/*.cluster.test.ts'],
    fileParallelism: false,
    maxWorkers: 1,
    pool: 'forks',
    testTimeout: 300_000,
    // The first run builds the parts: minutes.
    hookTimeout: 30 * 60_000,
    teardownTimeout: 60_000,
    // Real processes go by the real clock: once more, and then it has failed.
    retry: 1,
    // The times that were measured are part of the result.
    disableConsoleIntercept: true,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
