import { recount } from '../../daemonset/recount.ts'
import { type World, worldOf } from '../../daemonset/world.ts'
import type { DaemonSet, FeatureGates, Snapshot } from '../../kubernetes/objects.ts'
import { code, type Words, words } from '../../words/words.ts'

/**
 * The snapshot with the feature gate for Gt and Lt on tolerations, where it is not set and the
 * controller evidently has it on: the status of a DaemonSet agrees with the objects only if it is,
 * and the status of none agrees only if it is not.
 */
export function withEvidentGate(snapshot: Snapshot): Snapshot {
  if (snapshot.featureGates !== undefined) return snapshot
  const comparing = snapshot.daemonSets.filter(comparesNumbers)
  if (comparing.length === 0) return snapshot
  const off = worldAsGiven(snapshot)
  const on = worldAsGiven({ ...snapshot, featureGates: ON })
  const agreesOnly = (world: World, other: World) => (daemonSet: DaemonSet) =>
    agrees(daemonSet, world) && !agrees(daemonSet, other)
  const isEvident = comparing.some(agreesOnly(on, off)) && !comparing.some(agreesOnly(off, on))
  return isEvident ? { ...snapshot, featureGates: ON } : snapshot
}

/** The world of a snapshot, with the feature gate that it evidently has. */
export function worldOfSnapshot(snapshot: Snapshot): World {
  return worldAsGiven(withEvidentGate(snapshot))
}

/** That the gate is assumed to be on, if the counts of this DaemonSet may depend on it. */
export function assumedGate(
  given: Snapshot,
  used: Snapshot,
  daemonSet: DaemonSet,
): Words | undefined {
  return given.featureGates === used.featureGates || !comparesNumbers(daemonSet)
    ? undefined
    : words`The feature gate ${code('TaintTolerationComparisonOperators')} was not given. It is taken to be on: with the gate off, a status would not agree with the nodes and pods.`
}

const ON: FeatureGates = { TaintTolerationComparisonOperators: true }

function worldAsGiven(snapshot: Snapshot): World {
  return worldOf({ ...snapshot, now: snapshot.takenAt })
}

/** Whether a toleration of its template has operator Gt or Lt. */
export function comparesNumbers({ spec }: DaemonSet): boolean {
  return (spec.template.spec?.tolerations ?? []).some(
    ({ operator }) => operator === 'Gt' || operator === 'Lt',
  )
}

/** Whether the status counts as the controller would count in this world. */
function agrees(daemonSet: DaemonSet, world: World): boolean {
  const { status } = daemonSet
  const { count } = recount(daemonSet, world)
  return (
    status?.numberMisscheduled === count.numberMisscheduled &&
    (status.desiredNumberScheduled === undefined ||
      status.desiredNumberScheduled === count.desiredNumberScheduled)
  )
}
