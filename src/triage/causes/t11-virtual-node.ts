import type { Node, Taint } from '../../kubernetes/objects.ts'
import { code, joined, names, words } from '../../words/words.ts'
import { wrongTaint } from '../facts/facts.ts'
import { defineCause } from '../findings/pod-cause.ts'
import { deletePods, infrastructureNote, placementSnippet, wait } from '../remedies/drafts.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { knownTaint, taintText } from '../taints/taints.ts'

interface Virtual {
  readonly taint: Taint
  /** The label that marks such nodes, for an affinity that keeps away from them. */
  readonly label: { readonly key: string; readonly value: string } | undefined
}

/** The node is no real machine (Fargate, Virtual Kubelet, kwok): no daemon pod can work there. */
export const virtualNode = defineCause<Virtual>({
  id: 'T11',
  cause: 'virtual-node',
  title: 'The node is virtual (Fargate, Virtual Kubelet, kwok) and cannot run daemon pods',
  explains: 'taint',
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    if (!taint) return undefined
    const label = virtualLabel(misscheduling.node.node)
    const known = knownTaint(taint.key).class
    return known === 'virtual' || (label && known !== 'going-away' && known !== 'node-condition')
      ? { taint, label }
      : undefined
  },
  key: (_, { taint }) => taint.key,
  headline: ({ nodes, who, many }) =>
    words`${who} ${many ? 'have' : 'has'} pods on ${nodes.length === 1 ? 'a virtual node' : `${nodes.length} virtual nodes`}, where no daemon pod can work`,
  explain({ facts, nodes, pods, cases }) {
    const { taint, label } = cases[0].evidence
    return {
      summary: words`${code(facts.name)} has a pod on ${names(nodes)}: ${knownTaint(taint.key).class === 'virtual' ? knownTaint(taint.key).means : 'a virtual node'}.`,
      why: words`A virtual node runs each pod somewhere else, so an agent for the node has nothing to serve there. Its taint ${code(taint.key)} says that no pod should come unasked.`,
      perNode: nodes.map(({ name }) => ({
        node: name,
        reason: words`virtual node, ${code(taintText(taint))}`,
      })),
      evidence: cases.slice(0, 5).map(({ node, pod, evidence }) => {
        const shown = evidence.label
          ? words`, label ${code(`${evidence.label.key}=${evidence.label.value}`)}`
          : ''
        return words`${code(node.name)}: taint ${code(taintText(evidence.taint))}${shown}; pod ${code(pod.name)} is ${pod.state === 'unbound' ? 'waiting to be scheduled' : (pod.pod.status?.phase ?? 'in an unknown phase')}`
      }),
      drafts: [
        deletePods(facts, pods, {
          horizon: 'now',
          why: ['It never belonged there, and the controller will not make it again.'],
        }),
        {
          kind: 'change-placement',
          horizon: 'now',
          title: ['Keep the DaemonSet off virtual nodes'],
          why: joined([
            ['With an affinity that leaves them out the controller removes the pod itself.'],
            infrastructureNote(facts),
          ]),
          snippet: placementSnippet(label ?? { key: 'type', value: 'virtual-kubelet' }),
        },
        wait(['Wait'], ['Nothing will end it: the taint is permanent.'], { tempting: true }),
        tolerate(facts, nodes, taint, {
          horizon: 'now',
          tempting: true,
          why: ['It invites a pod onto every virtual node, where it cannot work.'],
        }),
        {
          kind: 'change-placement',
          horizon: 'for-good',
          title: ['Keep the DaemonSet off virtual nodes'],
          why: ['A required affinity keeps it away whatever its tolerations are.'],
          snippet: placementSnippet(label ?? { key: 'type', value: 'virtual-kubelet' }),
        },
      ],
    }
  },
})

const LABELS: readonly (readonly [string, RegExp])[] = [
  ['eks.amazonaws.com/compute-type', /^fargate$/],
  ['type', /^(virtual-kubelet|kwok)$/],
  ['kubernetes.azure.com/role', /^virtual/],
  ['kubernetes.io/role', /^agent-virtual|^virtual/],
]

function virtualLabel(node: Node): Virtual['label'] {
  const labels = node.metadata.labels ?? {}
  for (const [key, value] of LABELS) {
    const actual = labels[key]
    if (actual !== undefined && value.test(actual)) return { key, value: actual }
  }
  return undefined
}
