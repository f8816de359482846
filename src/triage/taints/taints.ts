import type { Taint, Toleration } from '../../kubernetes/objects.ts'
import { rfc3339 } from '../../words/time.ts'
import table from './taints.json' with { type: 'json' }

/**
 * What a taint says about its node: `node-condition`: a condition that Kubernetes itself reports;
 * `going-away`: being removed; `start-up`: not initialized yet; `maintenance`: unavailable for a
 * while; `fault`: broken in another way; `reservation`: for some pods only; `virtual`: not a real
 * machine.
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

/** What is known about a taint key. The texts are parts of sentences. */
export interface KnownTaint {
  readonly class: TaintClass
  /** Follows "set by". */
  readonly setBy: string
  /** A clause about the node, after "means that". */
  readonly means: string
  /** For `going-away`: what happens to the node, after "is" or "are". */
  readonly doing?: string
  /** Follows "The taint goes away". */
  readonly ends: string
  /** Follows "It lasts" or "Usual time:". */
  readonly lasts: string
  /** Seconds after which it has lasted too long. */
  readonly limitSeconds?: number
  /**
   * Who should tolerate it: every node agent, only what makes a node Ready, whatever is meant to
   * run there, or nothing.
   */
  readonly tolerate: 'agents' | 'bootstrap' | 'choice' | 'never'
  /** Each cluster chooses its values, and each value is another matter. */
  readonly custom?: true
  /** Pattern for the name of the DaemonSet whose pod makes a start-up taint go away. */
  readonly remover?: string
  /** The component that acts on the taint and removes it. */
  readonly tool?: string
  readonly tolerations?: readonly Toleration[]
}

/**
 * What is known about a taint key: the row with this key or alias, otherwise the first row whose
 * pattern matches.
 */
export function knownTaint(key: string): KnownTaint {
  return BY_KEY.get(key) ?? PATTERNS.find(({ pattern }) => pattern.test(key))?.row ?? UNKNOWN
}

/**
 * When the taint was added (RFC 3339), if the taint itself says so. The cluster autoscaler writes
 * Unix seconds as its value.
 */
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

const AUTOSCALER = /^(ToBeDeletedBy|DeletionCandidateOf)ClusterAutoscaler$/

interface Row extends KnownTaint {
  readonly key?: string
  readonly pattern?: string
  readonly aliases?: readonly string[]
}

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
  setBy: 'unknown',
  means: 'its meaning is specific to this cluster',
  ends: 'unknown',
  lasts: 'unknown',
  tolerate: 'choice',
  custom: true,
}
