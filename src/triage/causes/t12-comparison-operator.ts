import { parseCanonicalInt64 } from '../../daemonset/tolerations.ts'
import type { Taint, Toleration } from '../../kubernetes/objects.ts'
import { code, names, type Words, words } from '../../words/words.ts'
import { wrongTaint } from '../facts/facts.ts'
import { defineCause } from '../findings/pod-cause.ts'
import { deletePods, nothing, removeTaint, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { taintText } from '../taints/taints.ts'

interface Compared {
  readonly taint: Taint
  readonly toleration: Toleration
  readonly state: 'gate-off' | 'not-a-number' | 'past-threshold'
}

/** A toleration with Gt or Lt for the taint's key is there, but does not tolerate it. */
export const comparisonOperator = defineCause<Compared>({
  id: 'T12',
  cause: 'comparison-operator',
  title:
    'A toleration with operator Gt or Lt does not hold: value past the threshold, no number, or feature gate off',
  explains: 'taint',
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    const toleration =
      taint &&
      misscheduling.facts.daemonSet.spec.template.spec?.tolerations?.find(
        ({ key, operator, effect }) =>
          key === taint.key &&
          /^[GL]t$/.test(operator ?? '') &&
          (!effect || effect === taint.effect),
      )
    if (!taint || !toleration) return undefined
    return {
      taint,
      toleration,
      state: stateOf(
        taint,
        toleration,
        misscheduling.facts.index.snapshot.featureGates?.TaintTolerationComparisonOperators ===
          true,
      ),
    }
  },
  key: (_, { taint }) => taint.key,
  variant: (_, { state }) => state,
  headline: ({ nodes, who, many, key }) =>
    words`${who} ${many ? 'do' : 'does'} not tolerate the value of ${code(key ?? '')} on ${nodes.length === 1 ? 'a node' : `${nodes.length} nodes`} any more`,
  explain({ facts, nodes, pods, cases }) {
    const { taint, toleration, state } = cases[0].evidence
    const asks = `${toleration.key} ${toleration.operator} ${toleration.value ?? ''}`
    return {
      summary: words`${code(facts.name)} runs on ${names(nodes)}, whose ${code(taint.key)} its toleration ${code(asks)} does not cover.`,
      why: words`${code(facts.name)} tolerates ${code(taint.key)} only where its value is ${toleration.operator === 'Gt' ? 'greater' : 'less'} than ${code(toleration.value ?? '')}. ${WHY[state]}`,
      perNode: cases.map(({ node, evidence }) => ({
        node: node.name,
        reason: words`${code(taintText(evidence.taint))} against ${code(asks)}`,
      })),
      evidence: cases
        .slice(0, 5)
        .map(
          ({ node, evidence }) =>
            words`${code(node.name)}: taint value ${code(evidence.taint.value ?? '')}, toleration ${code(asks)}`,
        ),
      drafts: [
        ...gateOffers(state),
        wait(
          ['Wait'],
          state === 'past-threshold'
            ? ['It ends by itself if the value comes back.']
            : ['Nothing will end it.'],
          state === 'past-threshold' ? {} : { tempting: true },
        ),
        tolerate(facts, nodes, taint, {
          horizon: 'now',
          choice: true,
          why: ['Right if the pod belongs there whatever the value is.'],
        }),
        deletePods(facts, pods, {
          horizon: 'now',
          choice: true,
          why: [
            'Right if it should not be there at this value; it is not re-created while the value stays.',
          ],
        }),
        removeTaint(nodes, taint, {
          horizon: 'now',
          tempting: true,
          why: ['Whoever measures the value writes it again.'],
        }),
        state === 'past-threshold'
          ? nothing([
              'The toleration does what it says. Move the threshold only if it was set wrong.',
            ])
          : tolerate(facts, nodes, taint, {
              horizon: 'for-good',
              why: ['The comparison never holds as it stands, so say what is meant without it.'],
            }),
      ],
    }
  },
})

const WHY: Readonly<Record<Compared['state'], string>> = {
  'gate-off':
    'The feature gate TaintTolerationComparisonOperators is off, or not known to be on, and then such a toleration never holds.',
  'not-a-number':
    'One of the two is no plain whole number (no leading zeros, no plus sign), and then it never holds.',
  'past-threshold': 'The value is on the other side now.',
}

function stateOf({ value }: Taint, toleration: Toleration, gate: boolean): Compared['state'] {
  if (
    parseCanonicalInt64(value ?? '') === undefined ||
    parseCanonicalInt64(toleration.value ?? '') === undefined
  )
    return 'not-a-number'
  return gate ? 'past-threshold' : 'gate-off'
}

function gateOffers(state: Compared['state']): readonly RemedyDraft[] {
  const title: Words =
    state === 'gate-off'
      ? ['Check the feature gate of kube-controller-manager']
      : ['Correct the number']
  if (state === 'past-threshold') return []
  return [
    {
      kind: state === 'gate-off' ? 'repair-controller' : 'change-placement',
      horizon: 'now',
      title,
      why:
        state === 'gate-off'
          ? [
              'The controller judges by its own gate TaintTolerationComparisonOperators (alpha, off by default).',
            ]
          : ['Write both the taint value and the toleration value as plain whole numbers.'],
    },
  ]
}
