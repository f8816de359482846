import type {
  ControllerRevision,
  DaemonSet,
  FeatureGates,
  Namespace,
  Node,
  Pod,
} from '../kubernetes/objects.ts'
import { type Change, changedNodes, changesNodes } from './change.ts'
import { controllerRef } from './object-state.ts'
import { keepsPodsAway } from './tolerations.ts'

/** The objects that the DaemonSet controller works with. */
export interface WorldLists {
  readonly nodes: readonly Node[]
  readonly pods: readonly Pod[]
  readonly namespaces?: readonly Namespace[]
  readonly defaultNodeSelector?: string
  readonly featureGates?: FeatureGates
  /**
   * `v1.26.3`. Before 1.27 a finished pod that is being deleted still counts. Missing: 1.27 or
   * later.
   */
  readonly serverVersion?: string
  /** Only needed for what the controller deletes under maxSurge. */
  readonly controllerRevisions?: readonly ControllerRevision[]
  /** RFC 3339, for minReadySeconds. */
  readonly now: string
}

/**
 * The lists with the lookups that all DaemonSets share. Each index is built on first use, once; do
 * not change the lists afterwards.
 */
export interface World {
  readonly lists: WorldLists
  /** Index of a node in `lists.nodes`; undefined if there is no such node. */
  readonly nodeIndex: (name: string) => number | undefined
  /** Pods whose controller has this uid. */
  readonly podsControlledBy: (uid: string) => readonly Pod[]
  /** Pods without a controller in this namespace. */
  readonly orphanPods: (namespace: string) => readonly Pod[]
  /**
   * The nodes sorted into classes that a template cannot tell apart if it reads only these labels
   * (and, with `byName`, the name).
   */
  readonly nodeClasses: (labelKeys: readonly string[], byName: boolean) => NodeClasses
  /** The world with the nodes as the change leaves them; this world if it does not touch nodes. */
  readonly after: (change: Change) => World
}

/** Nodes by class, so that one decision serves all nodes of a class. */
export interface NodeClasses {
  /** Class of each node, by its index in the list of nodes. */
  readonly classOf: Uint32Array
  /** One node of each class. */
  readonly samples: readonly Node[]
  /** Number of nodes of each class. */
  readonly sizes: readonly number[]
}

/** Prepares lists for any number of DaemonSets and predictions. */
export function worldOf(lists: WorldLists): World {
  return indexed(
    lists,
    once(() => indexPods(lists.pods)),
  )
}

/** `make`, called on first use only. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made = made ?? { value: make() }
    return made.value
  }
}

/**
 * The same function with its results remembered, one for each world and DaemonSet. Neither may
 * change afterwards.
 */
export function remembered<T>(
  compute: (daemonSet: DaemonSet, world: World) => T,
): (daemonSet: DaemonSet, world: World) => T {
  const results = new WeakMap<World, WeakMap<DaemonSet, T>>()
  return (daemonSet, world) => {
    const inWorld = results.get(world) ?? new WeakMap<DaemonSet, T>()
    results.set(world, inWorld)
    const result = inWorld.get(daemonSet) ?? compute(daemonSet, world)
    inWorld.set(daemonSet, result)
    return result
  }
}

function indexed(lists: WorldLists, pods: () => PodIndex): World {
  const { nodes } = lists
  const indexes = once(() => new Map(nodes.map(({ metadata }, index) => [metadata.name, index])))
  const classes = new Map<string, NodeClasses>()
  const changed = new Map<string, World>()
  const world: World = {
    lists,
    nodeIndex: (name) => indexes().get(name),
    podsControlledBy: (uid) => pods().controlled.get(uid) ?? [],
    orphanPods: (namespace) => pods().orphans.get(namespace) ?? [],
    nodeClasses(labelKeys, byName) {
      const id = `${byName ? 'name' : ''}\n${labelKeys.join('\n')}`
      const known = classes.get(id) ?? classify(nodes, labelKeys, byName)
      classes.set(id, known)
      return known
    },
    after(change) {
      if (!changesNodes(change)) return world
      const id = JSON.stringify(change)
      const known =
        changed.get(id) ?? indexed({ ...lists, nodes: changedNodes(nodes, change) }, pods)
      changed.set(id, known)
      return known
    },
  }
  return world
}

interface PodIndex {
  /** By uid of the controlling owner. */
  readonly controlled: ReadonlyMap<string, readonly Pod[]>
  /** Pods without a controller, by namespace. */
  readonly orphans: ReadonlyMap<string, readonly Pod[]>
}

function indexPods(pods: readonly Pod[]): PodIndex {
  const controlled = new Map<string, Pod[]>()
  const orphans = new Map<string, Pod[]>()
  for (const pod of pods) {
    const owner = controllerRef(pod)
    if (owner) append(controlled, owner.uid ?? '', pod)
    else append(orphans, pod.metadata.namespace ?? 'default', pod)
  }
  return { controlled, orphans }
}

function append(lists: Map<string, Pod[]>, key: string, pod: Pod): void {
  const list = lists.get(key)
  if (list) list.push(pod)
  else lists.set(key, [pod])
}

function classify(
  nodes: readonly Node[],
  labelKeys: readonly string[],
  byName: boolean,
): NodeClasses {
  const classOf = new Uint32Array(nodes.length)
  const samples: Node[] = []
  const sizes: number[] = []
  const ids = new Map<string, number>()
  nodes.forEach((node, index) => {
    const description = describe(node, labelKeys, byName)
    let id = ids.get(description)
    if (id === undefined) {
      id = samples.push(node) - 1
      ids.set(description, id)
    }
    classOf[index] = id
    sizes[id] = (sizes[id] ?? 0) + 1
  })
  return { classOf, samples, sizes }
}

// timeAdded belongs to the class because reasons repeat it.
function describe(node: Node, labelKeys: readonly string[], byName: boolean): string {
  const labels = node.metadata.labels ?? {}
  let text = byName ? node.metadata.name : ''
  for (const taint of node.spec?.taints ?? []) {
    if (keepsPodsAway(taint))
      text += `\n${taint.key}=${taint.value ?? ''}:${taint.effect}@${taint.timeAdded ?? ''}`
  }
  for (const key of labelKeys) text += Object.hasOwn(labels, key) ? `\n=${labels[key]}` : '\n!'
  return text
}
