import type { Pod } from '../../kubernetes/objects.ts'
import { code, joined, plural, type Words, words } from '../../words/words.ts'
import type { Cases } from '../facts/facts.ts'
import { failureOf } from '../facts/pod-platform.ts'
import { rolloutState } from '../remedies/rollout-state.ts'
import { RUNNING_PODS_STAY } from './report.ts'

/** What becomes of pods that nothing removes, if nobody does anything: one or two sentences. */
export function ifStaying(found: Pick<Cases<unknown>, 'facts' | 'pods'>): Words {
  const { pods } = found
  return joined([
    isFailing(pods) ? failingWords(pods) : [RUNNING_PODS_STAY],
    isHoldingRollout(found)
      ? [`The rollout stays stuck on ${plural(pods.length, 'it', 'them')}.`]
      : [],
  ])
}

/** Whether none of the pods can run where it is. */
export function isFailing(pods: Cases<unknown>['pods']): boolean {
  return pods.length > 0 && pods.every(({ pod }) => failureOf(pod) !== undefined)
}

function failingWords(pods: Cases<unknown>['pods']): Words {
  const failure = pods[0] && failureOf(pods[0].pod)
  return words`The ${plural(pods.length, 'pod keeps', 'pods keep')} failing there${failure ? words`: ${code(failure)}` : ''}. The alert keeps firing.`
}

/** Whether a rollout stops at these pods, so that it would go on without them. */
function isHoldingRollout({ facts, pods }: Pick<Cases<unknown>, 'facts' | 'pods'>): boolean {
  const { state, limit, stuck, left } = rolloutState(facts)
  const names = new Set(pods.map(({ name }) => name))
  const isOther = ({ metadata }: Pod) => !names.has(metadata.name)
  const others = stuck.filter(isOther)
  const isFreed = others.length < stuck.length && others.length < limit
  return state === 'blocked' && isFreed && left.some(isOther)
}
