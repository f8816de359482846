/** Timers that can be stopped together. */
export interface Timers {
  /** Runs once. Returns a function that cancels it. */
  after(ms: number, run: () => unknown): () => void
  /** Runs repeatedly. Returns a function that cancels it. */
  every(ms: number, run: () => unknown): () => void
  /** Cancels all timers. Later ones never run. */
  stop(): void
}

/** Timers on the real clock. */
export function createTimers(): Timers {
  const active = new Set<() => void>()
  let isStopped = false
  const track = (cancel: () => void) => {
    const cancelOnce = () => {
      cancel()
      active.delete(cancelOnce)
    }
    if (isStopped) cancel()
    else active.add(cancelOnce)
    return cancelOnce
  }
  return {
    after(ms, run) {
      const timer = setTimeout(() => {
        cancel()
        run()
      }, ms)
      const cancel = track(() => clearTimeout(timer))
      return cancel
    },
    every(ms, run) {
      const timer = setInterval(run, ms)
      return track(() => clearInterval(timer))
    },
    stop() {
      isStopped = true
      for (const cancel of [...active]) cancel()
    },
  }
}
