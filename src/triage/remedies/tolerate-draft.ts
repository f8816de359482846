import {
  effectiveTolerations,
  matchesToleration,
  toleratesTaint,
  untoleratedTaints,
} from '../../daemonset/tolerations.ts'
import type { Taint, Toleration } from '../../kubernetes/objects.ts'
import { lastingFix } from '../../ownership/lasting-fix.ts'
import { undoesPatches } from '../../ownership/ownership.ts'
import { code, listed, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import { isNodeInfrastructure } from '../facts/role.ts'
import { belongingOf } from '../taints/belonging.ts'
import { isPassing, purposeOf } from '../taints/taint-purpose.ts'
import { tellingValue, tolerationsFor } from '../taints/taint-value.ts'
import { knownTaint, taintText } from '../taints/taints.ts'
import type { DraftPart } from './drafts.ts'
import type { RemedyDraft } from './remedy.ts'

/**
 * Tolerations for the taint and for the other taints of these nodes that may be tolerated, because
 * one alone would leave the count as it is.
 */
export function tolerate(
  facts: DaemonSetFacts,
  nodes: readonly NodeFacts[],
  taint: Taint,
  part: DraftPart,
): RemedyDraft {
  // The rollout deletes old pods on every node that stays misscheduled, and node infrastructure
  // must not be deleted.
  const affected = isNodeInfrastructure(facts.role) ? facts.nodes : nodes
  const others = part.tempting ? [] : otherTaints(facts, affected, taint)
  const tolerations = newTolerations(facts, [taint, ...others])
  const title = tolerations.length > 0 ? part.title : words`Tolerate ${code(taint.key)}`
  return tolerationDraft(facts, tolerations, { ...part, ...(title && { title }) })
}

/**
 * Adding these tolerations to the template: now by a patch, for good by the YAML for its owner. The
 * title names their keys if `part` has none.
 */
export function tolerationDraft(
  facts: DaemonSetFacts,
  tolerations: readonly Toleration[],
  part: DraftPart,
): RemedyDraft {
  const lasts = !undoesPatches(facts.owner)
  return {
    kind: 'tolerate',
    title: tolerationTitle(tolerations),
    ...part,
    ...(part.horizon === 'now' && lasts && { commands: [patchCommand(facts, tolerations)] }),
    ...(part.horizon === 'for-good' && lastingSnippet(facts, tolerations)),
    change: { kind: 'tolerate', tolerations },
  }
}

/**
 * `Tolerate team and zone`; the keys in `withValues` as `team=ml`, or as `team` with any value; those in
 * `withEffects` as `team:NoExecute`.
 */
export function tolerationTitle(
  tolerations: readonly Toleration[],
  withValues: ReadonlySet<string> = new Set(),
  withEffects: ReadonlySet<string> = new Set(),
): Words {
  const names = tolerations.map(
    ({ key = '', value, effect }) =>
      `${key}${value && withValues.has(key) ? `=${value}` : ''}${effect && withEffects.has(key) ? `:${effect}` : ''}`,
  )
  const distinct = [...new Set(names)]
  const [only] = tolerations
  const isOfAnyValue = distinct.length === 1 && !only?.value && withValues.has(only?.key ?? '')
  return words`Tolerate ${listed(distinct)}${isOfAnyValue ? ' with any value' : ''}`
}

/** The other untolerated taints of these nodes, as kubectl writes them. */
export function otherTaintTexts(
  facts: DaemonSetFacts,
  nodes: readonly NodeFacts[],
  taint: Taint,
): readonly string[] {
  return [
    ...new Set(
      untolerated(facts, nodes)
        .filter(({ key }) => key !== taint.key)
        .map(taintText),
    ),
  ]
}

/** Taints that pass are left out, as are those of nodes where its pods do not belong. */
function otherTaints(
  facts: DaemonSetFacts,
  nodes: readonly NodeFacts[],
  taint: Taint,
): readonly Taint[] {
  const telling = (other: Taint) => tellingValue(facts.index, other)
  const others = new Map<string, { readonly taint: Taint; readonly nodes: NodeFacts[] }>()
  for (const node of nodes) {
    for (const other of untolerated(facts, [node])) {
      if (other.key === taint.key && telling(other) === telling(taint)) continue
      const id = JSON.stringify([other.key, other.effect, telling(other)])
      const same = others.get(id)
      if (same) same.nodes.push(node)
      else others.set(id, { taint: other, nodes: [node] })
    }
  }
  return [...others.values()].filter((other) => mayTolerate(facts, other)).map(({ taint }) => taint)
}

function mayTolerate(
  facts: DaemonSetFacts,
  { taint, nodes }: { readonly taint: Taint; readonly nodes: readonly NodeFacts[] },
): boolean {
  const { tolerate: who } = knownTaint(taint.key)
  if (who === 'bootstrap' || nodes.some((node) => isPassing(purposeOf({ facts, node }, taint))))
    return false
  const cases = nodes.flatMap((node) => node.pods.map((pod) => ({ node, pod })))
  const { verdict } = belongingOf({ facts, taint, nodes, cases })
  return who === 'never' ? verdict === 'yes' : verdict !== 'no'
}

function untolerated(facts: DaemonSetFacts, nodes: readonly NodeFacts[]): readonly Taint[] {
  const tolerations = effectiveTolerations(facts.daemonSet.spec.template.spec)
  const gates = facts.index.snapshot.featureGates
  return nodes.flatMap(({ node }) => untoleratedTaints(node.spec?.taints, tolerations, gates))
}

function newTolerations(facts: DaemonSetFacts, taints: readonly Taint[]): readonly Toleration[] {
  const own = facts.daemonSet.spec.template.spec?.tolerations ?? []
  const added: Toleration[] = []
  for (const taint of taints) {
    if (added.some((toleration) => toleratesTaint(toleration, taint))) continue
    for (const toleration of tolerationsFor(facts.index, taint)) {
      if (![...own, ...added].some((other) => matchesToleration(other, toleration)))
        added.push(toleration)
    }
  }
  return added
}

function lastingSnippet(
  facts: DaemonSetFacts,
  tolerations: readonly Toleration[],
): Pick<RemedyDraft, 'snippet'> {
  const { snippet } = lastingFix(facts.owner, facts.daemonSet, tolerations)
  return snippet === undefined ? {} : { snippet }
}

// Tolerations are an atomic list: a merge patch would delete the existing ones.
function patchCommand(facts: DaemonSetFacts, tolerations: readonly Toleration[]): string {
  const path = '/spec/template/spec/tolerations'
  const patch = facts.daemonSet.spec.template.spec?.tolerations
    ? tolerations.map((value) => ({ op: 'add', path: `${path}/-`, value }))
    : [{ op: 'add', path, value: tolerations }]
  return `kubectl -n ${facts.namespace} patch daemonset ${facts.name} --type=json -p '${JSON.stringify(patch)}'`
}
