/** When rounds run: soon after a hint, and regularly without one; never two at once. */
export interface Loop {
  /** Requests a round within `afterMs` milliseconds. Hints that arrive close together share one. */
  readonly wake: (afterMs?: number) => void
  /** Runs a whole round that starts after this call. */
  readonly round: () => Promise<void>
  /** Starts no more rounds and asks the current one to end early. Resolves when it has. */
  readonly stop: () => Promise<void>
}

/** The hints of one burst are collected this long before the round starts. Milliseconds. */
export const gatherMs = 200

/**
 * `run` is one round; it never rejects and ends early when it is signalled. `intervalMs` is the
 * time between the end of a round and the next one if nothing wakes the loop.
 */
export function startLoop(run: (stopping: AbortSignal) => Promise<void>, intervalMs: number): Loop {
  const stopping = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let dueMs = Number.POSITIVE_INFINITY
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let stopped = false

  function wake(afterMs = gatherMs): void {
    const atMs = Date.now() + afterMs
    if (stopped || atMs >= dueMs) return
    clearTimeout(timer)
    dueMs = atMs
    timer = setTimeout(() => void round(), afterMs)
  }

  function begin(): Promise<void> {
    clearTimeout(timer)
    dueMs = Number.POSITIVE_INFINITY
    running = run(stopping.signal).finally(() => {
      running = undefined
      wake(intervalMs)
    })
    return running
  }

  function round(): Promise<void> {
    if (stopped) return running ?? Promise.resolve()
    if (!running) return begin()
    next ??= running.then(() => {
      next = undefined
      return stopped ? undefined : begin()
    })
    return next
  }

  wake(0)
  return {
    wake,
    round,
    stop: async () => {
      stopped = true
      stopping.abort()
      clearTimeout(timer)
      await running
    },
  }
}
