import type { Resource } from './resources.ts'

/** What goes wrong, and for which requests: all, or those of one verb or resource. */
export type Fault = FaultKind & {
  readonly verb?: string
  readonly resource?: Resource
  /** So often; then it is over. Default: until it is taken away. */
  readonly times?: number
}

type FaultKind =
  /** No answer until the client gives up. */
  | { readonly kind: 'hang' }
  /** The connection breaks in the middle of the body. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'slow'; readonly milliseconds: number }
  | {
      readonly kind: 'status'
      readonly code: 429 | 500 | 503 /** Seconds. */
      readonly retryAfter?: number
    }
  /** The right is gone: 403, and access reviews say so. */
  | { readonly kind: 'forbidden' }
  /** An admission webhook refuses the write. */
  | { readonly kind: 'denied'; readonly webhook: string; readonly message: string }
  /** An admission webhook with side effects: it cannot be asked in a dry run. */
  | { readonly kind: 'no-dry-run'; readonly webhook: string }

export interface Faults {
  /** Returns what takes it away again. */
  add(fault: Fault): () => void
  clear(): void
  /** The fault of this kind that meets the request; it counts as used. */
  take<K extends Fault['kind']>(
    kind: K,
    verb: string,
    resource: string | undefined,
  ): Extract<Fault, { kind: K }> | undefined
}

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
      const meets = ({ fault }: { fault: Fault }) =>
        fault.kind === kind &&
        (fault.verb ?? verb) === verb &&
        (fault.resource === undefined || fault.resource === resource)
      const entry = active.find(meets)
      if (!entry) return undefined
      entry.left--
      if (entry.left <= 0) active = active.filter((one) => one !== entry)
      return entry.fault as Extract<Fault, { kind: K }>
    },
  }
}
