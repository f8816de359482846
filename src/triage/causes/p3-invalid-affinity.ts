import { code, names, words } from '../../words/words.ts'
import { definePlacementCause } from '../findings/placement-cause.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'

/** The required node affinity is invalid or has no terms, so it matches no node at all. */
export const invalidAffinity = definePlacementCause<{ readonly error: string }>({
  id: 'P3',
  cause: 'invalid-affinity',
  title: 'The node affinity is invalid or empty and matches no node',
  diagnose({ reason, facts }) {
    if (reason.type !== 'NodeAffinity' || facts.recount.count.desiredNumberScheduled > 0)
      return undefined
    if (!reason.terms.every(({ error }) => error !== undefined)) return undefined
    return { error: reason.terms[0]?.error ?? 'it has no terms' }
  },
  key: () => null,
  ownIncident: true,
  headline: ({ who, many }) =>
    words`${who} no longer ${many ? 'match' : 'matches'} any node: the node affinity is invalid`,
  explain({ facts: { namespace, name }, nodes, cases: [{ evidence }] }) {
    const fix = (horizon: RemedyDraft['horizon']): RemedyDraft => ({
      kind: 'change-placement',
      horizon,
      title: ['Fix the node affinity'],
      why: words`${evidence.error}. An invalid affinity selects no node and raises no error anywhere.`,
      commands: [
        `kubectl -n ${namespace} get daemonset ${name} -o jsonpath='{.spec.template.spec.affinity}'`,
      ],
    })
    return {
      summary: words`matches no node at all, so its pods are being removed from ${names(nodes)}`,
      why: words`The required node affinity is invalid (${evidence.error}).`,
      evidence: [
        words`desired is 0; ${code('requiredDuringSchedulingIgnoredDuringExecution')}: ${evidence.error}`,
      ],
      first: [fix('now')],
      after: [fix('for-good')],
    }
  },
})
