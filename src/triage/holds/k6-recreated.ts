import type { Event } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { code, time, words } from '../../words/words.ts'
import type { DaemonSetFacts, Misscheduling } from '../facts/facts.ts'
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
  because: (isOne) => (isOne ? 'it keeps being recreated' : 'they keep being recreated'),
  clause: ({ pods, isOne }) => ({
    now: words`${pods} ${isOne ? 'keeps' : 'keep'} being recreated`,
    past: words`${pods} kept being recreated`,
  }),
  short: () => 'keeps being recreated',
  needs: [EVENTS],
  evidence(misscheduling) {
    const { pod, facts } = misscheduling
    const created = eventCount(facts, 'SuccessfulCreate')
    const deleted = eventCount(facts, 'SuccessfulDelete')
    const alert = facts.context.alert?.startsAt
    const counts =
      created + deleted > 0
        ? `; events of the last hour: ${created} pods created, ${deleted} deleted`
        : ''
    return words`pod ${code(pod.name)} was created at ${time(pod.pod.metadata.creationTimestamp ?? '')}${counts}${alert ? words`; the alert has been firing since ${time(alert)}` : ''}`
  },
  ifIgnored: () => ['Pods keep being created and deleted there, and the alert keeps firing.'],
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

function isRecreated({ facts }: Misscheduling): boolean {
  const again = eventCount(facts, 'SuccessfulCreate') - explainedCreations(facts)
  if (again > 1 && eventCount(facts, 'SuccessfulDelete') > 1) return true
  // The alert waits 15 min before it fires, so pods younger than the alert did not raise it. If
  // there is an older one, it may have.
  const since = milliseconds(facts.context.alert?.startsAt)
  return (
    since !== undefined &&
    facts.nodes.every(({ pods }) => pods.every(({ created }) => (created ?? 0) > since))
  )
}

/**
 * How many pods were created in the last hour for other reasons, at most: the DaemonSet or a
 * template was new, a node joined, or a pod had failed.
 */
function explainedCreations(facts: DaemonSetFacts): number {
  const { daemonSet, index, nodes, recount, revisions } = facts
  const born = milliseconds(daemonSet.metadata.creationTimestamp)
  const isNew = (at: number | undefined) => at !== undefined && index.now - at < HOUR_MS
  const written = revisions.map(({ metadata }) => milliseconds(metadata.creationTimestamp))
  const newTemplates = written.filter(isNew).length
  // A rollback brings back an older ControllerRevision; when is unknown.
  const [newest = 0] = written
  const isRollback = written.some((one) => (one ?? 0) > newest)
  const rollouts = Math.max(newTemplates, isNew(born) ? 1 : 0) + (isRollback ? 1 : 0)
  const joined = index.snapshot.nodes.filter(({ metadata }) => {
    const at = milliseconds(metadata.creationTimestamp)
    return isNew(at) && (at ?? 0) > (born ?? 0)
  }).length
  const perRollout = recount.count.desiredNumberScheduled + nodes.length
  return rollouts * perRollout + joined + eventCount(facts, 'FailedDaemonPod')
}

/** How often an event with this reason was recorded on the DaemonSet in the last hour. */
function eventCount(facts: DaemonSetFacts, reason: string): number {
  return facts.index
    .eventsOf('DaemonSet', facts.namespace, facts.name)
    .filter(
      (event: Event) => event.reason === reason && facts.index.now - eventTime(event) < HOUR_MS,
    )
    .reduce((sum, { count }) => sum + (count ?? 1), 0)
}
