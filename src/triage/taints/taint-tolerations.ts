import { controllerRef } from '../../daemonset/object-state.ts'
import { effectiveTolerations, toleratesTaint } from '../../daemonset/tolerations.ts'
import type { Taint } from '../../kubernetes/objects.ts'
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

/**
 * A toleration for the taint's key that does not match its value, effect or operator. undefined:
 * there is none.
 */
export function nearMiss(
  { daemonSet }: Pick<DaemonSetFacts, 'daemonSet'>,
  taint: Taint,
): Words | undefined {
  const near = daemonSet.spec.template.spec?.tolerations?.find(({ key }) => key === taint.key)
  if (!near) return undefined
  const { operator = 'Equal', value = '', effect = '' } = near
  if (effect && effect !== taint.effect)
    return words`the DaemonSet tolerates ${code(taint.key)} with effect ${code(effect)}, but the taint's effect is ${code(taint.effect)}`
  if (!['Equal', 'Exists', 'Gt', 'Lt'].includes(operator))
    return words`the DaemonSet tolerates ${code(taint.key)} with operator ${code(operator)}, which Kubernetes does not support`
  return words`the DaemonSet tolerates ${code(taint.key)} with value ${code(value)}, but the taint's value is ${code(taint.value ?? '')}`
}
