import { matchesLabelSelector } from '../../daemonset/label-selector.ts'
import { controllerRef } from '../../daemonset/pod-state.ts'
import type { DaemonSet } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import type { DaemonSetFacts, Misscheduling } from './facts.ts'
import type { PodFacts } from './pod-facts.ts'

/** Whether the pod bears the marks of a pod that this DaemonSet made: the hash label, and its name. */
export function isMadeBy(
  { daemonSet, revisions, recount }: DaemonSetFacts,
  { pod, hash }: PodFacts,
): boolean {
  const { name } = daemonSet.metadata
  const named =
    pod.metadata.generateName === `${name}-` ||
    (pod.metadata.generateName === undefined && pod.metadata.name.startsWith(`${name}-`))
  if (hash)
    return (
      named &&
      (revisions.length === 0 ||
        revisions.some(({ metadata }) => metadata.labels?.['controller-revision-hash'] === hash))
    )
  // A snapshot whose pods all lack the label was cut down; then only the name speaks.
  return named && !othersHaveHash({ recount })
}

/** A pod that nobody made from a template of a DaemonSet: it lacks the hash, and its name is not one of the DaemonSet's. */
export function isForeign(facts: DaemonSetFacts, pod: PodFacts): boolean {
  return (
    pod.hash === undefined &&
    !isMadeBy(facts, pod) &&
    (!isAdopted(pod) || facts.revisions.length > 0 || othersHaveHash(facts))
  )
}

/** DaemonSets of the namespace whose selector takes this pod too. */
export function rivals({ facts, pod }: Pick<Misscheduling, 'facts' | 'pod'>): readonly DaemonSet[] {
  const { daemonSet, namespace, index } = facts
  return index
    .daemonSetsIn(namespace)
    .filter(
      ({ metadata, spec }) =>
        metadata.name !== daemonSet.metadata.name &&
        matchesLabelSelector(spec.selector, pod.pod.metadata.labels),
    )
}

/** The rival that made the pod, by the pod's name or hash. */
export function makerAmong(
  facts: DaemonSetFacts,
  pod: PodFacts,
  candidates: readonly DaemonSet[],
): DaemonSet | undefined {
  return candidates.find((rival) => {
    const prefix = `${rival.metadata.name}-`
    if (pod.pod.metadata.generateName === prefix) return true
    if (
      pod.hash &&
      facts.index
        .revisionsOf(rival)
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

/** Whether the pod is older than the DaemonSet that owns it: it was another one's before. */
export function isOlderThanOwner({ daemonSet }: DaemonSetFacts, pod: PodFacts): boolean {
  const made = milliseconds(daemonSet.metadata.creationTimestamp)
  return made !== undefined && pod.created !== undefined && pod.created < made
}

/** Whether the DaemonSet controls the pod already, or will adopt it. */
export function isAdopted({ pod }: PodFacts): boolean {
  return controllerRef(pod) !== undefined
}

function othersHaveHash({ recount }: Pick<DaemonSetFacts, 'recount'>): boolean {
  return recount.claimed.some(
    ({ metadata }) => metadata.labels?.['controller-revision-hash'] !== undefined,
  )
}
