import type {
  DaemonSet,
  FeatureGates,
  Node,
  NodeSelectorTerm,
  Taint,
  Toleration,
} from '../kubernetes/objects.ts'
import { type AffinityTerm, failingTerms, requiredTerms } from './affinity.ts'
import { meetsNamespaceSelector, type NamespaceSelector } from './namespace-selector.ts'
import { effectiveTolerations, untoleratedTaints } from './tolerations.ts'
/** One reason why a node should not have the pod. All that fail are listed; `decides` marks the one the controller stops at. */
export type Reason =
  | { readonly type: 'NodeName'; readonly decides: boolean; readonly nodeName: string }
  | {
      readonly type: 'NodeSelector'
      readonly decides: boolean
      readonly key: string
      readonly value: string
      readonly actual: string | null
    }
  | {
      readonly type: 'NodeAffinity'
      readonly decides: boolean
      readonly terms: readonly AffinityTerm[]
    }
  | ({ readonly type: 'UntoleratedTaint'; readonly decides: boolean } & Taint)
  | { readonly type: 'NamespaceNodeSelector'; readonly decides: boolean; readonly selector: string }

/** What the controller makes of one node. */
export interface Decision {
  readonly shouldRun: boolean
  /** false: the controller deletes the pods that are there. */
  readonly shouldContinueRunning: boolean
  /** Empty where `shouldRun`. Where an untolerated NoExecute taint is among several, it decides: it is what removes the pod. */
  readonly reasons: readonly Reason[]
}

/** The part of a template that places its pods, read once for all nodes. */
export interface Placement {
  readonly nodeName: string
  readonly nodeSelector: readonly (readonly [string, string])[]
  readonly terms: readonly NodeSelectorTerm[] | undefined
  readonly tolerations: readonly Toleration[]
  readonly namespaceSelector: NamespaceSelector | undefined
  readonly featureGates: FeatureGates | undefined
}

export function placementOf(
  daemonSet: DaemonSet,
  featureGates?: FeatureGates,
  namespaceSelector?: NamespaceSelector,
): Placement {
  const spec = daemonSet.spec.template.spec
  return {
    nodeName: spec?.nodeName ?? '',
    // The controller's selector is sorted by key, so this is the order in which it looks.
    nodeSelector: Object.entries(spec?.nodeSelector ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
    terms: requiredTerms(spec),
    tolerations: effectiveTolerations(spec),
    namespaceSelector,
    featureGates,
  }
}

/** The controller's decision on one node, with every reason that fails and not only its first. Only the template counts, never a running pod. */
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
