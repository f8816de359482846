import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { ObjectMeta } from '../../src/kubernetes/objects.ts'
import { apiVersionOf, definitionOf, type Objects, type Resource } from './resources.ts'

/** One write, as a watch would tell it: no `before` for a new object, no `after` for one that is gone. */
export interface Change<R extends Resource = Resource> {
  readonly resource: R
  readonly before: Objects[R] | undefined
  readonly after: Objects[R] | undefined
}

/**
 * What etcd and the registry behind the API server keep: objects that are replaced, never changed in place, each write with a new
 * resourceVersion. Lists are in the order of namespace and name.
 */
export interface ObjectStore {
  /** The last write's resourceVersion. */
  revision(): string
  list<R extends Resource>(resource: R, namespace?: string): readonly Objects[R][]
  get<R extends Resource>(
    resource: R,
    namespace: string | undefined,
    name: string,
  ): Objects[R] | undefined
  /** Fills in what the server sets (uid, creationTimestamp, generation) where it is missing. Throws if there is one of that name. */
  create<R extends Resource>(resource: R, object: Objects[R]): Objects[R]
  /**
   * Replaces; nothing happens if nothing differs. A changed spec raises the generation, and an object being deleted goes with its last
   * finalizer. Throws if there is none of that name.
   */
  update<R extends Resource>(resource: R, object: Objects[R]): Objects[R]
  /** Reads, changes and writes; undefined if the object is gone. */
  change<R extends Resource>(
    resource: R,
    namespace: string | undefined,
    name: string,
    change: (now: Objects[R]) => Objects[R],
  ): Objects[R] | undefined
  remove(resource: Resource, namespace: string | undefined, name: string): void
  /** Told after each write. Returns what ends it. */
  onChange(listener: (change: Change) => void): () => void
}

const GENERATION: readonly Resource[] = ['daemonsets', 'poddisruptionbudgets']

type Stored = Objects[Resource]
type Spec = { readonly spec?: unknown }

export function createObjectStore(): ObjectStore {
  let revision = 1000
  const tables = new Map<Resource, Map<string, Stored>>()
  const sorted = new Map<Resource, readonly Stored[]>()
  const listeners = new Set<(change: Change) => void>()

  const table = (resource: Resource) => {
    const found = tables.get(resource) ?? new Map<string, Stored>()
    tables.set(resource, found)
    return found
  }
  const write = (
    resource: Resource,
    key: string,
    before: Stored | undefined,
    after: Stored | undefined,
  ) => {
    if (after) table(resource).set(key, after)
    else table(resource).delete(key)
    sorted.delete(resource)
    for (const listener of listeners) listener({ resource, before, after })
  }
  const find = <R extends Resource>(resource: R, namespace: string | undefined, name: string) =>
    table(resource).get(keyOf(namespace, name)) as Objects[R] | undefined

  const store: ObjectStore = {
    revision: () => String(revision),
    list<R extends Resource>(resource: R, namespace?: string) {
      const all =
        sorted.get(resource) ??
        [...table(resource)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object)
      sorted.set(resource, all)
      return (
        namespace === undefined
          ? all
          : all.filter(({ metadata }) => metadata.namespace === namespace)
      ) as readonly Objects[R][]
    },
    get: find,
    create(resource, object) {
      const { namespace, name } = object.metadata
      if (find(resource, namespace, name))
        throw new Error(`${resource} ${keyOf(namespace, name)} is there already`)
      const definition = definitionOf(resource)
      const metadata: ObjectMeta = {
        uid: randomUUID(),
        creationTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
        ...(GENERATION.includes(resource) && { generation: 1 }),
        ...object.metadata,
        resourceVersion: String(++revision),
      }
      const created = {
        kind: definition.kind,
        apiVersion: apiVersionOf(definition),
        ...object,
        metadata,
      }
      write(resource, keyOf(namespace, name), undefined, created)
      return created
    },
    update(resource, object) {
      const { namespace, name } = object.metadata
      const before = find(resource, namespace, name)
      if (!before) throw new Error(`${resource} ${keyOf(namespace, name)} is gone`)
      if (isDeepStrictEqual(before, object)) return before
      const deleting =
        before.metadata.deletionTimestamp === undefined &&
        object.metadata.deletionTimestamp !== undefined
      const raised =
        GENERATION.includes(resource) &&
        (deleting || !isDeepStrictEqual((before as Spec).spec, (object as Spec).spec))
      const generation =
        before.metadata.generation === undefined
          ? undefined
          : before.metadata.generation + (raised ? 1 : 0)
      const metadata = {
        ...object.metadata,
        ...(generation !== undefined && { generation }),
        resourceVersion: String(++revision),
      }
      const after = { ...object, metadata }
      write(resource, keyOf(namespace, name), before, released(before, after) ? undefined : after)
      return after
    },
    change(resource, namespace, name, change) {
      const now = find(resource, namespace, name)
      return now && store.update(resource, change(now))
    },
    remove(resource, namespace, name) {
      const before = find(resource, namespace, name)
      if (!before) return
      revision++
      write(resource, keyOf(namespace, name), before, undefined)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return store
}

/** The last finalizer is gone from an object whose deletion waited for nothing else. */
function released({ metadata: before }: Stored, { metadata: after }: Stored): boolean {
  const waits =
    after.deletionTimestamp !== undefined && (after.deletionGracePeriodSeconds ?? 0) === 0
  return waits && (before.finalizers?.length ?? 0) > 0 && (after.finalizers?.length ?? 0) === 0
}

const keyOf = (namespace: string | undefined, name: string) =>
  namespace === undefined ? name : `${namespace}/${name}`
