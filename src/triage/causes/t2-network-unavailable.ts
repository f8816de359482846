import type { Taint } from '../../kubernetes/objects.ts'
import { code, names, nodesTitle, time, type Words, words } from '../../words/words.ts'
import { type NodeFacts, wrongTaint } from '../facts/facts.ts'
import { defineCause } from '../findings/pod-cause.ts'
import { deletePods, nothing, wait } from '../remedies/drafts.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'

/** The node's network is not set up. Daemon pods with the host's network tolerate that by themselves, others do not. */
export const networkUnavailable = defineCause<Taint>({
  id: 'T2',
  cause: 'network-unavailable',
  title: 'The network of the node is not set up, and the DaemonSet is not on the host network',
  explains: 'taint',
  endsWithNode: true,
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    return taint?.key === KEY ? taint : undefined
  },
  key: () => KEY,
  headline: ({ nodes, who, many }) =>
    words`${nodesTitle(nodes)} ${nodes.length === 1 ? 'has' : 'have'} no network; ${who} ${many ? 'count' : 'counts'} as misscheduled there`,
  explain({ facts, nodes, pods, cases }) {
    const taint = cases[0].evidence
    const shown = nodes.slice(0, 3).map(({ name }) => name)
    return {
      summary: words`${code(facts.name)} is on ${names(nodes)}, where the network is not set up.`,
      why: words`Only daemon pods with ${code('hostNetwork: true')} tolerate ${code(KEY)} by themselves; ${code(facts.name)} has no host network.`,
      perNode: nodes.map((node) => ({ node: node.name, reason: words`no network${since(node)}` })),
      evidence: nodes.slice(0, 5).map((node) => words`${code(node.name)}: ${condition(node)}`),
      drafts: [
        {
          kind: 'fix-node',
          horizon: 'now',
          title: ['Repair the network of the node'],
          why: [
            'The CNI plug-in or the cloud route controller has to report the network as up: look at its pod on the node and at its logs.',
          ],
          commands: shown.map(
            (name) => `kubectl get pods -A -o wide --field-selector spec.nodeName=${name}`,
          ),
        },
        wait(
          ['Silence while the network is being repaired'],
          ['On a new node it takes up to a few minutes; longer is a fault.'],
          { choice: true },
        ),
        deletePods(facts, pods, {
          horizon: 'now',
          tempting: true,
          why: [
            'The pod is in the right place; it would be missing when the network is back, until the controller sees the node as right again.',
          ],
        }),
        tolerate(facts, nodes, taint, {
          horizon: 'now',
          tempting: true,
          why: ['It hides a node without network.'],
        }),
        facts.role.kind === 'network'
          ? tolerate(facts, nodes, taint, {
              horizon: 'for-good',
              why: ['It is what sets the network up, so it must run before the network is there.'],
            })
          : nothing(['The DaemonSet is right as it is. Only network agents should tolerate this.']),
      ],
    }
  },
})

const KEY = 'node.kubernetes.io/network-unavailable'

function since(node: NodeFacts): Words {
  const at = node.node.status?.conditions?.find(
    ({ type }) => type === 'NetworkUnavailable',
  )?.lastTransitionTime
  return at ? words` since ${time(at)}` : []
}

function condition(node: NodeFacts): Words {
  const found = node.node.status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')
  if (!found) return ['it has the taint, but no condition NetworkUnavailable']
  return words`condition NetworkUnavailable is ${found.status}${since(node)} (${code(found.reason ?? 'no reason given')})`
}
