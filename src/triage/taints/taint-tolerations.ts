import { controllerRef } from '../../daemonset/object-state.ts'
import { effectiveTolerations, toleratesTaint } from '../../daemonset/tolerations.ts'
import type { Taint, Toleration } from '../../kubernetes/objects.ts'
import { code, listed, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { namespaceOf } from '../facts/snapshot-index.ts'

/** Which other DaemonSets on the node tolerate the taint. undefined: there are no others. */
export function otherDaemonSetsTolerate(
  { index, namespace, name }: DaemonSetFacts,
  node: string,
  taint: Taint,
): Words | undefined {
  const checked = new Set<string>([`${namespace}/${name}`])
  const tolerating: string[] = []
  const others: string[] = []
  for (const pod of index.podsOn(node)) {
    const owner = controllerRef(pod)
    const id = `${namespaceOf(pod)}/${owner?.name}`
    if (owner?.kind !== 'DaemonSet' || checked.has(id)) continue
    checked.add(id)
    const daemonSet = index
      .daemonSetsIn(namespaceOf(pod))
      .find(({ metadata }) => metadata.name === owner.name)
    if (!daemonSet) continue
    const tolerates = effectiveTolerations(daemonSet.spec.template.spec).some((toleration) =>
      toleratesTaint(toleration, taint),
    )
    if (tolerates) tolerating.push(id)
    else others.push(id)
  }
  if (tolerating.length + others.length === 0) return undefined
  if (others.length === 0)
    return words`the other DaemonSets on ${code(node)} tolerate it: ${listed(tolerating)}`
  if (tolerating.length === 0)
    return words`the other DaemonSets on ${code(node)} do not tolerate it either: ${listed(others)}`
  return words`of the other DaemonSets on ${code(node)}, ${listed(tolerating)} tolerate it; ${listed(others)} do not`
}

/** A toleration of the template that looks like the taint and does not match it. */
export interface NearMiss {
  /** A clause about the DaemonSet: what differs. */
  readonly words: Words
  /**
   * Only the spelling, the operator or the effect differs, so the toleration was meant for this
   * taint. A toleration for another value of the key shows nothing.
   */
  readonly isMeant: boolean
}

/** The toleration that comes closest to the taint without matching it; undefined if there is none. */
export function nearMiss(
  { daemonSet }: Pick<DaemonSetFacts, 'daemonSet'>,
  taint: Taint,
): NearMiss | undefined {
  const misses = (daemonSet.spec.template.spec?.tolerations ?? [])
    .filter(({ key }) => key !== undefined && letters(key) === letters(taint.key))
    .map((toleration) => ({
      words: differenceOf(toleration, taint),
      isMeant: meansValue(toleration, taint),
    }))
  return misses.find(({ isMeant }) => isMeant) ?? misses[0]
}

function differenceOf(toleration: Toleration, taint: Taint): Words {
  const { key = '', operator = 'Equal', value = '', effect = '' } = toleration
  const tolerates = words`the DaemonSet tolerates ${code(key)}`
  if (key !== taint.key) return words`${tolerates}, but the taint is spelled ${code(taint.key)}`
  if (effect && effect !== taint.effect)
    return words`${tolerates} with effect ${code(effect)}, but the taint's effect is ${code(taint.effect)}`
  if (!OPERATORS.includes(operator))
    return words`${tolerates} with operator ${code(operator)}, which Kubernetes does not support`
  if (value === '' && operator === 'Equal')
    return words`${tolerates} without a value or operator ${code('Exists')}, but the taint's value is ${code(taint.value ?? '')}`
  return words`${tolerates} with value ${code(value)}, but the taint's value is ${code(taint.value ?? '')}`
}

function meansValue({ operator = 'Equal', value = '' }: Toleration, taint: Taint): boolean {
  if (operator === 'Exists') return true
  if (operator === 'Gt' || operator === 'Lt') return false
  const actual = taint.value ?? ''
  return (
    value === '' ||
    letters(value) === letters(actual) ||
    (YES.has(value.toLowerCase()) && YES.has(actual.toLowerCase()))
  )
}

const OPERATORS: readonly string[] = ['Equal', 'Exists', 'Gt', 'Lt']

/** Values that only say that the taint is there. */
const YES: ReadonlySet<string> = new Set(['', 'true', 'yes', 'present', 'enabled', 'on', '1'])

/** Without case, hyphens and underscores, which people vary. */
function letters(text: string): string {
  return text.toLowerCase().replace(/[-_]/g, '')
}
