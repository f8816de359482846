import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { ObjectMeta, Pod } from '../../src/kubernetes/objects.ts'
import {
  apiVersionOf,
  definitionOf,
  kubernetesTime,
  type Objects,
  type Resource,
} from './resources.ts'

/** One write. `before` is undefined for a new object, `after` for a deleted one. */
export interface Change<R extends Resource = Resource> {
  readonly resource: R
  readonly before: Objects[R] | undefined
  readonly after: Objects[R] | undefined
}

const HAS_GENERATION: readonly Resource[] = ['daemonsets', 'poddisruptionbudgets']

type Stored = Objects[Resource]
type Spec = { readonly spec?: unknown }

/**
 * The objects of a cluster, as etcd and the API server's registry keep them. Objects are replaced,
 * never changed in place, and every write gets a new resourceVersion. Lists are ordered by
 * namespace and name.
 */
export class ObjectStore {
  readonly #tables = new Map<Resource, Map<string, Stored>>()
  readonly #sorted = new Map<Resource, readonly Stored[]>()
  readonly #listeners = new Set<(change: Change) => void>()
  #revision = 1000

  /** resourceVersion of the last write. */
  revision(): string {
    return String(this.#revision)
  }

  /** All namespaces unless one is given. */
  list<R extends Resource>(resource: R, namespace?: string): readonly Objects[R][] {
    const all =
      this.#sorted.get(resource) ??
      [...this.#table(resource)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object)
    this.#sorted.set(resource, all)
    const selected =
      namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace)
    return selected as readonly Objects[R][]
  }

  /** `namespace`: undefined for cluster-scoped resources. */
  get<R extends Resource>(
    resource: R,
    namespace: string | undefined,
    name: string,
  ): Objects[R] | undefined {
    return this.#table(resource).get(keyOf(namespace, name)) as Objects[R] | undefined
  }

  /**
   * Adds an object, with uid, creationTimestamp and generation if it has none. Throws if it exists.
   */
  create<R extends Resource>(resource: R, object: Objects[R]): Objects[R] {
    const { namespace, name } = object.metadata
    if (this.get(resource, namespace, name))
      throw new Error(`${resource} ${keyOf(namespace, name)} already exists`)
    const definition = definitionOf(resource)
    const metadata: ObjectMeta = {
      uid: randomUUID(),
      creationTimestamp: kubernetesTime(),
      ...(HAS_GENERATION.includes(resource) && { generation: 1 }),
      ...object.metadata,
      resourceVersion: this.#nextRevision(),
    }
    const created = {
      kind: definition.kind,
      apiVersion: apiVersionOf(definition),
      ...object,
      metadata,
    }
    this.#write(resource, keyOf(namespace, name), undefined, created)
    return created
  }

  /**
   * Replaces an object, unless nothing changes. A changed spec raises the generation. An object
   * that is being deleted is removed when its last finalizer is. Throws if the object does not
   * exist.
   */
  update<R extends Resource>(resource: R, object: Objects[R]): Objects[R] {
    const { namespace, name } = object.metadata
    const before = this.get(resource, namespace, name)
    if (!before) throw new Error(`${resource} ${keyOf(namespace, name)} does not exist`)
    if (isDeepStrictEqual(before, object)) return before
    const generation = nextGeneration(resource, before, object)
    const metadata = {
      ...object.metadata,
      ...(generation !== undefined && { generation }),
      resourceVersion: this.#nextRevision(),
    }
    const after = { ...object, metadata }
    const isGone = lostLastFinalizer(before, after)
    this.#write(resource, keyOf(namespace, name), before, isGone ? undefined : after)
    return after
  }

  /** Reads, changes and updates an object. undefined: it does not exist. */
  change<R extends Resource>(
    resource: R,
    namespace: string | undefined,
    name: string,
    change: (current: Objects[R]) => Objects[R],
  ): Objects[R] | undefined {
    const current = this.get(resource, namespace, name)
    return current && this.update(resource, change(current))
  }

  /** Removes an object at once, whatever its finalizers. Does nothing if it does not exist. */
  remove(resource: Resource, namespace: string | undefined, name: string): void {
    const before = this.get(resource, namespace, name)
    if (!before) return
    this.#nextRevision()
    this.#write(resource, keyOf(namespace, name), before, undefined)
  }

  /** Calls the listener after each write. Returns a function that unsubscribes. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #nextRevision(): string {
    return String(++this.#revision)
  }

  #table(resource: Resource): Map<string, Stored> {
    const found = this.#tables.get(resource) ?? new Map<string, Stored>()
    this.#tables.set(resource, found)
    return found
  }

  #write(
    resource: Resource,
    key: string,
    before: Stored | undefined,
    after: Stored | undefined,
  ): void {
    if (after) this.#table(resource).set(key, after)
    else this.#table(resource).delete(key)
    this.#sorted.delete(resource)
    for (const listener of this.#listeners) listener({ resource, before, after })
  }
}

/** undefined: this object has no generation. */
function nextGeneration(resource: Resource, before: Stored, after: Stored): number | undefined {
  const { generation, deletionTimestamp } = before.metadata
  if (generation === undefined) return undefined
  const startsDeletion =
    deletionTimestamp === undefined && after.metadata.deletionTimestamp !== undefined
  const changed = startsDeletion || !isDeepStrictEqual((before as Spec).spec, (after as Spec).spec)
  return HAS_GENERATION.includes(resource) && changed ? generation + 1 : generation
}

/** Whether an object that only waited for its finalizers has lost the last one. */
function lostLastFinalizer({ metadata: before }: Stored, { metadata: after }: Stored): boolean {
  const isWaiting =
    after.deletionTimestamp !== undefined && (after.deletionGracePeriodSeconds ?? 0) === 0
  return isWaiting && (before.finalizers?.length ?? 0) > 0 && (after.finalizers?.length ?? 0) === 0
}

const keyOf = (namespace: string | undefined, name: string) =>
  namespace === undefined ? name : `${namespace}/${name}`

/**
 * Starts a deletion as the API server does: a pod on a node gets a grace period, and an object with
 * finalizers stays until they are removed. Returns the object in its last state.
 */
export function deleteObject<R extends Resource>(
  store: ObjectStore,
  resource: R,
  object: Objects[R],
  graceSeconds?: number,
): Objects[R] {
  const grace = resource === 'pods' ? podGrace(object as Pod, graceSeconds) : 0
  const marked = markDeleted(object, grace)
  if (grace > 0 || (object.metadata.finalizers?.length ?? 0) > 0)
    return store.update(resource, marked)
  store.remove(resource, object.metadata.namespace, object.metadata.name)
  return marked
}

/** 0 for a pod that is not bound to a node or whose containers have ended. */
function podGrace({ spec, status }: Pod, requested: number | undefined): number {
  const ended = status?.phase === 'Failed' || status?.phase === 'Succeeded'
  return !spec?.nodeName || ended ? 0 : (requested ?? spec.terminationGracePeriodSeconds ?? 30)
}

/** A second deletion can only shorten the grace period. */
function markDeleted<T extends { readonly metadata: ObjectMeta }>(object: T, grace: number): T {
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata
  if (deletionTimestamp !== undefined && (deletionGracePeriodSeconds ?? 0) <= grace) return object
  const deletedAt =
    deletionTimestamp === undefined
      ? Date.now()
      : Date.parse(deletionTimestamp) - (deletionGracePeriodSeconds ?? 0) * 1000
  const end = kubernetesTime(deletedAt + grace * 1000)
  return {
    ...object,
    metadata: { ...object.metadata, deletionTimestamp: end, deletionGracePeriodSeconds: grace },
  }
}
