/** Timers that all end together. */
export interface Timers {
  after(milliseconds: number, run: () => unknown): () => void
  every(milliseconds: number, run: () => unknown): () => void
  stop(): void
}

export function createTimers(): Timers {
  const ends = new Set<() => void>()
  let stopped = false
  const keep = (end: () => void) => {
    const once = () => {
      end()
      ends.delete(once)
    }
    if (stopped) end()
    else ends.add(once)
    return once
  }
  return {
    after(milliseconds, run) {
      const timer = setTimeout(() => {
        end()
        run()
      }, milliseconds)
      const end = keep(() => clearTimeout(timer))
      return end
    },
    every(milliseconds, run) {
      const timer = setInterval(run, milliseconds)
      return keep(() => clearInterval(timer))
    },
    stop() {
      stopped = true
      for (const end of [...ends]) end()
    },
  }
}
