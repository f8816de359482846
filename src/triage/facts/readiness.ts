import { isReadyNode } from '../../daemonset/object-state.ts'
import type { Condition, Node } from '../../kubernetes/objects.ts'
import { code, time, type Words, words } from '../../words/words.ts'
import type { SnapshotIndex } from './snapshot-index.ts'

/** The taint of a node that the control plane has not heard from: its condition Ready is Unknown. */
export const UNREACHABLE = 'node.kubernetes.io/unreachable'

/** Whether a taint with this key reports that the node's condition Ready is False or Unknown. */
export function reportsNotReady(key: string): boolean {
  return key === UNREACHABLE || key === 'node.kubernetes.io/not-ready'
}

/**
 * Whether the kubelet has stopped reporting. With condition Ready False it reports, but something
 * on the node is broken. Neither shows that the machine is off.
 */
export function isSilent(node: Node): boolean {
  return readyCondition(node)?.status === 'Unknown'
}

/** A few words for a table row: `not reporting since …`; empty for a Ready node. */
export function notReadyReason(node: Node): Words {
  const ready = readyCondition(node)
  if (!ready || isReadyNode(node)) return []
  const what = ready.status === 'Unknown' ? 'not reporting' : 'NotReady'
  return words`${what}${readySince(ready)}${ready.reason ? words`: ${code(ready.reason)}` : ''}`
}

/** ` since …`, or empty. */
export function readySince({ lastTransitionTime }: Condition): Words {
  return lastTransitionTime ? words` since ${time(lastTransitionTime)}` : []
}

/** What the node's Ready condition and its kubelet's Lease say, as parts of one line of evidence. */
export function readyEvidence(index: SnapshotIndex, node: Node): readonly Words[] {
  const ready = readyCondition(node)
  const renewed = kubeletRenewed(index, node)
  return [
    ...(ready ? [conditionWords(ready)] : []),
    ...(renewed ? [words`its kubelet last renewed its Lease at ${time(renewed)}`] : []),
  ]
}

/** When the kubelet last renewed its Lease (RFC 3339), if that was read. */
export function kubeletRenewed(index: SnapshotIndex, { metadata }: Node): string | undefined {
  return index.lease('kube-node-lease', metadata.name)?.spec?.renewTime
}

function conditionWords(ready: Condition): Words {
  const message = ready.message ? words`, ${code(ready.message.slice(0, 160))}` : ''
  return words`condition Ready is ${ready.status}${readySince(ready)} (${code(ready.reason ?? 'no reason given')}${message})`
}

function readyCondition({ status }: Node): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')
}
