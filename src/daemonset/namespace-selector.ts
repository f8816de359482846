import type { Namespace, Node, SelectorRequirement } from '../kubernetes/objects.ts'
import { meetsRequirements, parseLabelSelector } from './label-selector.ts'

/** OpenShift's second opinion on a node: the selector of the DaemonSet's namespace. */
export interface NamespaceSelector {
  readonly text: string
  readonly requirements: readonly SelectorRequirement[]
}

interface Place {
  readonly namespaces?: readonly Namespace[]
  readonly nodes: readonly Node[]
  readonly defaultNodeSelector?: string
}

/**
 * The node selector that OpenShift's DaemonSet controller applies to pods of this namespace: of the namespace's annotations, else of the cluster.
 * undefined: none, it cannot be parsed (ignored there too), or the cluster is not OpenShift, whose controller alone looks at it.
 */
export function namespaceSelector(
  namespace: string | undefined,
  place: Place,
): NamespaceSelector | undefined {
  const annotations =
    place.namespaces?.find(({ metadata }) => metadata.name === namespace)?.metadata.annotations ??
    {}
  if (!isOpenShift(place) && annotations[OPENSHIFT] === undefined) return undefined
  const text = annotations[KUBERNETES] ?? annotations[OPENSHIFT] ?? place.defaultNodeSelector ?? ''
  const requirements = parseLabelSelector(text)
  return requirements && requirements.length > 0 ? { text, requirements } : undefined
}

export function meetsNamespaceSelector(selector: NamespaceSelector, node: Node): boolean {
  return meetsRequirements(selector.requirements, node.metadata.labels)
}

const KUBERNETES = 'scheduler.alpha.kubernetes.io/node-selector'
const OPENSHIFT = 'openshift.io/node-selector'

// The first annotation alone proves nothing: admission plug-in PodNodeSelector of other clusters has it too.
function isOpenShift({ namespaces, nodes, defaultNodeSelector }: Place): boolean {
  if (defaultNodeSelector !== undefined) return true
  if (
    Object.keys(nodes[0]?.metadata.labels ?? {}).some((key) => key.startsWith('node.openshift.io/'))
  )
    return true
  return (namespaces ?? []).some(({ metadata }) =>
    Object.keys(metadata.annotations ?? {}).some((key) => key.startsWith('openshift.io/sa.scc.')),
  )
}
