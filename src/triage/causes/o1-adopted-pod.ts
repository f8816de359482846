import { code, names, time, type Words, words } from '../../words/words.ts'
import { type Misscheduling, wrongTaint } from '../facts/facts.ts'
import { lastWriter } from '../facts/managed-fields.ts'
import { REVISIONS } from '../facts/needs.ts'
import {
  creatorAmong,
  isControlled,
  isNotDaemonPod,
  overlappingDaemonSets,
} from '../facts/pod-origin.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { deletePods, nothing, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { reasonWords } from '../taints/reason-words.ts'

/** Somebody else created the pod, with labels that the DaemonSet's selector matches. */
export const adoptedPod = defineCause<{ readonly labels: string }>({
  id: 'O1',
  cause: 'adopted-pod',
  title: 'A pod created by hand or by another tool has matching labels and was adopted',
  needs: [REVISIONS],
  explains: 'pod',
  diagnose(misscheduling) {
    const { facts, pod } = misscheduling
    if (
      !isNotDaemonPod(facts, pod) ||
      creatorAmong(facts, pod, overlappingDaemonSets(misscheduling))
    )
      return undefined
    const wanted = Object.entries(facts.daemonSet.spec.selector?.matchLabels ?? {})
    return { labels: wanted.map(([key, value]) => `${key}=${value}`).join(',') }
  },
  key: () => null,
  headline: ({ who, many }) =>
    words`${who} ${many ? 'have' : 'has'} adopted a pod that ${many ? 'they' : 'it'} did not create`,
  past: ({ who, many }) =>
    words`${who} had adopted a pod that ${many ? 'they' : 'it'} did not create`,
  explain(group) {
    const { facts, nodes, cases } = group
    const [{ evidence, reason }] = cases
    return {
      summary: words`${code(facts.name)} has adopted a pod that it did not create, on ${names(nodes)}.`,
      ifIgnored: ['The pod keeps running there, and the alert keeps firing.'],
      why: words`The controller adopts every pod that has the labels ${code(evidence.labels)} and no owner. This one is on a node where the DaemonSet should not run.`,
      perNode: cases.map(({ node, pod }) => ({
        node: node.name,
        reason: words`adopted pod ${code(pod.name)}`,
      })),
      evidence: [
        ...cases.slice(0, 3).map(adoption),
        words`it is misscheduled there because of ${reasonWords(reason)}`,
      ],
      drafts: drafts(group),
    }
  },
})

function adoption({ node, pod }: Misscheduling): Words {
  const owner = isControlled(pod) ? '' : ', and no owner yet'
  const writer = lastWriter(pod.pod.metadata, ['f:metadata', 'f:ownerReferences'])
  const written = writer
    ? words`; its owner was written by ${code(writer.manager)}${writer.time ? words` at ${time(writer.time)}` : ''}`
    : ''
  return words`${code(node.name)}: pod ${code(pod.name)} has no ${code('controller-revision-hash')} and no name of this DaemonSet${owner}${written}`
}

function drafts({
  facts,
  nodes,
  pods,
  cases,
}: CaseGroup<unknown>): readonly (RemedyDraft | undefined)[] {
  const taint = wrongTaint(cases[0])
  const [key = 'LABEL'] = Object.keys(facts.daemonSet.spec.selector?.matchLabels ?? {})
  return [
    {
      kind: 'separate-owners',
      horizon: 'now',
      title: ['Remove the label from the pod'],
      why: ['The DaemonSet then releases it, and it keeps running on its own.'],
      commands: pods
        .slice(0, 3)
        .map(({ name }) => `kubectl -n ${facts.namespace} label pod ${name} ${key}-`),
    },
    deletePods(facts, pods, {
      horizon: 'now',
      choice: true,
      why: ['Right if nobody needs it. Find out first who created it.'],
    }),
    wait(['Wait'], ['The controller keeps it until a rollout replaces it.'], { choice: true }),
    taint &&
      tolerate(facts, nodes, taint, {
        horizon: 'now',
        tempting: true,
        why: ['It would change the whole DaemonSet for one stray pod.'],
      }),
    nothing(['Give pods that you create by hand labels of their own.']),
  ]
}
