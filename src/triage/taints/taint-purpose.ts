import type { Node, Taint } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { code, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts, Misscheduling, NodeFacts } from '../facts/facts.ts'
import names from './first-names.json' with { type: 'json' }
import { platformOfTaint } from './platform.ts'
import { type Spread, spreadOf } from './taint-spread.ts'
import { type KnownTaint, knownTaint, taintText } from './taints.ts'
import { isNamedByTemplates } from './template-clues.ts'

/** Why somebody probably added a taint. It is a guess; the hints say what it rests on. */
export interface TaintPurpose {
  /**
   * `rotation`: a pool is being replaced. `maintenance`: planned work. `fault`: something is
   * broken. `personal`: for a person, or until a date. `ad-hoc`: added by hand to one node of
   * several. `reservation`: the node is for some pods only, by a known key. `unknown`: nothing
   * tells.
   */
  readonly kind:
    | 'rotation'
    | 'maintenance'
    | 'fault'
    | 'personal'
    | 'ad-hoc'
    | 'reservation'
    | 'unknown'
  readonly hints: readonly Words[]
}

/** Whether the taint probably goes again: a toleration for good would outlive it. */
export function isPassing({ kind }: TaintPurpose): boolean {
  return kind !== 'reservation' && kind !== 'unknown'
}

/**
 * Guesses the purpose from the taint's key and value, its spread over the pool, and the node's
 * managedFields.
 */
export function purposeOf(
  { facts, node }: Pick<Misscheduling, 'facts' | 'node'>,
  taint: Taint,
): TaintPurpose {
  const known = knownTaint(taint.key)
  if (known.class === 'maintenance' || known.class === 'fault')
    return {
      kind: known.class,
      hints: [words`set by ${known.setBy}; it goes away ${known.ends}`],
    }
  if (platformOfTaint(node.node, taint)) return RESERVATION
  const spread = spreadOf(facts.index, node.node, taint)
  const text = `${taint.key}=${taint.value ?? ''}`
  const hasTellingName = REMOVAL_NAME.test(text)
  // A documented key means the same wherever it is; people's own keys mean what they choose.
  const isReservation = known.class === 'reservation'
  if (isReservation && taint.key.includes('/') && !hasTellingName) return RESERVATION
  const rotation =
    isReservation && !hasTellingName ? undefined : rotationHint(spread, hasTellingName)
  if (rotation) return { kind: 'rotation', hints: [rotation] }
  if (hasTellingName || WORK_NAME.test(text))
    return {
      kind: 'maintenance',
      hints: [words`the name ${code(taintText(taint))} suggests planned work`],
    }
  return (
    passingAct({ facts, node, taint, spread, known }) ??
    (isReservation ? RESERVATION : { kind: 'unknown', hints: [] })
  )
}

const RESERVATION: TaintPurpose = { kind: 'reservation', hints: [] }

interface Act {
  readonly facts: DaemonSetFacts
  readonly node: NodeFacts
  readonly taint: Taint
  readonly spread: Spread
  readonly known: KnownTaint
}

/** What suggests a person's passing act rather than a rule of the pool. */
function passingAct(act: Act): TaintPurpose | undefined {
  const { facts, node, taint, spread } = act
  if (isNamedByTemplates(facts, taint)) return undefined
  const dated = DATE.test(`${taint.key}=${taint.value ?? ''}`)
  if (dated)
    return {
      kind: 'personal',
      hints: [
        words`${code(taintText(taint))} names a date, so it is probably there for a time only`,
      ],
    }
  const isWholePool = spread.pool !== undefined && spread.total === spread.tainted.length
  const byHand = isByHand(node)
  if ((!isWholePool || byHand) && namesPerson(taint, byHand))
    return {
      kind: 'personal',
      hints: [
        words`the value ${code(taint.value ?? '')} looks like a person's name, so the taint is probably there for a time only`,
      ],
    }
  const hint = adHocHint(act, byHand)
  return hint && { kind: 'ad-hoc', hints: [hint] }
}

/** What suggests that a taint was put by hand on these nodes only, and is no rule of their pool. */
function adHocHint({ node, spread, known }: Act, byHand: boolean): Words | undefined {
  const { pool, tainted, total, outside } = spread
  if (outside.tainted > 0 || total < 2 || 2 * tainted.length > total) return undefined
  const last = byHand
    ? words`, and ${code(node.taintsWritten?.manager ?? '')} last changed the taint list`
    : ''
  if (pool) {
    // Without a writer, a part of a pool is evidence only if it is a single node.
    if (!byHand && (node.taintsWritten || tainted.length > 1)) return undefined
    return words`only ${tainted.length} of the ${total} nodes of pool ${code(pool.name)} ${tainted.length === 1 ? 'has' : 'have'} it${last}: probably a single act, not a rule of the pool`
  }
  return byHand && tainted.length === 1 && known.class !== 'reservation'
    ? words`no other node has it${last}: probably a single act, not a rule of a pool`
    : undefined
}

/** Whether a person last wrote the node's taint list, judging by the manager's name. */
function isByHand({ taintsWritten }: NodeFacts): boolean {
  return /^(kubectl|k9s|lens|headlamp|rancher$|dashboard)/i.test(taintsWritten?.manager ?? '')
}

function namesPerson({ key, value = '' }: Taint, byHand: boolean): boolean {
  const [first = ''] = value.toLowerCase().split(/[-_.]/)
  if (FIRST_NAMES.has(first)) return true
  return byHand && PERSON_KEY.test(key) && LOGIN.test(value) && !GROUP.test(value)
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
    : words`${total === 2 ? 'both' : `all ${total}`} nodes of pool ${code(pool.name)} have it, other nodes do not, and ${because}: probably a planned rotation, but it could be a mistake`
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

const REMOVAL_NAME =
  /drain|rotat|decom|retir|deprecat|maint|upgrad|evict|migrat|cordon|replac|remov|delet|recycl|phase-?out|end-?of-?life|(^|[-_./=])(old|legacy|outdated)($|[-_./=])/i
const WORK_NAME =
  /(^|[-_./=])(tmp|temp|temporary|wip|debug|debugging|incident|outage|quarantined?|broken|faulty|repair|rma|reboot|reimage|patching|investigat\w*|do-?not-?use)($|[-_./=])/i
/** 2026-11-30, 20261130, or Unix seconds. */
const DATE = /(^|\D)(20\d\d-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])|1\d{9})(\D|$)/
const FIRST_NAMES: ReadonlySet<string> = new Set(names)
const PERSON_KEY =
  /(^|[-_./])(hold|held|held-?by|lock|locked-?by|claimed-?by|reserved-?by|owner|user|who|by)$/i
const LOGIN = /^[a-z]+([._-][a-z]+)?\d*$/i
const GROUP =
  /team|squad|group|platform|infra|ops|sre|data|ml|ai|search|shop|ci|gpu|batch|prod|dev|test|true|yes/i

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
