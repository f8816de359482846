import type { Node, Taint } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { code, type Words, words } from '../../words/words.ts'
import type { Misscheduling } from '../facts/facts.ts'
import { type Spread, spreadOf } from './taint-spread.ts'
import { knownTaint, taintText } from './taints.ts'

/** Why somebody probably added a taint. It is a guess; the hints say what it rests on. */
export interface TaintPurpose {
  /**
   * `rotation`: a pool is being replaced. `maintenance`: planned work. `fault`: something is
   * broken. `reservation`: the node is for other pods. `other-os`: for another operating system.
   * `ad-hoc`: added to this one node.
   */
  readonly kind:
    | 'rotation'
    | 'maintenance'
    | 'fault'
    | 'reservation'
    | 'other-os'
    | 'ad-hoc'
    | 'unknown'
  readonly hints: readonly Words[]
}

/**
 * Guesses the purpose from the taint's key and value, its spread over the pool, and the node's
 * managedFields.
 */
export function purposeOf({ facts, node }: Misscheduling, taint: Taint): TaintPurpose {
  const known = knownTaint(taint.key)
  if (known.class === 'maintenance' || known.class === 'fault')
    return {
      kind: known.class,
      hints: [words`set by ${known.setBy}; it goes away ${known.ends}`],
    }
  const os = facts.daemonSet.spec.template.spec?.nodeSelector?.['kubernetes.io/os']
  if (OS_KEYS.test(taint.key) && os !== taint.value) return { kind: 'other-os', hints: [] }
  const hasTellingName = REMOVAL_NAME.test(`${taint.key}=${taint.value ?? ''}`)
  if (known.class === 'reservation' && !hasTellingName) return { kind: 'reservation', hints: [] }
  const spread = spreadOf(facts.index, node.node, taint)
  const rotation = rotationHint(spread, hasTellingName)
  if (rotation) return { kind: 'rotation', hints: [rotation] }
  if (hasTellingName)
    return {
      kind: 'maintenance',
      hints: [words`the name ${code(taintText(taint))} suggests planned work`],
    }
  if (spread.tainted.length === 1 && spread.total > 1 && spread.outside.tainted === 0) {
    const byHand = /^kubectl/.test(node.taintsWritten?.manager ?? '')
    return {
      kind: 'ad-hoc',
      hints: [
        words`no other node has this taint${byHand ? ', and kubectl last changed the taint list' : ''}: it was probably added to this node only, not to its pool`,
      ],
    }
  }
  return { kind: 'unknown', hints: [] }
}

/**
 * What suggests a rotation: all nodes of the pool have the taint, other nodes do not, and something
 * says that these nodes leave.
 */
function rotationHint(
  { pool, total, tainted, outside: { clean } }: Spread,
  hasTellingName: boolean,
): Words | undefined {
  if (!pool || total < 2 || tainted.length < total || clean.length === 0) return undefined
  const because = leavingHint(pool.name, tainted, clean, hasTellingName)
  return because === undefined
    ? undefined
    : words`${total === 2 ? 'both' : `all ${total}`} nodes in pool ${code(pool.name)} have it, other nodes do not, and ${because}: probably a planned rotation, but it could be a mistake`
}

function leavingHint(
  pool: string,
  tainted: readonly Node[],
  clean: readonly Node[],
  hasTellingName: boolean,
): string | undefined {
  if (hasTellingName) return "the taint's name suggests removal"
  if (REMOVAL_NAME.test(pool)) return "the pool's name suggests removal"
  if (tainted.every(({ spec }) => spec?.unschedulable)) return 'they are cordoned'
  return clean.some((node) => isYounger(node, tainted))
    ? 'there are younger nodes without it'
    : undefined
}

const OS_KEYS = /^(node\.kubernetes\.io\/os|kubernetes\.io\/os|os)$/
const REMOVAL_NAME =
  /drain|rotat|decom|retir|deprecat|maint|upgrad|evict|migrat|cordon|replac|remov|delet|recycl|phase-?out|end-?of-?life|(^|[-_./=])(old|legacy|outdated)($|[-_./=])/i

function isYounger({ metadata }: Node, others: readonly Node[]): boolean {
  const created = milliseconds(metadata.creationTimestamp)
  return (
    created !== undefined &&
    others.every(
      (other) =>
        (milliseconds(other.metadata.creationTimestamp) ?? Number.POSITIVE_INFINITY) < created,
    )
  )
}
