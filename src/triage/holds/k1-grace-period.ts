import { code, plural, time, words } from '../../words/words.ts'
import { graceSeconds } from '../drain/drain-blockers.ts'
import type { PodFacts } from '../facts/pod-facts.ts'
import { wait } from '../remedies/drafts.ts'
import type { Hold } from './hold.ts'

/** The pod was asked to stop and has time left. */
export const gracePeriod: Hold = {
  id: 'K1',
  title: 'The pod is still in its grace period',
  fits: ({ pod }) => pod.state === 'in-grace',
  because: (isOne) =>
    isOne
      ? 'it was asked to stop and is in its grace period'
      : 'they were asked to stop and are in their grace period',
  clause: ({ pods, isOne }) => ({
    now: words`${pods} ${isOne ? 'is' : 'are'} stopping`,
    past: words`${pods} took long to stop`,
  }),
  short: 'pod is stopping',
  evidence: ({ pod: { name, pod } }) =>
    words`${code(name)} is stopping; its grace period of ${pod.metadata.deletionGracePeriodSeconds ?? graceSeconds(pod)} s ends at ${time(pod.metadata.deletionTimestamp ?? '')}`,
  ifIgnored: ({ pods }) =>
    words`${plural(pods.length, 'The pod stops', 'The pods stop')} by ${time(lastEnd(pods))} and ${plural(pods.length, 'does', 'do')} not come back.`,
  drafts({ pods }) {
    const them = plural(pods.length, 'the pod', 'the pods')
    return [
      wait(words`Wait until ${time(lastEnd(pods))}`, [
        `By then the kubelet should have stopped ${them}, and the count drops.`,
      ]),
      {
        kind: 'delete-pod',
        horizon: 'now',
        tempting: true,
        title: ['Force-delete the pod'],
        why: ['It is already stopping; force only cuts off what it still has to finish.'],
      },
    ]
  },
}

/** RFC 3339: when the last of their grace periods ends. */
function lastEnd(pods: readonly PodFacts[]): string {
  const ends = pods.map(({ pod }) => pod.metadata.deletionTimestamp ?? '').sort()
  return ends.at(-1) ?? ''
}
