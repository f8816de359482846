import type { Taint } from '../../kubernetes/objects.ts'
import {
  code,
  names,
  nodesTitle,
  plural,
  theNodes,
  time,
  type Words,
  words,
} from '../../words/words.ts'
import { type NodeFacts, wrongTaint } from '../facts/facts.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { deletePods, nothing, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { whyKeepPods } from '../taints/right-node.ts'

/** The node's network is not set up. Daemon pods on the host network tolerate that by default. */
export const networkUnavailable = defineCause<Taint>({
  id: 'T2',
  cause: 'network-unavailable',
  title: "The node's network is not set up, and the DaemonSet does not use the host network",
  explains: 'taint',
  endsWithNode: true,
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    return taint?.key === KEY ? taint : undefined
  },
  key: () => KEY,
  headline: ({ nodes, who, many }) =>
    words`${nodesTitle(nodes)} ${plural(nodes.length, 'has', 'have')} no network; ${who} ${many ? 'are' : 'is'} misscheduled there`,
  past: ({ nodes }) => words`${theNodes(nodes)} had no network`,
  explain(group) {
    const { facts, nodes } = group
    return {
      summary: words`${code(facts.name)} is on ${names(nodes)}, where the network is not set up.`,
      ifIgnored: ['Ordinary pods cannot start there, and the alert keeps firing.'],
      why: words`Only daemon pods with ${code('hostNetwork: true')} tolerate ${code(KEY)} by default. ${code(facts.name)} does not use the host network.`,
      perNode: nodes.map((node) => ({ node: node.name, reason: words`no network${since(node)}` })),
      evidence: nodes.slice(0, 5).map((node) => words`${code(node.name)}: ${conditionWords(node)}`),
      drafts: drafts(group),
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

function conditionWords(node: NodeFacts): Words {
  const condition = node.node.status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')
  if (!condition) return ['it has the taint, but no NetworkUnavailable condition']
  return words`condition NetworkUnavailable is ${condition.status}${since(node)} (${code(condition.reason ?? 'no reason given')})`
}

function drafts({
  facts,
  nodes,
  pods,
  cases: [{ evidence: taint }],
}: CaseGroup<Taint>): readonly (RemedyDraft | undefined)[] {
  return [
    {
      kind: 'fix-node',
      horizon: 'now',
      title: ["Fix the node's network"],
      why: [
        'The CNI plugin or the cloud route controller has to report the network as available. Check its pod on the node and its log.',
      ],
      commands: nodes
        .slice(0, 3)
        .map(({ name }) => `kubectl get pods -A -o wide --field-selector spec.nodeName=${name}`),
    },
    wait(
      ['Silence while the network is being fixed'],
      ['On a new node this takes up to a few minutes; longer is a fault.'],
      { choice: true },
    ),
    deletePods(facts, pods, {
      horizon: 'now',
      tempting: true,
      why: [
        whyKeepPods({ facts, nodes }, 'until the network is back and the controller recreates it'),
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
          why: ['It sets the network up, so it has to run before the network is there.'],
        })
      : nothing(['The DaemonSet is correct as it is. Only network agents should tolerate this.']),
  ]
}
