import type { DaemonSet, Snapshot } from '../kubernetes/objects.ts'
import type { Owner } from '../ownership/ownership.ts'
import { CAUSES } from './causes/index.ts'
import { unreadableFinding } from './causes/unknown.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { Context } from './facts/context.ts'
import { type DaemonSetFacts, factsOf, type Misscheduling } from './facts/facts.ts'
import { indexOf, type SnapshotIndex } from './facts/snapshot-index.ts'
import type { Finding } from './findings/finding.ts'
import type { PodCause } from './findings/pod-cause.ts'
import { type StatusCause, type Subject, statusCount } from './findings/status-cause.ts'
import { limitsOf } from './limits.ts'
import { misschedulingsOf } from './misschedulings.ts'

/** What is known of one DaemonSet and why its pods are where they should not be. A healthy one has a finding that says so. */
export function diagnose(snapshot: Snapshot, subject: Subject, context: Context = {}): Diagnosis {
  return diagnoser(snapshot)(subject, context)
}

/** Diagnoses of one snapshot, which share what was looked up in it. */
export function diagnoser(snapshot: Snapshot): (subject: Subject, context?: Context) => Diagnosis {
  const index = indexOf(snapshot)
  return (subject, context = {}) => {
    const daemonSet = index
      .daemonSetsIn(subject.namespace)
      .find(({ metadata }) => metadata.name === subject.name)
    const elsewhere =
      context.alert?.cluster !== undefined &&
      context.cluster !== undefined &&
      context.alert.cluster !== context.cluster
    if (!daemonSet || elsewhere) return absent(subject, index, context)
    return judge(daemonSet, index, { ...context, asked: true })
  }
}

/** Every DaemonSet of the snapshot, in its order. A healthy one has no findings. */
export function diagnoseAll(snapshot: Snapshot, context: Context = {}): readonly Diagnosis[] {
  const index = indexOf(snapshot)
  return snapshot.daemonSets.map((daemonSet) => judge(daemonSet, index, context))
}

function judge(daemonSet: DaemonSet, index: SnapshotIndex, context: Context): Diagnosis {
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
    nodes: recount.nodes.filter(
      ({ misscheduled, shouldRun, pods }) => misscheduled || (shouldRun && pods.length === 0),
    ),
    controllerDeletes: recount.controllerDeletes,
    findings,
    owner: facts.owner,
    limits: limitsOf(facts, findings),
  }
}

const POD_CAUSES = CAUSES.filter((cause) => cause.about === 'pods')
const STATUS_CAUSES = CAUSES.filter((cause) => cause.about === 'status')
const ABSENCE_CAUSES = CAUSES.filter((cause) => cause.about === 'no-daemonset')

/** A cause that stands alone, or else the causes of the pods, then the first one of the number. */
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
  return POD_CAUSES.flatMap((cause) => cause.findings(explained.get(cause) ?? []))
}

/**
 * The first cause that fits, and another one that explains something else: how the pod came to be this DaemonSet's does not explain a taint whose
 * key says enough, nor why the controller deletes it. Without either, how pod and taint came together.
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

function absent(subject: Subject, index: SnapshotIndex, context: Context): Diagnosis {
  return {
    namespace: subject.namespace,
    name: subject.name,
    at: index.snapshot.takenAt,
    exists: false,
    status: null,
    recount: NOTHING,
    nodes: [],
    controllerDeletes: [],
    findings: ABSENCE_CAUSES.map((cause) => cause.finding(subject, index, context)).slice(0, 1),
    owner: NOBODY,
    limits: [],
  }
}

const NOTHING = {
  desiredNumberScheduled: 0,
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  numberReady: 0,
  numberAvailable: 0,
  numberUnavailable: 0,
}

const NOBODY: Owner = {
  kind: 'none',
  chain: [],
  onPatch: 'none',
  revert: 'There is no such object here.',
  fix: 'There is nothing to change here.',
}
