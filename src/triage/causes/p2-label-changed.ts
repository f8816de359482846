import type { Reason } from '../../daemonset/decide.ts'
import { failingKeys } from '../../daemonset/decide.ts'
import { milliseconds } from '../../words/time.ts'
import {
  code,
  joined,
  listed,
  names,
  nodesTitle,
  plural,
  theNodes,
  time,
  type Words,
  words,
} from '../../words/words.ts'
import { removalOf } from '../drain/consequences.ts'
import type { Case, DaemonSetFacts } from '../facts/facts.ts'
import { lastWriter } from '../facts/managed-fields.ts'
import { MANAGED_FIELDS, REVISIONS } from '../facts/needs.ts'
import { definePlacementCause, held } from '../findings/placement-cause.ts'
import { nothing } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { reasonWords, termWords } from '../taints/reason-words.ts'

interface FailingLabels {
  /**
   * Label keys that the selector or affinity asks for and the node does not have with that value.
   */
  readonly keys: readonly string[]
}

/** The node lost the label, or its value, by which the DaemonSet selects it. */
export const labelChanged = definePlacementCause<FailingLabels>({
  id: 'P2',
  cause: 'label-changed',
  title: 'A node label was changed or removed',
  needs: [MANAGED_FIELDS, REVISIONS],
  diagnose({ reason }) {
    if (reason.type !== 'NodeSelector' && reason.type !== 'NodeAffinity') return undefined
    const keys = failingKeys(reason)
    return keys.length > 0 ? { keys } : undefined
  },
  key: (_, { keys }) => keys[0] ?? null,
  headline(incident) {
    const { who, nodes, key } = incident
    return words`${nodesTitle(nodes)} ${plural(nodes.length, 'does', 'do')} not match ${who}${labelAside(key)}; ${held(incident).now}`
  },
  past(incident) {
    const { who, nodes, key } = incident
    return words`${theNodes(nodes)} did not match ${who}${labelAside(key)}, and ${held(incident).past}`
  },
  explain(group) {
    const { facts, nodes, cases } = group
    const [{ reason, evidence }] = cases
    const isLeaving = nodes.every(({ node }) => removalOf(facts.index, node) !== undefined)
    return {
      summary: words`should not be on ${names(nodes)}: label ${listed(evidence.keys)} does not match`,
      why: words`${plural(nodes.length, 'The node does', 'The nodes do')} not match ${reasonWords(reason)}.`,
      evidence: cases.slice(0, 3).flatMap(labelEvidence),
      after: [
        ...(isLeaving
          ? [nothing(['The node is being removed, so its labels do not matter.'])]
          : []),
        ...invalidTermDrafts(facts, reason),
        {
          kind: 'restore-label',
          horizon: 'for-good',
          choice: isLeaving,
          title: words`Restore label ${listed(evidence.keys)} if it was lost by mistake`,
          why: [
            'Labels are set by label tools (node-feature-discovery, GPU operator) and when a node registers: find out which should set this one. If the node was excluded on purpose, change nothing.',
          ],
          ...(reason.type === 'NodeSelector' && {
            commands: [
              `kubectl label node ${nodes.map(({ name }) => name).join(' ')} ${reason.key}=${reason.value} --overwrite`,
            ],
          }),
        },
        {
          kind: 'change-placement',
          horizon: 'for-good',
          choice: true,
          title: ['Select by another label'],
          why: ['Right if the label is gone for good and the pods should stay.'],
        },
      ],
    }
  },
})

function labelAside(key: string | null): Words {
  return key === null ? [] : words` (label ${code(key)})`
}

/** An invalid term may be the one that was meant for the node. */
function invalidTermDrafts(
  { namespace, name }: DaemonSetFacts,
  reason: Reason,
): readonly RemedyDraft[] {
  const invalid = reason.type === 'NodeAffinity' ? reason.terms.filter(({ error }) => error) : []
  const keys = [...new Set(invalid.flatMap((term) => (term.invalid ? [term.invalid.key] : [])))]
  if (invalid.length === 0) return []
  return [
    {
      kind: 'change-placement',
      horizon: 'for-good',
      title:
        keys.length > 0
          ? words`Fix the invalid requirement on ${listed(keys)}`
          : ['Remove the empty term from the node affinity'],
      why: words`Its term matches no node and raises no error: ${joined(invalid.slice(0, 2).map(termWords), '; ')}.`,
      commands: [
        `kubectl -n ${namespace} get daemonset ${name} -o jsonpath='{.spec.template.spec.affinity}'`,
      ],
    },
  ]
}

function labelEvidence({ node, pod, evidence, facts }: Case<FailingLabels>): readonly Words[] {
  const labels = node.node.metadata.labels ?? {}
  const lines = evidence.keys.slice(0, 3).map((key) => {
    const actual = labels[key]
    if (actual === undefined)
      return words`${code(node.name)}: it has no label ${code(key)}; who removed it is not recorded`
    const writer = lastWriter(node.node.metadata, ['f:metadata', 'f:labels', `f:${key}`])
    return words`${code(node.name)}: it has ${code(`${key}=${actual}`)}${writer ? words`, last written by ${code(writer.manager)}${writer.time ? words` at ${time(writer.time)}` : ''}` : ''}`
  })
  const registered = milliseconds(node.node.metadata.creationTimestamp)
  if (registered !== undefined && pod.created !== undefined && pod.created < registered)
    lines.push(
      words`${code(node.name)}: the Node object is newer than pod ${code(pod.name)}: the node registered again, with other labels`,
    )
  if (pod.current === true)
    lines.push(
      words`${code(node.name)}: pod ${code(pod.name)} belongs to the current revision: the template did not change`,
    )
  else if (pod.current === undefined && facts.revisions.length === 0)
    lines.push([
      'it is unknown whether the template changed instead: the ControllerRevisions are missing',
    ])
  return lines
}
