import {
  type Change,
  changedDaemonSet,
  changedNodes,
  type TaintChange,
} from '../daemonset/change.ts'
import { decide, placementOf } from '../daemonset/decide.ts'
import { namespaceSelector } from '../daemonset/namespace-selector.ts'
import {
  effectiveTolerations,
  keepsPodsAway,
  toleratesTaint,
  untoleratedTaints,
} from '../daemonset/tolerations.ts'
import type { World } from '../daemonset/world.ts'
import type { DaemonSet, Node, Taint, Toleration } from '../kubernetes/objects.ts'
import { reasonWords } from '../triage/taints/reason-words.ts'
import { code, joined, plural, type Words, words } from '../words/words.ts'

/** Why a change of taints changes no count of these DaemonSets. */
export function whyTaintsChangeNothing(
  change: TaintChange,
  daemonSets: readonly DaemonSet[],
  world: World,
): Words {
  if (daemonSets.length === 0) return ['No DaemonSet is selected.']
  const taints = changedTaints(change, world)
  if (taints.length === 0)
    return change.kind === 'taint'
      ? ['The nodes have this taint already.']
      : ['None of these nodes has this taint.']
  const deciding = taints.filter(keepsPodsAway)
  if (deciding.length === 0)
    return words`The DaemonSet controller ignores ${code('PreferNoSchedule')}: it decides by ${code('NoSchedule')} and ${code('NoExecute')} only.`
  const tolerant = daemonSets.filter(({ spec }) => {
    const tolerations = effectiveTolerations(spec.template.spec)
    return untoleratedTaints(deciding, tolerations, world.lists.featureGates).length === 0
  })
  const others = daemonSets.filter((one) => !tolerant.includes(one))
  const there = plural(change.nodes.length, 'this node', 'these nodes')
  const verb = plural(tolerant.length, 'tolerates', 'tolerate')
  const kept =
    change.kind === 'taint'
      ? `should not run on ${there} anyway`
      : `should still not run on ${there}, for another reason`
  const parts = [
    ...(tolerant.length > 0 ? [words`${nameOrCount(tolerant)} ${verb} it`] : []),
    ...(others.length > 0 ? [words`${nameOrCount(others)} ${kept}`] : []),
  ]
  return words`${joined(parts, '; ')}.`
}

function nameOrCount(daemonSets: readonly DaemonSet[]): Words {
  const [only] = daemonSets
  if (!only || daemonSets.length > 1) return [`${daemonSets.length} DaemonSets`]
  return [code(`${only.metadata.namespace ?? 'default'}/${only.metadata.name}`)]
}

/** The taints that the change adds or removes, as the nodes have or would have them. */
function changedTaints(change: TaintChange, { lists }: World): readonly Taint[] {
  const after = changedNodes(lists.nodes, change)
  return lists.nodes.flatMap((node, index) => {
    const [from, to] = change.kind === 'taint' ? [node, after[index]] : [after[index], node]
    const known = (from?.spec?.taints ?? []).map(textOf)
    return (to?.spec?.taints ?? []).filter((taint) => !known.includes(textOf(taint)))
  })
}

function textOf({ key, value = '', effect }: Taint): string {
  return `${key}=${value}:${effect}`
}

/** Why more tolerations do not lower the count of a DaemonSet. */
export function whyTolerationsDoNotHelp(
  change: Extract<Change, { kind: 'tolerate' }>,
  daemonSet: DaemonSet,
  world: World,
): Words {
  const { tolerations } = change
  const after = changedDaemonSet(daemonSet, change)
  if (after === daemonSet)
    return [
      `The template has ${tolerations.length === 1 ? 'this toleration' : 'these tolerations'} already.`,
    ]
  const { nodes, featureGates } = world.lists
  const covers = (own: readonly Toleration[]) => (taint: Taint) =>
    keepsPodsAway(taint) && own.some((one) => toleratesTaint(one, taint, featureGates))
  const matching = nodes.filter(({ spec }) => spec?.taints?.some(covers(tolerations)))
  if (matching.length === 0) return ['No node has a taint that it covers.']
  const known = covers(effectiveTolerations(daemonSet.spec.template.spec))
  const isNew = ({ spec }: Node) =>
    spec?.taints?.some((taint) => covers(tolerations)(taint) && !known(taint)) === true
  const gaining = matching.filter(isNew)
  if (gaining.length === 0) return ['The DaemonSet tolerates every such taint already.']
  const selector = namespaceSelector(daemonSet.metadata.namespace, world.lists)
  const placement = placementOf(after, featureGates, selector)
  const [first] = gaining
  const reasons = first ? decide(placement, first).reasons : []
  if (!first || reasons.length === 0) return []
  return words`On ${code(first.metadata.name)} it does not help alone: ${joined(reasons.map(reasonWords), ', ')} still keeps the pod off.`
}
