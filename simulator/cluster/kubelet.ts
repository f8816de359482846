import { targetNodeName } from '../../src/daemonset/daemon-pods.ts'
import { isTerminal, isTerminating } from '../../src/daemonset/pod-state.ts'
import { untoleratedTaints } from '../../src/daemonset/tolerations.ts'
import type { Node, Pod } from '../../src/kubernetes/objects.ts'
import type { Timers } from '../timers.ts'
import { deleteObject } from './delete-object.ts'
import { isNodeReady } from './node-conditions.ts'
import type { ObjectStore } from './object-store.ts'
import { STOPS_AFTER } from './pod-annotations.ts'
import { bound, running, withConditions } from './pod-status.ts'

export interface KubeletOptions {
  readonly store: ObjectStore
  readonly timers: Timers
  /** Milliseconds from bound to Ready. */
  readonly podStart: number
  /** Milliseconds from SIGTERM to the end of containers that stop at once. */
  readonly podStop: number
}

/**
 * Binds, starts and ends pods, as scheduler and kubelets do. On a node that is not Ready nothing happens, so that its pods stay and what is
 * deleted there hangs.
 */
export function runKubelets(options: KubeletOptions): void {
  const { store } = options
  const due = new Map<string, () => void>()
  const look = (pod: Pod) => {
    const { uid = '', namespace, name } = pod.metadata
    due.get(uid)?.()
    due.delete(uid)
    const step = nextStep(options, pod)
    if (!step) return
    const act = () => {
      const now = store.get('pods', namespace, name)
      if (now?.metadata.uid === uid) step.act(now)
    }
    due.set(uid, options.timers.after(step.delay, act))
  }
  store.onChange(({ resource, after, before }) => {
    if (resource === 'pods') {
      if (after) look(after as Pod)
      else if (before?.metadata.uid) due.get(before.metadata.uid)?.()
    }
    if (resource === 'nodes' && after)
      for (const pod of store.list('pods'))
        if (targetNodeName(pod) === after.metadata.name) look(pod)
  })
  for (const pod of store.list('pods')) look(pod)
}

interface Step {
  readonly delay: number
  readonly act: (pod: Pod) => void
}

function nextStep(options: KubeletOptions, pod: Pod): Step | undefined {
  const { store, podStart } = options
  const name = targetNodeName(pod)
  const node = name === undefined ? undefined : store.get('nodes', undefined, name)
  const write = (change: (pod: Pod, at: string) => Pod, delay: number): Step => ({
    delay,
    act: (now) => store.update('pods', change(now, new Date().toISOString().replace(/\.\d+/, ''))),
  })
  if (!node) return undefined
  if (!pod.spec?.nodeName)
    return isTerminating(pod) ? undefined : write((now, at) => schedule(now, node, at), 0)
  if (!isNodeReady(node)) return undefined
  if (isTerminating(pod)) return stop(options, pod, node)
  return pod.status?.phase === 'Pending' ? write(running, podStart) : undefined
}

function schedule(pod: Pod, node: Node, at: string): Pod {
  const [untolerated] = untoleratedTaints(node.spec?.taints, pod.spec?.tolerations ?? [])
  if (!untolerated) return bound(pod, node.metadata.name, at)
  const message = `0/1 nodes are available: 1 node(s) had untolerated taint(s) {${untolerated.key}: ${untolerated.value ?? ''}}.`
  return withConditions(pod, [
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: at,
    },
  ])
}

/** Ends the containers, and then the pod; where it has finalizers, a kubelet from 1.27 on says that it has ended and leaves it. */
function stop({ store, podStop }: KubeletOptions, pod: Pod, node: Node): Step | undefined {
  const {
    finalizers = [],
    deletionTimestamp = '',
    deletionGracePeriodSeconds = 0,
    annotations,
  } = pod.metadata
  const reportsEnd =
    Number(/^v1\.(\d+)/.exec(node.status?.nodeInfo?.kubeletVersion ?? '')?.[1] ?? 99) >= 27
  if (finalizers.length > 0 && deletionGracePeriodSeconds === 0 && (isTerminal(pod) || !reportsEnd))
    return undefined
  const asked = Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000
  const takes = Math.min(Number(annotations?.[STOPS_AFTER] ?? 0), deletionGracePeriodSeconds) * 1000
  const act = (now: Pod) => {
    const ended =
      finalizers.length > 0 && reportsEnd
        ? store.update('pods', { ...now, status: { ...now.status, phase: 'Succeeded' } })
        : now
    deleteObject(store, 'pods', ended, 0)
  }
  return { delay: Math.max(podStop, asked + takes - Date.now()), act }
}
