import type { DaemonSet, Snapshot } from '../kubernetes/objects.ts'
import type { Owner } from '../ownership/ownership.ts'
import { CAUSES } from './causes/index.ts'
import { recountMissed } from './causes/s1-recount-missed.ts'
import { controllerNotWorking } from './causes/s2-controller-not-working.ts'
import { statusFrozen } from './causes/s3-status-frozen.ts'
import { metricLags } from './causes/s4-metric-lags.ts'
import { otherCluster } from './causes/s5-other-cluster.ts'
import { statusTooLow } from './causes/s6-status-too-low.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { Context } from './facts/context.ts'
import { type DaemonSetFacts, factsOf, type Misscheduling } from './facts/facts.ts'
import { indexOf, type SnapshotIndex } from './facts/snapshot-index.ts'
import type { PodCause } from './findings/cause.ts'
import type { Finding } from './findings/finding.ts'
import { type Subject, statusCount } from './findings/status-cause.ts'
import { unreadableFinding } from './findings/unreadable.ts'
import { limitsOf } from './limits.ts'
import { misschedulingsOf } from './misschedulings.ts'

/** What is known of one DaemonSet and why its pods are where they should not be. Somebody asks for it, so a healthy one is told as such (S4). */
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
    const diagnosis = judge(daemonSet, index, context)
    if (diagnosis.findings.length > 0) return diagnosis
    const facts = factsOf(daemonSet, index, context)
    const over = unreadableFinding(facts) ?? metricLags.finding(facts)
    return { ...diagnosis, findings: over ? [over] : [] }
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

/** A frozen status stands alone. Otherwise the nodes' causes come first, then what is wrong with the number. */
function findingsOf(facts: DaemonSetFacts): readonly Finding[] {
  const frozen = statusFrozen.finding(facts)
  if (frozen) return [frozen]
  const blind = unreadableFinding(facts)
  if (blind) return statusCount(facts) === 0 ? [] : [blind]
  return [...podFindings(facts), ...numberFindings(facts)]
}

function podFindings(facts: DaemonSetFacts): readonly Finding[] {
  const named = new Map<PodCause, Misscheduling[]>()
  for (const misscheduling of misschedulingsOf(facts)) {
    for (const cause of causesOf(misscheduling)) {
      const misschedulings = named.get(cause)
      if (misschedulings) misschedulings.push(misscheduling)
      else named.set(cause, [misscheduling])
    }
  }
  return CAUSES.flatMap((cause) =>
    isPodCause(cause) ? cause.findings(named.get(cause) ?? []) : [],
  )
}

/**
 * The first cause that fits, and another one that explains something else: how the pod came to be this DaemonSet's does not explain a taint that
 * speaks for itself, nor why the controller deletes it. Without either, how pod and taint came together.
 */
function causesOf(misscheduling: Misscheduling): readonly PodCause[] {
  const found: PodCause[] = []
  for (const cause of POD_CAUSES) {
    if (cause.of === 'history' && found.length > 0) break
    if (found.some(({ of }) => of === cause.of)) continue
    if (cause.holds(misscheduling)) found.push(cause)
    if (cause.of === 'history' && found.length > 0) break
  }
  return found
}

function isPodCause(cause: (typeof CAUSES)[number]): cause is PodCause {
  return cause.of !== 'number' && cause.of !== 'absence'
}

const POD_CAUSES = CAUSES.filter(isPodCause)

function numberFindings(facts: DaemonSetFacts): readonly Finding[] {
  const stopped = controllerNotWorking.finding(facts)
  const ending =
    (statusCount(facts) ?? 0) > facts.recount.count.numberMisscheduled
      ? metricLags.finding(facts)
      : undefined
  const found = stopped ?? ending ?? recountMissed.finding(facts) ?? statusTooLow.finding(facts)
  return found ? [found] : []
}

function absent({ namespace, name }: Subject, index: SnapshotIndex, context: Context): Diagnosis {
  return {
    namespace,
    name,
    at: index.snapshot.takenAt,
    exists: false,
    status: null,
    recount: NOTHING,
    nodes: [],
    controllerDeletes: [],
    findings: [otherCluster.finding({ namespace, name }, index, context)],
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
