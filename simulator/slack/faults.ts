import type { Args } from './call.ts'

/**
 * A failure of one call. With `accepted`, Slack performs the call and only the response fails, so
 * the app cannot know whether its message was posted.
 */
export type Fault =
  /** 429. Without `retryAfterSeconds` there is no Retry-After header. */
  | { readonly kind: 'rate-limit'; readonly retryAfterSeconds?: number }
  | { readonly kind: 'status'; readonly status: number; readonly accepted?: boolean }
  /** The HTML error page of a proxy. Default status 200. */
  | { readonly kind: 'html'; readonly status?: number }
  /** No response until the app gives up. */
  | { readonly kind: 'hang'; readonly accepted?: boolean }
  /** The connection closes without a response. */
  | { readonly kind: 'cut'; readonly accepted?: boolean }
  /** The normal response, late. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** `ok: false` with this code. */
  | { readonly kind: 'error'; readonly error: string }

/** A fault, or a function that decides for each call. */
export type FaultRule = Fault | ((method: string, args: Args) => Fault | undefined)

interface Planned {
  readonly method: string
  readonly rule: FaultRule
  left: number
}

/** Faults planned for future calls. */
export class Faults {
  #planned: Planned[] = []

  /**
   * Makes the next `times` calls of a method fail (`*`: of any method). Several faults for one
   * method apply in the order added.
   */
  add(method: string, rule: FaultRule, times = 1): void {
    this.#planned.push({ method, rule, left: times })
  }

  /** Removes the faults planned for a method, or all. */
  clear(method?: string): void {
    this.#planned = this.#planned.filter((plan) => method !== undefined && plan.method !== method)
  }

  /** The fault for this call, if one is planned. Uses it up. */
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
