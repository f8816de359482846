import type { Node, Pod } from '../kubernetes/objects.ts'
import { byControllerOrder, isTerminal, isTerminating } from './pod-state.ts'
import { targetNodeName } from './target-node.ts'

/** The pods that count, by the name of the node they are on or pinned to, each list in the controller's order. */
export type PodsByNode = ReadonlyMap<string, readonly Pod[]>

/** The same, by the nodes of a cluster. */
export interface PlacedPods {
  /** By the node's place in the list of nodes; empty where it has none. */
  readonly on: readonly (readonly Pod[])[]
  /** On or pinned to a node that is not there: they count nowhere. */
  readonly strays: readonly Pod[]
}

/**
 * Groups claimed pods by node. A pod that has ended and is being deleted counts no more, save before Kubernetes 1.27;
 * one that belongs to no node never does.
 */
export function podsByNode(claimed: readonly Pod[], serverVersion?: string): PodsByNode {
  const byNode = new Map<string, readonly Pod[]>()
  const endedCount = countsEndedPods(serverVersion)
  for (const pod of claimed) {
    const node =
      endedCount || !isTerminal(pod) || !isTerminating(pod) ? targetNodeName(pod) : undefined
    if (node !== undefined) byNode.set(node, inserted(byNode.get(node), pod))
  }
  return byNode
}

/** Sorts claimed pods to the nodes of a cluster, by the rules of `podsByNode`. */
export function placePods(
  claimed: readonly Pod[],
  nodes: readonly Node[],
  serverVersion?: string,
): PlacedPods {
  const places = placesOf(nodes)
  const on = new Array<readonly Pod[]>(nodes.length).fill(NONE)
  const strays: Pod[] = []
  const endedCount = countsEndedPods(serverVersion)
  for (const pod of claimed) {
    const node =
      endedCount || !isTerminal(pod) || !isTerminating(pod) ? targetNodeName(pod) : undefined
    if (node === undefined) continue
    const place = places.get(node)
    if (place === undefined) strays.push(pod)
    else on[place] = inserted(on[place], pod)
  }
  return { on, strays }
}

function inserted(pods: readonly Pod[] | undefined, pod: Pod): readonly Pod[] {
  return pods === undefined || pods.length === 0 ? [pod] : [...pods, pod].sort(byControllerOrder)
}

const NONE: readonly Pod[] = []

// A list of nodes is looked through for every DaemonSet.
const cache = new WeakMap<readonly Node[], ReadonlyMap<string, number>>()

function placesOf(nodes: readonly Node[]): ReadonlyMap<string, number> {
  const places =
    cache.get(nodes) ?? new Map(nodes.map(({ metadata }, index) => [metadata.name, index]))
  cache.set(nodes, places)
  return places
}

// https://github.com/kubernetes/kubernetes/pull/118716 (1.28) and its back-port to 1.27.
function countsEndedPods(serverVersion: string | undefined): boolean {
  const version = /^v?1\.(\d+)/.exec(serverVersion ?? '')
  return version !== null && Number(version[1]) < 27
}
