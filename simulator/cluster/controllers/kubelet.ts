import { targetNodeName } from '../../../src/daemonset/daemon-pods.ts'
import { isTerminal, isTerminating } from '../../../src/daemonset/object-state.ts'
import { untoleratedTaints } from '../../../src/daemonset/tolerations.ts'
import type { Lease, Node, Pod } from '../../../src/kubernetes/objects.ts'
import type { Timers } from '../../timers.ts'
import { deleteObject, type ObjectStore } from '../object-store.ts'
import { kubernetesTime } from '../resources.ts'
import { boundPod, isNodeReady, runningPod, withConditions } from './conditions.ts'

/** How fast kubelets are. */
export interface KubeletOptions {
  readonly store: ObjectStore
  readonly timers: Timers
  /** From bound to Ready. */
  readonly podStartMs: number
  /** From SIGTERM to the end of the containers, unless the pod has `STOP_AFTER_ANNOTATION`. */
  readonly podStopMs: number
}

/**
 * Binds, starts and stops pods, as the scheduler and kubelets do. On a node that is not Ready
 * nothing happens: its pods stay, and deleted pods stay in Terminating.
 */
export function runKubelets(options: KubeletOptions): void {
  const { store } = options
  const pending = new Map<string, () => void>()
  const scheduleNextStep = (pod: Pod) => {
    const { uid = '', namespace, name } = pod.metadata
    pending.get(uid)?.()
    pending.delete(uid)
    const step = nextStep(options, pod)
    if (!step) return
    const act = () => {
      const now = store.get('pods', namespace, name)
      if (now?.metadata.uid === uid) step.act(now)
    }
    pending.set(uid, options.timers.after(step.delay, act))
  }
  store.onChange(({ resource, after, before }) => {
    if (resource === 'pods') {
      if (after) scheduleNextStep(after as Pod)
      else if (before?.metadata.uid) pending.get(before.metadata.uid)?.()
    }
    if (resource === 'nodes' && after)
      for (const pod of store.list('pods'))
        if (targetNodeName(pod) === after.metadata.name) scheduleNextStep(pod)
  })
  for (const pod of store.list('pods')) scheduleNextStep(pod)
}

interface Step {
  readonly delay: number
  readonly act: (pod: Pod) => void
}

function nextStep(options: KubeletOptions, pod: Pod): Step | undefined {
  const { store, podStartMs: podStart } = options
  const name = targetNodeName(pod)
  const node = name === undefined ? undefined : store.get('nodes', undefined, name)
  const write = (change: (pod: Pod, at: string) => Pod, delay: number): Step => ({
    delay,
    act: (now) => store.update('pods', change(now, kubernetesTime())),
  })
  if (!node) return undefined
  if (!pod.spec?.nodeName)
    return isTerminating(pod) ? undefined : write((now, at) => tryToBind(now, node, at), 0)
  if (!isNodeReady(node)) return undefined
  if (isTerminating(pod)) return stopStep(options, pod, node)
  return pod.status?.phase === 'Pending' ? write(runningPod, podStart) : undefined
}

function tryToBind(pod: Pod, node: Node, at: string): Pod {
  const [untolerated] = untoleratedTaints(node.spec?.taints, pod.spec?.tolerations ?? [])
  if (!untolerated) return boundPod(pod, node.metadata.name, at)
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

/**
 * Stops the containers and removes the pod. If the pod has finalizers, a kubelet 1.27 or later sets
 * the phase Succeeded and leaves it.
 */
function stopStep(
  { store, podStopMs: podStop }: KubeletOptions,
  pod: Pod,
  node: Node,
): Step | undefined {
  const {
    finalizers = [],
    deletionTimestamp = '',
    deletionGracePeriodSeconds = 0,
    annotations,
  } = pod.metadata
  const setsFinalPhase =
    Number(/^v1\.(\d+)/.exec(node.status?.nodeInfo?.kubeletVersion ?? '')?.[1] ?? 99) >= 27
  if (
    finalizers.length > 0 &&
    deletionGracePeriodSeconds === 0 &&
    (isTerminal(pod) || !setsFinalPhase)
  )
    return undefined
  const deletedAt = Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000
  const stopMs =
    Math.min(Number(annotations?.[STOP_AFTER_ANNOTATION] ?? 0), deletionGracePeriodSeconds) * 1000
  const act = (now: Pod) => {
    const ended =
      finalizers.length > 0 && setsFinalPhase
        ? store.update('pods', { ...now, status: { ...now.status, phase: 'Succeeded' } })
        : now
    deleteObject(store, 'pods', ended, 0)
  }
  return { delay: Math.max(podStop, deletedAt + stopMs - Date.now()), act }
}

/**
 * Seconds that containers keep running after SIGTERM, at most the grace period. For workers that
 * finish their work first.
 */
export const STOP_AFTER_ANNOTATION = 'local.daemonset-triage.dev/stops-after-seconds'

/** Control plane components whose Lease the simulator keeps current. */
const LEADERS = ['kube-controller-manager', 'kube-scheduler']

/** Renews the Leases of the control plane and of Ready nodes. */
export function runHeartbeats(store: ObjectStore, timers: Timers, intervalMs = 5000): void {
  const beat = () => {
    for (const name of LEADERS) renew(store, 'kube-system', name, 15)
    for (const node of store.list('nodes'))
      if (isNodeReady(node)) renew(store, 'kube-node-lease', node.metadata.name, 40)
  }
  beat()
  timers.every(intervalMs, beat)
}

function renew(
  store: ObjectStore,
  namespace: string,
  name: string,
  leaseDurationSeconds: number,
): void {
  const renewTime = new Date().toISOString().replace('Z', '000Z')
  const lease: Lease = {
    metadata: { name, namespace },
    spec: { holderIdentity: name, leaseDurationSeconds, renewTime },
  }
  if (!store.get('leases', namespace, name)) store.create('leases', lease)
  else
    store.change('leases', namespace, name, (now) => ({ ...now, spec: { ...now.spec, renewTime } }))
}
