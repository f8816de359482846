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

/** A taint that the pod tolerates and the current template does not. */
export interface LostToleration {
  readonly taint: Taint
  /** The newest older revision with the toleration, if it is known. */
  readonly revision: { readonly number: number; readonly created: string | undefined } | undefined
  /**
   * false: the pod is of an older template that was not read, so something else may have added the
   * toleration to the pod.
   */
  readonly isProven: boolean
}

/**
 * Whether a template change removed the toleration: the pod is of an older revision and tolerates
 * the taint.
 */
export function lostToleration(misscheduling: Misscheduling): LostToleration | undefined {
  const taint = toleratedByPod(misscheduling)
  if (!taint || misscheduling.pod.current === true) return undefined
  const { facts, pod } = misscheduling
  const own = pod.hash
    ? facts.revisions.find(
        ({ metadata }) => metadata.labels?.['controller-revision-hash'] === pod.hash,
      )
    : undefined
  // The pod's own template did not have it either, so something else added it to the pod.
  if (own && !tolerates(own.data?.spec?.template?.spec, taint)) return undefined
  const earlier = misscheduling.facts.revisions
    .slice(1)
    .find(({ data }) => tolerates(data?.spec?.template?.spec, taint))
  // If the pod's revision is unknown, only an older template proves that the toleration was in the
  // template.
  if (misscheduling.pod.current === undefined && !earlier) return undefined
  return {
    taint,
    isProven: own !== undefined || earlier !== undefined,
    revision: earlier && {
      number: earlier.revision ?? 0,
      created: earlier.metadata.creationTimestamp,
    },
  }
}

/**
 * The untolerated taint of a misscheduling if the pod's own tolerations cover it and the template's
 * do not.
 */
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

/**
 * The newest older revision whose node selector and affinity match the node, although the current
 * ones do not.
 */
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

function tolerates(spec: PodSpec | undefined, taint: Taint): boolean {
  return (
    spec !== undefined &&
    effectiveTolerations(spec).some((toleration) => toleratesTaint(toleration, taint))
  )
}

function selects(daemonSet: DaemonSet, node: Node): boolean {
  return !decide(placementOf(daemonSet), node).reasons.some(isSelection)
}
