/** Arguments of a call, decoded. Unchecked: they come from the app. */
export type Args = Readonly<Record<string, unknown>>

/** A JSON object, as opposed to an array, a scalar or null. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Makes a call answer `ok: false`, with Slack's error code and further response fields. */
export class SlackError extends Error {
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: string, details: Readonly<Record<string, unknown>> = {}) {
    super(code)
    this.code = code
    this.details = details
  }
}

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

/** One request from the app to the Web API or to a response_url, with its response. */
export interface Call {
  /** A method such as `chat.postMessage`, or `response_url`. */
  readonly method: string
  /** Decoded: `blocks`, `view` and the like are objects, whether sent as JSON or as a form. */
  readonly args: Args
  readonly token: string | undefined
  /** Milliseconds since 1970. */
  readonly at: number
  readonly fault: Fault | undefined
  /**
   * The response of the method, whether or not it reached the app. undefined: a fault prevented the
   * call.
   */
  readonly answer: Readonly<Record<string, unknown>> | undefined
}
