import { code, listed, names, nodesTitle, time, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { NAMESPACES, type Need, REVISIONS } from '../facts/needs.ts'
import type { Finding } from '../findings/finding.ts'
import { defineCause } from '../findings/pod-cause.ts'
import { nothing, wait } from '../remedies/drafts.ts'
import { reasonWords } from '../taints/reason-words.ts'
import { taintHistory } from '../taints/taint-history.ts'

// That none is found is the least of what is unknown here.
const OLDER_TEMPLATES: Need = { list: REVISIONS.list, unread: REVISIONS.unread }

/** The variant of a DaemonSet whose nodes or pods could not be read. */
const UNREADABLE = 'unreadable'

/** A wrong pod that no cause explains. Everything that was seen is shown, and nothing is guessed. */
export const unknownCause = defineCause<true>({
  id: 'unknown',
  cause: 'unknown',
  title: 'No known cause fits: all the evidence is shown',
  explains: 'history',
  needs: [OLDER_TEMPLATES, NAMESPACES],
  diagnose: () => true,
  key: () => null,
  headline: ({ nodes, who, many, variant }) =>
    variant === UNREADABLE
      ? words`Why ${who} ${many ? 'are' : 'is'} misscheduled is unknown: the cluster could not be read`
      : words`${nodesTitle(nodes)} should not have ${who}; how ${many ? 'their' : 'its'} pods got there is not known`,
  explain({ facts, nodes, cases }) {
    return {
      summary: words`${code(facts.name)} should not be on ${names(nodes)}; how its pods got there is not known.`,
      why: [
        'Why they are wrong there is certain: see the table. How they got there fits none of the known causes.',
      ],
      perNode: cases.map(({ node, reason }) => ({ node: node.name, reason: reasonWords(reason) })),
      evidence: cases.slice(0, 5).flatMap(({ node, pod, reason }): Words[] => {
        const made = pod.pod.metadata.creationTimestamp
          ? words`, made at ${time(pod.pod.metadata.creationTimestamp)}`
          : ''
        const line = words`${code(node.name)}: pod ${code(pod.name)} (${pod.state}${made}) is wrong because of ${reasonWords(reason)}`
        return reason.type === 'UntoleratedTaint'
          ? [line, words`${code(node.name)}: ${taintHistory(node, reason)}`]
          : [line]
      }),
      drafts: [
        wait(
          ['Wait, with a silence, and look'],
          [
            'Compare pod, node and template with the evidence; nothing here is safe to press without knowing.',
          ],
        ),
        nothing(['What to change depends on the cause.']),
      ],
    }
  },
})

/** The finding where nodes or pods could not be read: no count of ours stands then, so nothing is said of causes. */
export function unreadableFinding({
  index,
  daemonSet,
  namespace,
  name,
}: DaemonSetFacts): Finding | undefined {
  const missing = (['nodes', 'pods'] as const).filter((resource) => !index.has(resource))
  if (missing.length === 0) return undefined
  const count = daemonSet.status?.numberMisscheduled
  return {
    id: 'unknown',
    about: 'pods',
    heldBy: null,
    cause: 'unknown',
    variant: UNREADABLE,
    key: null,
    nodes: [],
    pods: [],
    summary: words`The status of ${code(name)} says ${count ?? 'nothing of'} misscheduled; why cannot be told, as ${listed(missing)} could not be read.`,
    why: ['The cause shows only when nodes and pods are compared with the template.'],
    perNode: [],
    evidence: index.snapshot.unreadable.map(
      ({ resource, reason }) => words`${code(resource)}: ${reason}`,
    ),
    remedies: [
      {
        kind: 'repair-controller',
        horizon: 'now',
        recommended: true,
        tempting: false,
        title: words`Let ${listed(missing)} be read`,
        why: [
          'The reader lacks the right, or the API server did not answer: the evidence says which.',
        ],
        commands: missing.map((resource) => `kubectl auth can-i list ${resource} --all-namespaces`),
        predict: null,
      },
      {
        kind: 'none',
        horizon: 'for-good',
        recommended: true,
        tempting: false,
        title: ['Nothing to change'],
        why: ['What to change depends on the cause.'],
        predict: null,
      },
    ],
    root: `${namespace}/${name}`,
  }
}
