import { controllerRef } from '../../daemonset/object-state.ts'
import { newestRevisionFirst } from '../../daemonset/rollout.ts'
import { once, type World, worldOf } from '../../daemonset/world.ts'
import type {
  ControllerRevision,
  DaemonSet,
  Event,
  Lease,
  Node,
  Pod,
  PodDisruptionBudget,
  Snapshot,
} from '../../kubernetes/objects.ts'
import { withEvidentGate } from './feature-gates.ts'

/**
 * A snapshot with the lookups that all DaemonSets share. Each index is built on first use, once.
 */
export interface SnapshotIndex {
  /** With the feature gate that it evidently has (`feature-gates.ts`). */
  readonly snapshot: Snapshot
  /** The snapshot as it was read. */
  readonly given: Snapshot
  readonly world: World
  /** Milliseconds since 1970: when the snapshot was taken. */
  readonly now: number
  readonly node: (name: string) => Node | undefined
  /** All pods bound to the node, not only daemon pods. */
  readonly podsOn: (node: string) => readonly Pod[]
  readonly daemonSetsIn: (namespace: string) => readonly DaemonSet[]
  /** Newest first. */
  readonly revisionsOf: (daemonSet: DaemonSet) => readonly ControllerRevision[]
  readonly eventsOf: (kind: string, namespace: string | undefined, name: string) => readonly Event[]
  readonly lease: (namespace: string, name: string) => Lease | undefined
  readonly budgetsIn: (namespace: string) => readonly PodDisruptionBudget[]
  /** Whether the list was requested and could be read. */
  readonly has: (resource: keyof Snapshot) => boolean
  /** The result of `compute`, computed once per cache and id. */
  readonly cached: <T>(cache: Cache<T>, id: string, compute: () => T) => T
}

/**
 * Identifies a cache for results of type `T`. The results belong to the index, not to this token.
 */
export interface Cache<T> {
  /** Never set: it only ties the token to its result type. */
  readonly result?: T
}

/** Namespace of an object. An object without one is in `default`, as for kubectl. */
export function namespaceOf(object: {
  readonly metadata: { readonly namespace?: string }
}): string {
  return object.metadata.namespace ?? 'default'
}

/** Makes the index of a snapshot. Keep it for everything that is looked up in that snapshot. */
export function indexSnapshot(given: Snapshot): SnapshotIndex {
  const snapshot = withEvidentGate(given)
  const nodes = once(() => new Map(snapshot.nodes.map((node) => [node.metadata.name, node])))
  const pods = once(() => grouped(snapshot.pods, (pod) => pod.spec?.nodeName))
  const daemonSets = once(() => grouped(snapshot.daemonSets, namespaceOf))
  const revisions = once(() =>
    grouped(snapshot.controllerRevisions ?? [], (revision) => controllerRef(revision)?.uid),
  )
  const events = once(() =>
    grouped(snapshot.events ?? [], ({ involvedObject: { kind, namespace, name } }) =>
      eventKey(kind, namespace, name),
    ),
  )
  const leases = once(
    () =>
      new Map(
        (snapshot.leases ?? []).map((lease) => [
          `${namespaceOf(lease)}/${lease.metadata.name}`,
          lease,
        ]),
      ),
  )
  const budgets = once(() => grouped(snapshot.podDisruptionBudgets ?? [], namespaceOf))
  const unreadable = new Set(snapshot.unreadable.map(({ resource }) => resource.toLowerCase()))
  return {
    snapshot,
    given,
    world: worldOf({ ...snapshot, now: snapshot.takenAt }),
    now: Date.parse(snapshot.takenAt),
    node: (name) => nodes().get(name),
    podsOn: (node) => pods().get(node) ?? [],
    daemonSetsIn: (namespace) => daemonSets().get(namespace) ?? [],
    revisionsOf: ({ metadata: { uid = '' } }) =>
      (revisions().get(uid) ?? []).toSorted(newestRevisionFirst),
    // Events about nodes, which have no namespace, are in `default`.
    eventsOf: (kind, namespace, name) => [
      ...(events().get(eventKey(kind, namespace, name)) ?? []),
      ...(kind === 'Node' ? (events().get(eventKey(kind, 'default', name)) ?? []) : []),
    ],
    lease: (namespace, name) => leases().get(`${namespace}/${name}`),
    budgetsIn: (namespace) => budgets().get(namespace) ?? [],
    has: (resource) => snapshot[resource] !== undefined && !unreadable.has(resource.toLowerCase()),
    cached: cacheStore(),
  }
}

function cacheStore(): SnapshotIndex['cached'] {
  const caches = new Map<Cache<unknown>, Map<string, unknown>>()
  return <T>(cache: Cache<T>, id: string, compute: () => T): T => {
    const results = (caches.get(cache) ?? new Map()) as Map<string, T>
    caches.set(cache, results)
    const known = results.get(id)
    if (known !== undefined) return known
    const result = compute()
    results.set(id, result)
    return result
  }
}

function eventKey(
  kind: string | undefined,
  namespace: string | undefined,
  name: string | undefined,
): string {
  return `${kind ?? ''}/${namespace ?? ''}/${name ?? ''}`
}

function grouped<T>(
  items: readonly T[],
  keyOf: (item: T) => string | undefined,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}

/** When an event last occurred, in milliseconds since 1970; 0 if it has no time. */
export function eventTime({ lastTimestamp, eventTime, firstTimestamp, metadata }: Event): number {
  return (
    Date.parse(lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp ?? '') ||
    0
  )
}

/** The newest event with one of these reasons. */
export function newestEvent(
  events: readonly Event[],
  reasons: readonly string[],
): Event | undefined {
  return events
    .filter(({ reason }) => reasons.includes(reason ?? ''))
    .reduce<Event | undefined>(
      (best, event) => (best && eventTime(best) >= eventTime(event) ? best : event),
      undefined,
    )
}
