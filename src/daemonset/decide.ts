import type {
  DaemonSet,
  FeatureGates,
  Node,
  NodeSelectorTerm,
  Taint,
  Toleration,
} from '../kubernetes/objects.ts'
import {
  meetsNamespaceSelector,
  type NamespaceSelector,
  namespaceSelector,
} from './namespace-selector.ts'
import { type AffinityTerm, failingTerms, requiredTerms } from './node-affinity.ts'
import { effectiveTolerations, untoleratedTaints } from './tolerations.ts'
import { remembered } from './world.ts'

/**
 * One reason why a node should not have the pod. All failing checks are listed; `decides` marks the
 * one that the controller acts on.
 */
export type Reason =
  | { readonly type: 'NodeName'; readonly decides: boolean; readonly nodeName: string }
  | {
      readonly type: 'NodeSelector'
      readonly decides: boolean
      readonly key: string
      readonly value: string
      /** null: the node does not have the label. */
      readonly actual: string | null
    }
  | {
      readonly type: 'NodeAffinity'
      readonly decides: boolean
      readonly terms: readonly AffinityTerm[]
    }
  | ({ readonly type: 'UntoleratedTaint'; readonly decides: boolean } & Taint)
  | { readonly type: 'NamespaceNodeSelector'; readonly decides: boolean; readonly selector: string }

/** The controller's decision on one node. */
export interface Decision {
  readonly shouldRun: boolean
  /** false: the controller deletes the pods on the node. */
  readonly shouldContinueRunning: boolean
  /**
   * Empty if `shouldRun`. Among several untolerated taints a NoExecute one decides, because it is
   * what removes the pod.
   */
  readonly reasons: readonly Reason[]
}

/** The part of a template that places its pods. */
export interface Placement {
  readonly nodeName: string
  readonly nodeSelector: readonly (readonly [string, string])[]
  readonly terms: readonly NodeSelectorTerm[] | undefined
  readonly tolerations: readonly Toleration[]
  readonly namespaceSelector: NamespaceSelector | undefined
  readonly featureGates: FeatureGates | undefined
}

/** Reads the placement from the template once, for all nodes. */
export function placementOf(
  daemonSet: DaemonSet,
  featureGates?: FeatureGates,
  namespaceSelector?: NamespaceSelector,
): Placement {
  const spec = daemonSet.spec.template.spec
  return {
    nodeName: spec?.nodeName ?? '',
    // The controller sorts the selector by key, so this is the order in which it checks.
    nodeSelector: Object.entries(spec?.nodeSelector ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
    terms: requiredTerms(spec),
    tolerations: effectiveTolerations(spec),
    namespaceSelector,
    featureGates,
  }
}

/**
 * The controller's decision on one node (`NodeShouldRunDaemonPod`), with every failing check and
 * not only the first. It depends on the template only, never on a running pod.
 */
export function decide(placement: Placement, node: Node): Decision {
  const selection = selectionReasons(placement, node)
  const untolerated = untoleratedTaints(
    node.spec?.taints,
    placement.tolerations,
    placement.featureGates,
  )
  const outsideNamespace = namespaceReasons(placement, node)
  if (selection.length + untolerated.length + outsideNamespace.length === 0) return RUNS
  const deciding = untolerated.find(({ effect }) => effect === 'NoExecute') ?? untolerated[0]
  const reasons: Reason[] = [
    ...selection,
    ...untolerated.map((taint) => ({
      type: 'UntoleratedTaint' as const,
      decides: selection.length === 0 && taint === deciding,
      ...fields(taint),
    })),
    ...outsideNamespace.map((reason) => ({
      ...reason,
      decides: selection.length + untolerated.length === 0,
    })),
  ]
  return {
    shouldRun: false,
    shouldContinueRunning: selection.length === 0 && deciding?.effect === 'NoSchedule',
    reasons,
  }
}

/** The controller's decisions on all nodes of a world. Nodes are named by their index in its list. */
export interface Decisions {
  readonly on: (index: number) => Decision
  /** Number of nodes that should run the pod. */
  readonly desired: number
}

/** Decides for every node of the world. Nodes that the template cannot tell apart share a decision. */
export const decideAll = remembered((daemonSet, world): Decisions => {
  const { lists } = world
  const selector = namespaceSelector(daemonSet.metadata.namespace, lists)
  const placement = placementOf(daemonSet, lists.featureGates, selector)
  const { classOf, samples, sizes } = world.nodeClasses(
    labelKeys(placement),
    readsNodeName(placement),
  )
  const decisions = samples.map((node) => decide(placement, node))
  return {
    on(index) {
      const decision = decisions[classOf[index] ?? -1]
      if (!decision) throw new RangeError(`no node at index ${index}`)
      return decision
    },
    desired: sizes.reduce((sum, size, id) => sum + (decisions[id]?.shouldRun ? size : 0), 0),
  }
})

/** Whether a reason comes from the template's node selector, node affinity or nodeName. */
export function isSelection({ type }: Reason): boolean {
  return type === 'NodeSelector' || type === 'NodeAffinity' || type === 'NodeName'
}

/** The label keys that fail in a selector or affinity, in the order of the template. */
export function failingKeys(reason: Reason): readonly string[] {
  if (reason.type === 'NodeSelector') return [reason.key]
  if (reason.type !== 'NodeAffinity') return []
  return [
    ...new Set(
      reason.terms.flatMap(({ failing }) =>
        failing.filter(({ field }) => !field).map(({ key }) => key),
      ),
    ),
  ]
}

const RUNS: Decision = { shouldRun: true, shouldContinueRunning: true, reasons: [] }

function selectionReasons(
  { nodeName, nodeSelector, terms }: Placement,
  node: Node,
): readonly Reason[] {
  const reasons: Reason[] = []
  const decides = () => reasons.length === 0
  if (nodeName && nodeName !== node.metadata.name)
    reasons.push({ type: 'NodeName', decides: true, nodeName })
  const labels = node.metadata.labels ?? {}
  for (const [key, value] of nodeSelector) {
    const actual = Object.hasOwn(labels, key) ? (labels[key] ?? null) : null
    if (actual !== value)
      reasons.push({ type: 'NodeSelector', decides: decides(), key, value, actual })
  }
  const failures = terms && failingTerms(terms, node)
  if (failures) reasons.push({ type: 'NodeAffinity', decides: decides(), terms: failures })
  return reasons
}

function namespaceReasons(
  { namespaceSelector }: Placement,
  node: Node,
): readonly Extract<Reason, { type: 'NamespaceNodeSelector' }>[] {
  if (!namespaceSelector || meetsNamespaceSelector(namespaceSelector, node)) return []
  return [{ type: 'NamespaceNodeSelector', decides: true, selector: namespaceSelector.text }]
}

function fields({ key, value, effect, timeAdded }: Taint): Taint {
  return { key, ...(value ? { value } : {}), effect, ...(timeAdded ? { timeAdded } : {}) }
}

function labelKeys({ nodeSelector, terms, namespaceSelector }: Placement): readonly string[] {
  const keys = new Set(nodeSelector.map(([key]) => key))
  for (const term of terms ?? []) for (const { key } of term.matchExpressions ?? []) keys.add(key)
  for (const { key } of namespaceSelector?.requirements ?? []) keys.add(key)
  return [...keys].sort()
}

function readsNodeName({ nodeName, terms }: Placement): boolean {
  return nodeName !== '' || (terms ?? []).some((term) => (term.matchFields ?? []).length > 0)
}
