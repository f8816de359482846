/** When rounds run: soon after a hint, and regularly without one; never two at once. */
export interface Loop {
  /** Asks for a round within `afterMs` milliseconds. Hints that come close together share one. */
  readonly wake: (afterMs?: number) => void
  /** A whole round that begins after this call. */
  readonly round: () => Promise<void>
  /** No round begins any more; the one under way is asked to end early. Resolves when it has. */
  readonly stop: () => Promise<void>
}

/** Hints of one burst are gathered this long before the round begins. Milliseconds. */
const gatherMs = 200

/** `run` is one round and never rejects; it is told when to end early. `intervalMs` is the time between the end of a round and the next where nothing wakes it. */
export function startLoop(run: (stopping: AbortSignal) => Promise<void>, intervalMs: number): Loop {
  const stopping = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let due = Number.POSITIVE_INFINITY
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let stopped = false

  function wake(afterMs = gatherMs): void {
    const at = Date.now() + afterMs
    if (stopped || at >= due) return
    clearTimeout(timer)
    due = at
    timer = setTimeout(() => void round(), afterMs)
  }

  function begin(): Promise<void> {
    clearTimeout(timer)
    due = Number.POSITIVE_INFINITY
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
