import type { FeatureGates, PodSpec, Taint, Toleration } from '../kubernetes/objects.ts'
import { parseCanonicalInt64 } from './integer.ts'

/** The tolerations that the controller gives every daemon pod; the last only with `hostNetwork`. NotReady's NoSchedule twin is not among them. */
const AUTOMATIC: readonly (Toleration & { readonly hostNetworkOnly?: true })[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
  {
    key: 'node.kubernetes.io/network-unavailable',
    operator: 'Exists',
    effect: 'NoSchedule',
    hostNetworkOnly: true,
  },
]

/** The tolerations that the controller adds to a template of this spec. */
export function automaticTolerations(spec: PodSpec | undefined): readonly Toleration[] {
  return AUTOMATIC.filter(
    ({ hostNetworkOnly }) => !hostNetworkOnly || spec?.hostNetwork === true,
  ).map(({ key, operator, effect }) => ({
    key,
    operator,
    effect,
  }))
}

/** What the controller judges a node's taints by: the template's own tolerations and the automatic ones, which replace their equals. */
export function effectiveTolerations(spec: PodSpec | undefined): readonly Toleration[] {
  const automatic = automaticTolerations(spec)
  const own = (spec?.tolerations ?? []).filter(
    (toleration) => !automatic.some((other) => matchesToleration(toleration, other)),
  )
  return [...own, ...automatic]
}

/** Whether two tolerations are the same to Kubernetes: key, effect, operator and value; not the seconds. */
export function matchesToleration(one: Toleration, other: Toleration): boolean {
  return (
    (one.key ?? '') === (other.key ?? '') &&
    (one.effect ?? '') === (other.effect ?? '') &&
    (one.operator ?? '') === (other.operator ?? '') &&
    (one.value ?? '') === (other.value ?? '')
  )
}

/** `ToleratesTaint` of k8s.io/api. `tolerationSeconds` plays no part. */
export function toleratesTaint(
  toleration: Toleration,
  taint: Taint,
  gates?: FeatureGates,
): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  switch (toleration.operator ?? '') {
    case '':
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '')
    case 'Exists':
      return true
    case 'Lt':
    case 'Gt':
      return gates?.TaintTolerationComparisonOperators === true && comparesTaint(toleration, taint)
    default:
      return false
  }
}

/** Whether the controller looks at this taint at all. */
export function keepsPodsAway(taint: Taint): boolean {
  return taint.effect === 'NoSchedule' || taint.effect === 'NoExecute'
}

/** The NoSchedule and NoExecute taints that none of the tolerations tolerates, in the node's order. */
export function untoleratedTaints(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[],
  gates?: FeatureGates,
): readonly Taint[] {
  return (taints ?? []).filter(
    (taint) =>
      keepsPodsAway(taint) &&
      !tolerations.some((toleration) => toleratesTaint(toleration, taint, gates)),
  )
}

function comparesTaint(toleration: Toleration, taint: Taint): boolean {
  const bound = parseCanonicalInt64(toleration.value ?? '')
  const actual = parseCanonicalInt64(taint.value ?? '')
  if (bound === undefined || actual === undefined) return false
  return toleration.operator === 'Gt' ? actual > bound : actual < bound
}
