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
 * time between the end of a round and the next one if nothing wakes the loop. No round starts
 * before `earliestMs()`, in milliseconds since 1970.
 */
export function startLoop(
  run: (stopping: AbortSignal) => Promise<void>,
  intervalMs: number,
  earliestMs: () => number = () => 0,
): Loop {
  const stopping = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let dueMs = Number.POSITIVE_INFINITY
  let running: Promise<void> | undefined
  let next = Promise.withResolvers<void>()

  function wake(afterMs = gatherMs): void {
    dueMs = Math.min(dueMs, Date.now() + afterMs)
    if (!running) schedule()
  }

  function schedule(): void {
    clearTimeout(timer)
    if (stopping.signal.aborted) return
    const waitMs = Math.max(dueMs, earliestMs()) - Date.now()
    timer = setTimeout(begin, Math.max(0, waitMs))
  }

  function begin(): void {
    const { resolve } = next
    next = Promise.withResolvers()
    dueMs = Number.POSITIVE_INFINITY
    running = run(stopping.signal).finally(() => {
      running = undefined
      resolve()
      wake(intervalMs)
    })
  }

  wake(0)
  return {
    wake,
    round: () => {
      wake(0)
      return stopping.signal.aborted ? (running ?? Promise.resolve()) : next.promise
    },
    stop: async () => {
      stopping.abort()
      clearTimeout(timer)
      await running
      next.resolve()
    },
  }
}
