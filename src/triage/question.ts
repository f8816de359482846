import { targetNodeName } from '../daemonset/daemon-pods.ts'
import { matchesLabelSelector } from '../daemonset/label-selector.ts'
import { type Recount, recount } from '../daemonset/recount.ts'
import type { DaemonSet } from '../kubernetes/objects.ts'
import type { Details, Question } from '../kubernetes/question.ts'
import { DESCHEDULER_PODS } from './facts/descheduler.ts'
import { comparesNumbers } from './facts/feature-gates.ts'
import { indexSnapshot, namespaceOf, type SnapshotIndex } from './facts/snapshot-index.ts'
import type { Subject } from './findings/status-cause.ts'
import { nodesToCompare } from './taints/template-clues.ts'

/**
 * What the diagnoses of these DaemonSets rest on. `nodes`: on which pods are looked for besides,
 * such as those that were misscheduled before.
 */
export function questionAbout(
  subjects: readonly Subject[],
  nodes: readonly string[] = [],
): Question {
  const isNamed = (daemonSet: DaemonSet) =>
    subjects.some(
      ({ namespace, name }) =>
        daemonSet.metadata.name === name && namespaceOf(daemonSet) === namespace,
    )
  return {
    daemonSets(all) {
      const named = all.filter(isNamed)
      return all.filter(
        (one) =>
          isNamed(one) ||
          // Their statuses show whether the controller's feature gate is on.
          comparesNumbers(one) ||
          named.some((other) => mayShareTheirPods(one, other)),
      )
    },
    details(who) {
      const named = who.daemonSets.filter(isNamed)
      const missing = subjects.filter(
        ({ namespace, name }) =>
          !named.some((one) => one.metadata.name === name && namespaceOf(one) === namespace),
      )
      const traces = distinct(missing.map(({ namespace }) => namespace))
      const found = detailsOf(indexSnapshot(who), named)
      return {
        ...found,
        nodes: distinct([...found.nodes, ...nodes]),
        eventsIn: distinct([...found.eventsIn, ...traces]),
        pods: [...found.pods, ...traces.map((namespace) => ({ namespace }))],
      }
    },
  }
}

/** What the diagnoses of all DaemonSets rest on. */
export const ABOUT_ALL: Question = {
  daemonSets: (all) => all,
  details: (who) => detailsOf(indexSnapshot(who), who.daemonSets, isConspicuous),
}

/** Only what counts and predictions rest on, not the reasons. */
export function withoutReasons({ daemonSets }: Question): Question {
  return { daemonSets, details: () => NO_DETAILS }
}

/** All pods of a namespace. */
export function aboutPodsIn(namespace: string): Question {
  return { daemonSets: () => [], details: () => ({ ...NO_DETAILS, pods: [{ namespace }] }) }
}

const NO_DETAILS: Details = { nodes: [], eventsIn: [], pods: [] }

/** What the diagnoses of these DaemonSets need, if they are `noteworthy` by their recount. */
function detailsOf(
  index: SnapshotIndex,
  daemonSets: readonly DaemonSet[],
  noteworthy: (daemonSet: DaemonSet, recount: Recount, index: SnapshotIndex) => boolean = () =>
    true,
): Details {
  const chosen = daemonSets.flatMap((daemonSet) => {
    const counted = recount(daemonSet, index.world)
    return noteworthy(daemonSet, counted, index) ? [{ daemonSet, counted }] : []
  })
  const nodes = chosen.flatMap(({ daemonSet, counted }) => {
    const wrong = counted.wrongNodes.filter(({ misscheduled }) => misscheduled)
    return wrong.length === 0 ? [] : [...wrong, ...nodesToCompare(daemonSet, index, counted.nodes)]
  })
  return {
    nodes: distinct(nodes.map(({ name }) => name)),
    eventsIn: distinct(chosen.map(({ daemonSet }) => namespaceOf(daemonSet))),
    pods: nodes.length > 0 ? DESCHEDULER_PODS : [],
  }
}

/** Whether a diagnosis may have something to say although nobody asked for it. */
function isConspicuous(
  { status = {}, metadata }: DaemonSet,
  { count, claimed }: Recount,
  index: SnapshotIndex,
): boolean {
  return (
    count.numberMisscheduled > 0 ||
    (status.numberMisscheduled ?? 0) !== count.numberMisscheduled ||
    (status.desiredNumberScheduled ?? 0) !== count.desiredNumberScheduled ||
    (status.currentNumberScheduled ?? 0) !== count.currentNumberScheduled ||
    status.observedGeneration !== metadata.generation ||
    claimed.some((pod) => !index.node(targetNodeName(pod) ?? ''))
  )
}

/** Whether one of them may claim pods that the other created. */
function mayShareTheirPods(one: DaemonSet, other: DaemonSet): boolean {
  if (namespaceOf(one) !== namespaceOf(other)) return false
  const selects = ({ spec }: DaemonSet, created: DaemonSet) =>
    matchesLabelSelector(spec.selector, created.spec.template.metadata?.labels)
  return selects(one, other) || selects(other, one)
}

function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)]
}
