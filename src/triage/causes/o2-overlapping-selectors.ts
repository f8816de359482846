import type { DaemonSet } from '../../kubernetes/objects.ts'
import { code, listed, names, words } from '../../words/words.ts'
import { REVISIONS } from '../facts/needs.ts'
import { creatorAmong, isCreatedBy, overlappingDaemonSets } from '../facts/pod-origin.ts'
import { defineCause } from '../findings/pod-cause.ts'
import { deletePods, wait } from '../remedies/drafts.ts'

/** Two DaemonSets of the namespace select the same pods, so that one holds a pod which the other made. */
export const overlappingSelectors = defineCause<{
  readonly others: readonly DaemonSet[]
  readonly maker: DaemonSet | undefined
}>({
  id: 'O2',
  cause: 'overlapping-selectors',
  title: 'Two DaemonSets select the same pods',
  needs: [REVISIONS],
  explains: 'pod',
  diagnose(misscheduling) {
    const others = overlappingDaemonSets(misscheduling)
    if (others.length === 0 || isCreatedBy(misscheduling.facts, misscheduling.pod)) return undefined
    return { others, maker: creatorAmong(misscheduling.facts, misscheduling.pod, others) }
  },
  key: () => null,
  headline: ({ who }) => words`${who} and another DaemonSet select the same pods`,
  explain({ facts, nodes, pods, cases }) {
    const [{ evidence }] = cases
    const others = evidence.others.map(({ metadata }) => metadata.name)
    return {
      summary: words`${code(facts.name)} holds pods on ${names(nodes)} that ${listed(others)} selects too.`,
      why: words`A pod that loses its owner is adopted by whichever DaemonSet selects it. Here it went to one that should not be on that node.`,
      perNode: cases.map(({ node, pod }) => ({
        node: node.name,
        reason: words`${code(pod.name)}, selected by ${listed(others)} too`,
      })),
      evidence: [
        words`${code(facts.name)} and ${listed(others)} both select the labels of ${code(pods[0]?.name ?? '')}`,
        ...cases
          .slice(0, 3)
          .flatMap(({ pod, evidence: { maker } }) =>
            maker
              ? [
                  words`${code(pod.name)} was made by ${code(maker.metadata.name)}, as its name or revision shows`,
                ]
              : [],
          ),
      ],
      drafts: [
        {
          kind: 'separate-owners',
          horizon: 'now',
          title: ['Give the two DaemonSets labels of their own'],
          why: [
            'A selector cannot be changed: delete one of them and make it again with another label in selector and template.',
          ],
        },
        deletePods(facts, pods, {
          horizon: 'now',
          choice: true,
          why: ['It ends this alert; the overlap stays.'],
        }),
        wait(['Wait'], ['Nothing ends it by itself.'], { tempting: true }),
        {
          kind: 'separate-owners',
          horizon: 'for-good',
          title: ['Give the two DaemonSets labels of their own'],
          why: ['Until then each orphan may go to the wrong one again.'],
        },
      ],
    }
  },
})
