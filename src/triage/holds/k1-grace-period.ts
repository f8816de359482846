import { isReadyNode } from '../../daemonset/object-state.ts'
import { code, plural, time, words } from '../../words/words.ts'
import { graceSeconds } from '../drain/drain-blockers.ts'
import type { NodeFacts } from '../facts/facts.ts'
import type { PodFacts } from '../facts/pod-facts.ts'
import { forceDelete, wait } from '../remedies/drafts.ts'
import type { Hold } from './hold.ts'
import { kubeletUnreachable } from './k2-kubelet-unreachable.ts'

/** The pod was asked to stop and has time left. */
export const gracePeriod: Hold = {
  id: 'K1',
  title: 'The pod is still in its grace period',
  fits: ({ pod }) => pod.state === 'in-grace',
  split: ({ node }) => (isReadyNode(node.node) ? '' : 'not-ready'),
  because(isOne, { nodes }) {
    const asked = isOne ? 'it was asked to stop' : 'they were asked to stop'
    if (onlyKubeletEnds(nodes))
      return `${asked}, but only the kubelet can end ${isOne ? 'it, and its node is' : 'them, and their nodes are'} not Ready`
    return `${asked} and ${isOne ? 'is in its' : 'are in their'} grace period`
  },
  clause: (held) =>
    held.isDown
      ? kubeletUnreachable.clause(held)
      : {
          now: words`${held.pods} ${held.isOne ? 'is' : 'are'} stopping`,
          past: words`${held.pods} took long to stop`,
        },
  short: ({ node }) => (isReadyNode(node.node) ? 'pod is stopping' : 'node is not Ready'),
  evidence: ({ pod: { name, pod }, node }) =>
    words`pod ${code(name)} was asked to stop; its grace period of ${pod.metadata.deletionGracePeriodSeconds ?? graceSeconds(pod)} s ends at ${time(pod.metadata.deletionTimestamp ?? '')}${isReadyNode(node.node) ? '' : words`, but only the kubelet can end the pod, and the node is not Ready`}`,
  ifIgnored: (held) =>
    onlyKubeletEnds(held.nodes)
      ? kubeletUnreachable.ifIgnored(held)
      : words`${plural(held.pods.length, 'The pod stops', 'The pods stop')} by ${time(lastEnd(held.pods))} and ${plural(held.pods.length, 'does', 'do')} not come back.`,
  drafts(held) {
    const { pods, nodes } = held
    if (onlyKubeletEnds(nodes)) return kubeletUnreachable.drafts(held)
    const them = plural(pods.length, 'the pod', 'the pods')
    return [
      wait(words`Wait until ${time(lastEnd(pods))}`, [
        `By then the kubelet should have stopped ${them}, and the count drops.`,
      ]),
      forceDelete(
        held.misschedulings[0].facts,
        pods,
        'Already stopping: force only cuts off what is left to finish.',
      ),
    ]
  },
}

/** Without a kubelet that reports, the end of the grace period ends nothing. */
function onlyKubeletEnds(nodes: readonly NodeFacts[]): boolean {
  return nodes.some(({ node }) => !isReadyNode(node))
}

/** RFC 3339: when the last of their grace periods ends. */
function lastEnd(pods: readonly PodFacts[]): string {
  const ends = pods.map(({ pod }) => pod.metadata.deletionTimestamp ?? '').sort()
  return ends.at(-1) ?? ''
}
