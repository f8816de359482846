import { code, joined, names, nodeOrCount, words } from '../../words/words.ts'
import { wrongTaint } from '../facts/facts.ts'
import { defineCause } from '../findings/pod-cause.ts'
import { ifStaying, isFailing } from '../findings/staying.ts'
import { comparisonDrafts } from '../remedies/comparison-drafts.ts'
import {
  COMPARED,
  type Comparison,
  comparisonWith,
  failures,
  isGateOn,
  matches,
} from '../taints/comparison.ts'
import { taintText } from '../taints/taints.ts'

/** A toleration with Gt or Lt names the taint's key, but does not match it. */
export const comparisonOperator = defineCause<Comparison>({
  id: 'T12',
  cause: 'comparison-operator',
  title:
    'A toleration with operator Gt or Lt does not match: value past the threshold, not a number, or feature gate off',
  explains: 'taint',
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    return taint && comparisonWith(misscheduling, taint)
  },
  key: (_, { taint }) => taint.key,
  variant: (_, { state }) => state,
  headline: ({ nodes, who, many, key }) =>
    words`${who} ${many ? 'do' : 'does'} not tolerate the value of ${key === null ? 'taints' : code(key)} on ${nodeOrCount(nodes)}`,
  past: ({ nodes, who, key }) =>
    words`${who} did not tolerate the value of ${key === null ? 'taints' : code(key)} on ${nodeOrCount(nodes)}`,
  explain(group) {
    const { facts, nodes, cases } = group
    const [{ evidence }] = cases
    const { taint, tolerations, state } = evidence
    const compared = joined(
      tolerations.map(
        ({ operator, value = '' }) => words`${COMPARED[operator ?? ''] ?? ''} ${code(value)}`,
      ),
      ' or ',
    )
    return {
      summary: words`${code(facts.name)} runs on ${names(nodes)}, and no toleration of it matches the value of ${code(taint.key)} there.`,
      ifIgnored:
        state === 'past-threshold' && isGateOn(facts) && !isFailing(group.pods)
          ? ['Running pods stay, and it ends when the value comes back.']
          : ifStaying(group),
      why: words`${code(facts.name)} tolerates ${code(taint.key)} only if its value is ${compared}. ${WHY[state]}`,
      perNode: cases.map(({ node, evidence: one }) => ({
        node: node.name,
        reason: words`${code(taintText(one.taint))}: ${failures(one)}`,
      })),
      evidence: [
        ...cases
          .slice(0, 5)
          .map(({ node, evidence: one }) => words`${code(node.name)}: ${failures(one)}`),
        ...matches(facts, evidence),
      ],
      drafts: comparisonDrafts(group),
    }
  },
})

const WHY: Readonly<Record<Comparison['state'], string>> = {
  'gate-off':
    'The feature gate TaintTolerationComparisonOperators is off or not known to be on, and without it such a toleration never matches.',
  'not-a-number': 'A value that is not a plain integer never matches.',
  'past-threshold': 'The value is past the threshold.',
}
