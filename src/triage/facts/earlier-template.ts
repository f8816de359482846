import { decide, isSelection, placementOf } from '../../daemonset/decide.ts'
import {
  automaticTolerations,
  effectiveTolerations,
  toleratesTaint,
} from '../../daemonset/tolerations.ts'
import type {
  ControllerRevision,
  DaemonSet,
  Node,
  PodSpec,
  Taint,
} from '../../kubernetes/objects.ts'
import { type DaemonSetFacts, type Misscheduling, wrongTaint } from './facts.ts'

/** A taint that the pod tolerates and the template no longer does. */
export interface Lost {
  readonly taint: Taint
  /** The newest older revision that had the toleration. */
  readonly revision: { readonly number: number; readonly made: string | undefined } | undefined
}

/** The toleration was in the template when the pod was made: the pod is of an older revision and tolerates the taint. */
export function lostToleration(misscheduling: Misscheduling): Lost | undefined {
  const taint = toleratedByPod(misscheduling)
  if (!taint || misscheduling.pod.current === true) return undefined
  const { facts, pod } = misscheduling
  const own = pod.hash
    ? facts.revisions.find(
        ({ metadata }) => metadata.labels?.['controller-revision-hash'] === pod.hash,
      )
    : undefined
  // The pod's own template did not have it either: something else gave it to the pod.
  if (own && !tolerates(own.data?.spec?.template?.spec, taint)) return undefined
  const had = misscheduling.facts.revisions
    .slice(1)
    .find(({ data }) => tolerates(data?.spec?.template?.spec, taint))
  // Without a word on the pod's revision only an older template proves that the toleration ever was in it.
  if (misscheduling.pod.current === undefined && !had) return undefined
  return {
    taint,
    revision: had && { number: had.revision ?? 0, made: had.metadata.creationTimestamp },
  }
}

/** The untolerated taint of a misscheduling, where the pod's own tolerations cover it although the template's do not. */
export function toleratedByPod(misscheduling: Misscheduling): Taint | undefined {
  const taint = wrongTaint(misscheduling)
  const spec = misscheduling.pod.pod.spec
  if (!taint || !spec) return undefined
  const automatic = automaticTolerations(misscheduling.facts.daemonSet.spec.template.spec)
  return [...(spec.tolerations ?? []), ...automatic].some((toleration) =>
    toleratesTaint(toleration, taint),
  )
    ? taint
    : undefined
}

function tolerates(spec: PodSpec | undefined, taint: Taint): boolean {
  return (
    spec !== undefined &&
    effectiveTolerations(spec).some((toleration) => toleratesTaint(toleration, taint))
  )
}
/** The newest older revision by whose selector and affinity the node is right, although by the current ones it is not. */
export function earlierPlacement(
  { daemonSet, revisions }: DaemonSetFacts,
  node: Node,
): ControllerRevision | undefined {
  return revisions.slice(1).find(({ data }) => {
    const template = data?.spec?.template
    return (
      template !== undefined &&
      selects({ ...daemonSet, spec: { ...daemonSet.spec, template } }, node)
    )
  })
}

function selects(daemonSet: DaemonSet, node: Node): boolean {
  return !decide(placementOf(daemonSet), node).reasons.some(isSelection)
}
