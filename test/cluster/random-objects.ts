import type {
  DaemonSet,
  NodeSelectorTerm,
  PodSpec,
  SelectorRequirement,
  Taint,
  Toleration,
} from '../../src/kubernetes/objects.ts'
import type { Random } from './random.ts'

/**
 * Values that the API server mostly accepts and that test the limits of a rule: empty, with leading
 * zeros, not a number, too large for int64. The caller draws again what it refuses.
 */
const LABELS: Readonly<Record<string, readonly string[]>> = {
  zone: ['a', 'b', 'c'],
  gpu: ['true', 'false', ''],
  cores: ['4', '8', '16', '007', '5.0', 'many', '99999999999999999999'],
  'example.com/tier': ['gold', 'silver', 'Gold'],
}

const TAINTS: Readonly<Record<string, readonly (string | undefined)[]>> = {
  dedicated: ['gpu', 'db', '', undefined],
  'example.com/maintenance': [undefined, 'planned'],
  level: ['0', '5', '10', '007', '5.0'],
  ToBeDeletedByClusterAutoscaler: ['1764000000'],
  'karpenter.sh/disrupted': [undefined],
}

/** Taints that the node-lifecycle controller adds. A DaemonSet may tolerate them. */
const CONDITION_TAINTS = [
  'not-ready',
  'unreachable',
  'network-unavailable',
  'memory-pressure',
  'unschedulable',
].map((name) => `node.kubernetes.io/${name}`)

const EFFECTS = ['NoSchedule', 'NoExecute', 'PreferNoSchedule']
const NUMBERS = ['0', '4', '5', '7', '10', '-5', '007', 'four', '9223372036854775807']

/** Keys of the random labels, from which selectors and changes choose. */
export const LABEL_KEYS = Object.keys(LABELS)
/** Keys of the random taints, from which tolerations and changes choose. */
export const TAINT_KEYS = Object.keys(TAINTS)
const labelValue = (random: Random, key: string) => random.pick(LABELS[key] ?? ['true'])

/** Each of the labels with a probability of 0.6. */
export function randomLabels(random: Random): Record<string, string> {
  return Object.fromEntries(
    LABEL_KEYS.filter(() => random.chance(0.6)).map((key) => [key, labelValue(random, key)]),
  )
}

/** A taint; most are NoSchedule. */
export function randomTaint(random: Random): Taint {
  const key = random.pick(TAINT_KEYS)
  const value = random.pick(TAINTS[key] ?? [undefined])
  return {
    key,
    effect: random.chance(0.6) ? 'NoSchedule' : random.pick(EFFECTS),
    ...(value !== undefined && { value }),
  }
}

/** A toleration with any operator, including Lt and Gt, for which a feature gate is needed. */
export function randomToleration(random: Random): Toleration {
  const key = random.pick([...TAINT_KEYS, ...TAINT_KEYS, ...CONDITION_TAINTS])
  const effect = random.pick([
    undefined,
    'NoSchedule',
    'NoSchedule',
    'NoExecute',
    'PreferNoSchedule',
  ])
  // With a short time, pods would be evicted and created forever, and the counts would never
  // settle.
  const seconds = effect === 'NoExecute' && random.chance(0.3) ? { tolerationSeconds: 3600 } : {}
  const common = { ...(effect && { effect }), ...seconds }
  const kind = random.int(10)
  if (kind === 0) return { operator: 'Exists', ...common }
  if (kind < 4) return { key, operator: 'Exists', ...common }
  if (kind < 6)
    return {
      key: 'level',
      operator: random.pick(['Lt', 'Gt']),
      value: random.pick(NUMBERS),
      ...common,
    }
  const value = random.pick(TAINTS[key] ?? [undefined])
  return {
    key,
    ...(random.chance(0.5) && { operator: 'Equal' }),
    ...(value !== undefined && { value }),
    ...common,
  }
}

function randomRequirement(random: Random): SelectorRequirement {
  const key = random.pick([...LABEL_KEYS, 'missing'])
  const operator = random.pick(['In', 'In', 'NotIn', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'])
  if (operator === 'In' || operator === 'NotIn')
    return { key, operator, values: random.some(1, 2, () => labelValue(random, key)) }
  if (operator === 'Gt' || operator === 'Lt')
    return { key: random.chance(0.8) ? 'cores' : key, operator, values: [random.pick(NUMBERS)] }
  return { key, operator }
}

function randomTerm(random: Random, nodeNames: readonly string[]): NodeSelectorTerm {
  const matchFields = () => [
    {
      key: 'metadata.name',
      operator: random.pick(['In', 'NotIn']),
      values: [random.pick(nodeNames)],
    },
  ]
  return {
    // Without both, the term matches no node.
    ...(random.chance(0.85) && {
      matchExpressions: random.some(1, 2, () => randomRequirement(random)),
    }),
    ...(random.chance(0.25) && { matchFields: matchFields() }),
  }
}

/** Tolerations, and sometimes a node selector, node affinity, host network or node name. */
export function randomPodSpec(random: Random, nodeNames: readonly string[]): PodSpec {
  const selected = random.pick(LABEL_KEYS)
  return {
    tolerations: random.some(0, 3, () => randomToleration(random)),
    ...(random.chance(0.2) && { nodeSelector: { [selected]: labelValue(random, selected) } }),
    ...(random.chance(0.4) && {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: random.some(1, 3, () => randomTerm(random, nodeNames)),
          },
        },
      },
    }),
    ...(random.chance(0.25) && { hostNetwork: true }),
    ...(random.chance(0.05) && { nodeName: random.pick([...nodeNames, 'no-such-node']) }),
  }
}

/** OnDelete, or a RollingUpdate that replaces several pods at a time. */
export function randomUpdateStrategy(random: Random): DaemonSet['spec']['updateStrategy'] {
  if (random.chance(0.35)) return { type: 'OnDelete' }
  const rollingUpdate = random.pick([
    { maxUnavailable: '100%' },
    { maxUnavailable: '50%' },
    { maxUnavailable: 3 },
    { maxUnavailable: 0, maxSurge: '50%' },
  ])
  return { type: 'RollingUpdate', rollingUpdate }
}
