import { matchesLabelSelector } from '../../daemonset/label-selector.ts'
import {
  controllerRef,
  isReadyNode,
  isTerminal,
  isTerminating,
} from '../../daemonset/object-state.ts'
import { toleratesTaint } from '../../daemonset/tolerations.ts'
import type { Node, Pod, Taint } from '../../kubernetes/objects.ts'
import { milliseconds, rfc3339 } from '../../words/time.ts'
import { code, time, type Words, words } from '../../words/words.ts'
import { isSilent } from '../facts/readiness.ts'
import { namespaceOf, type SnapshotIndex } from '../facts/snapshot-index.ts'
import { isKarpenter, type Leaving } from './leaving.ts'

/** A pod that prevents the drain of a node. */
export interface Blocker {
  /** `namespace/name`. */
  readonly pod: string
  /** A clause without a final period. */
  readonly why: Words
  /** A PodDisruptionBudget is the reason. */
  readonly isBudget?: true
}

/** A terminating pod within its grace period. */
export interface StoppingPod {
  /** `namespace/name`. */
  readonly pod: string
  /** RFC 3339: when its grace period ends. */
  readonly by: string
  readonly graceSeconds: number
}

/** What Karpenter taints a node with before it deletes it. */
const DISRUPTED: Taint = { key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }

/** The pods that a drain must evict: no daemon pods, static pods or finished pods. */
export function podsToEvict(index: SnapshotIndex, node: Node, leaving: Leaving): readonly Pod[] {
  return index.podsOn(node.metadata.name).filter((pod) => {
    const owner = controllerRef(pod)
    if (isTerminal(pod) || owner?.kind === 'DaemonSet' || owner?.kind === 'Node') return false
    if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return false
    // Karpenter neither evicts nor waits for pods that tolerate its taint.
    return !(
      isKarpenter(leaving) &&
      (pod.spec?.tolerations ?? []).some((toleration) =>
        toleratesTaint(toleration, leaving.taint ?? DISRUPTED),
      )
    )
  })
}

/** Those of the pods that are terminating and within their grace period at `now` (milliseconds). */
export function stoppingPods(pods: readonly Pod[], now: number): readonly StoppingPod[] {
  return pods.flatMap((pod) => {
    const deadline = milliseconds(pod.metadata.deletionTimestamp)
    if (deadline === undefined || deadline <= now) return []
    return {
      pod: nameOf(pod),
      by: rfc3339(deadline),
      graceSeconds: pod.metadata.deletionGracePeriodSeconds ?? graceSeconds(pod),
    }
  })
}

/** Those of the pods that cannot leave the node, each with the reason. */
export function blockersAmong(
  index: SnapshotIndex,
  pods: readonly Pod[],
  leaving: Leaving,
  node: Node,
): readonly Blocker[] {
  return pods.flatMap((pod) => {
    const budget = isTerminating(pod) ? undefined : blockedByBudget(index, pod)
    if (budget) return { pod: nameOf(pod), why: budget, isBudget: true as const }
    const why = isTerminating(pod)
      ? overdueWords(pod, node, index.now)
      : (blockedByAnnotation(pod, leaving, index.now) ?? blockedAsBare(pod, leaving))
    return why ? { pod: nameOf(pod), why } : []
  })
}

/** Seconds that the pod has to stop; 30 is the API's default. */
export function graceSeconds(pod: Pod): number {
  return pod.spec?.terminationGracePeriodSeconds ?? 30
}

// The kubelet needs a few seconds after the deadline to report.
const REPORT_MS = 30_000

function overdueWords(pod: Pod, node: Node, now: number): Words | undefined {
  const deadline = milliseconds(pod.metadata.deletionTimestamp)
  if (deadline === undefined || now <= deadline + REPORT_MS) return undefined
  const finalizers = pod.metadata.finalizers ?? []
  const since = words`its grace period ended at ${time(rfc3339(deadline))}`
  if (finalizers.length > 0)
    return words`${since}, but finalizer ${code(finalizers.join(', '))} is still set`
  // The pods of a machine that is gone stay until its Node object is deleted, and block nothing.
  if (isSilent(node)) return undefined
  return isReadyNode(node)
    ? words`${since}, but the kubelet has not stopped it`
    : words`${since}, but the node is not Ready and has not stopped it`
}

function blockedByBudget(index: SnapshotIndex, pod: Pod): Words | undefined {
  const budgets = index
    .budgetsIn(namespaceOf(pod))
    .filter(({ spec }) => matchesLabelSelector(spec?.selector, pod.metadata.labels))
  if (budgets.length > 1) {
    const names = budgets.map(({ metadata }) => metadata.name).join(', ')
    return words`${budgets.length} PodDisruptionBudgets select it (${code(names)}), and the eviction API refuses such pods`
  }
  const [budget] = budgets
  if (budget?.status?.disruptionsAllowed !== 0) return undefined
  const { currentHealthy, desiredHealthy } = budget.status
  const counts =
    currentHealthy === undefined || desiredHealthy === undefined
      ? ''
      : ` (${currentHealthy} healthy, ${desiredHealthy} needed)`
  return words`PodDisruptionBudget ${code(budget.metadata.name)} allows no disruptions${counts}`
}

function blockedByAnnotation(pod: Pod, leaving: Leaving, now: number): Words | undefined {
  const annotations = pod.metadata.annotations ?? {}
  if (isKarpenter(leaving)) {
    const key = ['karpenter.sh/do-not-disrupt', 'karpenter.sh/do-not-evict'].find(
      (name) => annotations[name] !== undefined,
    )
    const value = key && annotations[key]
    return key && value && isActive(value, pod, now)
      ? words`annotation ${code(`${key}: "${value}"`)}`
      : undefined
  }
  const key = 'cluster-autoscaler.kubernetes.io/safe-to-evict'
  return annotations[key] === 'false' ? words`annotation ${code(`${key}: "false"`)}` : undefined
}

// Karpenter evicts pods that nothing recreates; other tools do not.
function blockedAsBare(pod: Pod, leaving: Leaving): Words | undefined {
  if (isKarpenter(leaving) || controllerRef(pod)) return undefined
  return words`it has no controller, so nothing would recreate it and a drain does not evict it`
}

/**
 * Whether the annotation applies: `true`, or a duration such as `1h30m` since the pod was created.
 */
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
