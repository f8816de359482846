import type { Event } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { code, time, words } from '../../words/words.ts'
import type { Misscheduling } from '../facts/facts.ts'
import { EVENTS } from '../facts/needs.ts'
import { eventTime } from '../facts/snapshot-index.ts'
import { wait } from '../remedies/drafts.ts'
import type { Hold } from './hold.ts'

/** It is deleted and made again, over and over: something changes the node to and fro, or makes matching pods. */
export const madeAgain: Hold = {
  id: 'K6',
  title:
    'It is made again and again: a flapping label or taint, or something that makes matching pods',
  fits: (misscheduling) => isYoung(misscheduling) && alternates(misscheduling),
  because: 'they are made again and again',
  short: 'made again and again',
  needs: [EVENTS],
  evidence(misscheduling) {
    const { pod, facts } = misscheduling
    const [created, deleted] = [
      times(misscheduling, 'SuccessfulCreate'),
      times(misscheduling, 'SuccessfulDelete'),
    ]
    const alert = facts.context.alert?.startsAt
    const counts =
      created + deleted > 0 ? `; events: made ${created} times, deleted ${deleted} times` : ''
    return words`${code(pod.name)} was made at ${time(pod.pod.metadata.creationTimestamp ?? '')}${counts}${alert ? words`; the alert has been firing since ${time(alert)}` : ''}`
  },
  drafts({ misschedulings: [{ facts }], nodes }) {
    return [
      {
        kind: 'repair-controller',
        horizon: 'now',
        title: ['Stop what changes the node to and fro'],
        why: [
          'Two writers disagree on a label or taint, or something else makes pods with these labels. Watch the node and see who writes.',
        ],
        commands: [
          `kubectl get node ${nodes[0]?.name ?? ''} -w --show-labels`,
          `kubectl -n ${facts.namespace} get events --field-selector involvedObject.name=${facts.name}`,
        ],
      },
      wait(['Silence while it is looked at'], ['It does not end by itself.'], { choice: true }),
      {
        kind: 'delete-pod',
        horizon: 'now',
        tempting: true,
        title: ['Delete the pod'],
        why: ['It is deleted all the time and comes back.'],
      },
    ]
  },
}

const YOUNG = 15 * 60_000
const HOUR = 60 * 60_000

function isYoung({ pod, facts }: Misscheduling): boolean {
  return pod.created !== undefined && facts.index.now - pod.created < YOUNG
}

// Pods younger than an alert that waited a quarter of an hour were not the ones that raised it.
function alternates(misscheduling: Misscheduling): boolean {
  if (times(misscheduling, 'SuccessfulCreate') > 1 && times(misscheduling, 'SuccessfulDelete') > 1)
    return true
  const since = milliseconds(misscheduling.facts.context.alert?.startsAt)
  return since !== undefined && (misscheduling.pod.created ?? 0) > since
}

function times({ facts }: Misscheduling, reason: string): number {
  return facts.index
    .eventsOf('DaemonSet', facts.namespace, facts.name)
    .filter((event: Event) => event.reason === reason && facts.index.now - eventTime(event) < HOUR)
    .reduce((sum, { count }) => sum + (count ?? 1), 0)
}
