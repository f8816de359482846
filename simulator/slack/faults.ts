import type { Args } from './args.ts'

/**
 * One way in which a call can go wrong. `accepted` ones are carried out all the same: the app cannot know, which is what
 * makes a post ambiguous.
 */
export type Fault =
  /** 429. Seconds in Retry-After; without them the header is missing. */
  | { readonly kind: 'rate-limit'; readonly retryAfter?: number }
  | { readonly kind: 'status'; readonly status: number; readonly accepted?: boolean }
  /** The error page of a proxy in between; status 200 unless given. */
  | { readonly kind: 'html'; readonly status?: number }
  /** No answer until the app gives up. */
  | { readonly kind: 'hang'; readonly accepted?: boolean }
  /** The connection ends without an answer. */
  | { readonly kind: 'cut'; readonly accepted?: boolean }
  /** A right answer, late. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** `ok: false` with this code. */
  | { readonly kind: 'error'; readonly error: string }

/** A fault, or what decides it for each call. */
export type FaultRule = Fault | ((method: string, args: Args) => Fault | undefined)

interface Planned {
  readonly method: string
  readonly rule: FaultRule
  left: number
}

/** The faults that wait for their call. */
export class Faults {
  #planned: Planned[] = []

  /** Lets the next `times` calls of the method (`*`: of any) fail; several plans for one method apply one after the other. */
  add(method: string, rule: FaultRule, times = 1): void {
    this.#planned.push({ method, rule, left: times })
  }

  /** Forgets what is planned for the method, or everything. */
  heal(method?: string): void {
    this.#planned = this.#planned.filter((plan) => method !== undefined && plan.method !== method)
  }

  take(method: string, args: Args): Fault | undefined {
    for (const plan of this.#planned) {
      if (plan.left <= 0 || (plan.method !== '*' && plan.method !== method)) continue
      const fault = typeof plan.rule === 'function' ? plan.rule(method, args) : plan.rule
      if (!fault) continue
      plan.left -= 1
      return fault
    }
    return undefined
  }
}
