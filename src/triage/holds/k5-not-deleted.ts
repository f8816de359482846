import { milliseconds } from '../../words/time.ts'
import { code, type Words, words } from '../../words/words.ts'
import { controllerManager, staleLease } from '../facts/controller-manager.ts'
import type { Misscheduling } from '../facts/facts.ts'
import { EVENTS, LEASES } from '../facts/needs.ts'
import { newestEvent } from '../facts/snapshot-index.ts'
import { bringControllerManagerBack, deletePods, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { taintedBy } from '../taints/taint-history.ts'
import type { Hold } from './hold.ts'

/** Nothing has asked the pod to stop: the controller does not work, or its request is refused. */
export const notDeleted: Hold = {
  id: 'K5',
  title:
    'Nothing has asked the pod to stop: controller-manager down, DELETE refused, or sync failing',
  fits: ({ pod }) => pod.state === 'live' || pod.state === 'terminal' || pod.state === 'unbound',
  because: (isOne, { misschedulings: [first] }) =>
    refusalOf(first) === undefined
      ? `nothing has asked ${isOne ? 'it' : 'them'} to stop`
      : `${isOne ? 'its' : 'their'} deletion is refused`,
  clause: ({ pods, isOne }) => ({
    now: words`${pods} ${isOne ? 'is' : 'are'} not deleted`,
    past: words`${pods} ${isOne ? 'was' : 'were'} not deleted`,
  }),
  short: (misscheduling) =>
    refusalOf(misscheduling) === undefined ? 'not deleted' : 'deletion refused',
  needs: [EVENTS, LEASES],
  evidence: (misscheduling) =>
    words`pod ${code(misscheduling.pod.name)} has no deletionTimestamp; ${whyNotDeleted(misscheduling)}`,
  ifIgnored({ misschedulings: [misscheduling], pods }) {
    const isOne = pods.length === 1
    return mayStillAct(misscheduling)
      ? [
          `The controller should delete ${isOne ? 'the pod' : 'the pods'} within seconds, and ${isOne ? 'it does' : 'they do'} not come back.`,
        ]
      : [`The ${isOne ? 'pod keeps' : 'pods keep'} running there, and the alert keeps firing.`]
  },
  drafts({ misschedulings: [misscheduling], pods }) {
    const refusal = refusalOf(misscheduling)
    return [
      mayStillAct(misscheduling)
        ? wait(
            ['Wait: the change is recent'],
            ['The controller acts on it within seconds. Check again in 2 min.'],
          )
        : undefined,
      fixController(misscheduling, refusal),
      wait(
        ['Silence while you investigate'],
        [
          isDown(misscheduling) || refusal !== undefined
            ? 'It does not end on its own.'
            : 'If the change is only seconds old, the controller may still act.',
        ],
        { choice: true },
      ),
      // What refuses the controller's deletion refuses this one too.
      refusal === undefined
        ? deletePods(misscheduling.facts, pods, {
            horizon: 'now',
            choice: true,
            why: [
              `It ${isDown(misscheduling) ? '' : 'ends this alert and '}leaves the fault in place, which affects every DaemonSet.`,
            ],
          })
        : undefined,
    ]
  },
}

function fixController(misscheduling: Misscheduling, refusal: string | undefined): RemedyDraft {
  const { namespace, name } = misscheduling.facts
  const describe = `kubectl -n ${namespace} describe daemonset ${name}`
  if (refusal !== undefined)
    return {
      kind: 'repair-controller',
      horizon: 'now',
      title: ['Find out what refuses the deletion'],
      why: words`The controller's request is refused: “${refusal.replace(/^Error deleting: /, '').slice(0, 160)}”. Fix that webhook, policy or permission.`,
      commands: [describe],
    }
  if (isDown(misscheduling)) return bringControllerManagerBack
  return {
    kind: 'repair-controller',
    horizon: 'now',
    title: ['Find out why the DaemonSet controller does not act'],
    why: [
      'Check kube-controller-manager: is it running and leading, and what does its log say about this DaemonSet?',
    ],
    commands: [describe, 'kubectl -n kube-system get lease kube-controller-manager -o yaml'],
  }
}

/** Whether the controller may simply not have got to it yet. */
function mayStillAct(misscheduling: Misscheduling): boolean {
  return !refusalOf(misscheduling) && !isDown(misscheduling) && isRecent(misscheduling)
}

const isDown = ({ facts }: Misscheduling) => controllerManager(facts.index).state === 'stale'

const RECENT_MS = 2 * 60_000

/**
 * Whether the change that made the pod wrong is so recent that the controller may still act on it.
 */
function isRecent({ facts, node, reason }: Misscheduling): boolean {
  const { now } = facts.index
  const at =
    reason.type === 'UntoleratedTaint'
      ? taintedBy(node, reason)?.at
      : milliseconds(facts.revisions[0]?.metadata.creationTimestamp)
  return at !== undefined && now - at < RECENT_MS
}

function refusalOf({ facts }: Misscheduling): string | undefined {
  return newestEvent(facts.index.eventsOf('DaemonSet', facts.namespace, facts.name), [
    'FailedDelete',
  ])?.message
}

function whyNotDeleted({ facts }: Misscheduling): Words {
  const event = newestEvent(facts.index.eventsOf('DaemonSet', facts.namespace, facts.name), [
    'FailedDelete',
    'FailedCreate',
    'FailedDaemonPod',
    'SelectingAll',
  ])
  if (event?.message)
    return words`event ${code(event.reason ?? '')} on the DaemonSet: “${event.message.slice(0, 160)}”`
  const stale = staleLease(facts.index)
  if (stale) return stale
  const { generation } = facts.daemonSet.metadata
  const observed = facts.daemonSet.status?.observedGeneration
  if (generation !== undefined && observed !== undefined && observed < generation)
    return [`the controller has observed generation ${observed} of ${generation}`]
  if (controllerManager(facts.index).state === 'fresh')
    return ['kube-controller-manager renews its Lease, and no event says why it deletes nothing']
  return ['it is unknown whether kube-controller-manager is running: its Lease was not read']
}
