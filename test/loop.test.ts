import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startLoop } from '../src/loop/loop.ts'

function gate(): { run: () => Promise<void>; rounds: () => number; open: () => void } {
  let rounds = 0
  let release = (): void => {}
  return {
    run: () => {
      rounds += 1
      return new Promise<void>((resolve) => {
        release = resolve
      })
    },
    rounds: () => rounds,
    open: () => release(),
  }
}

it('runs a round at the start; hints close together share the next one', async () => {
  let rounds = 0
  const count = async (): Promise<void> => {
    rounds += 1
  }
  const loop = startLoop(count, 60_000)
  await sleep(30)
  expect(rounds).toBe(1)
  for (let index = 0; index < 50; index += 1) loop.wake(20)
  await sleep(80)
  expect(rounds).toBe(2)
  await loop.stop()
})

it('runs one round at a time; a round asked for meanwhile starts after it', async () => {
  const { run, rounds, open } = gate()
  const loop = startLoop(run, 60_000)
  await sleep(20)
  const first = loop.round()
  const second = loop.round()
  await sleep(20)
  expect(rounds()).toBe(1)
  open()
  await sleep(20)
  expect(rounds()).toBe(2)
  open()
  await Promise.all([first, second])
  expect(rounds()).toBe(2)
  await loop.stop()
})

it('runs rounds without hints', async () => {
  let rounds = 0
  const count = async (): Promise<void> => {
    rounds += 1
  }
  const loop = startLoop(count, 15)
  await sleep(120)
  expect(rounds).toBeGreaterThanOrEqual(3)
  await loop.stop()
  const then = rounds
  await sleep(50)
  expect(rounds).toBe(then)
})

it('the earliest hint decides when the next round runs', async () => {
  let rounds = 0
  const count = async (): Promise<void> => {
    rounds += 1
  }
  const loop = startLoop(count, 60_000)
  await sleep(20)
  loop.wake(5_000)
  loop.wake(10)
  await sleep(60)
  expect(rounds).toBe(2)
  await loop.stop()
})

describe('while no round may start yet', () => {
  function spacedLoop() {
    const startedAt: number[] = []
    let earliestMs = 0
    const begunMs = Date.now()
    const loop = startLoop(
      async () => {
        startedAt.push(Date.now() - begunMs)
        earliestMs = Date.now() + 10_000
      },
      60_000,
      () => earliestMs,
    )
    return { loop, startedAt }
  }
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('a storm of hints is one round each 10 s', async () => {
    const { loop, startedAt } = spacedLoop()
    for (let second = 0; second < 25; second += 1) {
      loop.wake()
      await vi.advanceTimersByTimeAsync(1_000)
    }
    await loop.stop()
    expect(startedAt).toEqual([0, 10_000, 20_000])
  })

  it('a round that somebody asked for waits, and the hints meanwhile share it', async () => {
    const { loop, startedAt } = spacedLoop()
    await vi.advanceTimersByTimeAsync(4_000)
    const asked = loop.round()
    await vi.advanceTimersByTimeAsync(5_900)
    loop.wake()
    await vi.advanceTimersByTimeAsync(1_000)
    await asked
    await vi.advanceTimersByTimeAsync(10_000)
    await loop.stop()
    expect(startedAt).toEqual([0, 10_000])
  })

  it('a hint during a round starts the next one when it may, not at its end', async () => {
    const startedAt: number[] = []
    let earliestMs = 0
    const begunMs = Date.now()
    const loop = startLoop(
      async () => {
        startedAt.push(Date.now() - begunMs)
        await new Promise((resolve) => setTimeout(resolve, 3_000))
        earliestMs = Date.now() + 10_000
      },
      60_000,
      () => earliestMs,
    )
    await vi.advanceTimersByTimeAsync(1_000)
    loop.wake()
    await vi.advanceTimersByTimeAsync(15_000)
    await loop.stop()
    expect(startedAt).toEqual([0, 13_000])
  })

  it('stop does not wait, and answers who asked for a round', async () => {
    const { loop, startedAt } = spacedLoop()
    await vi.advanceTimersByTimeAsync(1_000)
    const asked = loop.round()
    await loop.stop()
    await asked
    expect(startedAt).toEqual([0])
  })
})

it('stop waits for the running round', async () => {
  const { run, open } = gate()
  const loop = startLoop(run, 60_000)
  await sleep(20)
  let stopped = false
  const stop = loop.stop().then(() => {
    stopped = true
  })
  await sleep(20)
  expect(stopped).toBe(false)
  open()
  await stop
  expect(stopped).toBe(true)
})

it('stop asks the running round to end early', async () => {
  const loop = startLoop(
    (stopping) =>
      new Promise<void>((resolve) =>
        stopping.addEventListener('abort', () => resolve(), { once: true }),
      ),
    60_000,
  )
  await sleep(20)
  await loop.stop()
  expect(await Promise.race([loop.round().then(() => 'ended'), sleep(1_000)])).toBe('ended')
})

it('runs no round after stop and leaves no timer, which would keep the process alive', async () => {
  vi.useFakeTimers()
  try {
    let rounds = 0
    const loop = startLoop(async () => {
      rounds += 1
    }, 60_000)
    await vi.advanceTimersByTimeAsync(1)
    await loop.stop()
    loop.wake(0)
    await loop.round()
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(120_000)
    expect(rounds).toBe(1)
  } finally {
    vi.useRealTimers()
  }
})
