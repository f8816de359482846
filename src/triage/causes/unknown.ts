import {
  code,
  listed,
  names,
  nodesTitle,
  theNodes,
  time,
  type Words,
  words,
} from '../../words/words.ts'
import type { DaemonSetFacts, Misscheduling } from '../facts/facts.ts'
import { MANAGED_FIELDS, NAMESPACES, OLDER_TEMPLATES } from '../facts/needs.ts'
import { POD_STATES } from '../facts/pod-facts.ts'
import type { Finding } from '../findings/finding.ts'
import { defineCause } from '../findings/pod-cause.ts'
import { nothing, wait } from '../remedies/drafts.ts'
import { reasonWords } from '../taints/reason-words.ts'
import { taintHistory } from '../taints/taint-history.ts'

/** The variant of a finding for which nodes or pods could not be read. */
const UNREADABLE = 'unreadable'

/** A misscheduled pod that no cause explains. All evidence is shown, and nothing is guessed. */
export const unknownCause = defineCause<true>({
  id: 'unknown',
  cause: 'unknown',
  title: 'No known cause fits; all evidence is shown',
  explains: 'history',
  needs: [OLDER_TEMPLATES, NAMESPACES, MANAGED_FIELDS],
  diagnose: () => true,
  key: () => null,
  headline: ({ nodes, who, many, variant }) =>
    variant === UNREADABLE
      ? words`Why ${who} ${many ? 'are' : 'is'} misscheduled is unknown: the cluster could not be read`
      : words`${nodesTitle(nodes)} should not have ${who}; how ${theirPods(nodes, many)} got there is unknown`,
  past: ({ nodes, who, many, variant }) =>
    variant === UNREADABLE
      ? words`why ${who} ${many ? 'were' : 'was'} misscheduled was unknown: the cluster could not be read`
      : words`${theNodes(nodes)} should not have had ${who}; how ${theirPods(nodes, many)} got there was unknown`,
  explain({ facts, nodes, cases }) {
    return {
      isOpen: true,
      summary: words`${code(facts.name)} should not be on ${names(nodes)}; how its pods got there is unknown.`,
      ifIgnored: ['The pods stay as they are, and the alert keeps firing.'],
      why: [
        cases.length === 1
          ? 'Why it is wrong there is certain: see the table. How it got there matches no known cause.'
          : 'Why they are wrong there is certain: see the table. How they got there matches no known cause.',
      ],
      perNode: cases.map(({ node, reason }) => ({ node: node.name, reason: reasonWords(reason) })),
      evidence: cases.slice(0, 5).flatMap(evidence),
      drafts: [
        wait(
          ['Wait, with a silence, and investigate'],
          [
            'Compare pod, node and template with the evidence. Nothing here is safe to press until the cause is known.',
          ],
        ),
        nothing(['What to change depends on the cause.']),
      ],
    }
  },
})

function theirPods(nodes: readonly string[], many: boolean): string {
  return `${many ? 'their' : 'its'} ${nodes.length === 1 && !many ? 'pod' : 'pods'}`
}

function evidence({ node, pod, reason }: Misscheduling): readonly Words[] {
  const created = pod.pod.metadata.creationTimestamp
    ? words`, created at ${time(pod.pod.metadata.creationTimestamp)}`
    : ''
  const line = words`${code(node.name)}: pod ${code(pod.name)} (${POD_STATES[pod.state]}${created}) is misscheduled because of ${reasonWords(reason)}`
  return reason.type === 'UntoleratedTaint'
    ? [line, words`${code(node.name)}: ${taintHistory(node, reason)}`]
    : [line]
}

/**
 * The finding if nodes or pods could not be read: no count can be trusted then, so nothing is said
 * about causes. undefined if both were read.
 */
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
    id: unknownCause.id,
    about: 'pods',
    heldBy: null,
    cause: unknownCause.cause,
    variant: UNREADABLE,
    key: null,
    nodes: [],
    pods: [],
    isOpen: true,
    summary:
      count === undefined
        ? words`The status of ${code(name)} has no count, and ${listed(missing)} could not be read.`
        : words`The status of ${code(name)} says ${count} misscheduled; why is unknown, because ${listed(missing)} could not be read.`,
    ifIgnored: ['It stays unknown what is wrong.'],
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
        title: words`Make ${listed(missing)} readable`,
        why: [
          'The account lacks the permission, or the API server did not answer: the evidence says which.',
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
    limits: [],
    root: `${namespace}/${name}`,
  }
}
