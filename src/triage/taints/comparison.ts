import {
  effectiveTolerations,
  parseCanonicalInt64,
  toleratesTaint,
} from '../../daemonset/tolerations.ts'
import type { Node, Taint, Toleration } from '../../kubernetes/objects.ts'
import { code, joined, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts, Misscheduling } from '../facts/facts.ts'

/** Tolerations with Gt or Lt that name a taint's key and do not match it. */
export interface Comparison {
  readonly taint: Taint
  /** All that compare the value of this taint; none of them matches. */
  readonly tolerations: readonly [Toleration, ...Toleration[]]
  readonly state: 'gate-off' | 'not-a-number' | 'past-threshold'
}

/** The comparison that a misscheduling is about; undefined if no toleration compares the taint. */
export function comparisonWith(
  { facts }: Pick<Misscheduling, 'facts'>,
  taint: Taint,
): Comparison | undefined {
  const [first, ...others] = comparisonsOf(facts, taint)
  if (!first) return undefined
  const tolerations = [first, ...others] as const
  return { taint, tolerations, state: stateOf(taint, tolerations, isGateOn(facts)) }
}

/** What each operator asks of the taint's value. */
export const COMPARED: Readonly<Record<string, string>> = { Gt: 'greater than', Lt: 'less than' }

/** Whether the snapshot says that the controller compares. */
export function isGateOn({ index }: DaemonSetFacts): boolean {
  return index.snapshot.featureGates?.TaintTolerationComparisonOperators === true
}

function comparisonsOf({ daemonSet }: DaemonSetFacts, taint: Taint): readonly Toleration[] {
  return (daemonSet.spec.template.spec?.tolerations ?? []).filter(
    ({ key, operator, effect }) =>
      key === taint.key &&
      COMPARED[operator ?? ''] !== undefined &&
      (!effect || effect === taint.effect),
  )
}

function stateOf(
  taint: Taint,
  tolerations: Comparison['tolerations'],
  isOn: boolean,
): Comparison['state'] {
  if (!isNumber(taint) || !tolerations.some(isNumber)) return 'not-a-number'
  // What is past the threshold does not match with the gate either.
  return isOn || !tolerations.some((toleration) => holds(toleration, taint))
    ? 'past-threshold'
    : 'gate-off'
}

/** Whether the value of a taint or toleration is a number as the API requires it. */
export function isNumber({ value = '' }: Pick<Taint, 'value'>): boolean {
  return parseCanonicalInt64(value) !== undefined
}

/** Whether the comparison is true of the taint, with or without the feature gate. */
function holds(toleration: Toleration, taint: Taint): boolean {
  return toleratesTaint(toleration, taint, { TaintTolerationComparisonOperators: true })
}

/** Why no comparison matches this taint. */
export function failures({ taint, tolerations, state }: Comparison): Words {
  if (!isNumber(taint))
    return words`the taint's value ${code(taint.value ?? '')} is not a plain integer`
  return joined(
    tolerations.map((toleration) => {
      if (!isNumber(toleration))
        return words`the toleration's value ${code(toleration.value ?? '')} is not a plain integer`
      const isTrue = holds(toleration, taint)
      return words`${code(taint.value ?? '')} is ${isTrue ? '' : 'not '}${COMPARED[toleration.operator ?? ''] ?? ''} ${code(toleration.value ?? '')}${state === 'gate-off' && isTrue ? ', but it is not compared' : ''}`
    }),
    '; ',
  )
}

const MOST_MATCHES = 3

/** One line on the other nodes where the taint is tolerated; empty if there are none. */
export function matches(facts: DaemonSetFacts, { taint }: Comparison): readonly Words[] {
  const gates = facts.index.snapshot.featureGates
  const tolerations = effectiveTolerations(facts.daemonSet.spec.template.spec)
  const tolerated = facts.index.snapshot.nodes.flatMap((node: Node) =>
    (node.spec?.taints ?? [])
      .filter(({ key, effect }) => key === taint.key && effect === taint.effect)
      .filter((other) => tolerations.some((one) => toleratesTaint(one, other, gates)))
      .map(({ value = '' }) => words`${code(node.metadata.name)} (${code(value)})`),
  )
  if (tolerated.length === 0) return []
  const more = tolerated.length - MOST_MATCHES
  return [
    words`${code(facts.name)} tolerates it on ${joined(tolerated.slice(0, MOST_MATCHES), ', ')}${more > 0 ? ` and ${more} more` : ''}`,
  ]
}

/** The nodes whose taint no comparison would match, even if the controller compared. */
export function excludedNodes(
  { index }: DaemonSetFacts,
  { taint, tolerations }: Comparison,
): readonly { readonly name: string }[] {
  return index.snapshot.nodes.flatMap(({ metadata, spec }) =>
    (spec?.taints ?? []).some(
      (other) =>
        other.key === taint.key &&
        other.effect === taint.effect &&
        !tolerations.some((toleration) => holds(toleration, other)),
    )
      ? { name: metadata.name }
      : [],
  )
}
