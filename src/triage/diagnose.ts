import { isSelection, type Reason } from '../daemonset/decide.ts'
import type { DaemonSet, Snapshot } from '../kubernetes/objects.ts'
import type { Owner } from '../ownership/ownership.ts'
import { CAUSES } from './causes/index.ts'
import { unreadableFinding } from './causes/unknown.ts'
import type { Diagnosis } from './diagnosis.ts'
import { isConsequence } from './drain/consequences.ts'
import type { Context } from './facts/facts.ts'
import { type DaemonSetFacts, factsOf, type Misscheduling, type NodeFacts } from './facts/facts.ts'
import { isNodeInfrastructure } from './facts/role.ts'
import { indexSnapshot, type SnapshotIndex } from './facts/snapshot-index.ts'
import type { Finding } from './findings/finding.ts'
import type { PodCause } from './findings/pod-cause.ts'
import { withRemedies } from './findings/report.ts'
import { type StatusCause, type Subject, statusCount } from './findings/status-cause.ts'
import { limitsOf } from './limits.ts'
import { knownTaint } from './taints/taints.ts'

/**
 * What is known about one DaemonSet and why its pods are misscheduled. A healthy one has a finding
 * that says so.
 */
export function diagnose(snapshot: Snapshot, subject: Subject, context: Context = {}): Diagnosis {
  return diagnoser(snapshot)(subject, context)
}

/** `diagnose` for many DaemonSets of one snapshot, with shared lookups. */
export function diagnoser(snapshot: Snapshot): (subject: Subject, context?: Context) => Diagnosis {
  const index = indexSnapshot(snapshot)
  return (subject, context = {}) => {
    const daemonSet = index
      .daemonSetsIn(subject.namespace)
      .find(({ metadata }) => metadata.name === subject.name)
    const isOtherCluster =
      context.alert?.cluster !== undefined &&
      context.cluster !== undefined &&
      context.alert.cluster !== context.cluster
    if (!daemonSet || isOtherCluster) return missing(subject, index, context)
    return diagnosisOf(daemonSet, index, { ...context, asked: true })
  }
}

/** The diagnoses of all DaemonSets of the snapshot, in its order. A healthy one has no findings. */
export function diagnoseAll(snapshot: Snapshot, context: Context = {}): readonly Diagnosis[] {
  const index = indexSnapshot(snapshot)
  return snapshot.daemonSets.map((daemonSet) => diagnosisOf(daemonSet, index, context))
}

function diagnosisOf(daemonSet: DaemonSet, index: SnapshotIndex, context: Context): Diagnosis {
  const facts = factsOf(daemonSet, index, context)
  const { recount } = facts
  const findings = findingsOf(facts)
  return {
    namespace: facts.namespace,
    name: facts.name,
    at: index.snapshot.takenAt,
    exists: true,
    ...(daemonSet.metadata.uid !== undefined && { uid: daemonSet.metadata.uid }),
    status: daemonSet.status ?? null,
    recount: recount.count,
    nodes: recount.wrongNodes,
    controllerDeletes: recount.controllerDeletes,
    findings,
    owner: facts.owner,
    ...(isNodeInfrastructure(facts.role) && { isNeeded: true as const }),
    limits: limitsOf(facts, findings),
  }
}

const POD_CAUSES = CAUSES.filter((cause) => cause.about === 'pods')
const STATUS_CAUSES = CAUSES.filter((cause) => cause.about === 'status')
const ABSENCE_CAUSES = CAUSES.filter((cause) => cause.about === 'no-daemonset')

/**
 * One finding of a cause that excludes all others, or the causes of the pods followed by the first
 * one of the status.
 */
function findingsOf(facts: DaemonSetFacts): readonly Finding[] {
  const alone = firstFinding(
    STATUS_CAUSES.filter(({ standsAlone }) => standsAlone),
    facts,
  )
  if (alone.length > 0) return alone
  const unreadable = unreadableFinding(facts)
  if (unreadable) return statusCount(facts) === 0 && !facts.context.asked ? [] : [unreadable]
  return [
    ...podFindings(facts),
    ...firstFinding(
      STATUS_CAUSES.filter(({ standsAlone }) => !standsAlone),
      facts,
    ),
  ]
}

function firstFinding(causes: readonly StatusCause[], facts: DaemonSetFacts): readonly Finding[] {
  for (const cause of causes) {
    const finding = cause.finding(facts)
    if (finding) return [finding]
  }
  return []
}

function podFindings(facts: DaemonSetFacts): readonly Finding[] {
  const explained = new Map<PodCause, Misscheduling[]>()
  for (const misscheduling of misschedulingsOf(facts)) {
    for (const cause of causesOf(misscheduling)) {
      const misschedulings = explained.get(cause)
      if (misschedulings) misschedulings.push(misscheduling)
      else explained.set(cause, [misscheduling])
    }
  }
  return withRemedies(
    facts,
    POD_CAUSES.flatMap((cause) => cause.findings(explained.get(cause) ?? [])),
  )
}

/** Every misscheduled pod with each reason that needs a cause of its own. */
function misschedulingsOf(facts: DaemonSetFacts): readonly Misscheduling[] {
  return facts.nodes.flatMap((node) => {
    const all = node.controllerDeletes ? placementReasons(node) : node.verdict.reasons
    const reasons = all.filter((reason) => !isConsequence(facts, node, reason))
    return node.pods.flatMap((pod) =>
      reasons.map((reason): Misscheduling => ({ facts, node, pod, reason })),
    )
  })
}

// All failing parts of a selector have one cause. A NoSchedule taint next to it matters only if it
// reports a state of the node.
function placementReasons({ verdict }: NodeFacts): readonly Reason[] {
  const selection = verdict.reasons.filter(isSelection)
  const first = selection.find(({ decides }) => decides) ?? selection[0]
  const others = verdict.reasons.filter((reason) => {
    if (isSelection(reason)) return false
    if (reason.type !== 'UntoleratedTaint' || reason.effect === 'NoExecute') return true
    return NODE_STATES.has(knownTaint(reason.key).class)
  })
  return first ? [first, ...others] : others
}

const NODE_STATES: ReadonlySet<string> = new Set([
  'node-condition',
  'going-away',
  'start-up',
  'virtual',
])

/**
 * The first cause that fits, plus the first ones that explain something different: how the
 * DaemonSet got the pod does not explain a taint with a known meaning, nor why the controller
 * deletes the pod. `history` causes, how pod and taint came together, are tried only if nothing
 * else fits.
 */
function causesOf(misscheduling: Misscheduling): readonly PodCause[] {
  const fitting: PodCause[] = []
  for (const cause of POD_CAUSES) {
    if (cause.explains === 'history' && fitting.length > 0) break
    if (fitting.some(({ explains }) => explains === cause.explains)) continue
    if (cause.fits(misscheduling)) fitting.push(cause)
    if (cause.explains === 'history' && fitting.length > 0) break
  }
  return fitting
}

function missing(subject: Subject, index: SnapshotIndex, context: Context): Diagnosis {
  return {
    namespace: subject.namespace,
    name: subject.name,
    at: index.snapshot.takenAt,
    exists: false,
    status: null,
    recount: NO_COUNTS,
    nodes: [],
    controllerDeletes: [],
    findings: ABSENCE_CAUSES.map((cause) => cause.finding(subject, index, context)).slice(0, 1),
    owner: NO_OWNER,
    limits: [],
  }
}

const NO_COUNTS = {
  desiredNumberScheduled: 0,
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  numberReady: 0,
  numberAvailable: 0,
  numberUnavailable: 0,
}

const NO_OWNER: Owner = {
  kind: 'none',
  chain: [],
  onPatch: 'none',
  revert: 'The DaemonSet does not exist here.',
  fix: 'There is nothing to change here.',
}
