import type { Event, ObjectMeta } from '../../src/kubernetes/objects.ts'
import type { ObjectStore } from './object-store.ts'
import { randomSuffix } from './random-name.ts'

export interface Happening {
  readonly kind: string
  readonly object: { readonly metadata: ObjectMeta }
  readonly reason: string
  readonly message: string
  /** The component that tells it, e.g. `daemonset-controller`. */
  readonly source: string
  readonly type?: 'Normal' | 'Warning'
}

/** Writes an event about an object, as its controller would. Events of nodes are kept in `default`. */
export function recordEvent(
  store: ObjectStore,
  { kind, object, reason, message, source, type = 'Normal' }: Happening,
): void {
  const { namespace, name, uid } = object.metadata
  const at = new Date().toISOString().replace(/\.\d+/, '')
  store.create('events', {
    metadata: {
      name: `${name}.${Date.now().toString(16)}${randomSuffix()}`,
      namespace: namespace ?? 'default',
    },
    involvedObject: { kind, namespace, name, uid },
    reason,
    message,
    source: { component: source },
    reportingComponent: source,
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    type,
  } as Event)
}
