import { failingKeys } from '../../daemonset/decide.ts'
import { milliseconds } from '../../words/time.ts'
import { code, listed, names, nodesTitle, time, type Words, words } from '../../words/words.ts'
import type { Misscheduling } from '../facts/facts.ts'
import { lastWriter } from '../facts/managed-fields.ts'
import { REVISIONS } from '../facts/needs.ts'
import { definePlacementCause } from '../findings/placement-cause.ts'
import { reasonWords } from '../taints/reason-words.ts'

/** The node lost the label, or its value, by which the DaemonSet selects it. */
export const labelChanged = definePlacementCause<{ readonly keys: readonly string[] }>({
  id: 'P2',
  cause: 'label-changed',
  title: 'A label of the node was changed or removed',
  needs: [REVISIONS],
  diagnose(misscheduling) {
    const { reason } = misscheduling
    if (reason.type !== 'NodeSelector' && reason.type !== 'NodeAffinity') return undefined
    const keys = failingKeys(reason)
    return keys.length > 0 ? { keys } : undefined
  },
  key: (_, { keys }) => keys[0] ?? null,
  headline: ({ who, nodes, key, many }) =>
    words`${nodesTitle(nodes)} ${nodes.length === 1 ? 'does' : 'do'} not fit ${who} (label ${code(key ?? '')}); ${many ? 'their' : 'its'} pods are still there`,
  explain(found) {
    const { nodes, cases } = found
    const [{ reason, evidence }] = cases
    return {
      summary: words`should not be on ${names(nodes)}: label ${listed(evidence.keys)} does not match`,
      why: words`It does not match ${reasonWords(reason)}.`,
      evidence: cases.slice(0, 3).flatMap(labelEvidence),
      after: [
        {
          kind: 'restore-label',
          horizon: 'for-good',
          title: words`Give the label ${listed(evidence.keys)} back, if it was lost by mistake`,
          why: [
            'Label tools (node-feature-discovery, GPU operator) and nodes that join anew set labels: see which of them should. Nothing, if the node was taken out on purpose.',
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

function labelEvidence({
  node,
  pod,
  evidence,
  facts,
}: Misscheduling & { readonly evidence: { readonly keys: readonly string[] } }): readonly Words[] {
  const labels = node.node.metadata.labels ?? {}
  const lines = evidence.keys.slice(0, 3).map((key) => {
    const actual = labels[key]
    if (actual === undefined)
      return words`${code(node.name)} has no label ${code(key)}; who took it off is not recorded`
    const writer = lastWriter(node.node.metadata, ['f:metadata', 'f:labels', `f:${key}`])
    return words`${code(node.name)} has ${code(`${key}=${actual}`)}${writer ? words`, last written by ${code(writer.manager)}${writer.time ? words` at ${time(writer.time)}` : ''}` : ''}`
  })
  const born = milliseconds(node.node.metadata.creationTimestamp)
  if (born !== undefined && pod.created !== undefined && pod.created < born)
    lines.push(
      words`the Node object is younger than pod ${code(pod.name)}: the node joined anew, with other labels`,
    )
  if (pod.current === true)
    lines.push(words`pod ${code(pod.name)} is of the current revision: the template did not change`)
  else if (pod.current === undefined && facts.revisions.length === 0)
    lines.push([
      'whether the template changed instead cannot be told: the ControllerRevisions are missing',
    ])
  return lines
}
