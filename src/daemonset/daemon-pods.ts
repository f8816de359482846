import type { Pod } from '../kubernetes/objects.ts'
import { matchesLabelSelector } from './label-selector.ts'
import { requiredTerms } from './node-affinity.ts'
import { byControllerOrder, controllerRef, isTerminal, isTerminating } from './object-state.ts'
import { remembered } from './world.ts'

/**
 * The pods that the controller treats as the DaemonSet's: those it controls whose labels match the
 * selector, and matching ones without a controller, which it adopts unless they or the DaemonSet
 * are being deleted.
 */
export const claimedPods = remembered((daemonSet, world): readonly Pod[] => {
  const { namespace = 'default', name, uid = '', deletionTimestamp } = daemonSet.metadata
  const isOwned = (pod: Pod) => {
    const owner = controllerRef(pod)
    return (
      owner?.kind === 'DaemonSet' &&
      owner.name === name &&
      (pod.metadata.namespace ?? 'default') === namespace
    )
  }
  const owned = world.podsControlledBy(uid).filter(isOwned)
  const adopted = deletionTimestamp
    ? []
    : world.orphanPods(namespace).filter((pod) => !isTerminating(pod))
  return [...owned, ...adopted].filter((pod) =>
    matchesLabelSelector(daemonSet.spec.selector, pod.metadata.labels),
  )
})

/**
 * The node a daemon pod is bound to, or pinned to while it is unbound. undefined: it is counted on
 * no node.
 */
export function targetNodeName(pod: Pod): string | undefined {
  if (pod.spec?.nodeName) return pod.spec.nodeName
  for (const term of requiredTerms(pod.spec) ?? []) {
    for (const field of term.matchFields ?? []) {
      if (field.key !== 'metadata.name' || field.operator !== 'In') continue
      // The first name decides: with two values it is an error, even if a later term has only one.
      return field.values?.length === 1 ? field.values[0] : undefined
    }
  }
  return undefined
}

/** The claimed pods of a DaemonSet by node, as the controller counts them. */
export interface PodsByNode {
  /** By the node's index in the list of nodes, each list in the controller's order. */
  readonly onNode: readonly (readonly Pod[])[]
  /** The indexes of the nodes with pods, in the order of the list. */
  readonly occupied: readonly number[]
  /** Bound or pinned to a node that does not exist: not counted. */
  readonly withoutNode: readonly Pod[]
}

/**
 * Groups the claimed pods by node. Leaves out pods without a target node and, from Kubernetes 1.27 on,
 * finished pods that are being deleted.
 */
export const podsByNode = remembered((daemonSet, world): PodsByNode => {
  const onNode = new Array<readonly Pod[]>(world.lists.nodes.length).fill(NO_PODS)
  const withoutNode: Pod[] = []
  const countsFinished = countsFinishedPods(world.lists.serverVersion)
  for (const pod of claimedPods(daemonSet, world)) {
    if (!countsFinished && isTerminal(pod) && isTerminating(pod)) continue
    const name = targetNodeName(pod)
    if (name === undefined) continue
    const index = world.nodeIndex(name)
    if (index === undefined) withoutNode.push(pod)
    else onNode[index] = inserted(onNode[index], pod)
  }
  const occupied: number[] = []
  onNode.forEach((pods, index) => {
    if (pods !== NO_PODS) occupied.push(index)
  })
  return { onNode, occupied, withoutNode }
})

const NO_PODS: readonly Pod[] = []

function inserted(pods: readonly Pod[] | undefined, pod: Pod): readonly Pod[] {
  return pods === undefined || pods.length === 0 ? [pod] : [...pods, pod].sort(byControllerOrder)
}

// https://github.com/kubernetes/kubernetes/pull/118716 (1.28), backported to 1.27.
function countsFinishedPods(serverVersion: string | undefined): boolean {
  const version = /^v?1\.(\d+)/.exec(serverVersion ?? '')
  return version !== null && Number(version[1]) < 27
}
