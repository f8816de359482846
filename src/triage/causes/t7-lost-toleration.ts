import { isRollingUpdate } from '../../daemonset/rollout.ts'
import { code, joined, names, time, type Words, words } from '../../words/words.ts'
import { type LostToleration, lostToleration } from '../facts/earlier-template.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { REVISIONS } from '../facts/needs.ts'
import { isNodeInfrastructure } from '../facts/role.ts'
import { type CaseGroup, defineCause, type PodCause } from '../findings/pod-cause.ts'
import { deletePods, infrastructureNote, nothing, waitForFix } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { taintText } from '../taints/taints.ts'

/** The template lost the toleration and nothing replaces the pods, as the strategy is OnDelete. */
export const lostTolerationOnDelete: PodCause = defineCause<LostToleration>({
  id: 'T7',
  cause: 'lost-toleration-on-delete',
  title: 'The template lost the toleration; strategy OnDelete keeps the old pods',
  needs: [REVISIONS],
  explains: 'history',
  diagnose: (misscheduling) =>
    isRollingUpdate(misscheduling.facts.daemonSet) ? undefined : lostToleration(misscheduling),
  key: (_, { taint }) => taint.key,
  ownIncident: true,
  headline: ({ who, nodes }) =>
    words`${who} lost a toleration; its old pods are left on ${nodes.length === 1 ? 'a node' : `${nodes.length} nodes`} (OnDelete)`,
  explain(found) {
    const { facts, nodes, cases } = found
    const { taint } = cases[0].evidence
    return {
      summary: words`The template of ${code(facts.name)} no longer tolerates ${code(taintText(taint))}, but its old pods on ${names(nodes)} do.`,
      why: words`Only the template counts, not what a running pod tolerates. Under ${code('OnDelete')} the controller replaces no pod by itself, so the old ones stay for ever.`,
      perNode: cases.map(({ node, pod }) => ({
        node: node.name,
        reason: words`old pod ${code(pod.name)}, ${code(taintText(taint))} no longer tolerated`,
      })),
      evidence: lostEvidence(found),
      drafts: bothWays(found),
    }
  },
})

/** Which revision had the toleration, and what the pods carry. */
export function lostEvidence({ facts, cases }: CaseGroup<LostToleration>): readonly Words[] {
  const [{ evidence: first }] = cases
  const had = first.revision
  const lines: Words[] = cases
    .slice(0, 3)
    .map(
      ({ pod }) =>
        words`pod ${code(pod.name)} tolerates the taint and is of revision ${code(pod.hash ?? 'unknown')}${hashNow(facts)}`,
    )
  if (had)
    lines.push(
      words`revision ${had.number}${had.created ? words`, made at ${time(had.created)},` : ''} had the toleration; the current one has not`,
    )
  else
    lines.push([
      'no older ControllerRevision with the toleration was found, but the pods are not of the current one and have it',
    ])
  lines.push(['whether it was dropped on purpose cannot be seen'])
  return lines
}

/** It was dropped on purpose (delete the pods) or by mistake (restore it): both are offered. */
export function bothWays({
  facts,
  nodes,
  pods,
  cases,
}: CaseGroup<LostToleration>): readonly (RemedyDraft | undefined)[] {
  const { taint } = cases[0].evidence
  const restore = (horizon: RemedyDraft['horizon'], choice: boolean) =>
    tolerate(facts, nodes, taint, {
      horizon,
      title: ['Restore the toleration'],
      ...(choice && { choice }),
      why: joined([
        ['Right if it was dropped by mistake, as with a chart upgrade.'],
        horizon === 'now' ? infrastructureNote(facts) : [],
      ]),
    })
  const keeps = isNodeInfrastructure(facts.role)
  return [
    deletePods(facts, pods, {
      horizon: 'now',
      why: [
        'The template no longer wants pods there: these are left over, and are not made again.',
      ],
    }),
    restore('now', !keeps),
    waitForFix(facts),
    ...(keeps
      ? [restore('for-good', false)]
      : [nothing(['If it was dropped on purpose, nothing more.']), restore('for-good', true)]),
  ]
}

function hashNow({ revisions }: DaemonSetFacts): Words {
  const hash = revisions[0]?.metadata.labels?.['controller-revision-hash']
  return hash ? words`; the current one is ${code(hash)}` : []
}
