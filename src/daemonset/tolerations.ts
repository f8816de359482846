import type { FeatureGates, PodSpec, Taint, Toleration } from '../kubernetes/objects.ts'

/**
 * The tolerations that the controller adds to every daemon pod, the last one only with
 * `hostNetwork`. It does not add not-ready:NoSchedule or unreachable:NoSchedule.
 */
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

/** The tolerations that the controller adds to pods of a template with this spec. */
export function automaticTolerations(spec: PodSpec | undefined): readonly Toleration[] {
  return AUTOMATIC.filter(
    ({ hostNetworkOnly }) => !hostNetworkOnly || spec?.hostNetwork === true,
  ).map(({ key, operator, effect }) => ({
    key,
    operator,
    effect,
  }))
}

/**
 * The tolerations that decide: the template's own and the automatic ones. An automatic one replaces
 * an equal own one.
 */
export function effectiveTolerations(spec: PodSpec | undefined): readonly Toleration[] {
  const automatic = automaticTolerations(spec)
  const own = (spec?.tolerations ?? []).filter(
    (toleration) => !automatic.some((other) => matchesToleration(toleration, other)),
  )
  return [...own, ...automatic]
}

/**
 * Whether Kubernetes treats two tolerations as the same: equal key, effect, operator and value,
 * whatever the seconds.
 */
export function matchesToleration(one: Toleration, other: Toleration): boolean {
  return (
    (one.key ?? '') === (other.key ?? '') &&
    (one.effect ?? '') === (other.effect ?? '') &&
    (one.operator ?? '') === (other.operator ?? '') &&
    (one.value ?? '') === (other.value ?? '')
  )
}

/** `ToleratesTaint` of k8s.io/api. Ignores `tolerationSeconds`. */
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

/** Whether the controller considers this taint: NoSchedule or NoExecute, not PreferNoSchedule. */
export function keepsPodsAway(taint: Taint): boolean {
  return taint.effect === 'NoSchedule' || taint.effect === 'NoExecute'
}

/** The NoSchedule and NoExecute taints that none of the tolerations covers, in the node's order. */
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

/**
 * Parses an int64 in canonical form only (`0`, or no leading zero, no `+`, no `-0`), as the API
 * requires for Gt and Lt.
 */
export function parseCanonicalInt64(text: string): bigint | undefined {
  if (!/^(0|-?[1-9][0-9]*)$/.test(text)) return undefined
  const value = BigInt(text)
  return BigInt.asIntN(64, value) === value ? value : undefined
}
