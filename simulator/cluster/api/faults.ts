import type { Resource } from '../resources.ts'

/** A failure, and which requests it affects: all, or those with this verb or resource. */
export type Fault = FaultKind & {
  readonly verb?: string
  readonly resource?: Resource
  /** How many requests it affects. Default: all until it is removed. */
  readonly times?: number
}

type FaultKind =
  /** No response until the client gives up. */
  | { readonly kind: 'hang' }
  /** The connection closes in the middle of the body. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'slow'; readonly delayMs: number }
  | {
      readonly kind: 'status'
      readonly code: 429 | 500 | 503
      readonly retryAfterSeconds?: number
    }
  /** The permission is missing: 403, also in access reviews. */
  | { readonly kind: 'forbidden' }
  /** An admission webhook denies the write. */
  | { readonly kind: 'denied'; readonly webhook: string; readonly message: string }
  /** An admission webhook with side effects, which makes a dry run fail. */
  | { readonly kind: 'no-dry-run'; readonly webhook: string }

/** Faults planned for future requests. */
export interface Faults {
  /** Returns a function that removes the fault. */
  add(fault: Fault): () => void
  clear(): void
  /** The fault of this kind for this request, if there is one. Counts as one use. */
  take<K extends Fault['kind']>(
    kind: K,
    verb: string,
    resource: string | undefined,
  ): Extract<Fault, { kind: K }> | undefined
}

/** Without faults at first. */
export function createFaults(): Faults {
  let active: { fault: Fault; left: number }[] = []
  return {
    add(fault) {
      const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY }
      active.push(entry)
      return () => {
        active = active.filter((one) => one !== entry)
      }
    },
    clear() {
      active = []
    },
    take<K extends Fault['kind']>(kind: K, verb: string, resource: string | undefined) {
      const applies = ({ fault }: { fault: Fault }) =>
        fault.kind === kind &&
        (fault.verb ?? verb) === verb &&
        (fault.resource === undefined || fault.resource === resource)
      const entry = active.find(applies)
      if (!entry) return undefined
      entry.left--
      if (entry.left <= 0) active = active.filter((one) => one !== entry)
      return entry.fault as Extract<Fault, { kind: K }>
    },
  }
}
