import { code, names, plural, time, type Words, words } from '../../words/words.ts'
import { isHeldByKubelet, type Removal, removalOf } from '../drain/consequences.ts'
import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import { readySince } from '../facts/readiness.ts'
import { forceDelete, wait } from '../remedies/drafts.ts'
import { fixNodes } from '../remedies/node-repair.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import type { Hold } from './hold.ts'

/** The grace period is over, and the node is not Ready, so nothing confirms that the pod stopped. */
export const kubeletUnreachable: Hold = {
  id: 'K2',
  title: 'The node is not Ready, so nothing confirms that the pod has stopped',
  fits: ({ pod, node }) => isHeldByKubelet(pod, node),
  because: (isOne, { nodes }) =>
    nodes.every(isOutOfService)
      ? `pod garbage collection has not removed ${isOne ? 'it' : 'them'}`
      : isOne
        ? 'the node is not Ready, and only its kubelet can confirm that the pod stopped'
        : 'their node is not Ready, and only its kubelet can confirm that they stopped',
  clause({ pods, isOne, nodes }) {
    const hang = words`${pods} ${isOne ? 'hangs' : 'hang'}`
    const node = plural(nodes.length, 'the node', 'the nodes')
    return {
      now: words`${hang}, as ${node} ${plural(nodes.length, 'is', 'are')} not Ready`,
      past: words`${pods} hung, as ${node} ${plural(nodes.length, 'was', 'were')} not Ready`,
    }
  },
  short: () => 'node is not Ready',
  evidence({ facts, pod: { name, pod }, node: { node, ready } }) {
    const since = ready ? readySince(ready) : ''
    const removal = removalOf(facts.index, node)
    const sign = removal ? signOf(removal) : []
    return words`pod ${code(name)} had until ${time(pod.metadata.deletionTimestamp ?? '')} to stop; condition Ready is ${ready?.status ?? 'missing'}${since}${sign.length > 0 ? words`; the node is being removed: ${sign}` : ''}`
  },
  ifIgnored: ({ nodes, misschedulings: [{ facts }] }) => [
    nodes.every(isOutOfService)
      ? 'It lasts until pod garbage collection removes the pod.'
      : nodes.every(({ node }) => removalOf(facts.index, node)?.drain.state === 'draining')
        ? 'It ends when the removal of the node is done.'
        : 'It lasts until the node is back or its Node object is deleted.',
  ],
  drafts({ nodes, pods, misschedulings: [{ facts }] }) {
    const confirmed = nodes.filter(isOutOfService)
    const leaving = nodes.filter(
      (node) => !isOutOfService(node) && removalOf(facts.index, node.node) !== undefined,
    )
    const broken = nodes.filter((node) => !confirmed.includes(node) && !leaving.includes(node))
    return [
      broken.length > 0
        ? fixNodes(broken, [
            'The pod ends once the kubelet is back. If the machine is certainly powered off, the out-of-service taint clears it.',
          ])
        : undefined,
      confirmed.length > 0 ? collectPods(facts) : undefined,
      leaving.length > 0 ? waitForRemoval(facts, leaving) : undefined,
      wait(
        ['Silence during the repair'],
        [
          confirmed.length < nodes.length
            ? 'It does not end until the node is back or its Node object is deleted.'
            : 'It ends when pod garbage collection removes the pod.',
        ],
        { choice: true },
      ),
      confirmed.length < nodes.length
        ? forceDelete(
            facts,
            pods,
            'It removes only the API object. If the machine is still up, the container keeps running.',
          )
        : undefined,
    ]
  },
}

function signOf({ leaving }: Removal): Words {
  const { sign, taint } = leaving
  return sign.length > 0 || !taint ? sign : words`it has the taint ${code(taint.key)}`
}

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service'

function isOutOfService({ node }: NodeFacts): boolean {
  return (node.spec?.taints ?? []).some(({ key }) => key === OUT_OF_SERVICE)
}

// PodGC needs 20 s for a pod on a node with this taint.
function collectPods({ namespace, name }: DaemonSetFacts): RemedyDraft {
  return {
    kind: 'repair-controller',
    horizon: 'now',
    title: ['Find out why the pod is not force-deleted'],
    why: [
      'Pod garbage collection should have done so within a minute. It is part of kube-controller-manager: check whether that is running.',
    ],
    commands: [
      'kubectl -n kube-system get lease kube-controller-manager -o yaml',
      `kubectl -n ${namespace} describe daemonset ${name}`,
    ],
  }
}

function waitForRemoval({ index }: DaemonSetFacts, nodes: readonly NodeFacts[]): RemedyDraft {
  const states = nodes.map(({ node }) => removalOf(index, node)?.drain.state)
  const isOne = nodes.length === 1
  if (states.every((state) => state === 'machine-off'))
    return wait(
      ['Wait: the machine is off'],
      [
        'The pod ends when the machine starts or its Node object is deleted. The out-of-service taint clears it at once.',
      ],
    )
  return wait(
    [`Wait: the ${isOne ? 'node is' : 'nodes are'} being removed`],
    words`The pod goes away with the Node object of ${names(nodes)}. If that takes long, delete the object yourself once the machine is gone.`,
  )
}
