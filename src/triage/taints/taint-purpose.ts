import type { Taint } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { code, type Words, words } from '../../words/words.ts'
import type { Misscheduling } from '../facts/facts.ts'
import { spreadOf } from './taint-spread.ts'
import { knownTaint, taintText } from './taints.ts'

/** What points to why somebody put a taint on. Signs, never proof: each is said as what was seen. */
export interface TaintSigns {
  /** `rotation`: a pool is being emptied. `maintenance`: planned work. `fault`: something is broken. `reservation`: the nodes are for others. `ad-hoc`: one node, by hand. */
  readonly kind:
    | 'rotation'
    | 'maintenance'
    | 'fault'
    | 'reservation'
    | 'other-system'
    | 'ad-hoc'
    | 'unknown'
  readonly words: readonly Words[]
}

export function taintSigns({ facts, node }: Misscheduling, taint: Taint): TaintSigns {
  const known = knownTaint(taint.key)
  if (known.class === 'maintenance')
    return { kind: 'maintenance', words: [words`set by ${known.setBy}; it goes ${known.ends}`] }
  if (known.class === 'fault')
    return { kind: 'fault', words: [words`set by ${known.setBy}; it goes ${known.ends}`] }
  if (
    OTHER_SYSTEM.test(taint.key) &&
    facts.daemonSet.spec.template.spec?.nodeSelector?.['kubernetes.io/os'] !== taint.value
  )
    return { kind: 'other-system', words: [] }
  const spread = spreadOf(facts.index, node.node, taint)
  const hinted = LEAVING.test(`${taint.key}=${taint.value ?? ''}`)
  const named = LEAVING.test(spread.pool?.name ?? '')
  const cordoned = spread.tainted.every(({ spec }) => spec?.unschedulable)
  const whole =
    spread.pool !== undefined && spread.total > 1 && spread.tainted.length === spread.total
  const siblings = spread.outside.clean
  if (known.class === 'reservation' && !hinted) return { kind: 'reservation', words: [] }
  if (
    whole &&
    siblings.length > 0 &&
    (hinted ||
      named ||
      cordoned ||
      siblings.some((other) =>
        isYounger(
          other.metadata.creationTimestamp,
          spread.tainted.map(({ metadata }) => metadata.creationTimestamp),
        ),
      ))
  ) {
    const seen = words`all ${spread.total} nodes of pool ${code(spread.pool?.name ?? '')} have it while other nodes have not`
    return {
      kind: 'rotation',
      words: [
        words`${seen}${hinted ? ', and its name speaks of leaving' : named ? ", and the pool's name speaks of leaving" : cordoned ? ', and they are cordoned' : ', and there are younger nodes without it'}: this looks like a planned rotation, but could be a mistake`,
      ],
    }
  }
  if (hinted)
    return {
      kind: 'maintenance',
      words: [words`the name of ${code(taintText(taint))} speaks of planned work`],
    }
  const alone = spread.tainted.length === 1 && spread.total > 1 && spread.outside.tainted === 0
  const byHand = /^kubectl/.test(node.taintsWritten?.manager ?? '')
  if (alone)
    return {
      kind: 'ad-hoc',
      words: [
        words`no other node has this taint${byHand ? ' and kubectl wrote it' : ''}: it looks like a single act, not like a rule of the pool`,
      ],
    }
  return { kind: 'unknown', words: [] }
}

const OTHER_SYSTEM = /^(node\.kubernetes\.io\/os|kubernetes\.io\/os|os)$/
const LEAVING =
  /drain|rotat|decom|retir|deprecat|maint|upgrad|evict|migrat|cordon|replac|remov|delet|recycl|phase-?out|end-?of-?life|(^|[-_./=])(old|legacy|outdated)($|[-_./=])/i

function isYounger(one: string | undefined, others: readonly (string | undefined)[]): boolean {
  const born = milliseconds(one)
  return (
    born !== undefined &&
    others.every((other) => (milliseconds(other) ?? Number.POSITIVE_INFINITY) < born)
  )
}
