/** What has to be ended, the last begun first. */
export interface Cleanup {
  add(end: () => unknown): void
  /** Ends all; the first failure is thrown when the others have been tried. */
  run(): Promise<void>
}

export function createCleanup(): Cleanup {
  const ends: (() => unknown)[] = []
  return {
    add: (end) => ends.push(end),
    async run() {
      const failures: unknown[] = []
      for (let end = ends.pop(); end; end = ends.pop()) {
        try {
          await end()
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw failures[0]
    },
  }
}
