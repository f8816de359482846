import { code, time, words } from '../../words/words.ts'
import type { Misscheduling } from '../facts/facts.ts'
import { EVENTS } from '../facts/needs.ts'
import { newestEvent } from '../facts/snapshot-index.ts'
import { wait } from '../remedies/drafts.ts'
import type { Hold } from './hold.ts'

/** The pod's time is up and its kubelet answers, but does not get it stopped. */
export const kubeletStuck: Hold = {
  id: 'K3',
  title: 'The kubelet answers but cannot get it stopped',
  fits: ({ pod }) => pod.state === 'overdue',
  because: 'their time is up, but the kubelet does not get them stopped',
  short: 'kubelet does not finish',
  needs: [EVENTS],
  evidence(misscheduling) {
    const { pod, node } = misscheduling
    const event = trouble(misscheduling)
    const says = event?.message
      ? words`; event ${code(event.reason ?? '')}: ${code(event.message.slice(0, 160))}`
      : ''
    return words`${code(pod.name)} should have been gone by ${time(pod.pod.metadata.deletionTimestamp ?? '')}; node ${code(node.name)} is ${node.ready?.status === 'True' ? 'Ready' : 'of unknown state'}, phase ${pod.pod.status?.phase ?? 'unknown'}${says}`
  },
  drafts({ nodes, misschedulings: [{ facts }], pods }) {
    const [first] = nodes
    return [
      {
        kind: 'fix-node',
        horizon: 'now',
        title: words`Look at kubelet and container runtime of ${code(first?.name ?? '')}`,
        why: [
          'A container that does not die, a volume that does not unmount: the kubelet log says which. Restart the kubelet, then the runtime, then the node.',
        ],
        commands: [
          `kubectl -n ${facts.namespace} describe pod ${pods[0]?.name ?? ''}`,
          `kubectl describe node ${first?.name ?? ''}`,
        ],
      },
      wait(['Silence while it is looked at'], ['It may end by itself, but nothing says when.'], {
        choice: true,
      }),
      {
        kind: 'delete-pod',
        horizon: 'now',
        tempting: true,
        title: ['Delete the pod by force'],
        why: ['It takes the record away and leaves the container or volume behind on the node.'],
      },
    ]
  },
}

function trouble({ facts, pod }: Misscheduling) {
  return newestEvent(facts.index.eventsOf('Pod', facts.namespace, pod.name), [
    'FailedKillPod',
    'FailedUnmount',
    'FailedUnMount',
    'ExceededGracePeriod',
    'FailedPreStopHook',
  ])
}
