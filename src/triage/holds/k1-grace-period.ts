import { code, time, words } from '../../words/words.ts'
import { graceSeconds } from '../drain/drain-blockers.ts'
import { wait } from '../remedies/drafts.ts'
import type { Hold } from './hold.ts'

/** The pod has been asked to stop and has time left. */
export const gracePeriod: Hold = {
  id: 'K1',
  title: 'It is still in its grace period',
  fits: ({ pod }) => pod.state === 'in-grace',
  because: 'they were asked to stop and have time left',
  short: 'pod is stopping',
  evidence: ({ pod: { name, pod } }) =>
    words`${code(name)} is stopping and has until ${time(pod.metadata.deletionTimestamp ?? '')} (grace period ${pod.metadata.deletionGracePeriodSeconds ?? graceSeconds(pod)} s)`,
  drafts({ pods }) {
    const ends = pods.map(({ pod }) => pod.metadata.deletionTimestamp ?? '').sort()
    return [
      wait(words`Wait until ${time(ends.at(-1) ?? '')}`, [
        'The kubelet ends them then at the latest, and the count falls.',
      ]),
      {
        kind: 'delete-pod',
        horizon: 'now',
        tempting: true,
        title: ['Delete the pod by force'],
        why: ['It is on its way out already; force only skips what it still has to finish.'],
      },
    ]
  },
}
