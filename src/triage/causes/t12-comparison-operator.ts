import {
  effectiveTolerations,
  parseCanonicalInt64,
  toleratesTaint,
} from '../../daemonset/tolerations.ts'
import type { Node, Taint, Toleration } from '../../kubernetes/objects.ts'
import { code, joined, names, nodeOrCount, type Words, words } from '../../words/words.ts'
import { type Case, type DaemonSetFacts, wrongTaint } from '../facts/facts.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { deletePods, nothing, removeTaint, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { taintText } from '../taints/taints.ts'

interface Comparison {
  readonly taint: Taint
  /** All that compare the value of this taint; none of them matches. */
  readonly tolerations: readonly [Toleration, ...Toleration[]]
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
    const [first, ...others] = taint ? comparisonsOf(misscheduling.facts, taint) : []
    if (!taint || !first) return undefined
    const tolerations = [first, ...others] as const
    return { taint, tolerations, state: stateOf(taint, tolerations, isGateOn(misscheduling.facts)) }
  },
  key: (_, { taint }) => taint.key,
  variant: (_, { state }) => state,
  headline: ({ nodes, who, many, key }) =>
    words`${who} ${many ? 'do' : 'does'} not tolerate the value of ${code(key ?? '')} on ${nodeOrCount(nodes)}`,
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
      drafts: drafts(group),
    }
  },
})

const COMPARED: Readonly<Record<string, string>> = { Gt: 'greater than', Lt: 'less than' }

const WHY: Readonly<Record<Comparison['state'], string>> = {
  'gate-off':
    'The feature gate TaintTolerationComparisonOperators is off or not known to be on, and without it such a toleration never matches.',
  'not-a-number': 'A value that is not a plain integer never matches.',
  'past-threshold': 'The value is past the threshold.',
}

function isGateOn({ index }: DaemonSetFacts): boolean {
  return index.snapshot.featureGates?.TaintTolerationComparisonOperators === true
}

function comparisonsOf({ daemonSet }: DaemonSetFacts, taint: Taint): readonly Toleration[] {
  return (daemonSet.spec.template.spec?.tolerations ?? []).filter(
    ({ key, operator, effect }) =>
      key === taint.key &&
      COMPARED[operator ?? ''] !== undefined &&
      (!effect || effect === taint.effect),
  )
}

function stateOf(
  taint: Taint,
  tolerations: Comparison['tolerations'],
  isOn: boolean,
): Comparison['state'] {
  if (!isNumber(taint) || !tolerations.some(isNumber)) return 'not-a-number'
  return isOn ? 'past-threshold' : 'gate-off'
}

function isNumber({ value = '' }: Pick<Taint, 'value'>): boolean {
  return parseCanonicalInt64(value) !== undefined
}

/** Why no comparison matches this taint. */
function failures({ taint, tolerations, state }: Comparison): Words {
  if (!isNumber(taint))
    return words`the taint's value ${code(taint.value ?? '')} is not a plain integer`
  return joined(
    tolerations.map((toleration) => {
      if (!isNumber(toleration))
        return words`the toleration's value ${code(toleration.value ?? '')} is not a plain integer`
      const holds = toleratesTaint(toleration, taint, {
        TaintTolerationComparisonOperators: true,
      })
      return words`${code(taint.value ?? '')} is ${holds ? '' : 'not '}${COMPARED[toleration.operator ?? ''] ?? ''} ${code(toleration.value ?? '')}${state === 'gate-off' && holds ? ', but it is not compared' : ''}`
    }),
    '; ',
  )
}

const MOST_MATCHES = 3

/** Other nodes with such a taint, where a comparison holds; empty if there are none. */
function matches(facts: DaemonSetFacts, { taint }: Comparison): readonly Words[] {
  const gates = facts.index.snapshot.featureGates
  const tolerations = effectiveTolerations(facts.daemonSet.spec.template.spec)
  const tolerated = facts.index.snapshot.nodes.flatMap((node: Node) =>
    (node.spec?.taints ?? [])
      .filter(({ key, effect }) => key === taint.key && effect === taint.effect)
      .filter((other) => tolerations.some((one) => toleratesTaint(one, other, gates)))
      .map(({ value = '' }) => words`${code(node.metadata.name)} (${code(value)})`),
  )
  if (tolerated.length === 0) return []
  const more = tolerated.length - MOST_MATCHES
  return [
    words`${code(facts.name)} tolerates it on ${joined(tolerated.slice(0, MOST_MATCHES), ', ')}${more > 0 ? ` and ${more} more` : ''}`,
  ]
}

function drafts(group: CaseGroup<Comparison>): readonly (RemedyDraft | undefined)[] {
  const { facts, nodes, pods, cases } = group
  const { taint, state } = cases[0].evidence
  // The value of such a taint changes, so a toleration without a comparison is for any value.
  const anyValue = { key: taint.key, effect: taint.effect }
  return [
    ...fixes(cases, state),
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
    ...draftsForGood(group, anyValue),
  ]
}

function draftsForGood(
  { facts, nodes, cases }: CaseGroup<Comparison>,
  anyValue: Taint,
): readonly RemedyDraft[] {
  const { state } = cases[0].evidence
  if (state === 'gate-off')
    return [
      tolerate(facts, nodes, anyValue, {
        horizon: 'for-good',
        why: [
          'As it is, the comparison never matches. Without it, the DaemonSet tolerates every value.',
        ],
      }),
    ]
  if (state === 'past-threshold')
    return [
      nothing(['The toleration does what it says. Change the threshold only if it is wrong.']),
    ]
  return isTaintWrong(cases)
    ? [
        nothing([
          'The toleration does what it says. Whatever sets the taint has to write integers.',
        ]),
      ]
    : [correctNumber('toleration', 'for-good')]
}

function isTaintWrong(cases: readonly Case<Comparison>[]): boolean {
  return cases.some(({ evidence }) => !isNumber(evidence.taint))
}

function correctNumber(
  where: 'taint' | 'toleration',
  horizon: RemedyDraft['horizon'],
): RemedyDraft {
  return {
    kind: 'change-placement',
    horizon,
    title: [`Correct the number in the ${where}`],
    why: ['Write it as a plain integer: no leading zeros, no plus sign, no unit.'],
  }
}

function fixes(
  cases: readonly Case<Comparison>[],
  state: Comparison['state'],
): readonly RemedyDraft[] {
  if (state === 'past-threshold') return []
  if (state === 'gate-off')
    return [
      {
        kind: 'repair-controller',
        horizon: 'now',
        title: ['Check the feature gate of kube-controller-manager'],
        why: [
          'The controller uses its own gate TaintTolerationComparisonOperators (alpha, off by default).',
        ],
        commands: [
          "kubectl -n kube-system get pods -l component=kube-controller-manager -o jsonpath='{.items[*].spec.containers[*].command}'",
        ],
      },
    ]
  return [correctNumber(isTaintWrong(cases) ? 'taint' : 'toleration', 'now')]
}
