import type { Pod } from '../kubernetes/objects.ts'
import { byControllerOrder, isTerminal, isTerminating } from './pod-state.ts'
import { targetNodeName } from './target-node.ts'

/** The pods that count, by the node they are on or pinned to, each list in the controller's order. */
export type PodsByNode = ReadonlyMap<string, readonly Pod[]>

/**
 * Groups claimed pods by node. A pod that has ended and is being deleted counts no more, save before Kubernetes 1.27;
 * one that belongs to no node never does.
 */
export function podsByNode(claimed: readonly Pod[], serverVersion?: string): PodsByNode {
  const byNode = new Map<string, Pod[]>()
  const endedCount = countsEndedPods(serverVersion)
  for (const pod of claimed) {
    if (!endedCount && isTerminal(pod) && isTerminating(pod)) continue
    const node = targetNodeName(pod)
    if (node === undefined) continue
    const list = byNode.get(node)
    if (list) list.push(pod)
    else byNode.set(node, [pod])
  }
  for (const list of byNode.values()) if (list.length > 1) list.sort(byControllerOrder)
  return byNode
}

// https://github.com/kubernetes/kubernetes/pull/118716 (1.28) and its back-port to 1.27.
function countsEndedPods(serverVersion: string | undefined): boolean {
  const version = /^v?1\.(\d+)/.exec(serverVersion ?? '')
  return version !== null && Number(version[1]) < 27
}
