import { matchesLabelSelector } from '../../daemonset/label-selector.ts'
import { controllerRef } from '../../daemonset/object-state.ts'
import type { DaemonSet } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import type { DaemonSetFacts, Misscheduling } from './facts.ts'
import type { PodFacts } from './pod-facts.ts'

/**
 * Whether this DaemonSet created the pod, judging by the pod's name and its
 * `controller-revision-hash`.
 */
export function isCreatedBy(
  { daemonSet, revisions, recount }: DaemonSetFacts,
  { pod, hash }: PodFacts,
): boolean {
  const { name } = daemonSet.metadata
  const hasName =
    pod.metadata.generateName === `${name}-` ||
    (pod.metadata.generateName === undefined && pod.metadata.name.startsWith(`${name}-`))
  if (hash)
    return (
      hasName &&
      (revisions.length === 0 ||
        revisions.some(({ metadata }) => metadata.labels?.['controller-revision-hash'] === hash))
    )
  // If all pods lack the label, it was removed from the snapshot, and the name is the only
  // evidence.
  return hasName && !anyPodHasHash({ recount })
}

/**
 * Whether no DaemonSet created the pod: it has no hash, and its name is not one of this
 * DaemonSet's.
 */
export function isNotDaemonPod(facts: DaemonSetFacts, pod: PodFacts): boolean {
  return (
    pod.hash === undefined &&
    !isCreatedBy(facts, pod) &&
    (!isControlled(pod) || facts.revisions.length > 0 || anyPodHasHash(facts))
  )
}

/** Other DaemonSets in the namespace whose selector matches the pod too. */
export function overlappingDaemonSets({
  facts,
  pod,
}: Pick<Misscheduling, 'facts' | 'pod'>): readonly DaemonSet[] {
  const { daemonSet, namespace, index } = facts
  return index
    .daemonSetsIn(namespace)
    .filter(
      ({ metadata, spec }) =>
        metadata.name !== daemonSet.metadata.name &&
        matchesLabelSelector(spec.selector, pod.pod.metadata.labels),
    )
}

/** Which of these other DaemonSets created the pod, judging by its name or hash. */
export function creatorAmong(
  facts: DaemonSetFacts,
  pod: PodFacts,
  candidates: readonly DaemonSet[],
): DaemonSet | undefined {
  return candidates.find((candidate) => {
    const prefix = `${candidate.metadata.name}-`
    if (pod.pod.metadata.generateName === prefix) return true
    if (
      pod.hash &&
      facts.index
        .revisionsOf(candidate)
        .some(({ metadata }) => metadata.labels?.['controller-revision-hash'] === pod.hash)
    )
      return true
    return (
      pod.pod.metadata.generateName === undefined &&
      pod.name.startsWith(prefix) &&
      prefix.length > facts.name.length + 1
    )
  })
}

/**
 * Whether the pod is older than the DaemonSet that owns it, so it belonged to another one before.
 */
export function isOlderThanOwner({ daemonSet }: DaemonSetFacts, pod: PodFacts): boolean {
  const created = milliseconds(daemonSet.metadata.creationTimestamp)
  return created !== undefined && pod.created !== undefined && pod.created < created
}

/** Whether the pod has a controller already. If not, the DaemonSet is about to adopt it. */
export function isControlled({ pod }: PodFacts): boolean {
  return controllerRef(pod) !== undefined
}

function anyPodHasHash({ recount }: Pick<DaemonSetFacts, 'recount'>): boolean {
  return recount.claimed.some(
    ({ metadata }) => metadata.labels?.['controller-revision-hash'] !== undefined,
  )
}
