import type { Taint } from '../../kubernetes/objects.ts'
import { names, words } from '../../words/words.ts'
import type { Case, Cases } from '../facts/facts.ts'
import { type Comparison, excludedNodes, isGateOn, isNumber } from '../taints/comparison.ts'
import { deletePods, nothing, removeTaint, wait } from './drafts.ts'
import type { RemedyDraft } from './remedy.ts'
import { tolerate } from './tolerate-draft.ts'

/** What to do about a comparison that does not match, in order of preference. */
export function comparisonDrafts(group: Cases<Comparison>): readonly (RemedyDraft | undefined)[] {
  const { facts, nodes, pods, cases } = group
  const { taint, state } = cases[0].evidence
  // The value of such a taint changes, so a toleration without a comparison is for any value.
  const anyValue = { key: taint.key, effect: taint.effect }
  return [
    ...fixes(cases, state),
    state === 'past-threshold'
      ? wait(
          ['Wait'],
          [
            isGateOn(facts)
              ? 'It ends on its own if the value comes back.'
              : 'It ends only if the value comes back and the feature gate for comparison operators is on.',
          ],
        )
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
      why: ['Whatever measures the value may set the taint again.'],
    }),
    ...draftsForGood(group, anyValue),
  ]
}

function draftsForGood(
  { facts, nodes, cases }: Cases<Comparison>,
  anyValue: Taint,
): readonly RemedyDraft[] {
  const { state } = cases[0].evidence
  if (state === 'gate-off') {
    const excluded = excludedNodes(facts, cases[0].evidence)
    return [
      tolerate(facts, nodes, anyValue, {
        horizon: 'for-good',
        ...(excluded.length > 0 && { choice: true }),
        why:
          excluded.length > 0
            ? words`The comparison leaves out ${names(excluded)}, and a toleration for any value does not. Right if the DaemonSet belongs there too; otherwise the gate has to be on.`
            : [
                'As it is, the comparison never matches. Without it, the DaemonSet tolerates every value.',
              ],
      }),
    ]
  }
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
