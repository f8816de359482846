import type { Namespace, Node, SelectorRequirement } from '../kubernetes/objects.ts'
import { meetsRequirements, parseLabelSelector } from './label-selector.ts'

/** OpenShift's additional check on a node: the node selector of the DaemonSet's namespace. */
export interface NamespaceSelector {
  readonly text: string
  readonly requirements: readonly SelectorRequirement[]
}

interface Lists {
  readonly namespaces?: readonly Namespace[]
  readonly nodes: readonly Node[]
  readonly defaultNodeSelector?: string
}

/**
 * The node selector that OpenShift's DaemonSet controller applies to pods of this namespace: from
 * the namespace's annotations, or the cluster default. undefined: there is none, it is invalid
 * (OpenShift ignores it too), or the cluster is not OpenShift, the only one whose controller reads
 * it.
 */
export function namespaceSelector(
  namespace: string | undefined,
  lists: Lists,
): NamespaceSelector | undefined {
  const annotations =
    lists.namespaces?.find(({ metadata }) => metadata.name === namespace)?.metadata.annotations ??
    {}
  if (!isOpenShift(lists)) return undefined
  const text = annotations[KUBERNETES] ?? annotations[OPENSHIFT] ?? lists.defaultNodeSelector ?? ''
  const requirements = parseLabelSelector(text)
  return requirements && requirements.length > 0 ? { text, requirements } : undefined
}

/** Whether the controller lets daemon pods of the namespace run on the node. */
export function meetsNamespaceSelector(selector: NamespaceSelector, node: Node): boolean {
  return meetsRequirements(selector.requirements, node.metadata.labels)
}

const KUBERNETES = 'scheduler.alpha.kubernetes.io/node-selector'
const OPENSHIFT = 'openshift.io/node-selector'

// The annotations of the namespace prove nothing: the admission plugin PodNodeSelector uses KUBERNETES
// in other clusters, and OPENSHIFT comes with manifests that are made for both.
/** Every machine of OpenShift has the label, virtual nodes do not. */
const MOST_NODES = 10

function isOpenShift({ namespaces, nodes, defaultNodeSelector }: Lists): boolean {
  if (defaultNodeSelector !== undefined) return true
  const labels = nodes
    .slice(0, MOST_NODES)
    .flatMap((node) => Object.keys(node.metadata.labels ?? {}))
  if (labels.some((key) => key.startsWith('node.openshift.io/'))) return true
  return (namespaces ?? []).some(({ metadata }) =>
    Object.keys(metadata.annotations ?? {}).some((key) => key.startsWith('openshift.io/sa.scc.')),
  )
}
