import { code, names, words } from '../../words/words.ts'
import { definePlacementCause } from '../findings/placement-cause.ts'

/** OpenShift: the node selector of the DaemonSet's namespace leaves the node out. */
export const namespaceSelectorFails = definePlacementCause<{ readonly selector: string }>({
  id: 'P6',
  cause: 'namespace-node-selector',
  title: "OpenShift: the namespace's node selector leaves the node out",
  diagnose: (misscheduling) =>
    misscheduling.reason.type === 'NamespaceNodeSelector'
      ? { selector: misscheduling.reason.selector }
      : undefined,
  // The namespace is what all its DaemonSets share.
  key: ({ facts }) => facts.namespace,
  headline: ({ who, nodes, key }) =>
    words`The node selector of namespace ${code(key ?? '')} leaves out ${nodes.length === 1 ? 'a node' : `${nodes.length} nodes`}; pods of ${who} are still there`,
  explain(found) {
    const { facts, nodes, cases } = found
    const [{ evidence }] = cases
    const annotations =
      facts.index.snapshot.namespaces?.find(({ metadata }) => metadata.name === facts.namespace)
        ?.metadata.annotations ?? {}
    const own = ['scheduler.alpha.kubernetes.io/node-selector', 'openshift.io/node-selector'].find(
      (key) => annotations[key] !== undefined,
    )
    return {
      summary: words`may not be on ${names(nodes)}: its namespace selects ${code(evidence.selector)}`,
      why: words`OpenShift's controller also asks whether the node matches the selector of the namespace.`,
      evidence: [
        own
          ? words`namespace ${code(facts.namespace)} has annotation ${code(`${own}: ${annotations[own] ?? ''}`)}`
          : words`namespace ${code(facts.namespace)} has no selector of its own, so the cluster's default ${code(evidence.selector)} applies`,
      ],
      after: [
        {
          kind: 'change-placement',
          horizon: 'for-good',
          title: words`Set the selector of namespace ${code(facts.namespace)} to what is meant`,
          why: ['An empty value lets its DaemonSets run on every node.'],
          commands: [
            `kubectl annotate namespace ${facts.namespace} openshift.io/node-selector="" --overwrite`,
          ],
        },
      ],
    }
  },
})
