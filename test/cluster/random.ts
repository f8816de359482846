/** Pseudo-random numbers from a seed (mulberry32). The same seed gives the same numbers. */
export interface Random {
  /** 0 to limit - 1. */
  int(limit: number): number
  chance(probability: number): boolean
  /** Throws if the list is empty. */
  pick<T>(list: readonly T[]): T
  /** A list of `least` to `most` items. */
  some<T>(least: number, most: number, make: () => T): T[]
}

/** Starts the sequence of a seed, of which the low 32 bits count. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (limit: number) => Math.floor(next() * limit)
  return {
    int,
    chance: (probability) => next() < probability,
    pick<T>(list: readonly T[]): T {
      if (list.length === 0) throw new Error('cannot pick from an empty list')
      return list[int(list.length)] as T
    },
    some: (least, most, make) => Array.from({ length: least + int(most - least + 1) }, make),
  }
}
