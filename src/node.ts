import { enableCompileCache } from 'node:module'
import { UsageError } from './config/usage-error.ts'

// What Node compiles is kept for the next start, which takes half the time then. This must come
// before the program is imported.
if (import.meta.main) enableCompileCache()

/** The bot as a process. */
export const { start } = await import('./node/node-bot.ts')
export type { Running } from './node/node-bot.ts'

if (import.meta.main) {
  try {
    const running = await start(process.env)
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => void running.stop().then(() => process.exit(0)))
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(error instanceof UsageError ? 2 : 1)
  }
}
