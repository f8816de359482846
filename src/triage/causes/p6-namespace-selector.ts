import { code, names, nodeOrCount, type Words, words } from '../../words/words.ts'
import type { HeadlineFacts } from '../findings/cause.ts'
import { definePlacementCause, held } from '../findings/placement-cause.ts'

/** OpenShift: the node selector of the DaemonSet's namespace excludes the node. */
export const namespaceSelectorFails = definePlacementCause<{ readonly selector: string }>({
  id: 'P6',
  cause: 'namespace-node-selector',
  title: "OpenShift: the namespace's node selector excludes the node",
  diagnose: ({ reason }) =>
    reason.type === 'NamespaceNodeSelector' ? { selector: reason.selector } : undefined,
  // All DaemonSets of the namespace have the same cause.
  key: ({ facts }) => facts.namespace,
  headline: (incident) =>
    words`The node selector of namespace ${code(incident.key ?? '')} excludes ${nodeOrCount(incident.nodes)}; ${held(incident, podsOf(incident)).now}`,
  past: (incident) =>
    words`the node selector of namespace ${code(incident.key ?? '')} excluded ${nodeOrCount(incident.nodes)}, and ${held(incident, podsOf(incident)).past}`,
  explain({ facts, nodes, cases: [{ evidence }] }) {
    const annotations =
      facts.index.snapshot.namespaces?.find(({ metadata }) => metadata.name === facts.namespace)
        ?.metadata.annotations ?? {}
    const set = ['scheduler.alpha.kubernetes.io/node-selector', 'openshift.io/node-selector'].find(
      (key) => annotations[key] !== undefined,
    )
    return {
      summary: words`may not run on ${names(nodes)}: its namespace selects ${code(evidence.selector)}`,
      why: words`OpenShift's DaemonSet controller also checks the node selector of the namespace.`,
      evidence: [
        set
          ? words`namespace ${code(facts.namespace)} has annotation ${code(`${set}: ${annotations[set] ?? ''}`)}`
          : words`namespace ${code(facts.namespace)} has no selector of its own, so the cluster's default ${code(evidence.selector)} applies`,
      ],
      after: [
        {
          kind: 'change-placement',
          horizon: 'for-good',
          title: words`Correct the node selector of namespace ${code(facts.namespace)}`,
          why: [
            'Right if the pods belong there: select the labels of the nodes that are meant. An empty value selects every node.',
          ],
          commands: [
            `kubectl annotate namespace ${facts.namespace} ${set ?? 'openshift.io/node-selector'}="" --overwrite   # every node`,
          ],
        },
      ],
    }
  },
})

function podsOf({ who, many, nodes }: HeadlineFacts): Words {
  return words`${nodes.length === 1 && !many ? 'the pod' : 'pods'} of ${who}`
}
