import type { Node, Taint } from '../../kubernetes/objects.ts'
import { code, joined, names, plural, type Words, words } from '../../words/words.ts'
import { type Case, wrongTaint } from '../facts/facts.ts'
import type { HeadlineFacts } from '../findings/cause.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { deletePods, infrastructureNote, wait } from '../remedies/drafts.ts'
import { placed } from '../remedies/placement-draft.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { knownTaint, taintText } from '../taints/taints.ts'

interface VirtualNode {
  readonly taint: Taint
  /** The label that such nodes have, for an affinity that excludes them. */
  readonly label: { readonly key: string; readonly value: string } | undefined
}

/**
 * The node is not a real machine (Fargate, Virtual Kubelet, kwok): no daemon pod can work there.
 */
export const virtualNode = defineCause<VirtualNode>({
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
  taint: (_, { taint }) => taint,
  headline: (incident) =>
    words`${incident.who} ${incident.many ? 'have' : 'has'} ${podsOnVirtual(incident)}, where no daemon pod can work`,
  past: (incident) => words`${incident.who} had ${podsOnVirtual(incident)}`,
  explain(group) {
    const { facts, nodes, pods, cases } = group
    const { taint } = cases[0].evidence
    const known = knownTaint(taint.key)
    return {
      summary: words`${code(facts.name)} has a pod on ${names(nodes)}: ${known.class === 'virtual' ? known.means : 'a virtual node'}.`,
      ifIgnored: [
        `The ${plural(pods.length, 'pod stays', 'pods stay')} and can do nothing there, and the alert keeps firing.`,
      ],
      why: words`A virtual node runs each pod somewhere else, so a node agent has nothing to serve there. Its taint ${code(taint.key)} keeps away every pod that does not ask for such a node.`,
      perNode: nodes.map(({ name }) => ({
        node: name,
        reason: words`virtual node, ${code(taintText(taint))}`,
      })),
      evidence: cases.slice(0, 5).map(evidence),
      drafts: drafts(group),
    }
  },
})

function podsOnVirtual({ nodes, many }: HeadlineFacts): string {
  const pods = nodes.length === 1 && !many ? 'a pod' : 'pods'
  return `${pods} on ${nodes.length === 1 ? 'a virtual node' : `${nodes.length} virtual nodes`}`
}

function evidence({ node, pod, evidence: { taint, label } }: Case<VirtualNode>): Words {
  const shown = label ? words`, label ${code(`${label.key}=${label.value}`)}` : ''
  return words`${code(node.name)}: taint ${code(taintText(taint))}${shown}; pod ${code(pod.name)} is ${pod.state === 'unbound' ? 'waiting to be scheduled' : (pod.pod.status?.phase ?? 'in an unknown phase')}`
}

function drafts({
  facts,
  nodes,
  pods,
  cases,
}: CaseGroup<VirtualNode>): readonly (RemedyDraft | undefined)[] {
  const { taint, label } = cases[0].evidence
  const exclude = (horizon: RemedyDraft['horizon'], why: Words): RemedyDraft => ({
    kind: 'change-placement',
    horizon,
    title: ['Keep the DaemonSet off virtual nodes'],
    why,
    ...placed(facts, {
      requirements: [
        {
          key: label?.key ?? 'type',
          operator: 'NotIn',
          values: [label?.value ?? 'virtual-kubelet'],
        },
      ],
    }),
  })
  return [
    deletePods(facts, pods, {
      horizon: 'now',
      why: ['It never belonged there, and the controller will not recreate it.'],
    }),
    exclude(
      'now',
      joined([
        ['With an affinity that excludes them, the controller removes the pod itself.'],
        infrastructureNote(facts),
      ]),
    ),
    wait(['Wait'], ['Nothing ends it: the taint is permanent.'], { tempting: true }),
    tolerate(facts, nodes, taint, {
      horizon: 'now',
      tempting: true,
      why: ['It puts a pod on every virtual node, where it cannot work.'],
    }),
    exclude('for-good', ['A required affinity keeps it away whatever its tolerations are.']),
  ]
}

const LABELS: readonly (readonly [string, RegExp])[] = [
  ['eks.amazonaws.com/compute-type', /^fargate$/],
  ['type', /^(virtual-kubelet|kwok)$/],
  ['kubernetes.azure.com/role', /^virtual/],
  ['kubernetes.io/role', /^agent-virtual|^virtual/],
]

function virtualLabel(node: Node): VirtualNode['label'] {
  const labels = node.metadata.labels ?? {}
  for (const [key, value] of LABELS) {
    const actual = labels[key]
    if (actual !== undefined && value.test(actual)) return { key, value: actual }
  }
  return undefined
}
