import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** `.ci/run` sets this path to get a JSON report besides the usual output. */
const report = process.env.VITEST_REPORT

/** Tests on a real control plane. One file at a time, because each needs the whole machine. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/cluster/**/*.cluster.test.ts'],
    fileParallelism: false,
    maxWorkers: 1,
    pool: 'forks',
    testTimeout: 300_000,
    // The first run builds the parts, which takes minutes.
    hookTimeout: 30 * 60_000,
    teardownTimeout: 60_000,
    // Real processes depend on the real clock: retry once on a busy machine.
    retry: 1,
    // Print the measured times.
    disableConsoleIntercept: true,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
