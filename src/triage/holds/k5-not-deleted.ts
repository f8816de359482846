import { milliseconds } from '../../words/time.ts'
import { code, time, type Words, words } from '../../words/words.ts'
import { controllerManager } from '../facts/controller-manager.ts'
import type { Misscheduling } from '../facts/facts.ts'
import { EVENTS, LEASES } from '../facts/needs.ts'
import { newestEvent } from '../facts/snapshot-index.ts'
import { deletePods, wait } from '../remedies/drafts.ts'
import { taintedBy } from '../taints/taint-history.ts'
import type { Hold } from './hold.ts'

/** Nobody has asked the pod to stop: the controller does not work, or its request is refused. */
export const notDeleted: Hold = {
  id: 'K5',
  title: 'Nobody has asked it to stop: controller-manager down, DELETE refused, or the sync fails',
  fits: ({ pod }) => pod.state === 'live' || pod.state === 'terminal' || pod.state === 'unbound',
  because: 'nobody has asked them to stop',
  short: 'not deleted',
  needs: [EVENTS, LEASES],
  evidence: (misscheduling) =>
    words`${code(misscheduling.pod.name)} has no deletionTimestamp${state(misscheduling)}`,
  drafts({ misschedulings: [misscheduling], pods }) {
    const { namespace, name } = misscheduling.facts
    const refusal = refused(misscheduling)
    const fresh = !refusal && isFresh(misscheduling)
    return [
      fresh
        ? wait(
            ['Wait: the change is only just made'],
            ['The controller comes to it within seconds. Look again in two minutes.'],
          )
        : undefined,
      {
        kind: 'repair-controller',
        horizon: 'now',
        title: refusal
          ? ['See what refuses the deletion']
          : ['See why the DaemonSet controller does not act'],
        why: refusal
          ? words`The controller is refused: “${refusal.replace(/^Error deleting: /, '').slice(0, 160)}”. Mend that webhook, policy or right.`
          : [
              'Look at kube-controller-manager: is it running and leading, and what does its log say of this DaemonSet?',
            ],
        commands: [
          `kubectl -n ${namespace} describe daemonset ${name}`,
          ...(refusal ? [] : ['kubectl -n kube-system get lease kube-controller-manager -o yaml']),
        ],
      },
      wait(
        ['Silence while it is looked at'],
        ['If the change is only seconds old, the controller may still come to it.'],
        {
          choice: true,
        },
      ),
      deletePods(misscheduling.facts, pods, {
        horizon: 'now',
        choice: true,
        why: refusal
          ? ['It will most likely be refused too, and it leaves the fault in place.']
          : [
              'It ends this alert and leaves the fault in place: every DaemonSet is affected by it.',
            ],
      }),
    ]
  },
}

const JUST_NOW = 2 * 60_000

/** Whether the change that made the pod wrong is so young that the controller may still come to it. */
function isFresh({ facts, node, reason }: Misscheduling): boolean {
  const { now } = facts.index
  const isYoung = (at: number | undefined) => at !== undefined && now - at < JUST_NOW
  if (reason.type === 'UntoleratedTaint') return isYoung(taintedBy(node, reason)?.at)
  return isYoung(milliseconds(facts.revisions[0]?.metadata.creationTimestamp))
}

function refused({ facts }: Misscheduling): string | undefined {
  return newestEvent(facts.index.eventsOf('DaemonSet', facts.namespace, facts.name), [
    'FailedDelete',
  ])?.message
}

function state(misscheduling: Misscheduling): Words {
  const { facts } = misscheduling
  const event = newestEvent(facts.index.eventsOf('DaemonSet', facts.namespace, facts.name), [
    'FailedDelete',
    'FailedCreate',
    'FailedDaemonPod',
    'SelectingAll',
  ])
  if (event?.message)
    return words`; event ${code(event.reason ?? '')} on the DaemonSet: “${event.message.slice(0, 160)}”`
  const manager = controllerManager(facts.index)
  if (manager.state === 'stale')
    return words`; Lease ${code('kube-system/kube-controller-manager')} was last renewed at ${time(manager.renewed)}: no controller-manager is leading`
  const { generation } = facts.daemonSet.metadata
  const observed = facts.daemonSet.status?.observedGeneration
  if (generation !== undefined && observed !== undefined && observed < generation)
    return [`; the controller has seen generation ${observed} of ${generation}`]
  if (manager.state === 'fresh')
    return ['; kube-controller-manager renews its Lease, and no event says why it does not delete']
  return ['; whether kube-controller-manager works cannot be told: its Lease was not read']
}
