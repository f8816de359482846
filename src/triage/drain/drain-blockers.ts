import { matchesLabelSelector } from '../../daemonset/label-selector.ts'
import { controllerRef, isTerminal, isTerminating } from '../../daemonset/pod-state.ts'
import { toleratesTaint } from '../../daemonset/tolerations.ts'
import type { Node, Pod, Taint } from '../../kubernetes/objects.ts'
import { milliseconds, rfc3339 } from '../../words/time.ts'
import { code, time, type Words, words } from '../../words/words.ts'
import { namespaceOf, type SnapshotIndex } from '../facts/snapshot-index.ts'

/** A pod that keeps a node from being emptied. */
export interface Blocker {
  /** `namespace/name`. */
  readonly pod: string
  readonly why: Words
}

/** A pod that has been asked to stop and has time left. */
export interface TerminatingPod {
  readonly pod: string
  /** RFC 3339: its grace period ends. */
  readonly by: string
  /** Seconds. */
  readonly grace: number
}

/** The pods that a drain of the node has to get rid of: not DaemonSets', not static ones, none that have ended. */
export function podsToLeave(index: SnapshotIndex, node: Node, taint: Taint): readonly Pod[] {
  return index.podsOn(node.metadata.name).filter((pod) => {
    const owner = controllerRef(pod)
    if (isTerminal(pod) || owner?.kind === 'DaemonSet' || owner?.kind === 'Node') return false
    if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return false
    // Karpenter neither evicts nor waits for what tolerates its taint.
    return !(
      isKarpenter(taint) &&
      (pod.spec?.tolerations ?? []).some((toleration) => toleratesTaint(toleration, taint))
    )
  })
}

export function leavingPods(pods: readonly Pod[], now: number): readonly TerminatingPod[] {
  return pods.flatMap((pod) => {
    const deadline = milliseconds(pod.metadata.deletionTimestamp)
    if (deadline === undefined || deadline <= now) return []
    return {
      pod: nameOf(pod),
      by: rfc3339(deadline),
      grace: pod.metadata.deletionGracePeriodSeconds ?? graceOf(pod),
    }
  })
}

/** What keeps these pods on the node, each with its reason. */
export function blockersAmong(
  index: SnapshotIndex,
  pods: readonly Pod[],
  taint: Taint,
  node: Node,
): readonly Blocker[] {
  return pods.flatMap((pod) => {
    const why = isTerminating(pod) ? stuck(pod, node, index.now) : held(index, pod, taint)
    return why ? { pod: nameOf(pod), why } : []
  })
}

export function isKarpenter({ key }: Taint): boolean {
  return key.startsWith('karpenter.sh/')
}

/** Seconds that a pod gets to stop; 30 is the API's default. */
export function graceOf(pod: Pod): number {
  return pod.spec?.terminationGracePeriodSeconds ?? 30
}

// The kubelet needs some seconds past the deadline to report.
const SETTLING = 30_000

function stuck(pod: Pod, node: Node, now: number): Words | undefined {
  const deadline = milliseconds(pod.metadata.deletionTimestamp)
  if (deadline === undefined || now <= deadline + SETTLING) return undefined
  const finalizers = pod.metadata.finalizers ?? []
  const since = words`should have been gone by ${time(rfc3339(deadline))}`
  if (finalizers.length > 0)
    return words`${since}; finalizer ${code(finalizers.join(', '))} holds it`
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
  return ready && ready.status !== 'True'
    ? words`${since}; the kubelet of its node does not answer`
    : words`${since}; its kubelet does not finish`
}

function held(index: SnapshotIndex, pod: Pod, taint: Taint): Words | undefined {
  return heldByBudget(index, pod) ?? heldByMark(pod, taint, index.now) ?? heldAsBare(pod, taint)
}

function heldByBudget(index: SnapshotIndex, pod: Pod): Words | undefined {
  const budgets = index
    .budgetsIn(namespaceOf(pod))
    .filter(({ spec }) => matchesLabelSelector(spec?.selector, pod.metadata.labels))
  if (budgets.length > 1) {
    const names = budgets.map(({ metadata }) => metadata.name).join(', ')
    return words`${budgets.length} PodDisruptionBudgets select it (${code(names)}): the eviction API refuses then`
  }
  const [budget] = budgets
  if (budget?.status?.disruptionsAllowed !== 0) return undefined
  const { currentHealthy, desiredHealthy } = budget.status
  const counts =
    currentHealthy === undefined || desiredHealthy === undefined
      ? ''
      : ` (${currentHealthy} healthy, ${desiredHealthy} needed)`
  return words`PodDisruptionBudget ${code(budget.metadata.name)} allows no disruption${counts}`
}

function heldByMark(pod: Pod, taint: Taint, now: number): Words | undefined {
  const annotations = pod.metadata.annotations ?? {}
  if (isKarpenter(taint)) {
    const mark = ['karpenter.sh/do-not-disrupt', 'karpenter.sh/do-not-evict'].find(
      (key) => annotations[key] !== undefined,
    )
    const value = mark && annotations[mark]
    return mark && value && isActive(value, pod, now)
      ? words`annotation ${code(`${mark}: "${value}"`)}`
      : undefined
  }
  const key = 'cluster-autoscaler.kubernetes.io/safe-to-evict'
  return annotations[key] === 'false' ? words`annotation ${code(`${key}: "false"`)}` : undefined
}

// Karpenter evicts pods that nothing will re-create; other drains leave them.
function heldAsBare(pod: Pod, taint: Taint): Words | undefined {
  if (isKarpenter(taint) || controllerRef(pod)) return undefined
  return words`it has no controller, so nothing would re-create it and drains leave it alone`
}

/** `true`, or a time such as `1h30m` since the pod was made. */
function isActive(value: string, pod: Pod, now: number): boolean {
  const span = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(value)
  if (!span || value === '') return value === 'true'
  const [, hours = '0', minutes = '0', seconds = '0'] = span
  const length = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
  return (milliseconds(pod.metadata.creationTimestamp) ?? now) + length > now
}

function nameOf(pod: Pod): string {
  return `${namespaceOf(pod)}/${pod.metadata.name}`
}
