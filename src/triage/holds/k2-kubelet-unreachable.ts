import { isReadyNode } from '../../daemonset/object-state.ts'
import { code, time, words } from '../../words/words.ts'
import { wait } from '../remedies/drafts.ts'
import type { Hold } from './hold.ts'

/** The grace period is over, and no kubelet answers to confirm that the pod has stopped. */
export const kubeletUnreachable: Hold = {
  id: 'K2',
  title: 'The kubelet does not answer, so nothing confirms that the pod has stopped',
  fits: ({ pod, node }) => pod.state === 'overdue' && !isReadyNode(node.node),
  because: 'their node is not Ready, and only its kubelet can confirm that they stopped',
  short: 'kubelet does not answer',
  evidence({ pod: { name, pod }, node: { name: at, ready } }) {
    const since = ready?.lastTransitionTime ? words` since ${time(ready.lastTransitionTime)}` : ''
    return words`the grace period of ${code(name)} ended at ${time(pod.metadata.deletionTimestamp ?? '')}; on ${code(at)} condition Ready is ${ready?.status ?? 'missing'}${since}`
  },
  drafts({ nodes }) {
    const names = nodes.map(({ name }) => name)
    const [only] = names
    return [
      {
        kind: 'fix-node',
        horizon: 'now',
        title:
          only !== undefined && names.length === 1
            ? words`Fix node ${code(only)}`
            : [`Fix the ${names.length} nodes`],
        why: [
          'The pod ends once the kubelet is back. If the machine is gone for good, delete the Node object; if it is certainly powered off, the out-of-service taint clears the pod.',
        ],
        commands: [
          `kubectl describe node ${names.slice(0, 3).join(' ')}`,
          ...(names.length === 1
            ? [`kubectl delete node ${only}   # only if the machine is gone for good`]
            : []),
        ],
      },
      wait(
        ['Silence while the node is being fixed'],
        ['It does not end until the node is back or its Node object is deleted.'],
        { choice: true },
      ),
      {
        kind: 'delete-pod',
        horizon: 'now',
        tempting: true,
        title: ['Force-delete the pod'],
        why: [
          'It removes only the API object. If the machine is still up, the container keeps running.',
        ],
      },
    ]
  },
}
