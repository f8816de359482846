import { code, names, nodesTitle, time, type Words, words } from '../../words/words.ts'
import { defineCause } from '../findings/cause.ts'
import { nothing, wait } from '../remedies/drafts.ts'
import { reasonText } from '../taints/reason-text.ts'
import { taintHistory } from '../taints/taint-history.ts'

/** A wrong pod that no cause explains. Everything that was seen is shown, and nothing is guessed. */
export const unknownCause = defineCause<true>({
  id: 'unknown',
  cause: 'unknown',
  title: 'No known cause fits: all the evidence is shown',
  of: 'history',
  diagnose: () => true,
  key: () => null,
  headline: ({ nodes, who, many }) =>
    words`${nodesTitle(nodes)} should not have ${who}; how ${many ? 'their' : 'its'} pods got there is not known`,
  explain({ facts, nodes, cases }) {
    return {
      summary: words`${code(facts.name)} should not be on ${names(nodes)}; how its pods got there is not known.`,
      why: [
        'Why they are wrong there is certain: see the table. How they got there fits none of the known causes.',
      ],
      perNode: cases.map(({ node, reason }) => ({ node: node.name, reason: reasonText(reason) })),
      evidence: cases.slice(0, 5).flatMap(({ node, pod, reason }): Words[] => {
        const made = pod.pod.metadata.creationTimestamp
          ? words`, made at ${time(pod.pod.metadata.creationTimestamp)}`
          : ''
        const line = words`${code(node.name)}: pod ${code(pod.name)} (${pod.state}${made}) is wrong because of ${reasonText(reason)}`
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
