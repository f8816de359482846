import type { DaemonSet } from '../../kubernetes/objects.ts'
import { code, listed, names, type Words, words } from '../../words/words.ts'
import { REVISIONS } from '../facts/needs.ts'
import { creatorAmong, isCreatedBy, overlappingDaemonSets } from '../facts/pod-origin.ts'
import { defineCause } from '../findings/pod-cause.ts'
import { deletePods, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'

/**
 * Two DaemonSets of one namespace select the same pods, so one owns a pod that the other created.
 */
export const overlappingSelectors = defineCause<{
  readonly others: readonly DaemonSet[]
  /** The one of the others that created the pod; undefined if nothing shows it. */
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
  past: ({ who }) => words`${who} and another DaemonSet selected the same pods`,
  explain({ facts, nodes, pods, cases }) {
    const [{ evidence }] = cases
    const others = evidence.others.map(({ metadata }) => metadata.name)
    return {
      summary: words`${code(facts.name)} owns pods on ${names(nodes)} that ${listed(others)} selects too.`,
      ifIgnored: ['The pod keeps running, and more pods can be adopted by the wrong DaemonSet.'],
      why: words`A pod that loses its owner is adopted by any DaemonSet that selects it. Here that was one that should not run on the node.`,
      perNode: cases.map(({ node, pod }) => ({
        node: node.name,
        reason: words`${code(pod.name)}, also selected by ${listed(others)}`,
      })),
      evidence: [
        words`${code(facts.name)} and ${listed(others)} both select the labels of ${code(pods[0]?.name ?? '')}`,
        ...cases
          .slice(0, 3)
          .flatMap(({ pod, evidence: { maker } }) =>
            maker
              ? [
                  words`${code(pod.name)} was created by ${code(maker.metadata.name)}, as its name or revision shows`,
                ]
              : [],
          ),
      ],
      drafts: [
        separate('now', [
          'A selector cannot be changed: delete one of them and create it again with another label in selector and template.',
        ]),
        deletePods(facts, pods, {
          horizon: 'now',
          choice: true,
          why: ['It ends this alert; the selectors still overlap.'],
        }),
        wait(['Wait'], ['Nothing ends it on its own.'], { tempting: true }),
        separate('for-good', ['Until then, any orphaned pod may go to the wrong one again.']),
      ],
    }
  },
})

function separate(horizon: RemedyDraft['horizon'], why: Words): RemedyDraft {
  return {
    kind: 'separate-owners',
    horizon,
    title: ['Give the two DaemonSets different labels'],
    why,
  }
}
