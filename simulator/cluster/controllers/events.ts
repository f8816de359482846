import type { Event, ObjectMeta } from '../../../src/kubernetes/objects.ts'
import type { ObjectStore } from '../object-store.ts'
import { kubernetesTime } from '../resources.ts'
import { randomSuffix } from './daemonset-template.ts'

/** An event about an object. */
export interface EventParts {
  readonly kind: string
  readonly object: { readonly metadata: ObjectMeta }
  readonly reason: string
  readonly message: string
  /** The reporting component, such as `daemonset-controller`. */
  readonly source: string
  readonly type?: 'Normal' | 'Warning'
}

/** Writes an event, as a controller does. Events about nodes go to the namespace `default`. */
export function recordEvent(
  store: ObjectStore,
  { kind, object, reason, message, source, type = 'Normal' }: EventParts,
): void {
  const { namespace, name, uid } = object.metadata
  const at = kubernetesTime()
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
