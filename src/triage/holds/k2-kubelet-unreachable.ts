import { code, time, words } from '../../words/words.ts'
import { isDown } from '../drain/drain.ts'
import { wait } from '../remedies/drafts.ts'
import type { Hold } from './hold.ts'

/** The pod's time is up, and no kubelet answers to say that it has stopped. */
export const kubeletUnreachable: Hold = {
  id: 'K2',
  title: 'The kubelet does not answer, so nobody can confirm that it has stopped',
  fits: ({ pod, node }) => pod.state === 'overdue' && isDown(node.node),
  because: 'their node is not Ready, and nobody else can end them',
  short: 'kubelet does not answer',
  evidence({ pod: { name, pod }, node: { name: at, ready } }) {
    const since = ready?.lastTransitionTime ? words` since ${time(ready.lastTransitionTime)}` : ''
    return words`${code(name)} should have been gone by ${time(pod.metadata.deletionTimestamp ?? '')}; on ${code(at)} condition Ready is ${ready?.status ?? 'missing'}${since}`
  },
  drafts({ nodes }) {
    const there = nodes.map(({ name }) => name)
    return [
      {
        kind: 'fix-node',
        horizon: 'now',
        title:
          there.length === 1
            ? words`Mend node ${code(there[0] ?? '')}`
            : [`Mend the ${there.length} nodes`],
        why: [
          'With the kubelet back the pod ends by itself. If the machine is gone for good, delete the Node object; if it is surely off, the out-of-service taint clears it.',
        ],
        commands: [
          `kubectl describe node ${there.slice(0, 3).join(' ')}`,
          ...(there.length === 1
            ? [`kubectl delete node ${there[0]}   # only if the machine is gone for good`]
            : []),
        ],
      },
      wait(
        ['Silence while the node is being mended'],
        ['Nothing ends it before the node is back or its object is gone.'],
        {
          choice: true,
        },
      ),
      {
        kind: 'delete-pod',
        horizon: 'now',
        tempting: true,
        title: ['Delete the pod by force'],
        why: [
          'It only takes the record away. If the machine still runs, so does the container, unseen.',
        ],
      },
    ]
  },
}
