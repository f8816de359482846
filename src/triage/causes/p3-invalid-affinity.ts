import type { AffinityTerm } from '../../daemonset/node-affinity.ts'
import { code, joined, listed, names, plural, type Words, words } from '../../words/words.ts'
import { definePlacementCause } from '../findings/placement-cause.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { termWords } from '../taints/reason-words.ts'

/** The required node affinity is invalid or has no terms, so it matches no node at all. */
export const invalidAffinity = definePlacementCause<{ readonly terms: readonly AffinityTerm[] }>({
  id: 'P3',
  cause: 'invalid-affinity',
  title: 'The node affinity is invalid or empty and matches no node',
  diagnose({ reason, facts }) {
    if (reason.type !== 'NodeAffinity' || facts.recount.count.desiredNumberScheduled > 0)
      return undefined
    const { terms } = reason
    return terms.every(({ error }) => error !== undefined) ? { terms } : undefined
  },
  key: () => null,
  ownIncident: true,
  headline: ({ who, many }) =>
    words`${who} ${many ? 'match' : 'matches'} no node at all: ${many ? 'their' : 'its'} node affinity is invalid`,
  past: ({ who, many }) =>
    words`${who} matched no node at all: ${many ? 'their' : 'its'} node affinity was invalid`,
  explain({ facts: { namespace, name }, nodes, cases: [{ evidence }] }) {
    const errors = errorsOf(evidence.terms)
    const fix = (horizon: RemedyDraft['horizon']): RemedyDraft => ({
      kind: 'change-placement',
      horizon,
      title: titleOf(evidence.terms),
      why: words`An invalid term selects no node and raises no error anywhere${evidence.terms.length > 1 ? '; one valid term is enough' : ''}.`,
      commands: [
        `kubectl -n ${namespace} get daemonset ${name} -o jsonpath='{.spec.template.spec.affinity}'`,
      ],
    })
    return {
      summary: words`matches no node at all, so it should not be on ${names(nodes)}`,
      why: words`The required node affinity is invalid: ${joined(errors.slice(0, 2), '; ')}.`,
      evidence: [
        words`desired is 0; ${code('requiredDuringSchedulingIgnoredDuringExecution')}: ${joined(errors, '; ')}`,
      ],
      first: [fix('now')],
      after: [fix('for-good')],
    }
  },
})

function errorsOf(terms: readonly AffinityTerm[]): readonly Words[] {
  return terms.length === 0 ? [['it has no terms']] : terms.map(termWords)
}

function titleOf(terms: readonly AffinityTerm[]): Words {
  const keys = [...new Set(terms.flatMap(({ invalid }) => (invalid?.key ? [invalid.key] : [])))]
  return keys.length > 0
    ? words`Fix the ${plural(keys.length, 'requirement', 'requirements')} on ${listed(keys)} in the node affinity`
    : ['Fix the node affinity']
}
