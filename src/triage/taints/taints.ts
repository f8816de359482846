import { toleratesTaint } from '../../daemonset/tolerations.ts'
import type { FeatureGates, Taint, Toleration } from '../../kubernetes/objects.ts'
import { rfc3339 } from '../../words/time.ts'
import table from './taints.json' with { type: 'json' }

/**
 * What kind of statement a taint makes of its node: a condition that Kubernetes itself reports, on its way out, not yet started up,
 * in maintenance and coming back, broken in some other way, reserved for some pods, or not a real machine at all.
 */
export type TaintClass =
  | 'node-condition'
  | 'going-away'
  | 'start-up'
  | 'maintenance'
  | 'fault'
  | 'reservation'
  | 'virtual'
  | 'unknown'

/** A row of the taint table. `means` is a clause about the node, `ends` and `lasts` follow "It goes" and "It lasts". */
export interface KnownTaint {
  readonly class: TaintClass
  readonly setBy: string
  readonly means: string
  /** Of nodes going away: what is happening to them, after "is" or "are". */
  readonly doing?: string
  readonly ends: string
  readonly lasts: string
  /** Seconds after which it has lasted too long. */
  readonly limitSeconds?: number
  /** Who should tolerate it: every node agent, only what makes a node ready, whoever is meant to run there, or nobody. */
  readonly tolerate: 'agents' | 'bootstrap' | 'choice' | 'never'
  /** Pattern for the name of the DaemonSet whose pod takes a start-up taint off. */
  readonly lifter?: string
  /** Who acts on it, and takes it off. */
  readonly tool?: string
  readonly tolerations?: readonly Toleration[]
}

interface Row extends KnownTaint {
  readonly key?: string
  readonly pattern?: string
  readonly aliases?: readonly string[]
}

/** The row of the table for a taint key: the exact key, then other names of it, then the first pattern that fits. The last one fits all. */
export function knownTaint(key: string): KnownTaint {
  return BY_KEY.get(key) ?? PATTERNS.find(({ pattern }) => pattern.test(key))?.row ?? UNKNOWN
}

/** Tolerations that let a pod stay on a node with this taint, as narrow as the taint allows. */
export function tolerationsFor(taint: Taint, gates?: FeatureGates): readonly Toleration[] {
  const known = knownTaint(taint.key).tolerations ?? []
  if (known.some((toleration) => toleratesTaint(toleration, taint, gates))) return known
  // By key alone it would let the pod onto every pool that is set apart by this key; a value that is a moment is another on each node.
  if (taint.value && !MOMENT.test(taint.value))
    return [{ key: taint.key, operator: 'Equal', value: taint.value, effect: taint.effect }]
  return [{ key: taint.key, operator: 'Exists', effect: taint.effect }]
}

/** When the taint was put on, as far as it says so itself: the cluster autoscaler writes Unix seconds as its value. RFC 3339. */
export function taintTime(
  taint: Taint,
): { readonly at: string; readonly from: 'value' | 'timeAdded' } | undefined {
  const seconds =
    AUTOSCALER.test(taint.key) && /^\d{9,11}$/.test(taint.value ?? '')
      ? Number(taint.value)
      : Number.NaN
  if (!Number.isNaN(seconds)) return { at: rfc3339(seconds * 1000), from: 'value' }
  if (taint.timeAdded && !Number.isNaN(Date.parse(taint.timeAdded)))
    return { at: taint.timeAdded, from: 'timeAdded' }
  return undefined
}

/** `key=value:Effect`, as kubectl writes it. */
export function taintText({ key, value, effect }: Taint): string {
  return value ? `${key}=${value}:${effect}` : `${key}:${effect}`
}

/** Unix seconds, or the beginning of RFC 3339. */
const MOMENT = /^(\d{9,13}|\d{4}-\d\d-\d\d[T ].*)$/

const AUTOSCALER = /^(ToBeDeletedBy|DeletionCandidateOf)ClusterAutoscaler$/
const ROWS: readonly Row[] = table as readonly Row[]
const BY_KEY: ReadonlyMap<string, KnownTaint> = new Map(
  ROWS.flatMap((row) =>
    [row.key, ...(row.aliases ?? [])].flatMap((key) => (key ? [[key, row] as const] : [])),
  ),
)
const PATTERNS = ROWS.flatMap((row) =>
  row.pattern ? [{ pattern: new RegExp(row.pattern), row }] : [],
)
const UNKNOWN: KnownTaint = {
  class: 'unknown',
  setBy: 'not known',
  means: 'its meaning is local to this cluster',
  ends: 'not known',
  lasts: 'not known',
  tolerate: 'choice',
}
