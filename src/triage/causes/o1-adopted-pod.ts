import { code, names, time, words } from '../../words/words.ts'
import { wrongTaint } from '../facts/facts.ts'
import { lastWriter } from '../facts/managed-fields.ts'
import { REVISIONS } from '../facts/needs.ts'
import {
  creatorAmong,
  isControlled,
  isNotDaemonPod,
  overlappingDaemonSets,
} from '../facts/pod-origin.ts'
import { defineCause } from '../findings/pod-cause.ts'
import { deletePods, nothing, wait } from '../remedies/drafts.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { reasonWords } from '../taints/reason-words.ts'

/** A pod that somebody else made, with labels that the DaemonSet's selector takes: it was adopted. */
export const adoptedPod = defineCause<{ readonly labels: string }>({
  id: 'O1',
  cause: 'adopted-pod',
  title: 'A pod made by hand or by another tool has matching labels and was adopted',
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
    words`${who} ${many ? 'have' : 'has'} adopted a pod that ${many ? 'they' : 'it'} did not make`,
  explain({ facts, nodes, pods, cases }) {
    const [{ evidence, reason }] = cases
    const taint = wrongTaint(cases[0])
    const [key = 'LABEL'] = Object.keys(facts.daemonSet.spec.selector?.matchLabels ?? {})
    return {
      summary: words`${code(facts.name)} has adopted a pod that it did not make, on ${names(nodes)}.`,
      why: words`The controller adopts every pod with the labels ${code(evidence.labels)} and no owner. This one is on a node where the DaemonSet should not be.`,
      perNode: cases.map(({ node, pod }) => ({
        node: node.name,
        reason: words`adopted pod ${code(pod.name)}`,
      })),
      evidence: [
        ...cases.slice(0, 3).map(({ pod }) => {
          const adoption = lastWriter(pod.pod.metadata, ['f:metadata', 'f:ownerReferences'])
          const by = adoption
            ? words`; its owner was written by ${code(adoption.manager)}${adoption.time ? words` at ${time(adoption.time)}` : ''}`
            : ''
          return words`${code(pod.name)} has no ${code('controller-revision-hash')} and no name of this DaemonSet${isControlled(pod) ? '' : ', nor an owner yet'}${by}`
        }),
        words`it is wrong there because of ${reasonWords(reason)}`,
      ],
      drafts: [
        {
          kind: 'separate-owners',
          horizon: 'now',
          title: ['Take the labels off the pod'],
          why: ['Then the DaemonSet lets go of it, and it runs on as what it was.'],
          commands: pods
            .slice(0, 3)
            .map(({ name }) => `kubectl -n ${facts.namespace} label pod ${name} ${key}-`),
        },
        deletePods(facts, pods, {
          horizon: 'now',
          choice: true,
          why: ['Right if nobody needs it: look who made it first.'],
        }),
        wait(['Wait'], ['The controller keeps it, unless a roll-out comes by.'], { choice: true }),
        taint &&
          tolerate(facts, nodes, taint, {
            horizon: 'now',
            tempting: true,
            why: ['It would change the whole DaemonSet for one stray pod.'],
          }),
        nothing(['Give pods made by hand labels of their own.']),
      ],
    }
  },
})
