import { targetNodeName } from '../../daemonset/daemon-pods.ts'
import { isBound, isTerminal } from '../../daemonset/object-state.ts'
import type { Node } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { time, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts } from './facts.ts'
import { lastStatusChange, lastWriter } from './managed-fields.ts'

/** A node that changed after the controller last counted the DaemonSet. */
export interface ChangedNode {
  readonly name: string
  /** A clause about the node: what changed, and when. */
  readonly what: Words
}

/** Nodes of the DaemonSet's pods that no longer exist. A pod that has finished is not counted. */
export function deletedNodes({ recount, index }: DaemonSetFacts): readonly string[] {
  const gone = new Set<string>()
  for (const pod of recount.claimed) {
    const name = pod.spec?.nodeName
    if (name && isBound(pod) && !isTerminal(pod) && !index.node(name)) gone.add(name)
  }
  return [...gone].sort()
}

/**
 * The nodes that the status may still count as misscheduled: they have a pod, they are right or
 * gone now, and they changed after the status was last written. Sorted by name. undefined: when the
 * status was last written is unknown.
 */
export function changedNodes(facts: DaemonSetFacts): readonly ChangedNode[] | undefined {
  const { daemonSet, recount, index } = facts
  const counted = milliseconds(lastStatusChange(daemonSet.metadata, 'f:numberMisscheduled'))
  if (counted === undefined) return undefined
  const right = new Set(recount.claimed.map(targetNodeName))
  const changed = recount.nodes.flatMap(({ name, misscheduled }): ChangedNode[] => {
    const node = misscheduled || !right.has(name) ? undefined : index.node(name)
    const last = node && lastChange(node)
    return last && last.at >= counted - CLOCK_SKEW_MS ? [{ name, what: last.what }] : []
  })
  const deleted = deletedNodes(facts).map((name): ChangedNode => ({ name, what: ['was deleted'] }))
  return [...changed, ...deleted].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** What is written at one time is stamped with the clocks of several machines. */
const CLOCK_SKEW_MS = 2 * 60_000

/** The newest visible change that can make a node right: Ready, taints, labels, creation. */
function lastChange(node: Node): { readonly at: number; readonly what: Words } | undefined {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
  const changes = [
    { at: lastWriter(node.metadata, ['f:metadata', 'f:labels'])?.time, verb: 'got other labels' },
    { at: lastWriter(node.metadata, ['f:spec', 'f:taints'])?.time, verb: 'got other taints' },
    {
      at: ready?.lastTransitionTime,
      verb: ready?.status === 'True' ? 'became Ready' : 'stopped being Ready',
    },
    { at: node.metadata.creationTimestamp, verb: 'was created' },
  ].flatMap(({ at, verb }) => {
    const ms = milliseconds(at)
    return ms === undefined || at === undefined
      ? []
      : [{ at: ms, what: words`${verb} at ${time(at)}` }]
  })
  return changes.reduce<(typeof changes)[number] | undefined>(
    (best, one) => (best && best.at >= one.at ? best : one),
    undefined,
  )
}
