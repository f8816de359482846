import type { Event } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { code, time, words } from '../../words/words.ts'
import type { Misscheduling } from '../facts/facts.ts'
import { EVENTS } from '../facts/needs.ts'
import { eventTime } from '../facts/snapshot-index.ts'
import { wait } from '../remedies/drafts.ts'
import type { Hold } from './hold.ts'

/**
 * The pod is deleted and recreated in a loop: a label or taint flaps, or something creates pods.
 */
export const recreated: Hold = {
  id: 'K6',
  title:
    'The pod keeps being recreated: a flapping label or taint, or something that creates matching pods',
  fits: (misscheduling) => isYoung(misscheduling) && isRecreated(misscheduling),
  because: 'they keep being recreated',
  short: 'keeps being recreated',
  needs: [EVENTS],
  evidence(misscheduling) {
    const { pod, facts } = misscheduling
    const created = eventCount(misscheduling, 'SuccessfulCreate')
    const deleted = eventCount(misscheduling, 'SuccessfulDelete')
    const alert = facts.context.alert?.startsAt
    const counts =
      created + deleted > 0
        ? `; events of the last hour: ${created} pods created, ${deleted} deleted`
        : ''
    return words`${code(pod.name)} was created at ${time(pod.pod.metadata.creationTimestamp ?? '')}${counts}${alert ? words`; the alert has been firing since ${time(alert)}` : ''}`
  },
  drafts({ misschedulings: [{ facts }], nodes }) {
    return [
      {
        kind: 'repair-controller',
        horizon: 'now',
        title: ["Stop whatever keeps flipping the node's labels or taints"],
        why: [
          'Either two writers disagree about a label or taint, or something else creates pods with these labels. Watch the node to see what changes.',
        ],
        commands: [
          `kubectl get node ${nodes[0]?.name ?? ''} -w --show-labels`,
          `kubectl -n ${facts.namespace} get events --field-selector involvedObject.name=${facts.name}`,
        ],
      },
      wait(['Silence while you investigate'], ['It does not end on its own.'], { choice: true }),
      {
        kind: 'delete-pod',
        horizon: 'now',
        tempting: true,
        title: ['Delete the pod'],
        why: ['It is already deleted again and again, and comes back.'],
      },
    ]
  },
}

const YOUNG_MS = 15 * 60_000
const HOUR_MS = 60 * 60_000

function isYoung({ pod, facts }: Misscheduling): boolean {
  return pod.created !== undefined && facts.index.now - pod.created < YOUNG_MS
}

// The alert waits 15 min before it fires, so pods younger than the alert are not the ones that
// raised it.
function isRecreated(misscheduling: Misscheduling): boolean {
  if (
    eventCount(misscheduling, 'SuccessfulCreate') > 1 &&
    eventCount(misscheduling, 'SuccessfulDelete') > 1
  )
    return true
  const since = milliseconds(misscheduling.facts.context.alert?.startsAt)
  return since !== undefined && (misscheduling.pod.created ?? 0) > since
}

/** How often an event with this reason was recorded on the DaemonSet in the last hour. */
function eventCount({ facts }: Misscheduling, reason: string): number {
  return facts.index
    .eventsOf('DaemonSet', facts.namespace, facts.name)
    .filter(
      (event: Event) => event.reason === reason && facts.index.now - eventTime(event) < HOUR_MS,
    )
    .reduce((sum, { count }) => sum + (count ?? 1), 0)
}
