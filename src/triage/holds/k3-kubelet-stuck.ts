import { code, time, words } from '../../words/words.ts'
import type { Misscheduling } from '../facts/facts.ts'
import { EVENTS } from '../facts/needs.ts'
import { newestEvent } from '../facts/snapshot-index.ts'
import { forceDelete, wait } from '../remedies/drafts.ts'
import type { Hold } from './hold.ts'

/** The grace period is over and the kubelet answers, but it has not stopped the pod. */
export const kubeletStuck: Hold = {
  id: 'K3',
  title: 'The kubelet answers but cannot stop the pod',
  fits: ({ pod }) => pod.state === 'overdue',
  because: (isOne) =>
    isOne
      ? 'its grace period is over, but the kubelet has not stopped it'
      : 'their grace period is over, but the kubelet has not stopped them',
  clause: ({ pods }) => ({
    now: words`the kubelet has not stopped ${pods}`,
    past: words`the kubelet did not stop ${pods}`,
  }),
  short: () => 'kubelet cannot stop it',
  needs: [EVENTS],
  evidence(misscheduling) {
    const { pod, node } = misscheduling
    const event = stopFailure(misscheduling)
    const failure = event?.message
      ? words`; event ${code(event.reason ?? '')}: ${code(event.message.slice(0, 160))}`
      : ''
    const state = node.ready?.status === 'True' ? 'is Ready' : 'is in an unknown state'
    return words`pod ${code(pod.name)} had until ${time(pod.pod.metadata.deletionTimestamp ?? '')} to stop; the node ${state}, the pod's phase is ${pod.pod.status?.phase ?? 'unknown'}${failure}`
  },
  ifIgnored: () => ['It may last until somebody restarts the kubelet or the node.'],
  drafts({ nodes, misschedulings: [{ facts }], pods }) {
    const [first] = nodes
    return [
      {
        kind: 'fix-node',
        horizon: 'now',
        title: words`Check kubelet and container runtime on ${code(first?.name ?? '')}`,
        why: [
          'The usual reason is a container that does not exit or a volume that does not unmount; the kubelet log shows which. Restart the kubelet, then the runtime, then the node.',
        ],
        commands: [
          `kubectl -n ${facts.namespace} describe pod ${pods[0]?.name ?? ''}`,
          `kubectl describe node ${first?.name ?? ''}`,
        ],
      },
      wait(['Silence while you investigate'], ['It may end on its own; nothing shows when.'], {
        choice: true,
      }),
      forceDelete(
        facts,
        pods,
        'It removes only the API object; the container or volume stays behind on the node.',
      ),
    ]
  },
}

function stopFailure({ facts, pod }: Misscheduling) {
  return newestEvent(facts.index.eventsOf('Pod', facts.namespace, pod.name), [
    'FailedKillPod',
    'FailedUnmount',
    'FailedUnMount',
    'ExceededGracePeriod',
    'FailedPreStopHook',
  ])
}
