import { parseCanonicalInt64 } from '../../daemonset/tolerations.ts'
import type { Taint, Toleration } from '../../kubernetes/objects.ts'
import { code, names, nodeOrCount, words } from '../../words/words.ts'
import { wrongTaint } from '../facts/facts.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { deletePods, nothing, removeTaint, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { taintText } from '../taints/taints.ts'

interface Comparison {
  readonly taint: Taint
  readonly toleration: Toleration
  readonly state: 'gate-off' | 'not-a-number' | 'past-threshold'
}

/** A toleration with Gt or Lt names the taint's key, but does not match it. */
export const comparisonOperator = defineCause<Comparison>({
  id: 'T12',
  cause: 'comparison-operator',
  title:
    'A toleration with operator Gt or Lt does not match: value past the threshold, not a number, or feature gate off',
  explains: 'taint',
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    const { daemonSet, index } = misscheduling.facts
    const toleration =
      taint &&
      daemonSet.spec.template.spec?.tolerations?.find(
        ({ key, operator, effect }) =>
          key === taint.key &&
          /^[GL]t$/.test(operator ?? '') &&
          (!effect || effect === taint.effect),
      )
    if (!taint || !toleration) return undefined
    const gate = index.snapshot.featureGates?.TaintTolerationComparisonOperators === true
    return { taint, toleration, state: stateOf(taint, toleration, gate) }
  },
  key: (_, { taint }) => taint.key,
  variant: (_, { state }) => state,
  headline: ({ nodes, who, many, key }) =>
    words`${who} ${many ? 'do' : 'does'} not tolerate the value of ${code(key ?? '')} on ${nodeOrCount(nodes)}`,
  explain(group) {
    const { facts, nodes, cases } = group
    const { taint, toleration, state } = cases[0].evidence
    const comparison = `${toleration.key} ${toleration.operator} ${toleration.value ?? ''}`
    return {
      summary: words`${code(facts.name)} runs on ${names(nodes)}, and its toleration ${code(comparison)} does not match the value of ${code(taint.key)} there.`,
      why: words`${code(facts.name)} tolerates ${code(taint.key)} only if its value is ${toleration.operator === 'Gt' ? 'greater' : 'less'} than ${code(toleration.value ?? '')}. ${WHY[state]}`,
      perNode: cases.map(({ node, evidence }) => ({
        node: node.name,
        reason: words`${code(taintText(evidence.taint))} against ${code(comparison)}`,
      })),
      evidence: cases
        .slice(0, 5)
        .map(
          ({ node, evidence }) =>
            words`${code(node.name)}: taint value ${code(evidence.taint.value ?? '')}, toleration ${code(comparison)}`,
        ),
      drafts: drafts(group),
    }
  },
})

const WHY: Readonly<Record<Comparison['state'], string>> = {
  'gate-off':
    'The feature gate TaintTolerationComparisonOperators is off or not known to be on, and without it such a toleration never matches.',
  'not-a-number':
    'One of the two is not a plain integer (no leading zeros, no plus sign), so it never matches.',
  'past-threshold': 'The value is now past the threshold.',
}

function stateOf({ value }: Taint, toleration: Toleration, gate: boolean): Comparison['state'] {
  if (
    parseCanonicalInt64(value ?? '') === undefined ||
    parseCanonicalInt64(toleration.value ?? '') === undefined
  )
    return 'not-a-number'
  return gate ? 'past-threshold' : 'gate-off'
}

function drafts(group: CaseGroup<Comparison>): readonly (RemedyDraft | undefined)[] {
  const { facts, nodes, pods, cases } = group
  const { taint, state } = cases[0].evidence
  // The value changes, so a toleration of the present one would not last.
  const anyValue: Taint = { key: taint.key, effect: taint.effect }
  return [
    ...FIXES[state],
    state === 'past-threshold'
      ? wait(['Wait'], ['It ends on its own if the value comes back.'])
      : wait(['Wait'], ['Nothing ends it.'], { tempting: true }),
    tolerate(facts, nodes, anyValue, {
      horizon: 'now',
      choice: true,
      why: ['Right if the pod belongs there whatever the value is.'],
    }),
    deletePods(facts, pods, {
      horizon: 'now',
      choice: true,
      why: [
        'Right if it should not run there at this value. It is not recreated while the value stays.',
      ],
    }),
    removeTaint(nodes, taint, {
      horizon: 'now',
      tempting: true,
      why: ['Whatever measures the value sets the taint again.'],
    }),
    state === 'past-threshold'
      ? nothing(['The toleration does what it says. Change the threshold only if it is wrong.'])
      : tolerate(facts, nodes, anyValue, {
          horizon: 'for-good',
          why: ['As it stands, the comparison never matches. Tolerate the taint without it.'],
        }),
  ]
}

const FIXES: Readonly<Record<Comparison['state'], readonly RemedyDraft[]>> = {
  'gate-off': [
    {
      kind: 'repair-controller',
      horizon: 'now',
      title: ['Check the feature gate of kube-controller-manager'],
      why: [
        'The controller uses its own gate TaintTolerationComparisonOperators (alpha, off by default).',
      ],
    },
  ],
  'not-a-number': [
    {
      kind: 'change-placement',
      horizon: 'now',
      title: ['Correct the number'],
      why: ['Write both the taint value and the toleration value as plain integers.'],
    },
  ],
  'past-threshold': [],
}
