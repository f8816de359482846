import { code, names, words } from '../../words/words.ts'
import { definePlacementCause } from '../findings/placement-cause.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'

/** The required node affinity cannot be read, or has no terms: it matches no node, so the DaemonSet is being taken off all of them. */
export const invalidAffinity = definePlacementCause<{ readonly error: string }>({
  id: 'P3',
  cause: 'invalid-affinity',
  title: 'The node affinity is invalid or empty and matches no node',
  diagnose(misscheduling) {
    const { reason, facts } = misscheduling
    if (reason.type !== 'NodeAffinity' || facts.recount.count.desiredNumberScheduled > 0)
      return undefined
    if (!reason.terms.every(({ error }) => error !== undefined)) return undefined
    return { error: reason.terms[0]?.error ?? 'it has no terms' }
  },
  key: () => null,
  ownIncident: true,
  headline: ({ who }) => words`${who} matches no node any more: its node affinity is invalid`,
  explain(found) {
    const [{ evidence }] = found.cases
    const fix = (horizon: RemedyDraft['horizon']): RemedyDraft => ({
      kind: 'change-placement',
      horizon,
      title: ['Correct the node affinity'],
      why: words`${evidence.error}. An affinity that cannot be read means no node, and gives no error anywhere.`,
      commands: [
        `kubectl -n ${found.facts.namespace} get daemonset ${found.facts.name} -o jsonpath='{.spec.template.spec.affinity}'`,
      ],
    })
    return {
      summary: words`matches no node at all, so it is being taken off ${names(found.nodes)}`,
      why: words`Its required node affinity is wrong (${evidence.error}).`,
      evidence: [
        words`desired is 0; ${code('requiredDuringSchedulingIgnoredDuringExecution')}: ${evidence.error}`,
      ],
      first: [fix('now')],
      after: [fix('for-good')],
    }
  },
})
