/** The stand-in's time in milliseconds since 1970. Tests move it forward instead of waiting. */
export class Clock {
  #ahead = 0

  now(): number {
    return Date.now() + this.#ahead
  }

  advance(ms: number): void {
    this.#ahead += ms
  }
}
